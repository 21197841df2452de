"""The own record of an employee: to be read, and corrected where that was granted (S1-10, S1-13)."""

from __future__ import annotations

from starlette.responses import Response

from bensync.core.access import OWN_FIELDS, Right
from bensync.errors import DecisionError
from bensync.state.read.lists import PersonDetail
from bensync.web.http.context import Entered, NotFound, PageContext
from bensync.web.http.routing import SITE_PAGES, Router
from bensync.wording import coverage, sync

route = Router(SITE_PAGES)

_REASON = "corrected by the employee"


@route.get("/own", Right.SEE_OWN)
def show(context: Entered) -> Response:
    """The own record."""
    detail = _own(context)
    with context.read() as work:
        case = work.cases.load([detail.person.id])[detail.person.id]
    fields = [
        (name, field.label, detail.values.get(name, ""))
        for name, field in context.catalogue.items()
        if name in OWN_FIELDS
    ]
    return context.page(
        "people/my_record.html",
        who=detail.person,
        facts=context.visibility.facts(detail.values, detail.person.employee_id),
        covers=coverage.covers(case, context.lexicon, context.now.date(), figures=True),
        fields=fields if context.may(Right.CORRECT_OWN) else [],
    )


@route.post("/own", Right.CORRECT_OWN)
def correct(context: Entered) -> Response:
    """Set the own address or the own ways to be reached."""

    def act() -> Response:
        detail = _own(context)
        changed = {
            name: context.text(f"field.{name}")
            for name in sorted(OWN_FIELDS)
            if f"field.{name}" in context.form and context.text(f"field.{name}") != detail.values.get(name, "")
        }
        if not changed:
            raise DecisionError("Nothing was corrected.", "No field has a new value.", "Change at least one field.")
        context.actions.correct(detail.person.id, changed, _REASON)
        context.flash(f"Corrected: {sync.listed([sync.label(name, context.catalogue) for name in changed])}.")
        return context.go(context.at("/own"))

    return context.once(act)


def _own(context: PageContext) -> PersonDetail:
    with context.read() as work:
        numbers = [number for own in sorted(context.actor.own) for number in work.filtered.participants_of(own)]
        found = work.filtered.person(numbers[-1]) if numbers else None
    if found is None:
        raise NotFound
    return found
