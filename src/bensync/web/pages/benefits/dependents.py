"""Dependents and beneficiaries of one participant: the list, entries, drops, and the shares of each coverage."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from bensync.actions.benefits import case_edits
from bensync.benefits.family.reading import FIELDS
from bensync.benefits.values.cases import Case
from bensync.benefits.values.dependents import DropReason
from bensync.benefits.values.enrollments import coverage_on, plan_types
from bensync.core.access import Right
from bensync.web.http.context import Entered, NotFound, Number, PageContext
from bensync.web.http.routing import SITE_PAGES, Router
from bensync.web.shared import election_form
from bensync.wording import benefits, families, sync

route = Router(SITE_PAGES)

_MARKS = ("student", "disabled", "smoker")


@route.get("/people/{number}/dependents", Right.SEE_PEOPLE)
def dependents(context: Entered, number: Number) -> Response:
    """Show the dependents and beneficiaries, and forms for those who may change them."""
    with context.read() as state:
        detail = state.filtered.person(number)
        case = state.cases.load([number]).get(number)
    if detail is None or case is None:
        raise NotFound
    today = context.now.date()
    people = families.views(case, today, context.visibility, dropped=True)
    return context.page(
        "benefits/dependents.html",
        who=context.visibility.person(detail.person),
        people=[view for view in people if view.dropped is None],
        dropped=[view for view in people if view.dropped is not None],
        shares=_shares(context, case, people),
        works=context.may(Right.EVENTS),
        # The form of a change shows every field; a role that does not see them all would clear the others.
        sees_all=all(view.last_name is not None and view.smoker is not None for view in people),
        labels=families,
        today=today,
    )


@route.post("/people/{number}/dependents", Right.EVENTS)
def add(context: Entered, number: Number) -> Response:
    """Add a dependent or beneficiary."""

    def act() -> Response:
        edit = case_edits.add_dependent(_fields(context), context.form.date("on"))
        context.actions.change_case(number, edit, reason=context.form.reason())
        context.flash("Added to the list. Nobody is covered by it: an election names the dependents that it covers.")
        return _back(context, number)

    return context.once(act)


@route.post("/people/{number}/dependents/{dependent}", Right.EVENTS)
def change(context: Entered, number: Number, dependent: Number) -> Response:
    """Change a dependent from a day on."""

    def act() -> Response:
        on = context.form.date("on")
        edit = case_edits.change_dependent(dependent, _fields(context), on)
        context.actions.change_case(number, edit, reason=context.form.reason())
        context.flash(f"Changed from {sync.day(on)}. Earlier days are as before.")
        return _back(context, number)

    return context.once(act)


@route.post("/people/{number}/dependents/{dependent}/drop", Right.EVENTS)
def drop(context: Entered, number: Number, dependent: Number) -> Response:
    """Drop a dependent from a day on."""

    def act() -> Response:
        why, on = sync.one_of(DropReason, context.form.text("why")), context.form.date("on")
        if why is None:
            raise NotFound
        confirmed = context.form.text("confirmed") == "yes"
        edit = case_edits.drop_dependent(dependent, why, on)
        context.actions.change_case(number, edit, reason=context.form.reason(), confirmed=confirmed)
        context.flash(f"No dependent from {sync.day(on)}. The next run ends their coverage by the rule of the plan.")
        return _back(context, number)

    return context.once(act)


@route.post("/people/{number}/beneficiaries", Right.EVENTS)
def assign(context: Entered, number: Number) -> Response:
    """Set the beneficiaries of a coverage from a day on."""

    def act() -> Response:
        kind, on = context.form.text("plan_type", 64), context.form.date("on")
        texts = {name: context.form.text(name, 100) for name in context.form}
        edit = case_edits.assign_beneficiaries(kind, election_form.shares_of(texts, kind), on)
        context.actions.change_case(number, edit, reason=context.form.reason())
        context.flash(f"Beneficiaries of {benefits.plan_type(kind)} set from {sync.day(on)}.")
        return _back(context, number)

    return context.once(act)


@route.post("/people/{number}/events/{event}/enroll-all", Right.EVENTS)
def enroll_all(context: Entered, number: Number, event: Number) -> Response:
    """Assign everybody to the elections of an event; the page has shown which assignments that replaces."""

    def act() -> Response:
        confirmed = context.form.text("confirmed") == "yes"
        context.actions.change_case(number, case_edits.enroll_all(event), confirmed=confirmed)
        context.flash("Everybody is assigned to the elections. The next run checks and posts them.")
        return context.go(context.at(f"/people/{number}/events/{event}"))

    return context.once(act)


def _fields(context: PageContext) -> dict[str, str]:
    """Return the fields of the form; an empty SSN stays out, because the form never shows the present one."""
    marks = {name: "yes" if context.form.text(name) == "yes" else "no" for name in _MARKS}
    texts = {name: context.form.text(name, 200) for name in FIELDS if name in context.form and name not in marks}
    return {**{name: text for name, text in texts.items() if text or name != "ssn"}, **marks}


def _shares(context: PageContext, case: Case, people: list[families.DependentView]) -> list[dict[str, Any]]:
    """Return the coverages of today that pay beneficiaries, with the shares of each person."""
    book, today = context.lexicon, context.now.date()
    names = {view.number: view.name for view in people}
    rows = [row for kind in plan_types(case.enrollments, today) if (row := coverage_on(case.enrollments, kind, today))]
    return [
        {
            "kind": row.plan_type,
            "title": benefits.coverage(book, row.plan_type, row.terms),
            "text": families.shares_of(row.terms.beneficiaries, names),
            "held": {share.dependent: share for share in row.terms.beneficiaries},
        }
        for row in rows
        if (plan := book.plan.get(row.terms.plan)) is not None and plan.beneficiaries
    ]


def _back(context: PageContext, number: int) -> Response:
    return context.go(context.at(f"/people/{number}/dependents"))
