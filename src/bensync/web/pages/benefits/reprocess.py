"""Reprocessing of selected events: shows first what is reversed, and asks for their number (S3-182, S3-195)."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
from starlette.responses import Response

from bensync.actions.authorization import require_reason
from bensync.actions.benefits import case_edits
from bensync.actions.benefits.outlooks import EventLoss, event_loss
from bensync.benefits.engine.event_stages import RunContext
from bensync.benefits.values.events import Indicator
from bensync.core.access import Right
from bensync.core.values.limits import LARGEST_NUMBER
from bensync.errors import DecisionError
from bensync.web.http.context import Entered, NotFound, PageContext
from bensync.web.http.routing import SITE_PAGES, Router
from bensync.wording import benefits, sync
from bensync.wording.visibility import name_of

route = Router(SITE_PAGES)

# The preview runs the engine for each event while the visitor waits.
_MOST = 200
_CHOSEN = re.compile(r"([1-9]\d{0,9})\.([1-9]\d{0,5})", re.ASCII)


class NamedLoss(msgspec.Struct, frozen=True):
    """The loss of one event, with the participant it belongs to."""

    participant: int
    name: str
    loss: EventLoss


@route.post("/events/reprocess", Right.EVENTS)
def look(context: Entered) -> Response:
    """Show what the events would lose, and ask for their number."""
    how, chosen = _how(context), _chosen(context)
    if not chosen:
        context.flash("No event is selected. Select events, then try again.", "plain")
        return context.go(context.at("/events/list?show=all"))
    losses = _losses(context, chosen, how)
    possible = [item for item in losses if not item.loss.refused]
    return context.page(
        "benefits/reprocess.html",
        how=how,
        possible=possible,
        refused=[item for item in losses if item.loss.refused],
        sums={name: sum(getattr(item.loss, name) for item in possible) for name in ("rows", "cobra", "elections")},
        book=context.book,
    )


@route.post("/events/reprocess/mark", Right.EVENTS)
def mark_all(context: Entered) -> Response:
    """Mark the events, and list those that can no longer be marked."""

    def act() -> Response:
        how, chosen, why = _how(context), _chosen(context), require_reason(context.form.reason())
        # Typing the number shows that the size of the loss was read; a button alone is pressed by habit.
        if context.form.number("count") != len(chosen):
            why = f"The number that you entered is not {len(chosen):,}."
            raise DecisionError("Nothing was marked.", why, "Go back and enter the number of events.")
        refused = [error for who, event in chosen if (error := _mark(context, who, event, how, why))]
        context.flash(f"{sync.count(len(chosen) - len(refused), 'event')} marked. The next run carries it out.")
        for error in refused[:5]:
            context.flash(str(error), "bad")
        return context.go(context.at("/events/list?show=all"))

    return context.once(act)


def _mark(context: PageContext, participant: int, event: int, how: Indicator, why: str) -> DecisionError | None:
    try:
        context.actions.change_case(participant, case_edits.reprocess(event, how), reason=why)
    except DecisionError as error:
        return error
    return None


def _losses(context: PageContext, chosen: Sequence[tuple[int, int]], how: Indicator) -> list[NamedLoss]:
    """Return what each of the events would lose."""
    day = RunContext(context.book, context.now.date())
    with context.read() as state:
        cases = state.cases.load({participant for participant, _ in chosen})
    losses = []
    for participant, number in chosen:
        case = cases.get(participant)
        event = next((entry for entry in case.events if entry.number == number), None) if case is not None else None
        if case is not None and event is not None:
            name = context.visibility.name(name_of(case.participant), case.participant.employee_id)
            losses.append(NamedLoss(participant, name, event_loss(case, event, how, day)))
    return losses


def _how(context: PageContext) -> Indicator:
    how = sync.one_of(Indicator, context.form.text("how"))
    if how is None or how not in benefits.REPROCESSING:
        raise NotFound
    return how


def _chosen(context: PageContext) -> list[tuple[int, int]]:
    """Return participant and number of each selected event, each once."""
    texts = context.form.texts("event")[:_MOST]
    matches = [_CHOSEN.fullmatch(text) for text in dict.fromkeys(texts)]
    events = [(int(match[1]), int(match[2])) for match in matches if match]
    return [event for event in events if event[0] <= LARGEST_NUMBER]
