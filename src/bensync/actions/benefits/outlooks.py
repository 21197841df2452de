"""Outlooks: what an approval or a change to a benefit event would do, before a person asks for it (S0-26, S3-195).

They are made by the engine of the run, so that a page cannot promise what the run does not do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import msgspec

from bensync.benefits.engine.approval_activities import Approval, effects, touches
from bensync.benefits.engine.event_order import DROPS_ELECTIONS, set_indicator
from bensync.benefits.engine.event_stages import RunContext
from bensync.benefits.engine.outlook import Outlook, Shift, coverage_shifts, outlook
from bensync.benefits.engine.row_diff import row_edits
from bensync.benefits.engine.run import CaseResult, process_case
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.cases import Case
from bensync.benefits.values.cobra import CobraRecord, CobraState
from bensync.benefits.values.events import Event, Indicator
from bensync.core.intake.proposals import apply, drifted
from bensync.core.people import Participant
from bensync.core.requests import Origin, Request, RequestState, WarningCode
from bensync.errors import DecisionError
from bensync.state.site_state import SiteState


class RequestOutlook(msgspec.Struct, frozen=True):
    """The effect of an approval on coverage.

    Attributes:
        outlook: coverages, COBRA records, events, and carriers.
        touches: whether it changes what an event past PR rests on.
        voidable: events that rest on what it changes, and may be voided with it (sync-rules 3.9.5), by number.
        rows_taken_back: how many coverage rows voiding them takes back.
    """

    outlook: Outlook
    touches: bool = False
    voidable: Sequence[int] = ()
    rows_taken_back: int = 0


class EventLoss(msgspec.Struct, frozen=True):
    """What reprocessing takes from one event; ``refused`` says why the event cannot be reprocessed.

    Attributes:
        rows: coverage rows that would be reversed.
        cobra: COBRA records that would be void.
        elections: elections that would be dropped.
    """

    event: Event
    rows: int = 0
    cobra: int = 0
    elections: int = 0
    refused: str = ""


class ChangeEffect(msgspec.Struct, frozen=True):
    """What the next run does because of a manual change, compared with the same run without it."""

    shifts: Sequence[Shift]
    cobra: Sequence[CobraRecord]
    """COBRA records that the change opens."""


def request_outlook(state: SiteState, request: Request, book: Rulebook, today: date) -> RequestOutlook | None:
    """Return what approving a request would do to coverage; None where nobody can say.

    Nothing can be foreseen of a request that is decided, nor of a possible duplicate: whether it is one person is the
    question itself.
    """
    if request.state is not RequestState.PENDING or WarningCode.POSSIBLE_DUPLICATE in request.warnings:
        return None
    participant = state.participants.by_keys([request.key]).get(request.key)
    approval = _approval(request, participant, today)
    case = state.cases.load([participant.id])[participant.id] if participant is not None else None
    result = outlook(case, approval, RunContext(book, today))
    # A new participant has no events that could rest on anything.
    if case is None:
        return RequestOutlook(result)
    edits = row_edits(approval.kind, approval.before, approval.after)
    rows_by_event = {effect.event.number: len(effect.rows) for effect in effects(case, edits, book)}
    return RequestOutlook(
        result,
        touches=touches(case.events, edits),
        voidable=sorted(rows_by_event),
        rows_taken_back=sum(rows_by_event.values()),
    )


def reprocessed(case: Case, event: Event, how: Indicator, day: RunContext) -> CaseResult:
    """Return the case as the next run leaves it if the event is marked.

    Raises:
        DecisionError: the event cannot be marked in this way.
    """
    return process_case(set_indicator(case, event.number, how), day)


def can_mark(case: Case, event: Event, how: Indicator) -> bool:
    """Return whether an event can be marked in this way, and is not marked so yet."""
    try:
        # The engine is asked instead of repeating its rules: a button is offered only where it would be accepted.
        set_indicator(case, event.number, how)
    except DecisionError:
        return False
    return event.indicator is not how


def dropped_elections(event: Event, how: Indicator) -> int:
    """Return how many elections of an event are dropped if it is marked in this way."""
    return len(event.choices) if how in DROPS_ELECTIONS else 0


def event_loss(case: Case, event: Event, how: Indicator, day: RunContext) -> EventLoss:
    """Return what reprocessing would take from one event."""
    try:
        result = reprocessed(case, event, how, day)
    except DecisionError as error:
        return EventLoss(event, refused=error.why)
    return EventLoss(
        event,
        rows=sum(row.event == event.number for row in result.reversed),
        cobra=sum(record.state is CobraState.VOID and record.event == event.number for record in result.cobra),
        elections=dropped_elections(event, how),
    )


def change_effect(case: Case, alter: Callable[[Case], Case], day: RunContext) -> ChangeEffect:
    """Return what the next run does because of a manual change."""
    # The next run does other things to this case, too. Only the difference is the effect of the change.
    without, with_it = process_case(case, day).case, process_case(alter(case), day).case
    open_events = {record.event for record in without.cobra if record.state is CobraState.OPEN}
    opens = [record for record in with_it.cobra if record.state is CobraState.OPEN and record.event not in open_events]
    return ChangeEffect(tuple(coverage_shifts(without.enrollments, with_it.enrollments)), opens)


def _approval(request: Request, participant: Participant | None, today: date) -> Approval:
    """Return a request as it would be applied today; it must agree with what `approvals` applies."""
    profile = request.profile
    if request.origin is Origin.DRIFT and participant is not None:
        profile = drifted(profile, participant)
    after = apply(request.kind, profile, request.key, participant, request.effective_date)
    return Approval(request.kind, participant, after, request.changes, request.effective_date, today)
