"""The shapes of participants."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from pydantic import Field

from bensync.api_shapes.activities import Activity, activity
from bensync.api_shapes.base import Moment, Paged, Shape, Subject, copied
from bensync.core.people import Standing, Status

if TYPE_CHECKING:
    from bensync.state.read.lists import PersonDetail, PersonView
    from bensync.wording.visibility import Visibility


class Participant(Shape):
    """One participant in the benefits platform."""

    id: int
    site: str
    employee_id: str
    name: str = Field(description="`Employee` and the id where the role does not see names")
    ssn: str = Field(description="masked, or empty where the role does not see it")
    status: Standing
    hr_status: Status = Field(description="what HR said when the last request was approved")
    hire_date: date | None
    termination_date: date | None
    program: str
    version: int
    updated_at: Moment


class ParticipantDetail(Participant):
    """One participant with everything that was approved."""

    values: dict[str, str] = Field(description="the fields that the role sees; an SSN is masked")
    activities: list[Activity]
    pending_requests: list[int] | None = Field(description="null for a role that does not see requests")


class Participants(Paged):
    """One page of participants."""

    people: list[Participant]


def participant(view: PersonView, visibility: Visibility | None = None) -> Participant:
    """Return one participant, as far as the role may see them; without a visibility everything but the SSN."""
    return copied(Participant, view if visibility is None else visibility.person(view))


def participant_detail(
    detail: PersonDetail, pending: Iterable[int] | None, visibility: Visibility | None = None
) -> ParticipantDetail:
    """Return one participant with everything that was approved, as far as the role may see it.

    Args:
        detail: the participant.
        pending: the numbers of the requests that wait; None for a role that does not see requests.
        visibility: what the role sees; None for everything but the SSN.
    """
    person, values = detail.person, detail.values
    if visibility is not None:
        # Left out, not null: the name of a hidden field would already say that HR has a value.
        values = {name: text for name, text in values.items() if visibility.sees(name, person.employee_id)}
        person = visibility.person(person)
    named = Subject(participant=person.id, employee_id=person.employee_id, name=person.name)
    return copied(
        ParticipantDetail,
        person,
        values=dict(values),
        activities=[activity(trace, named, person.site) for trace in detail.activities],
        pending_requests=list(pending) if pending is not None else None,
    )
