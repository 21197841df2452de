"""The tables. Every one carries the site; columns named ``sealed_...`` can be opened by the vault only.

They are SQLModel classes for the migrations' sake; bulk paths use their SQLAlchemy tables.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlmodel import Field, SQLModel

_UNSETTLED = "state IN ('SEALED', 'UPLOADED', 'PUBLISHING', 'UNKNOWN')"
_WAITING = "sent_at IS NULL"
_LASTING = "resolved_at IS NULL"
_IN_TROUBLE = "state IN ('FAILED', 'PUBLISHING')"
"""What indexes are for that hold the few rows of all sites which somebody must still look at."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC: SQLite keeps no zone, and PostgreSQL answers in that of its session."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give moments their zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Bytes(LargeBinary):
    """Bytes as they are; SQLAlchemy would wrap each value into an object of the driver's on its way in."""

    def bind_processor(self, dialect: Dialect) -> None:
        """Nothing is to be done."""
        return


def _moment(*, null: bool = False) -> Any:
    return Field(default=None, sa_type=UtcDateTime, nullable=null)


def _bytes(*, null: bool = False) -> Any:
    return Field(default=None, sa_type=Bytes, nullable=null)


def _json() -> Any:
    return Field(default=None, sa_type=JSON, nullable=False)


class Secret(SQLModel, table=True):
    """Data keys of the deployment, sealed by the state key."""

    __tablename__ = "secret"
    name: str = Field(primary_key=True)
    sealed: bytes = _bytes()


class Site(SQLModel, table=True):
    """What is remembered per site beside its people."""

    __tablename__ = "site"
    site: str = Field(primary_key=True)
    watermark: str | None = None
    mapping: str | None = None
    headcount: int | None = None
    fill_rates: dict[str, float] = _json()
    restored_at: datetime | None = _moment(null=True)


class Day(SQLModel, table=True):
    """A UTC date on which the daily run of a site is done."""

    __tablename__ = "day"
    __table_args__ = (Index("day_by_date", "day"),)
    site: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    run_id: int = Field(foreign_key="run.id")


class Lease(SQLModel, table=True):
    """Who may work on a site now; taken by conditional update."""

    __tablename__ = "lease"
    site: str = Field(primary_key=True)
    holder: str = ""
    epoch: int = 0
    since: datetime | None = _moment(null=True)
    expires: datetime | None = _moment(null=True)


class Run(SQLModel, table=True):
    """One execution for one site."""

    __tablename__ = "run"
    __table_args__ = (
        Index("run_by_day", "site", "kind", "as_of"),
        Index("run_by_start", "started_at"),
        Index("run_by_state", "site", "state", "id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    site: str
    kind: str
    cause: str
    actor: str
    as_of: date
    boxes: list[str] = _json()
    started_at: datetime = _moment()
    ended_at: datetime | None = _moment(null=True)
    state: str
    outcome: str | None = None
    counts: dict[str, int] = _json()
    alarms: list[dict[str, Any]] = _json()
    error: dict[str, Any] = _json()
    plan: str | None = None
    ledger: dict[str, int] = _json()
    fill_rates: dict[str, float] = _json()
    brief: str = ""


class Verdict(SQLModel, table=True):
    """Why somebody whom a run looked at was not sent; who was sent has a row in its delivery."""

    __tablename__ = "verdict"
    __table_args__ = (Index("verdict_by_employee", "site", "employee_id"),)
    run_id: int = Field(primary_key=True, foreign_key="run.id")
    employee_id: str = Field(primary_key=True)
    site: str
    outcome: str
    reason: str


class Delivery(SQLModel, table=True):
    """One sealed file with its life; the number of an abandoned one is used again."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index(
            "delivery_sequence",
            "site",
            "feed",
            "sequence",
            unique=True,
            sqlite_where=text("state <> 'ABANDONED'"),
            postgresql_where=text("state <> 'ABANDONED'"),
        ),
        Index("delivery_by_run", "run_id"),
        Index("delivery_in_trouble", "site", sqlite_where=text(_IN_TROUBLE), postgresql_where=text(_IN_TROUBLE)),
        Index("delivery_unsettled", "site", sqlite_where=text(_UNSETTLED), postgresql_where=text(_UNSETTLED)),
    )
    id: int | None = Field(default=None, primary_key=True)
    site: str
    feed: str
    run_id: int = Field(foreign_key="run.id")
    kind: str
    sequence: int
    name: str
    state: str
    rows: int
    size: int = 0
    sha256: str = ""
    part: str = ""
    attempts: int = 0
    error: dict[str, Any] = _json()
    created_at: datetime = _moment()
    committed_at: datetime | None = _moment(null=True)
    consequences: dict[str, Any] = _json()


class DeliveryChunk(SQLModel, table=True):
    """A piece of the sealed bytes of a delivery, kept until it is committed."""

    __tablename__ = "delivery_chunk"
    delivery_id: int = Field(primary_key=True, foreign_key="delivery.id")
    number: int = Field(primary_key=True)
    content: bytes = _bytes()


class DeliveryRow(SQLModel, table=True):
    """One row of a delivery: what the baseline becomes, and what intake reads."""

    __tablename__ = "delivery_row"
    __table_args__ = (Index("delivery_row_by_employee", "site", "employee_id"),)
    delivery_id: int = Field(primary_key=True, foreign_key="delivery.id")
    number: int = Field(primary_key=True)
    site: str
    key: bytes = _bytes()
    employee_id: str
    kind: str
    fields: str = ""
    fingerprint: bytes = _bytes()
    active: bool
    due: date | None = None
    sealed_profile: bytes = _bytes()
    mark: bytes | None = _bytes(null=True)


class Baseline(SQLModel, table=True):
    """What the benefits side was last told of one person."""

    __tablename__ = "baseline"
    __table_args__ = (
        UniqueConstraint("site", "key"),
        Index("baseline_by_employee", "site", "employee_id"),
        Index("baseline_by_due", "site", "due"),
    )
    id: int | None = Field(default=None, primary_key=True)
    site: str
    key: bytes = _bytes()
    employee_id: str
    fingerprint: bytes = _bytes()
    active: bool
    state: str
    due: date | None = None
    delivery_id: int | None = None
    sealed_profile: bytes = _bytes()
    mark: bytes | None = _bytes(null=True)


class Issue(SQLModel, table=True):
    """A person kept back, while it lasts and after."""

    __tablename__ = "issue"
    __table_args__ = (
        Index("issue_open", "site", "resolved_at", "employee_id"),
        Index("issue_lasting", "site", sqlite_where=text(_LASTING), postgresql_where=text(_LASTING)),
    )
    id: int | None = Field(default=None, primary_key=True)
    site: str
    employee_id: str
    code: str
    detail: str
    first_seen: datetime = _moment()
    last_seen: datetime = _moment()
    resolved_at: datetime | None = _moment(null=True)


class Received(SQLModel, table=True):
    """One file that was taken in from an upload center, or refused whole; the file itself is not kept."""

    __tablename__ = "received"
    __table_args__ = (
        UniqueConstraint("site", "name", "sha256"),
        Index(
            "received_sequence",
            "site",
            "sequence",
            unique=True,
            sqlite_where=text("state = 'ACCEPTED'"),
            postgresql_where=text("state = 'ACCEPTED'"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    site: str
    name: str
    sha256: str
    size: int
    stamp: str
    sequence: int
    rows: int = 0
    requests: int = 0
    state: str
    reason: str = ""
    received_at: datetime = _moment()


class Request(SQLModel, table=True):
    """A proposal in the queue."""

    __tablename__ = "request"
    __table_args__ = (
        UniqueConstraint("delivery_id", "row_number"),
        Index("request_by_received_row", "received_id", "row_number", unique=True),
        Index(
            "request_pending",
            "site",
            "key",
            unique=True,
            sqlite_where=text("state = 'PENDING'"),
            postgresql_where=text("state = 'PENDING'"),
        ),
        Index("request_by_employee", "site", "employee_id"),
        Index("request_by_key", "site", "key"),
        Index("request_by_state", "site", "state", "id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    site: str
    key: bytes = _bytes()
    employee_id: str
    participant_id: int | None = None
    duplicate_of: int | None = None
    kind: str
    risk: str
    state: str
    origin: str
    warnings: list[str] = _json()
    effective_date: date
    fingerprint: bytes = _bytes()
    basis_version: int
    delivery_id: int | None = Field(default=None, foreign_key="delivery.id")
    received_id: int | None = Field(default=None, foreign_key="received.id")
    row_number: int | None = None
    opened_at: datetime = _moment()
    decided_at: datetime | None = _moment(null=True)
    decided_by: str | None = None
    decline_code: str | None = None
    superseded_by: int | None = None
    closed_because: str | None = None
    sealed_profile: bytes = _bytes()
    sealed_changes: bytes = _bytes()
    sealed_note: bytes | None = _bytes(null=True)


class Participant(SQLModel, table=True):
    """One person as the benefits side knows them."""

    __tablename__ = "participant"
    __table_args__ = (UniqueConstraint("site", "key"), Index("participant_by_employee", "site", "employee_id"))
    id: int | None = Field(default=None, primary_key=True)
    site: str
    key: bytes = _bytes()
    employee_id: str
    standing: str
    hire_date: date | None = None
    termination_date: date | None = None
    program: str
    benefit_record: int
    version: int
    sealed_profile: bytes = _bytes()
    created_at: datetime = _moment()
    updated_at: datetime = _moment()


class Notice(SQLModel, table=True):
    """A message to people; written in the transaction of what it tells."""

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("site", "key"),)
    id: int | None = Field(default=None, primary_key=True)
    site: str
    key: str
    subject: str
    body: str
    created_at: datetime = _moment()


class Sending(SQLModel, table=True):
    """One notice on its way over one channel."""

    __tablename__ = "sending"
    __table_args__ = (
        Index("sending_unsent", "site", "sent_at"),
        Index("sending_waiting", "site", sqlite_where=text(_WAITING), postgresql_where=text(_WAITING)),
    )
    notice_id: int = Field(primary_key=True, foreign_key="notice.id")
    channel: str = Field(primary_key=True)
    site: str
    attempts: int = 0
    error: str = ""
    sent_at: datetime | None = _moment(null=True)


class Alert(SQLModel, table=True):
    """A trouble that somebody must know of: one row per trouble, which comes and goes."""

    __tablename__ = "alert"
    __table_args__ = (UniqueConstraint("site", "key"),)
    id: int | None = Field(default=None, primary_key=True)
    site: str
    key: str
    subject: str
    detail: str
    episode: int
    raised_at: datetime = _moment()
    seen_at: datetime = _moment()
    cleared_at: datetime | None = _moment(null=True)


class Approval(SQLModel, table=True):
    """The first of two approvals of a request: it holds for exactly what was looked at."""

    __tablename__ = "approval"
    request_id: int = Field(primary_key=True, foreign_key="request.id")
    site: str
    actor: str
    at: datetime = _moment()
    digest: bytes = _bytes()


class Audit(SQLModel, table=True):
    """Who did what when. Append only: triggers refuse changes, and each MAC rests on the one before.

    ``id`` counts 1, 2, 3 within a site. ``sealed_detail`` may be sealed anew under another key; ``digest`` holds what
    it says.
    """

    __tablename__ = "audit"
    __table_args__ = (Index("audit_by_verb", "site", "verb", "id"),)
    site: str = Field(primary_key=True)
    id: int = Field(sa_column=Column("id", Integer, primary_key=True, autoincrement=False))
    at: datetime = _moment()
    actor: str
    verb: str
    object: str
    reason: str
    sealed_detail: bytes | None = _bytes(null=True)
    digest: bytes | None = _bytes(null=True)
    mac: bytes = _bytes()


class AuditHead(SQLModel, table=True):
    """The last audit entry of a site, under a MAC of its own: it shows a cut tail, and keeps writers in line."""

    __tablename__ = "audit_head"
    site: str = Field(primary_key=True)
    id: int
    mac: bytes = _bytes()
    proof: bytes = _bytes()
