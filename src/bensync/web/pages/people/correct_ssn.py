"""A manual correction of an SSN, which two people enter; the page shows no number and keeps none."""

from __future__ import annotations

from starlette.responses import Response

from bensync.core.access import SSN_CORRECTIONS_A_DAY, Right
from bensync.web.http.context import Entered, NotFound, Number
from bensync.web.http.routing import SITE_PAGES, Router
from bensync.web.shared.pending_approvals import pending_for

route = Router(SITE_PAGES)


@route.get("/people/{number}/correct-ssn", Right.REVEAL, Right.BREAK_GLASS)
def form(context: Entered, number: Number) -> Response:
    """Show the form."""
    with context.read() as state:
        person = state.filtered.person(number)
        pending = pending_for(context, state, number)
    if person is None:
        raise NotFound
    return context.page(
        "people/correct_ssn.html",
        who=context.visibility.person(person.person),
        pending_approvals=pending,
        limit=SSN_CORRECTIONS_A_DAY,
        needs_code=context.must_step_up(Right.REVEAL if context.may(Right.REVEAL) else Right.BREAK_GLASS),
    )


@route.post("/people/{number}/correct-ssn", Right.REVEAL, Right.BREAK_GLASS)
def correct_ssn(context: Entered, number: Number) -> Response:
    """Record the number as the first of two people, or correct the SSN as the second."""

    def act() -> Response:
        context.actions.correct_ssn(number, context.form.text("ssn", 20), context.form.text("reason"))
        context.flash("The SSN was corrected. HR was not changed.")
        return context.go(context.at(f"/people/{number}"))

    return context.once(act)
