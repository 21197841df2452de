"""One benefit event of one participant: what it means, what may be done with it, and what that would take back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from bensync.benefits.engine.coordination import DROPS_ELECTIONS, is_queued, mark_final, set_indicator
from bensync.benefits.engine.elections import enterable, notifiable
from bensync.benefits.engine.outlook import coverage_shifts
from bensync.benefits.engine.run import awaits_loss_confirmation, process_case
from bensync.benefits.engine.stages import RunContext
from bensync.benefits.values.cases import Case
from bensync.benefits.values.cobra import CobraState
from bensync.benefits.values.events import Event, EventStatus, Indicator
from bensync.benefits.values.offers import Prepared
from bensync.core.access import Right
from bensync.errors import DecisionError
from bensync.state.audit.entries import about_event
from bensync.state.audit.entries import subject as trail_of
from bensync.web.http.context import Entered, NotFound, Number, PageContext
from bensync.web.http.routing import SITE_PAGES, Router
from bensync.web.shared import election_form
from bensync.web.shared.event_subject import EventSubject, subject_of
from bensync.wording import benefits, coverage, sync
from bensync.wording.outlook import OutlookSentence, OutlookSentences

route = Router(SITE_PAGES)


@route.get("/people/{number}/events/{event}", Right.SEE_PEOPLE)
def show(context: Entered, number: Number, event: Number) -> Response:
    """The event with everything that a person needs to work on it."""
    with context.read() as work:
        subject = subject_of(context, work, number, event)
        trail = work.filtered.audit_page(1, 200, subject=trail_of(number, about_event(event))).items
    values: dict[str, Any] = {**_seen(context, subject), **_possible(context, subject), "trail": trail}
    return context.page("benefits/event.html", **values)


@route.get("/people/{number}/events/{event}/reprocess", Right.EVENTS)
def look(context: Entered, number: Number, event: Number) -> Response:
    """Show what would be taken back, before anybody asks for it (S3-195)."""
    how = sync.one_of(Indicator, context.request.query_params.get("how"))
    if how is None or how not in benefits.REPROCESSING:
        raise NotFound
    with context.read() as work:
        subject = subject_of(context, work, number, event)
    taken = process_case(set_indicator(subject.case, event, how), _day(context))
    after = taken.case.event(event)
    return context.page(
        "benefits/event_reprocess.html",
        who=subject.who,
        event=subject.event,
        book=context.book,
        how=how,
        taken=taken,
        after=after,
        void=[one for one in taken.cobra if one.state is CobraState.VOID],
        dropped=len(subject.event.choices) if how in DROPS_ELECTIONS else 0,
        waits=subject.case.open if after.indicator is how else None,
        foreseen=_foreseen(context, subject, lambda case: set_indicator(case, event, how)),
    )


def _seen(context: PageContext, subject: EventSubject) -> dict[str, Any]:
    """What the event is."""
    case, event, book, today = subject.case, subject.event, context.lexicon, context.now.date()
    figures = context.visibility.figures(subject.who.employee_id)
    teller, prepared = OutlookSentences(book, figures=figures), event.prepared or Prepared()
    return {
        "who": subject.who,
        "event": event,
        "book": book,
        "today": today,
        "prepared": prepared,
        "updates": [teller.update(one) for one in prepared.updates],
        "remarks": [benefits.refusal(one, book) for one in (*prepared.remarks, *prepared.faults, *event.messages)],
        "blocked": subject.blocked,
        "posted": [row for row in case.enrollments if row.event == event.number],
        "cobra": [coverage.cobra_view(one, book, today) for one in case.cobra if one.event == event.number],
        "activities": [one for one in case.activities if one.id in event.activities],
        "used": sorted({(row.date, row.table) for row in event.used}),
        "others": sorted((one for one in case.events if one != event), key=lambda one: one.order, reverse=True),
        "stops": awaits_loss_confirmation(event),
        "waits": is_queued(event),
        "behind": case.open if is_queued(event) else None,
        "offers": election_form.questions(case, event, book, figures=figures),
    }


def _possible(context: PageContext, subject: EventSubject) -> dict[str, Any]:
    """What a person may do with it."""
    case, event = subject.case, subject.event
    works = context.may(Right.EVENTS) and context.has_benefits and context.rulebook_error is None
    standing = enterable(event)
    is_open, final = event.status is EventStatus.OPEN, standing and not event.final
    return {
        "works": works,
        "finals": works and final,
        "foreseen": _foreseen(context, subject, lambda now: mark_final(now, event.number)) if works and final else [],
        "enters": works and standing and event.prepared is not None and event.prepared.electable,
        "notifies": works and notifiable(event),
        "reprocessing": [one for one in benefits.REPROCESSING if _may_mark(case, event, one)],
        "can_open": case.open is None and is_queued(event),
        "can_close": is_open,
        "runs": works and (is_open or is_queued(event) or event.indicator is not Indicator.NORMAL),
    }


def _may_mark(case: Case, event: Event, indicator: Indicator) -> bool:
    try:
        set_indicator(case, event.number, indicator)
    except DecisionError:
        return False
    return event.indicator is not indicator


def _foreseen(context: PageContext, subject: EventSubject, alter: Callable[[Case], Case]) -> list[OutlookSentence]:
    """What the next run does if a hand does something, and else would not."""
    without = process_case(subject.case, _day(context)).case
    with_it = process_case(alter(subject.case), _day(context)).case
    known = {record.event for record in without.cobra if record.state is CobraState.OPEN}
    opens = [one for one in with_it.cobra if one.state is CobraState.OPEN and one.event not in known]
    teller = OutlookSentences(context.book, figures=context.visibility.figures(subject.who.employee_id))
    return [*teller.shifts(tuple(coverage_shifts(without.enrollments, with_it.enrollments))), *teller.cobra(opens)]


def _day(context: PageContext) -> RunContext:
    return RunContext(context.book, context.now.date())
