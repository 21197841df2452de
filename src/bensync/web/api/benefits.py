"""The routes of the JSON API about benefit events: the actions of the pages, with the same rights."""

from __future__ import annotations

from decimal import Decimal

from starlette.responses import Response

from bensync.actions.benefits import case_edits
from bensync.actions.benefits.case_edits import CaseEdit
from bensync.api_shapes import bodies, coverage, event_runs
from bensync.api_shapes import events as shapes
from bensync.api_shapes import outlook as foresight
from bensync.api_shapes.base import Subject
from bensync.api_shapes.benefits.activities import activity as activity_shape
from bensync.benefits.rulebook.figures import PersonFigures
from bensync.benefits.values.cases import Case
from bensync.benefits.values.election_details import ElectionDetails, FundShare
from bensync.benefits.values.enrollments import program_on
from bensync.benefits.values.events import EventStatus, Flag, Process
from bensync.benefits.values.offers import Choice
from bensync.core.access import Right
from bensync.core.values.limits import PAGE_SIZE
from bensync.errors import DecisionError
from bensync.state.read.event_lists import WantedEvents
from bensync.web.api.dependents import shares
from bensync.web.api.routes import REFUSALS, PageNumber, answer, paging
from bensync.web.http.context import Entered, NotFound, Number, PageContext
from bensync.web.http.routing import SITE_API, Router
from bensync.wording import coverage as coverage_wording
from bensync.wording.eligibility import EligibilitySentences
from bensync.wording.visibility import name_of

route = Router(SITE_API)


@route.get("/events/board", Right.SEE_OVERVIEW, response_model=event_runs.Board, responses=REFUSALS)
def board(context: Entered) -> Response:
    """Return the counts of open work, the last run with its totals, and the invariants."""
    with context.read() as state:
        tally, summary = state.events.tally(), state.events.summary()
        # Deadlines follow from the rulebook, so the database cannot count them.
        due = coverage_wording.deadline_counts(state.events.cobra_records(), context.lexicon, context.now.date())
        invariants = [event_runs.invariant(finding, context.site) for finding in state.events.board()]
    return answer(
        event_runs.Board(
            configured=context.has_benefits,
            waiting=tally.waiting,
            held=tally.held,
            in_process=tally.in_process,
            losses=tally.losses,
            flagged=tally.flagged,
            stuck=tally.errors,
            held_up=tally.held_up,
            cobra_open=tally.cobra,
            cobra_missed=due.missed,
            cobra_soon=due.soon,
            invariants=invariants,
            last_run=event_runs.event_run(summary, context.site) if summary is not None else None,
        )
    )


@route.get("/events", Right.SEE_PEOPLE, response_model=shapes.Events, responses=REFUSALS)
def events(
    context: Entered,
    *,
    status: EventStatus | None = None,
    process: Process | None = None,
    flag: Flag | None = None,
    event_class: str = "",
    losses: bool = False,
    held_up: bool = False,
    page: PageNumber = 1,
) -> Response:
    """Return one page of events, newest first."""
    flags = frozenset({flag}) if flag is not None else frozenset[Flag]()
    wanted = WantedEvents(status, process, flags, event_class, stops_short=losses, held_up=held_up)
    with context.read() as state:
        listed = state.events.events(wanted, page, PAGE_SIZE)
    entries = [shapes.event_entry(line, context.site, context.visibility) for line in listed.items]
    return answer(shapes.Events(events=entries, **paging(listed)))


@route.get("/people/{number}/benefits", Right.SEE_PEOPLE, response_model=shapes.Benefits, responses=REFUSALS)
def benefits(context: Entered, number: Number) -> Response:
    """Return coverage, events, activities and COBRA records of one participant."""
    case, today = _case(context, number), context.now.date()
    person = _person(context, case)
    figures = context.visibility.figures(person.employee_id)
    fields = coverage.coverage_fields(
        number,
        context.site,
        today,
        case.enrollments,
        case.assignments,
        case.cobra,
        context.lexicon.cobra,
        figures=figures,
        derive=PersonFigures(case.participant, today, context.lexicon),
    )
    return answer(
        shapes.Benefits(
            **fields,
            program=program_on(case.assignments, today),
            events=[shapes.entry_of(event, person, context.site) for event in case.events],
            activities=[activity_shape(trace, person, context.site) for trace in case.activities],
        )
    )


@route.get("/people/{number}/events/{event}", Right.SEE_PEOPLE, response_model=shapes.Event, responses=REFUSALS)
def event(context: Entered, number: Number, event: Number) -> Response:
    """Return one event with its offers, endings and posted coverage."""
    case = _case(context, number)
    if all(entry.number != event for entry in case.events):
        raise NotFound
    return answer(_event(context, case, event))


@route.get(
    "/requests/{number}/outlook",
    Right.DECIDE,
    Right.SEE_PEOPLE,
    response_model=foresight.Outlook,
    responses=REFUSALS,
)
def outlook(context: Entered, number: Number) -> Response:
    """Return the effect of an approval on coverage; 409 where it is not known."""
    with context.read() as state:
        request = state.requests.get([number]).get(number)
        if request is None:
            raise NotFound
        foreseen = context.foresee(state, request)
    # No answer at all rather than an empty outlook, which would read as "coverage does not change".
    if foreseen is None:
        why = "Benefit events are not enabled, or the request must first settle whether two records are one person."
        raise DecisionError("The effect on coverage is not known.", why, "Decide the request by its changes.")
    figures = context.visibility.figures(request.employee_id)
    sentences = [sentence.text for sentence in context.outlook_sentences(foreseen, request.employee_id)]
    return answer(foresight.outlook(foreseen.outlook, sentences, figures=figures))


@route.post("/people/{number}/events/{event}/elections", Right.EVENTS, response_model=shapes.Event, responses=REFUSALS)
def elect(context: Entered, number: Number, event: Number, body: bodies.Elect) -> Response:
    """Enter elections, or withdraw entered ones."""
    edit = case_edits.enter_elections(event, map(_choice, body.elections), body.withdraw)
    return _changed(context, number, event, edit)


def _choice(elected: bodies.ElectPlan) -> Choice:
    contribution = Decimal(elected.contribution) if elected.contribution is not None else None
    return Choice(
        elected.plan_type,
        elected.plan or "",
        elected.option or "",
        contribution,
        elected.proof,
        dependents=tuple(elected.dependents) if elected.dependents is not None else None,
        beneficiaries=shares(elected.beneficiaries) if elected.beneficiaries is not None else None,
        details=_details(elected.details) if elected.details is not None else None,
    )


def _details(entered: bodies.ElectDetails) -> ElectionDetails:
    # Amounts are texts in the body, so that no program rounds them.
    numbers = entered.model_dump(exclude={"provider", "previously_seen", "rollover", "funds"}, exclude_none=True)
    return ElectionDetails(
        provider=entered.provider or "",
        previously_seen=entered.previously_seen,
        rollover=entered.rollover,
        funds=tuple(FundShare(share.fund, Decimal(share.percent)) for share in entered.funds),
        **{name: Decimal(text) for name, text in numbers.items()},
    )


@route.post("/people/{number}/events/{event}/final", Right.EVENTS, response_model=shapes.Event, responses=REFUSALS)
def final(context: Entered, number: Number, event: Number, body: bodies.Finish) -> Response:
    """Have an event finished by the next run; a loss of every coverage needs `confirmed`."""
    edit = case_edits.mark_final(event)
    return _changed(context, number, event, edit, body.reason, confirmed=body.confirmed)


@route.post("/people/{number}/events/{event}/reprocess", Right.EVENTS, response_model=shapes.Event, responses=REFUSALS)
def reprocess(context: Entered, number: Number, event: Number, body: bodies.Reprocess) -> Response:
    """Mark an event for the next run."""
    return _changed(context, number, event, case_edits.reprocess(event, body.how), body.reason)


@route.post("/people/{number}/cobra/{event}", Right.EVENTS, status_code=204, responses=REFUSALS)
def reach(context: Entered, number: Number, event: Number, body: bodies.ReachStep) -> Response:
    """Record that a COBRA step was taken."""
    return _done(context, number, case_edits.reach_step(event, body.step, body.on))


@route.post("/people/{number}/cobra/{event}/close", Right.EVENTS, status_code=204, responses=REFUSALS)
def close_cobra(context: Entered, number: Number, event: Number, body: bodies.Close) -> Response:
    """Close a COBRA record that needs nothing more."""
    return _done(context, number, case_edits.close_cobra(event), body.reason)


@route.post("/people/{number}/activities", Right.EVENTS, status_code=204, responses=REFUSALS)
def add(context: Entered, number: Number, body: bodies.AddActivity) -> Response:
    """Add an activity manually."""
    return _done(context, number, case_edits.add_activity(body.event_class, body.on, body.reason), body.reason)


@route.post("/people/{number}/activities/{activity}", Right.EVENTS, status_code=204, responses=REFUSALS)
def move(context: Entered, number: Number, activity: Number, body: bodies.MoveActivity) -> Response:
    """Hold, release or delete an activity."""
    return _done(context, number, case_edits.move_activity(activity, body.how))


def _changed(
    context: PageContext, number: int, event: int, edit: CaseEdit, reason: str = "", *, confirmed: bool = False
) -> Response:
    """Change a case for one event, and return the changed event."""

    def act() -> Response:
        # The case that the action returns, not a new read: another person may have changed it in between.
        changed = context.actions.change_case(number, edit, reason=reason, confirmed=confirmed).case
        return answer(_event(context, changed, event))

    return context.once(act)


def _done(context: PageContext, number: int, edit: CaseEdit, reason: str = "") -> Response:
    def act() -> Response:
        context.actions.change_case(number, edit, reason=reason)
        return Response(status_code=204)

    return context.once(act)


def _case(context: PageContext, number: int) -> Case:
    with context.read() as state:
        case = state.cases.load([number]).get(number)
    if case is None:
        raise NotFound
    return case


def _person(context: PageContext, case: Case) -> Subject:
    """Return the participant of a case, named as far as the role sees names."""
    participant = case.participant
    name = context.visibility.name(name_of(participant), participant.employee_id)
    return Subject(participant=participant.id, employee_id=participant.employee_id, name=name)


def _event(context: PageContext, case: Case, number: int) -> shapes.Event:
    """Return one event of a case, as far as the role sees it."""
    event, person = case.event(number), _person(context, case)
    figures = context.visibility.figures(person.employee_id)
    derive = PersonFigures(case.participant, event.event_date, context.lexicon)
    sentences = EligibilitySentences(context.lexicon, person.employee_id, context.visibility, context.catalogue)
    return shapes.event_detail(
        event, person, context.site, case.enrollments, event.findings, sentences, figures=figures, derive=derive
    )
