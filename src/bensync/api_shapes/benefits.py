"""What the JSON API takes and gives about benefit events. More fields may come, none goes.

Sums and costs are null for roles that do not see the pay.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from bensync.api_shapes.sync import Asked, Reason
from bensync.benefits.values.activities import ActivitySource, ActivityState
from bensync.benefits.values.cobra import CobraState, Milestone
from bensync.benefits.values.enrollments import Coverage, PostingStep
from bensync.benefits.values.events import EventStatus, Flag, Indicator, Process
from bensync.core.runs import RunState

Code = Annotated[str, Field(pattern=r"^[\w.+-]{1,64}$")]
Amount = Annotated[str, Field(pattern=r"^[0-9]{1,8}(\.[0-9]{1,2})?$")]


class Elected(Asked):
    """What was elected for one plan type; without a plan, coverage is waived."""

    plan_type: Code
    plan: Code | None = None
    option: Code | None = None
    contribution: Amount | None = Field(default=None, description="a year's, such as 1200.50")
    proof: bool = Field(default=False, description="the proof of insurability came")


class Elect(Asked):
    """Elections to enter; the next run judges them."""

    elections: list[Elected] = Field(min_length=1, max_length=50)


class Finish(Asked):
    """Have an event finished by the next run."""

    confirmed: bool = Field(default=False, description="that it ends every coverage was read and is accepted")
    reason: Reason


class Reprocess(Asked):
    """What the next run does with an event; NORMAL withdraws the mark."""

    how: Indicator
    reason: Reason


class AddActivity(Asked):
    """An activity by hand."""

    event_class: Code
    on: date
    reason: Reason


class MoveActivity(Asked):
    """What becomes of an activity."""

    how: Literal["hold", "release", "delete"]


class ReachStep(Asked):
    """A step of a COBRA record that was taken."""

    step: Milestone
    on: date


class WorkOff(Asked):
    """Which events to work off, and whether only to report."""

    report_only: bool = False


class Terms(BaseModel):
    """What a coverage is; figures are a month's."""

    plan: str
    option: str
    amount: Decimal | None
    employee: Decimal | None
    company: Decimal | None
    contribution: Decimal | None


class EventLine(BaseModel):
    """One event."""

    participant: int
    employee_id: str
    number: int
    event_class: str
    event_date: date
    status: EventStatus
    process: Process
    indicator: Indicator
    flags: list[Flag]
    final: bool
    program: str
    loss_of_all: bool = Field(description="it would end every coverage, and waits for a mark")
    finished: date | None


class Events(BaseModel):
    """One page of events."""

    events: list[EventLine]
    total: int
    page: int
    pages: int


class Option(Terms):
    """One option that may be chosen."""

    begin: date
    proof: bool


class Offer(BaseModel):
    """What one plan type offers."""

    plan_type: str
    options: list[Option]
    default: Terms | None
    waivable: bool


class Remark(BaseModel):
    """Why something was left, skipped or refused."""

    code: str
    event: int
    plan_type: str
    plan: str
    detail: str


class Ending(Terms):
    """A coverage that ends."""

    plan_type: str
    last_day: date
    cobra: bool


class Row(Terms):
    """One coverage row; the last row up to a day says what holds on it."""

    number: int
    event: int
    plan_type: str
    step: PostingStep
    coverage: Coverage
    effective_date: date
    reversed: bool


class Event(EventLine):
    """One event with what it means."""

    source: ActivitySource
    activities: list[int]
    offers: list[Offer]
    endings: list[Ending]
    remarks: list[Remark]
    elected: list[str] = Field(description="plan types for which elections were entered")
    posted: list[Row]


class Deadline(BaseModel):
    """By when a step of a COBRA record must be taken."""

    step: Milestone
    due: date
    done: date | None


class CobraRecord(BaseModel):
    """One COBRA record."""

    event: int
    action: str
    occurrence_date: date
    until: date
    state: CobraState
    deadlines: list[Deadline]


class Activity(BaseModel):
    """One activity."""

    number: int
    source: ActivitySource
    event_class: str
    event_date: date
    action: str
    state: ActivityState
    request: int | None


class Benefits(BaseModel):
    """Everything about the benefits of one participant."""

    program: str
    coverage: list[Row]
    events: list[EventLine]
    activities: list[Activity]
    cobra: list[CobraRecord]


class Shift(BaseModel):
    """Days on which the coverage of a plan type would be another one; null is none."""

    plan_type: str
    begin: date
    until: date | None
    before: Terms | None
    after: Terms | None


class Disturbed(BaseModel):
    """An event that must be looked at afterwards, and how many coverage rows voiding it would take back."""

    event: int
    flags: list[Flag]
    rows: int


class Outlook(BaseModel):
    """What approving a request would do to coverage."""

    shifts: list[Shift]
    cobra: list[date] = Field(description="days from which COBRA opens")
    offers: list[str] = Field(description="plan types that may be chosen")
    stops: bool = Field(description="it would end every coverage, and waits for a person")
    disturbed: list[Disturbed]
    remarks: list[Remark]
    carriers: list[str]
    sentences: list[str] = Field(description="the same in words, as the pages tell it")


class Invariant(BaseModel):
    """Something that must always hold."""

    subject: str
    ok: bool
    detail: str


class LastRun(BaseModel):
    """The last run of events, with all totals."""

    id: int
    as_of: date
    actor: str
    state: RunState
    started_at: datetime
    ended_at: datetime | None
    counts: dict[str, int]
    remarks: dict[str, int]


class Board(BaseModel):
    """What there is to do about benefit events, and whether all that must hold holds."""

    configured: bool
    waiting: int
    held: int
    in_process: int
    losses: int
    flagged: int
    stuck: int
    cobra_open: int
    cobra_missed: int
    cobra_soon: int
    holds: list[Invariant]
    last_run: LastRun | None
