"""The tables of benefit events. Columns that repeat something of a sealed value are there to be searched by."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, text
from sqlmodel import Field, SQLModel

from bensync.state.tables import Bytes, UtcDateTime


class Activity(SQLModel, table=True):
    """The trace of an approved change, of time passing or of a hand, on its way to an event.

    ``number`` counts within the participant. ``sealed_origin`` holds the dated rows that brought it, and how one of
    them was edited.
    """

    __tablename__ = "activity"
    __table_args__ = (
        Index("activity_by_number", "participant_id", "number", unique=True),
        Index("activity_by_state", "site", "state", "participant_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    site: str
    participant_id: int = Field(foreign_key="participant.id")
    number: int
    request_id: int | None = Field(default=None, foreign_key="request.id")
    source: str
    event_class: str
    event_date: date
    action: str
    reason: str
    rank: int
    final: bool
    state: str
    sealed_origin: bytes | None = Field(default=None, sa_type=Bytes, nullable=True)


class Event(SQLModel, table=True):
    """A benefit event; ``sealed_event`` is the whole of it.

    ``pending`` tells whether a run has something to look at, ``stops_short`` whether it would end every coverage and
    waits for a mark.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index(
            "event_open",
            "participant_id",
            unique=True,
            sqlite_where=text("status = 'OPEN'"),
            postgresql_where=text("status = 'OPEN'"),
        ),
        Index("event_pending", "site", "pending", "participant_id"),
        Index("event_by_process", "site", "process", "status"),
    )
    participant_id: int = Field(primary_key=True, foreign_key="participant.id")
    number: int = Field(primary_key=True)
    site: str
    event_class: str
    event_date: date
    priority: int
    source: str
    status: str
    process: str
    indicator: str
    flags: list[str] = Field(default=None, sa_type=JSON, nullable=False)
    activities: list[int] = Field(default=None, sa_type=JSON, nullable=False)
    final: bool
    program: str
    stops_short: bool
    pending: bool
    notified: date | None = None
    entered: date | None = None
    finished: date | None = None
    sealed_event: bytes = Field(default=None, sa_type=Bytes)


class Enrollment(SQLModel, table=True):
    """One coverage row; append only, but for ``reversed``. ``sealed_enrollment`` is the whole of it."""

    __tablename__ = "enrollment"
    __table_args__ = (Index("enrollment_by_plan", "site", "plan_type", "plan"),)
    participant_id: int = Field(primary_key=True, foreign_key="participant.id")
    number: int = Field(primary_key=True)
    site: str
    event: int
    plan_type: str
    plan: str
    option: str
    step: str
    coverage: str
    effective_date: date
    deduction_begin: date
    reversed: bool
    sealed_enrollment: bytes = Field(default=None, sa_type=Bytes)


class Assignment(SQLModel, table=True):
    """The benefit program from a day on; append only, but for ``reversed``."""

    __tablename__ = "assignment"
    participant_id: int = Field(primary_key=True, foreign_key="participant.id")
    number: int = Field(primary_key=True)
    site: str
    event: int
    program: str
    effective_date: date
    reversed: bool


class Cobra(SQLModel, table=True):
    """A COBRA record: one for an event at most."""

    __tablename__ = "cobra"
    __table_args__ = (Index("cobra_by_state", "site", "state", "occurrence_date"),)
    participant_id: int = Field(primary_key=True, foreign_key="participant.id")
    event: int = Field(primary_key=True)
    site: str
    event_date: date
    action: str
    occurrence_date: date
    until: date
    state: str
    milestones: list[Any] = Field(default=None, sa_type=JSON, nullable=False)
    employment_record: int


class PassiveSearch(SQLModel, table=True):
    """A search for what time brought about, and the participants whom it found (S3-95)."""

    __tablename__ = "passive_search"
    id: int | None = Field(default=None, primary_key=True)
    site: str
    passive: str
    first_day: date
    last_day: date
    found: list[int] = Field(default=None, sa_type=JSON, nullable=False)
    actor: str
    at: datetime = Field(default=None, sa_type=UtcDateTime)


class EventRemark(SQLModel, table=True):
    """One line of the report of a run that is no posting; without personal data."""

    __tablename__ = "event_remark"
    __table_args__ = (Index("event_remark_by_run", "site", "run_id", "code"),)
    id: int | None = Field(default=None, primary_key=True)
    site: str
    run_id: int = Field(foreign_key="run.id")
    participant_id: int = Field(foreign_key="participant.id")
    code: str
    event: int
    plan_type: str
    plan: str
    detail: str


class EventCheckpoint(SQLModel, table=True):
    """How far a run of events came that did not end; ``basis`` names the day, the mode and the rulebook."""

    __tablename__ = "event_checkpoint"
    site: str = Field(primary_key=True)
    run_id: int = Field(foreign_key="run.id")
    basis: str
    after: int


class EventCall(SQLModel, table=True):
    """When somebody last changed what a run of events should look at, until one did."""

    __tablename__ = "event_call"
    site: str = Field(primary_key=True)
    at: datetime = Field(default=None, sa_type=UtcDateTime)
