"""Participants: the list, one person with everything that happened, and corrections by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from bensync.actions import corrections
from bensync.benefits.values.enrollments import program_on
from bensync.benefits.values.model import SNAPSHOT, Case
from bensync.core.access import Right
from bensync.core.people import Standing
from bensync.errors import DecisionError
from bensync.state.read.lists import PersonDetail
from bensync.state.site_state import Work
from bensync.web.http.context import Entered, NotFound, Number, Visit
from bensync.web.pages.review.requests import asked_of
from bensync.wording import coverage, sync

router = APIRouter()

_PATH = "/sites/{site}/people/{number}"
_SHORTEST_REASON = 5


@router.get("/sites/{site}/people")
def people(visit: Entered) -> Response:
    """One page of participants."""
    query = visit.request.query_params
    standing = sync.one_of(Standing, query.get("standing"))
    searching = query.get("search") == "on"
    text = visit.hall.pockets.searched(visit.session_id, _place(visit)) if searching else ""
    with visit.look() as work:
        found = work.screens.find_people(text) if text else None
        page = work.screens.people_page(asked_of(visit).number, standing=standing, ids=found)
    eyes = visit.eyes
    return visit.page(
        "people.html",
        page=page,
        rows=[eyes.person(view) for view in page.items],
        standing=standing,
        search=text,
        query={name: query[name] for name in ("standing", "search") if name in query},
    )


@router.post("/sites/{site}/people/search")
def search(visit: Entered) -> Response:
    """Look for a name or a number; it stays out of the address."""
    text = visit.text("search", 100)
    visit.hall.pockets.search(visit.session_id, _place(visit), text)
    return visit.go(visit.at("/people") + ("?search=on" if text else ""))


@router.get(_PATH)
def person(visit: Entered, number: Number) -> Response:
    """Everything about one participant."""
    with visit.look() as work:
        detail = _detail(work, number)
        who = detail.person
        episodes = work.history.episodes(who.employee_id)
        pending = work.screens.pending_of(number)
        trail = work.screens.audit_page(1, 30, subject=f"participant {number}").items
        case = work.cases.load([number])[number]
    return visit.page(
        "person.html",
        who=visit.eyes.person(who),
        facts=visit.eyes.facts(detail.values, who.employee_id),
        **benefits_of(visit, case),
        episodes=list(reversed(episodes)),
        pending=pending,
        trail=trail,
        corrects=visit.may(Right.CORRECT),
        reveals=visit.may(Right.REVEAL) or visit.may(Right.BREAK_GLASS),
        today=visit.now.date(),
    )


@router.get(f"{_PATH}/correct")
def form(visit: Entered, number: Number) -> Response:
    """The form for a correction."""
    with visit.look() as work:
        detail = _detail(work, number)
    who, catalogue = detail.person, visit.catalogue
    fields = [
        (name, field.label, "" if field.secret else detail.values.get(name, ""), field)
        for name, field in catalogue.items()
        if visit.actor.sees(name, who.employee_id)
    ]
    return visit.page("correct.html", who=visit.eyes.person(who), fields=fields)


@router.post(f"{_PATH}/correct")
def correct(visit: Entered, number: Number) -> Response:
    """Set the fields that were changed in the form."""

    def act() -> Response:
        changed = _changed(visit)
        if not changed:
            raise DecisionError("Nothing was corrected", "no field differs from what it was", "change one first")
        catalogue = visit.catalogue
        corrections.edit(
            visit.store,
            visit.site,
            number,
            changed,
            _reason(visit),
            visit.actor,
            visit.now,
            catalogue=catalogue,
            book=visit.book,
        )
        labels = sync.listed([sync.label(name, catalogue) for name in changed])
        visit.tell(f"Corrected: {labels}. HR was not changed.")
        return visit.go(visit.at(f"/people/{number}"))

    return visit.once(act)


@router.post(f"{_PATH}/terminate")
def terminate(visit: Entered, number: Number) -> Response:
    """End a participant."""

    def act() -> Response:
        if visit.text("word").upper() != "TERMINATE":
            raise DecisionError("Nobody was terminated", "the word was not typed", "go back, and type TERMINATE")
        on, why, book = _day(visit), _reason(visit), visit.book
        corrections.terminate(visit.store, visit.site, number, on, why, visit.actor, visit.now, book=book)
        visit.tell("Terminated. If HR says otherwise, the next update asks you about it.")
        return visit.go(visit.at(f"/people/{number}"))

    return visit.once(act)


@router.post(f"{_PATH}/reinstate")
def reinstate(visit: Entered, number: Number) -> Response:
    """Make a terminated participant active again."""

    def act() -> Response:
        why, book = _reason(visit), visit.book
        corrections.reinstate(visit.store, visit.site, number, why, visit.actor, visit.now, book=book)
        visit.tell("Reinstated. Coverages that ended stay ended.")
        return visit.go(visit.at(f"/people/{number}"))

    return visit.once(act)


def benefits_of(visit: Visit, case: Case) -> dict[str, Any]:
    """Coverage and benefit events of somebody, as a page shows them."""
    book, today = visit.lexicon, visit.now.date()
    figures = visit.eyes.figures(case.participant.employee_id)
    return {
        "book": book,
        "case": case,
        "figures": figures,
        "covers": coverage.covers(case, book, today, figures=figures),
        "cobra": coverage.cobra_views(case, book, today),
        "events": sorted(case.events, key=lambda event: event.order, reverse=True),
        "program": program_on(case.assignments, today),
        "works": visit.may(Right.EVENTS),
        "classes": {name: one.label for name, one in book.events.items() if name != SNAPSHOT},
    }


def _changed(visit: Visit) -> dict[str, str]:
    """The fields whose text in the form differs from what it was when the form was made."""
    changed = {}
    for name, field in visit.catalogue.items():
        if f"field.{name}" not in visit.form:
            continue
        text, was = visit.text(f"field.{name}"), visit.text(f"was.{name}")
        if text != was and not (field.secret and not text):
            changed[name] = text
    return changed


def _reason(visit: Visit) -> str:
    reason = visit.text("reason")
    if len(reason) < _SHORTEST_REASON:
        raise DecisionError("Nothing was changed", "no reason was given", "go back, and say in a few words why")
    return reason


def _day(visit: Visit) -> date:
    try:
        return date.fromisoformat(visit.text("on", 10))
    except ValueError:
        raise DecisionError("Nothing was changed", "the day is none", "write it as YEAR-MONTH-DAY") from None


def _detail(work: Work, number: int) -> PersonDetail:
    found = work.screens.person(number)
    if found is None:
        raise NotFound
    return found


def _place(visit: Visit) -> str:
    return f"{visit.site}/people"
