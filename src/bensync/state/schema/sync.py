"""The tables of synchronizing and of the review: runs, deliveries, baselines, requests, participants, notices, audit.

Each table has the site. Only the vault opens columns named ``sealed_...``. Partial indexes are in `all_tables`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field

from bensync.state.schema.base import Bytes, StateTable


class SecretRow(StateTable, table=True):
    """A data key of the deployment, sealed with the state key."""

    __tablename__ = "secret"

    name: str = Field(primary_key=True)
    sealed: bytes = Field(sa_type=Bytes)


class SiteRow(StateTable, table=True):
    """The watermark and the last counts of a site, which its next run compares with."""

    __tablename__ = "site"

    site: str = Field(primary_key=True)
    watermark: str | None = None
    mapping: str | None = None
    headcount: int | None = None
    fill_rates: dict[str, float] = Field(sa_type=JSON)
    restored_at: datetime | None = None
    everybody_on: date | None = None
    scope: str = ""


class DailyRunRow(StateTable, table=True):
    """A UTC date whose daily run is done."""

    __tablename__ = "day"
    __table_args__ = (Index("day_by_date", "day"),)  # the key begins with the site; the daemon asks by the day

    site: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    run_id: int = Field(foreign_key="run.id")


class LeaseRow(StateTable, table=True):
    """The process that may work on a site now. A conditional UPDATE takes the lease."""

    __tablename__ = "lease"

    site: str = Field(primary_key=True)
    holder: str = ""
    epoch: int = 0
    since: datetime | None = None
    expires: datetime | None = None


class EventCallRow(StateTable, table=True):
    """The time of the last change that no run of benefit events has processed yet; the daemon asks for it."""

    __tablename__ = "event_call"

    site: str = Field(primary_key=True)
    at: datetime


class RunRow(StateTable, table=True):
    """One run of one site."""

    __tablename__ = "run"
    __table_args__ = (
        Index("run_by_day", "site", "kind", "as_of"),
        Index("run_by_start", "started_at"),  # without the site: the daemon asks about all sites at once
        Index("run_by_state", "site", "state", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    site: str
    kind: str
    cause: str
    actor: str
    as_of: date
    boxes: list[str] = Field(sa_type=JSON)
    started_at: datetime
    ended_at: datetime | None = None
    state: str
    outcome: str | None = None
    counts: dict[str, int] = Field(sa_type=JSON)
    alarms: list[dict[str, Any]] = Field(sa_type=JSON)
    error: dict[str, Any] = Field(sa_type=JSON)
    plan: str | None = None
    ledger: dict[str, Any] = Field(sa_type=JSON)
    fill_rates: dict[str, float] = Field(sa_type=JSON)
    brief: str = ""


class UnchangedRow(StateTable, table=True):
    """The employees with no changes in a run, packed into one row: usually they are nearly all employees."""

    __tablename__ = "unchanged"
    __table_args__ = (Index("unchanged_by_site", "site", "run_id"),)

    run_id: int = Field(primary_key=True, foreign_key="run.id")
    site: str
    employees: bytes = Field(sa_type=Bytes)


class VerdictRow(StateTable, table=True):
    """The reason why a run did not send an employee who has changes."""

    __tablename__ = "verdict"
    __table_args__ = (Index("verdict_by_employee", "site", "employee_id"),)

    run_id: int = Field(primary_key=True, foreign_key="run.id")
    employee_id: str = Field(primary_key=True)
    site: str
    outcome: str
    reason: str


class DeliveryRow(StateTable, table=True):
    """One sealed file and its state. The sequence number of an abandoned delivery is used again."""

    __tablename__ = "delivery"
    __table_args__ = (Index("delivery_by_run", "run_id"),)

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
    error: dict[str, Any] = Field(sa_type=JSON)
    created_at: datetime
    committed_at: datetime | None = None
    consequences: dict[str, Any] = Field(sa_type=JSON)


class DeliveryChunkRow(StateTable, table=True):
    """A part of the sealed bytes of a delivery, kept until the delivery is committed."""

    __tablename__ = "delivery_chunk"

    delivery_id: int = Field(primary_key=True, foreign_key="delivery.id")
    number: int = Field(primary_key=True)
    content: bytes = Field(sa_type=Bytes)


class DeliveryLineRow(StateTable, table=True):
    """One row of a delivery: the next baseline of a person, and the row that intake reads."""

    __tablename__ = "delivery_row"
    __table_args__ = (Index("delivery_row_by_employee", "site", "employee_id"),)

    delivery_id: int = Field(primary_key=True, foreign_key="delivery.id")
    number: int = Field(primary_key=True)
    site: str
    key: bytes = Field(sa_type=Bytes)
    employee_id: str
    kind: str
    fields: str = ""
    fingerprint: bytes = Field(sa_type=Bytes)
    active: bool
    due: date | None = None
    sealed_profile: bytes = Field(sa_type=Bytes)
    mark: bytes | None = Field(default=None, sa_type=Bytes)


class BaselineRow(StateTable, table=True):
    """The record of a person that was last sent to the benefits platform."""

    __tablename__ = "baseline"
    __table_args__ = (
        UniqueConstraint("site", "key"),
        Index("baseline_by_employee", "site", "employee_id"),
        Index("baseline_by_due", "site", "due"),
    )

    id: int | None = Field(default=None, primary_key=True)
    site: str
    key: bytes = Field(sa_type=Bytes)
    employee_id: str
    fingerprint: bytes = Field(sa_type=Bytes)
    active: bool
    state: str
    due: date | None = None
    delivery_id: int | None = None
    sealed_profile: bytes = Field(sa_type=Bytes)
    mark: bytes | None = Field(default=None, sa_type=Bytes)


class IssueRow(StateTable, table=True):
    """A data issue that blocks a person; it stays after it is resolved."""

    __tablename__ = "issue"
    __table_args__ = (Index("issue_open", "site", "resolved_at", "employee_id"),)

    id: int | None = Field(default=None, primary_key=True)
    site: str
    employee_id: str
    code: str
    detail: str
    first_seen: datetime
    last_seen: datetime
    resolved_at: datetime | None = None


class ReceivedFileRow(StateTable, table=True):
    """A file received from an upload center, accepted or refused as a whole. The file itself is not kept."""

    __tablename__ = "received"
    __table_args__ = (UniqueConstraint("site", "name", "sha256"),)

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
    received_at: datetime


class RequestRow(StateTable, table=True):
    """A proposed change that an administrator approves or declines."""

    __tablename__ = "request"
    __table_args__ = (
        # One request for each row of a file, even if a file is processed twice after a crash.
        UniqueConstraint("delivery_id", "row_number"),
        Index("request_by_received_row", "received_id", "row_number", unique=True),
        Index("request_by_employee", "site", "employee_id"),
        Index("request_by_key", "site", "key"),
        Index("request_by_participant", "participant_id"),
        Index("request_by_state", "site", "state", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    site: str
    key: bytes = Field(sa_type=Bytes)
    employee_id: str
    participant_id: int | None = None
    duplicate_of: int | None = None
    kind: str
    risk: str
    state: str
    origin: str
    warnings: list[str] = Field(sa_type=JSON)
    effective_date: date
    fingerprint: bytes = Field(sa_type=Bytes)
    basis_version: int
    delivery_id: int | None = Field(default=None, foreign_key="delivery.id")
    received_id: int | None = Field(default=None, foreign_key="received.id")
    row_number: int | None = None
    opened_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None
    decline_code: str | None = None
    superseded_by: int | None = None
    closed_because: str | None = None
    sealed_profile: bytes = Field(sa_type=Bytes)
    sealed_changes: bytes = Field(sa_type=Bytes)
    sealed_note: bytes | None = Field(default=None, sa_type=Bytes)
    sealed_hr_profile: bytes | None = Field(default=None, sa_type=Bytes)
    sealed_declined: bytes | None = Field(default=None, sa_type=Bytes)
    left_out: str = ""


class DeclinedRow(StateTable, table=True):
    """What is declined for one person: fields with their values, and dated rows."""

    __tablename__ = "declined"

    site: str = Field(primary_key=True)
    key: bytes = Field(primary_key=True, sa_type=Bytes)
    sealed_declines: bytes = Field(sa_type=Bytes)
    updated_at: datetime


class ParticipantRow(StateTable, table=True):
    """A person as an administrator last approved them."""

    __tablename__ = "participant"
    __table_args__ = (
        UniqueConstraint("site", "key"),
        Index("participant_by_employee", "site", "employee_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    site: str
    key: bytes = Field(sa_type=Bytes)
    employee_id: str
    standing: str
    hire_date: date | None = None
    termination_date: date | None = None
    program: str
    benefit_record: int
    version: int
    sealed_profile: bytes = Field(sa_type=Bytes)
    fingerprint: bytes | None = Field(default=None, sa_type=Bytes)
    created_at: datetime
    updated_at: datetime


class NoticeRow(StateTable, table=True):
    """A message to people, written in the transaction of the event that it reports."""

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("site", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    site: str
    key: str
    subject: str
    body: str
    created_at: datetime


class NoticeSendingRow(StateTable, table=True):
    """The sending of one notice over one channel."""

    __tablename__ = "sending"
    __table_args__ = (Index("sending_unsent", "site", "sent_at"),)

    notice_id: int = Field(primary_key=True, foreign_key="notice.id")
    channel: str = Field(primary_key=True)
    site: str
    attempts: int = 0
    error: str = ""
    sent_at: datetime | None = None


class AlertRow(StateTable, table=True):
    """An alert: one row per key, raised and cleared again and again. ``episode`` counts how often."""

    __tablename__ = "alert"
    __table_args__ = (UniqueConstraint("site", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    site: str
    key: str
    subject: str
    detail: str
    episode: int
    raised_at: datetime
    seen_at: datetime
    cleared_at: datetime | None = None


class ApprovalRow(StateTable, table=True):
    """The first of two approvals of a request. ``digest`` binds it to the content that the approver saw."""

    __tablename__ = "approval"

    request_id: int = Field(primary_key=True, foreign_key="request.id")
    site: str
    actor: str
    at: datetime
    digest: bytes = Field(sa_type=Bytes)
    left_out: str | None = None


class LegalHoldRow(StateTable, table=True):
    """A legal hold: nothing about the person is deleted while it is in force. ``proof`` is a MAC over the row.

    ``key`` is that of the person's SSN when the hold was placed, where one was known.
    """

    __tablename__ = "legal_hold"

    id: int | None = Field(default=None, primary_key=True)
    site: str
    employee_id: str
    key: bytes | None = Field(default=None, sa_type=Bytes)
    reason: str
    placed_by: str
    placed_at: datetime
    released_by: str | None = None
    released_at: datetime | None = None
    proof: bytes = Field(sa_type=Bytes)


class AuditRow(StateTable, table=True):
    """An audit entry. Triggers refuse changes, and each MAC covers the MAC of the entry before.

    ``id`` counts 1, 2, 3 within a site. A key rotation seals ``sealed_detail`` again; ``digest`` is the hash of its
    content, so that the MAC stays.
    """

    __tablename__ = "audit"
    __table_args__ = (Index("audit_by_verb", "site", "verb", "id"),)

    site: str = Field(primary_key=True)
    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime
    actor: str
    verb: str
    object: str
    reason: str
    sealed_detail: bytes | None = Field(default=None, sa_type=Bytes)
    digest: bytes | None = Field(default=None, sa_type=Bytes)
    mac: bytes = Field(sa_type=Bytes)


class AuditHeadRow(StateTable, table=True):
    """The last audit entry of a site, with its own MAC. It reveals a truncated trail; its lock orders writers."""

    __tablename__ = "audit_head"

    site: str = Field(primary_key=True)
    id: int
    mac: bytes = Field(sa_type=Bytes)
    proof: bytes = Field(sa_type=Bytes)
