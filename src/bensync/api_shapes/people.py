"""The shapes of participants."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import Field

from bensync.api_shapes.base import Moment, Paged, Shape, Subject, copied
from bensync.api_shapes.benefits.activities import Activity, activity
from bensync.core.changes import BaselineState, ChangeKind
from bensync.core.people import Profile, Standing, Status, masked_ssn
from bensync.core.requests import DeclineCode, RequestState, WarningCode
from bensync.core.runs import DeliveryState
from bensync.core.status import STATUS_FIELD
from bensync.mappings.catalogue import Catalogue
from bensync.state.read import timeline
from bensync.wording import timeline as wording

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


class LastSent(Shape):
    """The details of an employee as last sent to the benefits platform."""

    state: BaselineState
    status: Status
    status_date: date
    rule: str = Field(description="why the status is what it is, in words")
    rule_code: str = Field(description="which row of the status table decides: `only_row` or `last_row`")
    status_option: str | None = Field(description="the option of that row")
    due: date | None = Field(description="the day on which the next dated row takes effect")
    values: dict[str, str | None] = Field(description="with the SSN masked")
    rows: list[dict[str, Any]] = Field(description="the dated rows: `table`, `date`, and the values by field")


class Episode(Shape):
    """One event in the history of an employee, in words and in values."""

    at: Moment
    event: str = Field(description="what happened, in words")
    reason: str = Field(description="why, in words")
    code: str = Field(
        description="why, as a stable word: the kind of the row or of the request, the code of the data issue, "
        "`outside`, `unchanged`, `released`, the reason of a decline, or why bensync closed the request"
    )
    kind: timeline.EpisodeKind
    run: int | None
    request: int | None
    change: ChangeKind | None
    fields: list[str]
    file: str | None
    row: int | None
    delivery: DeliveryState | None
    outcome: str
    detail: str
    effective_date: date | None
    warnings: list[WarningCode]
    state: RequestState | None
    decided_by: str | None
    decline_code: DeclineCode | None
    superseded_by: int | None
    closed_because: str | None


class CobraNote(Shape):
    """A benefit event whose lost coverage falls under an earlier COBRA record."""

    event: int
    code: str
    text: str


class Explanation(Shape):
    """Why an employee was sent, skipped, or blocked."""

    site: str
    employee_id: str
    last_sent: LastSent | None = Field(description="null if the employee was never sent")
    told: LastSent | None = Field(description="the same as `last_sent`; the name of version 0.1", deprecated=True)
    history: list[Episode]
    cobra: list[CobraNote] = Field(
        description="benefit events whose lost coverage opened no COBRA record, because an earlier one is in effect"
    )


def explanation(
    site: str,
    employee_id: str,
    sent: timeline.LastSent | None,
    past: Iterable[timeline.Episode],
    catalogue: Catalogue,
    cobra: Iterable[tuple[int, str]] = (),
) -> Explanation:
    """Return what was last sent for an employee, each event in their history, and the remarks about COBRA."""
    last_sent = _last_sent(sent) if sent is not None else None
    episodes = [_episode(event, catalogue) for event in past]
    notes = [CobraNote(event=event, code="cobra_in_effect", text=text) for event, text in cobra]
    return Explanation(
        site=site, employee_id=employee_id, last_sent=last_sent, told=last_sent, history=episodes, cobra=notes
    )


def _last_sent(sent: timeline.LastSent) -> LastSent:
    profile = sent.profile
    return LastSent(
        state=sent.state,
        status=profile.status,
        status_date=profile.status_date,
        rule=wording.status_rule(profile),
        rule_code=wording.rule_code(profile),
        status_option=profile.values.get(STATUS_FIELD),
        due=sent.due,
        values=masked_values(profile),
        rows=[{"table": row.table, "date": row.date, **row.values} for row in profile.rows],
    )


def _episode(past: timeline.Episode, catalogue: Catalogue) -> Episode:
    event, reason = wording.episode(past, catalogue)
    code = wording.code(past)
    return copied(
        Episode, past, event=event, reason=reason, code=code, fields=list(past.fields), warnings=list(past.warnings)
    )


def masked_values(profile: Profile) -> dict[str, str | None]:
    """Return the values of a profile with the SSN masked: scripts keep their output in logs."""
    return {name: masked_ssn(value) if name == "ssn" else value for name, value in profile.values.items()}
