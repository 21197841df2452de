"""The shapes of requests and of the decisions about them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from pydantic import Field

from bensync.api_shapes.base import FieldDifference, Moment, Paged, Shape, copied, difference
from bensync.core.changes import ChangeKind
from bensync.core.requests import DeclineCode, Origin, RequestState, Risk, WarningCode
from bensync.wording.decision_effects import effects
from bensync.wording.remedies import in_api

if TYPE_CHECKING:
    from bensync.actions import decisions as action_decisions
    from bensync.state.read.lists import RequestView
    from bensync.wording.visibility import Visibility


class Person(Shape):
    """The person whom a request is about."""

    employee_id: str
    name: str = Field(description="`Employee` and the id where the role does not see names")
    ssn: str = Field(description="masked, or empty where the role does not see it")


class Request(Shape):
    """One request."""

    id: int
    site: str
    kind: ChangeKind
    risk: Risk
    state: RequestState
    person: Person
    effective_date: date
    warnings: list[WarningCode]
    changes: list[FieldDifference] = Field(description="those that the role sees; an SSN is masked")
    hidden_fields: int = Field(description="how many changed fields the role does not see")
    delivery: str | None
    superseded_by: int | None
    opened_at: Moment
    origin: Origin
    participant: int | None
    duplicate_of: int | None
    decided_at: Moment | None
    decided_by: str | None
    decline_code: DeclineCode | None
    note: str | None
    closed_because: str | None
    declined_before: list[FieldDifference] = Field(
        description="what HR says too, and was declined before: an approval leaves it out unless `only` names its field"
    )
    decided_apart: list[str] = Field(description="fields that `only` may choose; empty where it is one decision")
    left_out: list[str] = Field(description="fields that the approval left out, and so declined")
    held_up: bool = Field(
        description="an approved termination whose event waits behind an open one, while the coverage goes on"
    )
    caution: str = Field(description="what must be accepted before an approval; empty for low risk")


class Requests(Paged):
    """One page of requests."""

    requests: list[Request]


class Decision(Shape):
    """The result of one decision."""

    id: int
    done: bool
    waits: bool = Field(description="the first of two approvals; nothing has changed yet")
    why: str = Field(description="why it was not done; empty otherwise")
    fix: str
    successor: int | None = Field(description="the request that replaced this one")


class Decisions(Shape):
    """The results of many decisions."""

    decisions: list[Decision]
    left: list[int] = Field(description="HIGH risk requests that `--all` did not touch")


def request(
    view: RequestView,
    visibility: Visibility | None = None,
    *,
    touches: bool = False,
    processes_benefits: bool = True,
) -> Request:
    """Return one request.

    Args:
        view: the request.
        visibility: the fields that the role sees; without it, everything but the SSN.
        touches: whether it changes data that a processed benefit event is based on.
        processes_benefits: whether the site has a rulebook.
    """
    person = view.person
    name, ssn, seen, left = person.name, person.ssn, list(view.changes), list(view.declined_before)
    if visibility is not None:
        name, ssn = visibility.name(name, person.employee_id), visibility.ssn(ssn, person.employee_id)
        seen = [change for change in seen if visibility.sees(change.field, person.employee_id)]
        left = [change for change in left if visibility.sees(change.field, person.employee_id)]
    names = {change.field for change in (*seen, *left)}
    return copied(
        Request,
        view,
        person=Person(employee_id=person.employee_id, name=name, ssn=ssn),
        warnings=list(view.warnings),
        changes=[difference(change) for change in seen],
        # A program that decides must know that it does not see everything.
        hidden_fields=len(view.changes) - len(seen),
        declined_before=[difference(change) for change in left],
        decided_apart=sorted(name for name in view.apart if name in names),
        left_out=[name for name in view.left_out if visibility is None or visibility.sees(name, person.employee_id)],
        participant=view.participant_id,
        caution=effects(view, name, touches=touches, processes_benefits=processes_benefits).caution,
    )


def decision(result: action_decisions.Decision) -> Decision:
    """Return the result of one decision."""
    why, fix = (result.error.why, in_api(result.error)) if result.error is not None else ("", "")
    return Decision(
        id=result.request_id, done=result.done, waits=result.waits, why=why, fix=fix, successor=result.successor
    )


def decisions(results: Iterable[action_decisions.Decision], left: Iterable[int] = ()) -> Decisions:
    """Return the results of decisions, and the requests that were left alone."""
    return Decisions(decisions=[decision(result) for result in results], left=list(left))
