"""One benefit event of a participant: its effect, what a person can do with it, and what that would reverse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from bensync.actions.benefits.outlooks import can_mark, change_effect, dropped_elections, reprocessed
from bensync.benefits.engine.elections import enterable, notifiable
from bensync.benefits.engine.event_order import is_queued, mark_final, set_indicator
from bensync.benefits.engine.event_stages import RunContext
from bensync.benefits.engine.run import awaits_loss_confirmation
from bensync.benefits.engine.scheduling import event_findings
from bensync.benefits.family.entries import enrollments_of_everybody
from bensync.benefits.values.cases import Case
from bensync.benefits.values.cobra import CobraState
from bensync.benefits.values.events import EventStatus, Indicator
from bensync.benefits.values.offers import Prepared
from bensync.core.access import Right
from bensync.state.audit.entries import about_event
from bensync.state.audit.entries import subject as trail_of
from bensync.web.http.context import Entered, NotFound, Number, PageContext
from bensync.web.http.routing import SITE_PAGES, Router
from bensync.web.shared import election_form
from bensync.web.shared.event_subject import EventSubject, subject_of
from bensync.wording import benefits, coverage, families, sync
from bensync.wording.eligibility import EligibilitySentences, FindingLine
from bensync.wording.outlook import OutlookSentence, OutlookSentences

route = Router(SITE_PAGES)


@route.get("/people/{number}/events/{event}", Right.SEE_PEOPLE)
def show(context: Entered, number: Number, event: Number) -> Response:
    """Show the event with everything that a person needs to work on it."""
    with context.read() as state:
        subject = subject_of(context, state, number, event)
        trail = state.filtered.audit_page(1, 200, subject=trail_of(number, about_event(event))).items
    values: dict[str, Any] = {**_facts(context, subject), **_possible(context, subject), "trail": trail}
    return context.page("benefits/event.html", **values)


@route.get("/people/{number}/events/{event}/reprocess", Right.EVENTS)
def preview_reprocessing(context: Entered, number: Number, event: Number) -> Response:
    """Show what would be reversed, before a person asks for it (S3-195)."""
    how = sync.one_of(Indicator, context.request.query_params.get("how"))
    if how is None or how not in benefits.REPROCESSING:
        raise NotFound
    with context.read() as state:
        subject = subject_of(context, state, number, event)
    taken = reprocessed(subject.case, subject.event, how, _day(context))
    after = taken.case.event(event)
    return context.page(
        "benefits/event_reprocess.html",
        who=subject.who,
        event=subject.event,
        book=context.book,
        how=how,
        taken=taken,
        after=after,
        void=[record for record in taken.cobra if record.state is CobraState.VOID],
        dropped=dropped_elections(subject.event, how),
        waits=subject.case.open if after.indicator is how else None,
        foreseen=_foreseen(context, subject, lambda case: set_indicator(case, event, how)),
    )


def _facts(context: PageContext, subject: EventSubject) -> dict[str, Any]:
    """Return what the page shows of the event."""
    case, event, book, today = subject.case, subject.event, context.lexicon, context.now.date()
    figures = context.visibility.figures(subject.who.employee_id)
    sentences, prepared = OutlookSentences(book, figures=figures), event.prepared or Prepared()
    people = families.views(case, max(today, event.event_date), context.visibility, dropped=True)
    return {
        "who": subject.who,
        "event": event,
        "book": book,
        "today": today,
        "prepared": prepared,
        "updates": [sentences.update(update) for update in prepared.updates],
        "remarks": [
            benefits.refusal(remark, book) for remark in (*prepared.remarks, *prepared.faults, *event.messages)
        ],
        "blocked": subject.blocked,
        "posted": [row for row in case.enrollments if row.event == event.number],
        "cobra": [coverage.cobra_view(record, book, today) for record in case.cobra if record.event == event.number],
        "activities": [activity for activity in case.activities if activity.id in event.activities],
        "used": sorted({(row.date, row.table) for row in event.used}),
        "eligibility": _eligibility(context, subject),
        "others": sorted(
            (other for other in case.events if other != event), key=lambda other: other.order, reverse=True
        ),
        "stops": awaits_loss_confirmation(event),
        "waits": is_queued(event),
        "behind": case.open if is_queued(event) else None,
        "offers": election_form.questions(
            case, event, book, {view.number: view.name for view in people}, figures=figures
        ),
        "kinds": families.KINDS,
        "everybody": [
            (
                benefits.plan_type(entry.plan_type),
                families.assigned(entry.before, people) or "nobody",
                families.assigned(entry.after, people) or "nobody",
                entry.replaces,
            )
            for entry in enrollments_of_everybody(case, event, book)
        ],
    }


def _eligibility(context: PageContext, subject: EventSubject) -> list[FindingLine]:
    """Return what fits, as a run recorded it, else by the data of today."""
    book = context.lexicon
    sentences = EligibilitySentences(book, subject.who.employee_id, context.visibility, context.catalogue)
    return sentences.findings(event_findings(subject.case, subject.event, book))


def _possible(context: PageContext, subject: EventSubject) -> dict[str, Any]:
    """Return what the person on the page can do with the event."""
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
        "reprocessing": [indicator for indicator in benefits.REPROCESSING if can_mark(case, event, indicator)],
        "can_open": case.open is None and is_queued(event),
        "can_close": is_open,
        "runs": works and (is_open or is_queued(event) or event.indicator is not Indicator.NORMAL),
    }


def _foreseen(context: PageContext, subject: EventSubject, alter: Callable[[Case], Case]) -> list[OutlookSentence]:
    """Return what the next run does because of a manual change."""
    effect = change_effect(subject.case, alter, _day(context))
    sentences = OutlookSentences(context.book, figures=context.visibility.figures(subject.who.employee_id))
    return [*sentences.shifts(tuple(effect.shifts)), *sentences.cobra(effect.cobra)]


def _day(context: PageContext) -> RunContext:
    return RunContext(context.book, context.now.date())
