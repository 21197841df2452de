"""Participants: the list, one participant with their history, and manual corrections."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from bensync.actions.authorization import REINSTATEMENT, TERMINATION
from bensync.benefits.engine.event_order import held_up
from bensync.benefits.values.cases import Case
from bensync.benefits.values.enrollments import program_on
from bensync.benefits.values.events import SNAPSHOT
from bensync.core.access import Right
from bensync.core.people import Standing
from bensync.core.values.limits import LONGEST_SEARCH
from bensync.errors import DecisionError
from bensync.state.read.lists import PersonDetail
from bensync.state.site_state import SiteState
from bensync.web.http.context import Entered, NotFound, Number, PageContext
from bensync.web.http.paging import paging
from bensync.web.http.routing import SITE_PAGES, MenuEntry, Router
from bensync.web.shared.pending_approvals import pending_for
from bensync.wording import coverage, families, sync

route = Router(SITE_PAGES)


@route.get("/people", Right.SEE_PEOPLE, menu=MenuEntry("People", 60))
def people(context: Entered) -> Response:
    """Show one page of participants."""
    query = context.request.query_params
    standing = sync.one_of(Standing, query.get("standing"))
    searching = query.get("search") == "on"
    text = context.app.memory.searched(context.session_id, _place(context)) if searching else ""
    with context.read() as state:
        matches = state.filtered.find_people(text, context.visibility.name_fields) if text else None
        page = state.filtered.people_page(paging(context.request.query_params).number, standing=standing, ids=matches)
    return context.page(
        "people/people.html",
        page=page,
        rows=[context.visibility.person(view) for view in page.items],
        standing=standing,
        search=text,
        query={name: query[name] for name in ("standing", "search") if name in query},
    )


@route.post("/people/search", Right.SEE_PEOPLE)
def search(context: Entered) -> Response:
    """Search by name or number; the text stays out of the address."""
    text = context.form.text("search", LONGEST_SEARCH)
    context.app.memory.search(context.session_id, _place(context), text)
    return context.go(context.at("/people") + ("?search=on" if text else ""))


@route.get("/people/{number}", Right.SEE_PEOPLE)
def person(context: Entered, number: Number) -> Response:
    """Show everything about one participant."""
    with context.read() as state:
        detail = _detail(state, number)
        who = detail.person
        episodes = state.timeline.episodes(who.employee_id)
        pending = state.filtered.pending_of(number)
        trail = state.filtered.audit_page(1, 30, subject=f"participant {number}").items
        case = state.cases.load([number])[number]
        corrects = context.may(Right.CORRECT)
        ssn_corrections = pending_for(context, state, number) if corrects else []
        ends = pending_for(context, state, number, (TERMINATION, REINSTATEMENT)) if corrects else []
        holds = state.holds.of(who.employee_id)
    return context.page(
        "people/person.html",
        who=context.visibility.person(who),
        facts=context.visibility.facts(detail.values, who.employee_id),
        **benefits_of(context, case),
        held_up=held_up(case),
        episodes=list(reversed(episodes)),
        pending=pending,
        trail=trail,
        ssn_corrections=ssn_corrections,
        pending_ends=ends,
        hold=next((hold for hold in holds if hold.released_at is None), None),
        may_hold=context.may(Right.HOLD),
        needs_code=context.must_step_up(Right.HOLD),
        corrects=context.may(Right.CORRECT),
        reveals=context.may(Right.REVEAL) or context.may(Right.BREAK_GLASS),
        today=context.now.date(),
    )


@route.get("/people/{number}/correct", Right.CORRECT)
def form(context: Entered, number: Number) -> Response:
    """Show the form for a correction."""
    with context.read() as state:
        detail = _detail(state, number)
    who, catalogue = detail.person, context.catalogue
    fields = [
        (name, field.label, detail.values.get(name, ""), field)
        for name, field in catalogue.items()
        # Two people correct a secret field, on a page of its own.
        if not field.secret and context.actor.sees(name, who.employee_id)
    ]
    return context.page("people/correct.html", who=context.visibility.person(who), fields=fields)


@route.post("/people/{number}/correct", Right.CORRECT)
def correct(context: Entered, number: Number) -> Response:
    """Correct the fields that were changed in the form."""

    def act() -> Response:
        changed = _changed(context)
        if not changed:
            raise DecisionError("Nothing was corrected.", "No field has a new value.", "Change at least one field.")
        context.actions.correct(number, changed, context.form.reason())
        labels = sync.listed([sync.label(name, context.catalogue) for name in changed])
        context.flash(f"Corrected: {labels}. HR was not changed.")
        return context.go(context.at(f"/people/{number}"))

    return context.once(act)


@route.post("/people/{number}/terminate", Right.CORRECT)
def terminate(context: Entered, number: Number) -> Response:
    """Terminate a participant."""

    def act() -> Response:
        # A termination ends coverage, and a reinstatement does not bring it back; a button alone is pressed by habit.
        if context.form.text("word").upper() != "TERMINATE":
            raise DecisionError(
                "The participant was not terminated.",
                "The confirmation word is missing.",
                "Go back and enter TERMINATE.",
            )
        context.actions.terminate(number, context.form.date("on"), context.form.reason(), confirmed=True)
        context.flash("Terminated. If the employee is still active in HR, the next sync opens a request.")
        return context.go(context.at(f"/people/{number}"))

    return context.once(act)


@route.post("/people/{number}/reinstate", Right.CORRECT)
def reinstate(context: Entered, number: Number) -> Response:
    """Reinstate a terminated participant."""

    def act() -> Response:
        context.actions.reinstate(number, context.form.reason())
        context.flash("Reinstated. Coverage that ended stays ended.")
        return context.go(context.at(f"/people/{number}"))

    return context.once(act)


@route.post("/people/{number}/hold", Right.HOLD)
def hold(context: Entered, number: Number) -> Response:
    """Place a legal hold on a participant."""

    def act() -> Response:
        context.actions.hold(_employee_id(context, number), context.form.reason())
        context.flash("Legal hold placed. Nothing about this person is deleted while it is in force.")
        return context.go(context.at(f"/people/{number}"))

    return context.once(act)


@route.post("/people/{number}/release-hold", Right.HOLD)
def release_hold(context: Entered, number: Number) -> Response:
    """Release the legal hold of a participant."""

    def act() -> Response:
        context.actions.release_hold(_employee_id(context, number), context.form.reason())
        context.flash("Legal hold released. The retention periods apply to this person again.")
        return context.go(context.at(f"/people/{number}"))

    return context.once(act)


def benefits_of(context: PageContext, case: Case) -> dict[str, Any]:
    """Return coverage and benefit events of a participant, as a page shows them."""
    book, today = context.lexicon, context.now.date()
    figures = context.visibility.figures(case.participant.employee_id)
    return {
        "book": book,
        "case": case,
        "figures": figures,
        "family": families.views(case, today, context.visibility),
        "relationships": families.RELATIONSHIPS,
        "covers": coverage.covers(case, book, today, figures=figures),
        "cobra": coverage.cobra_views(case, book, today),
        "cobra_remarks": coverage.cobra_remarks(case, book),
        "events": sorted(case.events, key=lambda event: event.order, reverse=True),
        "program": program_on(case.assignments, today),
        "works": context.may(Right.EVENTS),
        "classes": {name: event_class.label for name, event_class in book.events.items() if name != SNAPSHOT},
    }


def _changed(context: PageContext) -> dict[str, str]:
    """Return the fields whose text in the form differs from the text that the form had at first."""
    changed = {}
    for name, field in context.catalogue.items():
        if field.secret or f"field.{name}" not in context.form:
            continue
        # Compared with what the form showed, not with the database: a field that a run changed meanwhile is not set
        # back.
        text, was = context.form.text(f"field.{name}"), context.form.text(f"was.{name}")
        if text != was:
            changed[name] = text
    return changed


def _detail(state: SiteState, number: int) -> PersonDetail:
    detail = state.filtered.person(number)
    if detail is None:
        raise NotFound
    return detail


def _employee_id(context: PageContext, number: int) -> str:
    with context.read() as state:
        return _detail(state, number).person.employee_id


def _place(context: PageContext) -> str:
    return f"{context.site}/people"
