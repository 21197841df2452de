"""The tables of benefit events. A column that repeats a part of a sealed value is there for searches."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, Index
from sqlmodel import Field

from bensync.state.schema.base import Bytes, StateTable


class ActivityRow(StateTable, table=True):
    """A reason to create or change an event: an approved change, a date that was reached, or a manual entry.

    ``number`` counts within the participant. ``sealed_origin`` holds the dated rows behind it, and the edit of one.
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
    sealed_origin: bytes | None = Field(default=None, sa_type=Bytes)


class EventRow(StateTable, table=True):
    """A benefit event; ``sealed_event`` is all of it.

    ``pending``: the next run must process it. ``stops_short``: it would end all coverage and waits for confirmation.
    """

    __tablename__ = "event"
    __table_args__ = (
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
    flags: list[str] = Field(sa_type=JSON)
    activities: list[int] = Field(sa_type=JSON)
    final: bool
    program: str
    stops_short: bool
    pending: bool
    notified: date | None = None
    entered: date | None = None
    finished: date | None = None
    sealed_event: bytes = Field(sa_type=Bytes)


class EnrollmentRow(StateTable, table=True):
    """One coverage row; only ``reversed`` changes. ``sealed_enrollment`` is all of it."""

    __tablename__ = "enrollment"
    __table_args__ = (Index("enrollment_by_plan", "site", "plan_type", "plan"),)

    participant_id: int = Field(primary_key=True, foreign_key="participant.id")
    number: int = Field(primary_key=True)
    site: str
    # 0 stands for coverage that was set manually, so there is no foreign key.
    event: int
    plan_type: str
    plan: str
    option: str
    step: str
    coverage: str
    effective_date: date
    deduction_begin: date
    reversed: bool
    sealed_enrollment: bytes = Field(sa_type=Bytes)


class DependentRow(StateTable, table=True):
    """One version of a dependent or beneficiary; rows never change. ``sealed_dependent`` is all of it."""

    __tablename__ = "dependent"

    participant_id: int = Field(primary_key=True, foreign_key="participant.id")
    version: int = Field(primary_key=True)
    site: str
    number: int
    effective_date: date
    dropped: bool
    sealed_dependent: bytes = Field(sa_type=Bytes)


class AssignmentRow(StateTable, table=True):
    """The benefit program from a day on; only ``reversed`` changes."""

    __tablename__ = "assignment"

    participant_id: int = Field(primary_key=True, foreign_key="participant.id")
    number: int = Field(primary_key=True)
    site: str
    event: int
    program: str
    effective_date: date
    reversed: bool


class CobraRow(StateTable, table=True):
    """A COBRA record; an event has at most one."""

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
    milestones: list[list[str]] = Field(sa_type=JSON)
    employment_record: int
    dependents: list[int] = Field(sa_type=JSON)


class PassiveSearchRow(StateTable, table=True):
    """A search for passive events, and the participants that it found (S3-95)."""

    __tablename__ = "passive_search"

    id: int | None = Field(default=None, primary_key=True)
    site: str
    passive: str
    first_day: date
    last_day: date
    found: list[int] = Field(sa_type=JSON)
    actor: str
    at: datetime


class EventRemarkRow(StateTable, table=True):
    """A remark in the report of a run of benefit events; it has no personal data."""

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


class EventCheckpointRow(StateTable, table=True):
    """The progress of an interrupted run of benefit events; ``basis`` names its day, mode and rulebook."""

    __tablename__ = "event_checkpoint"

    site: str = Field(primary_key=True)
    run_id: int = Field(foreign_key="run.id")
    basis: str
    after: int


class EventBeginRow(StateTable, table=True):
    """How the benefit events of a site began; until then, no run processes them."""

    __tablename__ = "event_begin"

    site: str = Field(primary_key=True)
    began_with: str
    at: datetime
