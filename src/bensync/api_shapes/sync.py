"""What the JSON API takes and gives. More fields may come, none goes; people are masked as on the pages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bensync.core.changes import ChangeKind
from bensync.core.people import Standing
from bensync.core.requests import DeclineCode, RequestState, Risk, WarningCode

Words = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
"""One line of text, without control characters."""
Reason = Annotated[Words, Field(min_length=5, max_length=300, description="for the audit trail, without personal data")]
Id = Annotated[int, Field(ge=1, le=2_147_483_647)]


class Asked(BaseModel):
    """A body that is sent: no unknown fields, and never echoed."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Approve(Asked):
    """How to approve one request."""

    confirmed: bool = Field(default=False, description="the caution of a HIGH risk request was read and is accepted")
    as_ssn_correction: bool = Field(default=False, description="a possible duplicate is the same person, re-keyed")
    voiding: bool = Field(default=False, description="void the benefit events that rest on rows which it changes")


class ApproveMany(Asked):
    """Which harmless requests to approve; those of HIGH risk are refused."""

    ids: list[Id] = Field(min_length=1, max_length=1000)


class Decline(Asked):
    """Why a request is declined."""

    reason: DeclineCode
    note: Words = Field(default="", max_length=2000, description="kept encrypted")


class Correct(Asked):
    """Fields to set by hand; an empty text clears one. The HR source is not touched."""

    fields: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")], Annotated[Words, Field(max_length=200)]] = (
        Field(min_length=1, max_length=100, json_schema_extra={"additionalProperties": False})
    )
    reason: Reason


class Terminate(Asked):
    """End a participant by hand."""

    on: date
    reason: Reason


class Reinstate(Asked):
    """Make a terminated participant active again."""

    reason: Reason


class Synchronize(Asked):
    """What to send: only what has changed, or a fresh copy of everybody of the ticked boxes."""

    active: bool = False
    inactive: bool = False


class Trouble(BaseModel):
    """What happened, why, and how to fix it."""

    code: int
    kind: str
    what: str
    why: str
    fix: str


class Failure(BaseModel):
    """The answer to whatever was not done."""

    error: Trouble


class Person(BaseModel):
    """Who a request is about."""

    employee_id: str
    name: str
    ssn: str = Field(description="masked, or empty where the role does not see it")


class Change(BaseModel):
    """One field before and after; null is empty."""

    field: str
    old: str | None
    new: str | None


class Request(BaseModel):
    """One request of the queue."""

    id: int
    site: str
    kind: ChangeKind
    risk: Risk
    state: RequestState
    person: Person
    effective_date: date
    warnings: list[WarningCode]
    changes: list[Change]
    hidden_fields: int = Field(description="how many changed fields the role does not see")
    delivery: str | None
    superseded_by: int | None
    opened_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    decline_code: DeclineCode | None
    caution: str = Field(description="what must be accepted by `confirmed`; empty for the harmless")


class Requests(BaseModel):
    """One page of requests."""

    requests: list[Request]
    total: int
    page: int
    pages: int


class Decision(BaseModel):
    """What became of one decision."""

    id: int
    done: bool
    waits: bool = Field(description="the first of two approvals; nothing has changed yet")
    why: str = ""
    fix: str = ""
    successor: int | None = Field(default=None, description="the request that holds now")


class Decisions(BaseModel):
    """What became of many."""

    decisions: list[Decision]


class Participant(BaseModel):
    """One person on the benefits side."""

    id: int
    employee_id: str
    name: str
    ssn: str
    status: Standing
    hire_date: date | None
    termination_date: date | None
    updated_at: datetime
    values: dict[str, str] | None = Field(default=None, description="what the role sees; with a single one only")


class Participants(BaseModel):
    """One page of participants."""

    people: list[Participant]
    total: int
    page: int
    pages: int


class Run(BaseModel):
    """One run."""

    id: int
    kind: str
    state: str
    outcome: str | None
    actor: str
    boxes: list[str]
    counts: dict[str, int]
    started_at: datetime
    ended_at: datetime | None
    file: str | None
    error: dict[str, str | int]


class Runs(BaseModel):
    """One page of runs."""

    runs: list[Run]
    total: int
    page: int
    pages: int


class Started(BaseModel):
    """Something was begun, and goes on by itself."""

    started: str


class Status(BaseModel):
    """A site at a glance."""

    site: str
    pending: int
    kept_back: int
    held: int
    deliveries_in_trouble: int
    last_update: Run | None


class Issue(BaseModel):
    """One person kept back."""

    id: int
    employee_id: str
    code: str
    detail: str
    first_seen: datetime
    last_seen: datetime


class Issues(BaseModel):
    """One page of people kept back."""

    issues: list[Issue]
    total: int
    page: int
    pages: int
