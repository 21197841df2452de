"""foresee(): what the approval of a request would do to coverage, for the person who decides (S0-26)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from bensync.benefits.engine.approval_activities import Approval, effects, touches
from bensync.benefits.engine.event_stages import RunContext
from bensync.benefits.engine.outlook import Outlook, outlook
from bensync.benefits.engine.row_diff import row_edits
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.core.intake.proposals import apply, drifted
from bensync.core.people import Participant
from bensync.core.requests import Origin, Request, RequestState, WarningCode
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


def foresee(state: SiteState, request: Request, book: Rulebook, today: date) -> RequestOutlook | None:
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
    rows_by_event = {effect.event.number: len(effect.rows) for effect in effects(case, edits)}
    return RequestOutlook(
        result,
        touches=touches(case.events, edits),
        voidable=sorted(rows_by_event),
        rows_taken_back=sum(rows_by_event.values()),
    )


def _approval(request: Request, participant: Participant | None, today: date) -> Approval:
    """Return a request as it would be applied today; it must agree with what `approvals` applies."""
    profile = request.profile
    if request.origin is Origin.DRIFT and participant is not None:
        profile = drifted(profile, participant)
    after = apply(request.kind, profile, request.key, participant, request.effective_date)
    return Approval(request.kind, participant, after, request.changes, request.effective_date, today)
