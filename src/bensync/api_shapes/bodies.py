"""The bodies that programs send to the API."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, StrictInt

from bensync.benefits.values.cobra import Milestone
from bensync.benefits.values.dependents import DropReason
from bensync.benefits.values.enrollments import BeneficiaryKind
from bensync.benefits.values.events import Indicator
from bensync.core.requests import DeclineCode
from bensync.core.values.limits import LARGEST_NUMBER, LONGEST_NOTE, LONGEST_REASON, SHORTEST_REASON

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# These texts are printed on terminals, where a control character would act.
# Nor do characters that turn the direction of a line, or that nobody sees.
Words = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]*$")]
"""One line of text, without control, direction and format characters."""
Reason = Annotated[
    Words,
    Field(
        min_length=SHORTEST_REASON, max_length=LONGEST_REASON, description="for the audit trail, without personal data"
    ),
]
Code = Annotated[str, Field(pattern=r"^[\w.+-]{1,64}$")]
FieldName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
# A text, because a JSON number is a binary fraction for most programs, and money would be rounded.
Amount = Annotated[str, Field(pattern=r"^[0-9]{1,8}(\.[0-9]{1,2})?$")]


def _counted(number: object) -> object:
    # JSON Schema, and so the description of the API, counts 7.0 among the integers.
    return int(number) if isinstance(number, float) and number.is_integer() else number


Id = Annotated[StrictInt, Field(ge=1, le=LARGEST_NUMBER), BeforeValidator(_counted)]
"""The number of a row, as a JSON number without a fraction; a text or a truth value is none."""


def _written(day: object) -> object:
    # pydantic also takes numbers, and texts of them, as seconds since 1970, and would terminate people on such a day.
    if isinstance(day, str) and _DAY.fullmatch(day):
        return day
    raise ValueError("a date is a text such as 2026-05-31")


Day = Annotated[date, BeforeValidator(_written)]
"""A calendar date, written YYYY-MM-DD."""
Flag = Annotated[bool, Strict()]
"""True or false, and no word or number in its place: it may confirm a caution."""


class Body(BaseModel):
    """A body that is sent: no unknown fields, and never echoed."""

    # A misspelled `confirmed` must be an error, not a decision without it.
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Approve(Body):
    """How to approve one request."""

    confirmed: Flag = Field(default=False, description="the caution of a HIGH risk request was read and is accepted")
    as_ssn_correction: Flag = Field(default=False, description="a possible duplicate is the same person, re-keyed")
    voiding: Flag = Field(default=False, description="void the benefit events that rest on rows which it changes")
    only: list[FieldName] | None = Field(
        default=None,
        max_length=100,
        description="the fields to approve; the others are declined. Without it, all but those declined before",
    )
    reason: DeclineCode = Field(default=DeclineCode.ERROR, description="why the fields outside `only` are declined")


class ApproveMany(Body):
    """Which low-risk requests to approve; those of HIGH risk are refused."""

    ids: list[Id] = Field(min_length=1, max_length=1000)


class Decline(Body):
    """Why a request is declined."""

    reason: DeclineCode
    note: Words = Field(default="", max_length=LONGEST_NOTE, description="kept encrypted")


class AskAgain(Body):
    """What is asked again although it was declined."""

    reason: Reason
    fields: list[FieldName] | None = Field(
        default=None, max_length=200, description="the declined fields to ask about; null for all that it declined"
    )


class Correct(Body):
    """Fields to set manually; an empty text clears one. The HR source is not touched."""

    fields: dict[FieldName, Annotated[Words, Field(max_length=200)]] = (
        # pydantic describes the keys by a pattern, and leaves it open whether others are allowed; the check refuses
        # them.
        Field(min_length=1, max_length=100, json_schema_extra={"additionalProperties": False})
    )
    reason: Reason


class Terminate(Body):
    """Terminate a participant manually."""

    on: Day
    reason: Reason
    confirmed: Flag = Field(default=False, description="that it ends all benefits was read and is accepted")


class Reinstate(Body):
    """Make a terminated participant active again."""

    reason: Reason


class Release(Body):
    """Release an employee whom HR does not show any more; nothing is terminated, and no coverage ends."""

    confirmed: Flag = Field(default=False, description="that a participant stays active was read and is accepted")
    reason: Reason


class Synchronize(Body):
    """What to send: only what has changed, or a fresh copy of everybody of the ticked boxes."""

    active: Flag = False
    inactive: Flag = False


class Share(Body):
    """The share of one beneficiary."""

    dependent: Id
    percent: Annotated[str, Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,2})?$", description="such as 33.34")]
    kind: BeneficiaryKind = BeneficiaryKind.PRIMARY


class ElectFund(Body):
    """The percentage of the contributions that one fund receives."""

    fund: Code
    percent: Amount


class ElectDetails(Body):
    """What an election holds besides its option; each plan type takes some of it."""

    provider: Code | None = None
    previously_seen: Flag = False
    percent: Amount | None = Field(default=None, description="of the pay, instead of a contribution")
    after_tax: Amount | None = Field(default=None, description="a year's contribution out of taxed pay")
    after_tax_percent: Amount | None = None
    rollover: Flag = Field(default=False, description="what is over the limit goes on out of taxed pay")
    funds: list[ElectFund] = Field(default=[], max_length=50)
    per_deduction: Amount | None = Field(default=None, description="of a pledge, instead of equal parts")
    hours_bought: Amount | None = None
    hours_sold: Amount | None = None


class ElectPlan(Body):
    """What was elected for one plan type; without a plan, coverage is waived."""

    plan_type: Code
    plan: Code | None = None
    option: Code | None = None
    contribution: Amount | None = Field(default=None, description="a year's, such as 1200.50")
    proof: Flag = Field(default=False, description="the proof of insurability was received")
    dependents: list[Id] | None = Field(
        default=None, max_length=100, description="whom it covers; without it, those of the present coverage"
    )
    beneficiaries: list[Share] | None = Field(
        default=None, max_length=100, description="whom it pays; without it, those of the present coverage"
    )
    details: ElectDetails | None = None


class Elect(Body):
    """Elections to enter or to withdraw; the next run checks what is left."""

    elections: list[ElectPlan] = Field(default=[], max_length=50)
    withdraw: list[Code] = Field(default=[], max_length=50, description="plan types whose election is taken back")


class EnrollAll(Body):
    """Assign everybody to the elections of an event."""

    confirmed: Flag = Field(default=False, description="that assignments are replaced was read and is accepted")


class EnterDependent(Body):
    """The fields of a dependent from a day on; an empty text clears one, and a field that is missing stays."""

    fields: dict[FieldName, Annotated[Words, Field(max_length=200)]] = Field(
        min_length=1, max_length=20, json_schema_extra={"additionalProperties": False}
    )
    on: Day
    reason: Reason


class DropDependent(Body):
    """Drop a dependent from a day on."""

    why: DropReason
    on: Day
    reason: Reason
    confirmed: Flag = Field(default=False, description="that their coverage ends was read and is accepted")


class AssignBeneficiaries(Body):
    """The beneficiaries of a coverage from a day on, in place of those of before."""

    plan_type: Code
    shares: list[Share] = Field(max_length=100)
    on: Day
    reason: Reason


class Finish(Body):
    """Let the next run finish an event."""

    confirmed: Flag = Field(default=False, description="that it ends every coverage was read and is accepted")
    reason: Reason


class Reprocess(Body):
    """What the next run does with an event; NORMAL withdraws the mark."""

    how: Indicator
    reason: Reason


class PreviewCensus(Body):
    """A census of present coverage: the whole CSV file as a text."""

    content: Annotated[str, Field(min_length=1, max_length=8_000_000)]


class LoadCensus(PreviewCensus):
    """The same, and the digest of the preview that was read."""

    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class AddActivity(Body):
    """An activity that is added manually."""

    event_class: Code
    on: Day
    reason: Reason


class MoveActivity(Body):
    """The new state of an activity."""

    how: Literal["hold", "release", "delete"]


class ReachStep(Body):
    """A step of a COBRA record that was taken."""

    step: Milestone
    on: Day


class Close(Body):
    """Close a COBRA record."""

    reason: Reason
