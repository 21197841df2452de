"""The routes of the JSON API about benefit events: the actions of the pages, with the same rights."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from starlette.responses import Response

from bensync.api_shapes import benefits as shapes
from bensync.benefits.engine import activity_queue, elections
from bensync.benefits.engine.coordination import mark
from bensync.benefits.engine.postings import reach_step
from bensync.benefits.engine.run import stops_short
from bensync.benefits.values.cases import Case
from bensync.benefits.values.cobra import deadlines
from bensync.benefits.values.enrollments import Enrollment, Terms, program_on
from bensync.benefits.values.events import Event, EventStatus, Flag, Indicator, Process
from bensync.benefits.values.offers import Choice, Remark
from bensync.core.access import Right
from bensync.errors import DecisionError
from bensync.state.audit.entries import about_activity, about_event
from bensync.state.read.event_lists import EventLine, WantedEvents
from bensync.web.api.routes import REFUSALS, PageNumber, answer
from bensync.web.http.context import Entered, NotFound, Number, PageContext
from bensync.web.http.routing import SITE_API, Router
from bensync.web.pages.benefits.event_actions import MOVES, change, finished
from bensync.web.pages.benefits.events import due_of
from bensync.web.pages.review.request import foresee

api = Router(SITE_API)

_SIZE = 50


@api.get("/events/board", Right.SEE_OVERVIEW, response_model=shapes.Board, responses=REFUSALS)
def board(context: Entered) -> Response:
    """What there is to do, the last run with its totals, and what must always hold."""
    with context.read() as work:
        tally, summary = work.events.tally(), work.events.summary()
        due = due_of(work, context.lexicon, context.now.date())
        holds = [shapes.Invariant(subject=one.subject, ok=one.ok, detail=one.detail) for one in work.events.board()]
    last = None
    if summary is not None:
        told = {name: getattr(summary, name) for name in shapes.LastRun.model_fields if name != "id"}
        last = shapes.LastRun(id=summary.run_id, **told)
    return answer(
        shapes.Board(
            configured=context.has_benefits,
            waiting=tally.waiting,
            held=tally.held,
            in_process=tally.in_process,
            losses=tally.losses,
            flagged=tally.flagged,
            stuck=tally.errors,
            cobra_open=tally.cobra,
            cobra_missed=due.missed,
            cobra_soon=due.soon,
            holds=holds,
            last_run=last,
        )
    )


@api.get("/events", Right.SEE_PEOPLE, response_model=shapes.Events, responses=REFUSALS)
def events(
    context: Entered,
    *,
    status: EventStatus | None = None,
    process: Process | None = None,
    flag: Flag | None = None,
    event_class: str = "",
    losses: bool = False,
    page: PageNumber = 1,
) -> Response:
    """One page of events, the newest first."""
    flags = frozenset({flag}) if flag is not None else frozenset[Flag]()
    wanted = WantedEvents(status, process, flags, event_class, stops_short=losses)
    with context.read() as work:
        found = work.events.events(wanted, page, _SIZE)
    lines = [_line(line) for line in found.items]
    return answer(shapes.Events(events=lines, total=found.total, page=found.number, pages=found.pages))


@api.get("/people/{number}/benefits", Right.SEE_PEOPLE, response_model=shapes.Benefits, responses=REFUSALS)
def benefits(context: Entered, number: Number) -> Response:
    """Coverage, events, activities and COBRA records of one participant."""
    case = _case(context, number)
    figures = context.visibility.figures(case.participant.employee_id)
    clocks = context.lexicon.cobra
    return answer(
        shapes.Benefits(
            program=program_on(case.assignments, context.now.date()),
            coverage=[_row(row, figures=figures) for row in case.enrollments],
            events=[_event_line(case, event) for event in case.events],
            activities=[
                shapes.Activity(
                    number=one.id,
                    source=one.source,
                    event_class=one.event_class,
                    event_date=one.event_date,
                    action=one.action,
                    state=one.state,
                    request=one.request_id,
                )
                for one in case.activities
            ],
            cobra=[
                shapes.CobraRecord(
                    event=one.event,
                    action=one.action,
                    occurrence_date=one.occurrence_date,
                    until=one.until,
                    state=one.state,
                    deadlines=[
                        shapes.Deadline(step=step.step, due=step.due, done=step.done) for step in deadlines(one, clocks)
                    ],
                )
                for one in case.cobra
            ],
        )
    )


@api.get("/people/{number}/events/{event}", Right.SEE_PEOPLE, response_model=shapes.Event, responses=REFUSALS)
def event(context: Entered, number: Number, event: Number) -> Response:
    """One event with what it offers, ends and posted."""
    case = _case(context, number)
    found = next((one for one in case.events if one.number == event), None)
    if found is None:
        raise NotFound
    return answer(_event(case, found, figures=context.visibility.figures(case.participant.employee_id)))


@api.get(
    "/requests/{number}/outlook", Right.DECIDE, Right.SEE_PEOPLE, response_model=shapes.Outlook, responses=REFUSALS
)
def outlook(context: Entered, number: Number) -> Response:
    """What approving a pending request would do to coverage; nothing where benefits are not switched on."""
    with context.read() as work:
        request = work.requests.get([number]).get(number)
        if request is None:
            raise NotFound
        foreseen = foresee(context, work, request)
    if foreseen is None:
        why = "benefits are not switched on, or somebody must say first whether this is one person or two"
        raise DecisionError("Nothing can be foreseen", why, "decide the request by what it shows")
    found, figures = foreseen.found, context.visibility.figures(request.employee_id)
    return answer(
        shapes.Outlook(
            shifts=[
                shapes.Shift(
                    plan_type=one.plan_type,
                    begin=one.begin,
                    until=one.until,
                    before=_terms(one.before, figures=figures) if one.before is not None else None,
                    after=_terms(one.after, figures=figures) if one.after is not None else None,
                )
                for one in found.shifts
            ],
            cobra=[one.occurrence_date for one in found.cobra],
            offers=sorted({offer.plan_type for _, offer in found.offers}),
            stops=bool(found.stops),
            disturbed=[
                shapes.Disturbed(event=one.event.number, flags=sorted(one.flags), rows=len(one.rows))
                for one in found.disturbed
            ],
            remarks=[_remark(one) for one in found.remarks],
            carriers=list(found.carriers),
            sentences=[one.text for one in foreseen.told],
        )
    )


@api.post("/people/{number}/events/{event}/elections", Right.EVENTS, response_model=shapes.Event, responses=REFUSALS)
def elect(context: Entered, number: Number, event: Number, body: shapes.Elect) -> Response:
    """Enter elections."""
    chosen = [_choice(one) for one in body.elections]
    today = context.now.date()
    return _changed(context, number, event, "elect", lambda case: elections.enter(case, event, chosen, today))


def _choice(one: shapes.Elected) -> Choice:
    money = Decimal(one.contribution) if one.contribution is not None else None
    return Choice(one.plan_type, one.plan or "", one.option or "", money, one.proof)


@api.post("/people/{number}/events/{event}/final", Right.EVENTS, response_model=shapes.Event, responses=REFUSALS)
def final(context: Entered, number: Number, event: Number, body: shapes.Finish) -> Response:
    """Have an event finished by the next run; a loss of every coverage needs `confirmed`."""
    alter: Callable[[Case], Case] = lambda case: finished(case, event, confirmed=body.confirmed)  # noqa: E731  # the call would not fit its line
    return _changed(context, number, event, "final", alter, body.reason)


@api.post("/people/{number}/events/{event}/reprocess", Right.EVENTS, response_model=shapes.Event, responses=REFUSALS)
def reprocess(context: Entered, number: Number, event: Number, body: shapes.Reprocess) -> Response:
    """Say what the next run does with an event."""
    verb = body.how.lower() if body.how is not Indicator.NORMAL else "unmark"
    return _changed(context, number, event, verb, lambda case: mark(case, event, body.how), body.reason)


@api.post("/people/{number}/cobra/{event}", Right.EVENTS, status_code=204, responses=REFUSALS)
def reach(context: Entered, number: Number, event: Number, body: shapes.ReachStep) -> Response:
    """Write down that a step of a COBRA record was taken."""
    today = context.now.date()
    alter: Callable[[Case], Case] = lambda case: reach_step(case, event, body.step, body.on, today)  # noqa: E731  # the call would not fit its line
    return _done(context, number, "event.cobra", alter, about_event(event), f"{body.step} {body.on}")


@api.post("/people/{number}/activities", Right.EVENTS, status_code=204, responses=REFUSALS)
def add(context: Entered, number: Number, body: shapes.AddActivity) -> Response:
    """Add an activity by hand."""
    name, on, book = body.event_class, body.on, context.book
    alter: Callable[[Case], Case] = lambda case: activity_queue.insert(case, name, on, book, body.reason)  # noqa: E731  # the call would not fit its line
    return _done(context, number, "activity.add", alter, reason=f"{name}: {body.reason}")


@api.post("/people/{number}/activities/{activity}", Right.EVENTS, status_code=204, responses=REFUSALS)
def move(context: Entered, number: Number, activity: Number, body: shapes.MoveActivity) -> Response:
    """Hold, release or delete an activity."""
    alter, _ = MOVES[body.how]
    about = about_activity(activity)
    return _done(context, number, f"activity.{body.how}", lambda case: alter(case, activity), about)


def _changed(
    context: PageContext, number: int, event: int, verb: str, alter: Callable[[Case], Case], reason: str = ""
) -> Response:
    """Alter a case for one event, and tell how the event stands."""

    def act() -> Response:
        made = change(context, number, f"event.{verb}", alter, about_event(event), reason).case
        figures = context.visibility.figures(made.participant.employee_id)
        return answer(_event(made, made.event(event), figures=figures))

    return context.once(act)


def _done(
    context: PageContext, number: int, verb: str, alter: Callable[[Case], Case], about: str = "", reason: str = ""
) -> Response:
    def act() -> Response:
        change(context, number, verb, alter, about, reason)
        return Response(status_code=204)

    return context.once(act)


def _case(context: PageContext, number: int) -> Case:
    with context.read() as work:
        found = work.cases.load([number]).get(number)
    if found is None:
        raise NotFound
    return found


def _line(line: EventLine) -> shapes.EventLine:
    names = shapes.EventLine.model_fields.keys() & set(line.__struct_fields__)
    told = {name: getattr(line, name) for name in names} | {"flags": sorted(line.flags)}
    who = line.who
    return shapes.EventLine(
        participant=who.participant_id, employee_id=who.employee_id, loss_of_all=line.stops_short, **told
    )


def _event_line(case: Case, event: Event) -> shapes.EventLine:
    names = shapes.EventLine.model_fields.keys() & set(event.__struct_fields__)
    told = {name: getattr(event, name) for name in names} | {"flags": sorted(event.flags)}
    who = case.participant
    return shapes.EventLine(participant=who.id, employee_id=who.employee_id, loss_of_all=stops_short(event), **told)


def _event(case: Case, event: Event, *, figures: bool) -> shapes.Event:
    prepared = event.prepared
    offers = [offer for offer in prepared.offers if offer.electable] if prepared is not None else []
    faults = (*prepared.remarks, *prepared.faults) if prepared is not None else ()
    return shapes.Event(
        **_event_line(case, event).model_dump(),
        source=event.source,
        activities=list(event.activities),
        offers=[
            shapes.Offer(
                plan_type=offer.plan_type,
                options=[
                    shapes.Option(**_figures(one.terms, figures=figures), begin=one.begin, proof=one.proof)
                    for one in offer.options
                    if not one.history_only
                ],
                default=_terms(offer.default, figures=figures) if offer.default is not None else None,
                waivable=offer.waivable,
            )
            for offer in offers
        ],
        endings=[
            shapes.Ending(
                **_figures(one.terms, figures=figures), plan_type=one.plan_type, last_day=one.last_day, cobra=one.cobra
            )
            for one in (prepared.endings if prepared is not None else ())
        ],
        remarks=[_remark(one) for one in (*faults, *event.messages)],
        elected=[one.plan_type for one in event.choices],
        posted=[_row(row, figures=figures) for row in case.enrollments if row.event == event.number],
    )


def _row(row: Enrollment, *, figures: bool) -> shapes.Row:
    names = shapes.Row.model_fields.keys() & set(row.__struct_fields__)
    told = {name: getattr(row, name) for name in names}
    return shapes.Row(**_figures(row.terms, figures=figures), **told)


def _terms(terms: Terms, *, figures: bool) -> shapes.Terms:
    return shapes.Terms(**_figures(terms, figures=figures))


def _figures(terms: Terms, *, figures: bool) -> dict[str, Any]:
    """The fields of a coverage; figures are null for eyes that do not see the pay."""
    told = {name: getattr(terms, name) for name in ("amount", "employee", "company", "contribution")}
    return {"plan": terms.plan, "option": terms.option, **{name: told[name] if figures else None for name in told}}


def _remark(found: Remark) -> shapes.Remark:
    return shapes.Remark.model_validate(msgspec.structs.asdict(found))
