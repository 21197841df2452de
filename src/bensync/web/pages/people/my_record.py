"""The record of the employee who is signed in, with corrections where they are granted (S1-10, S1-13)."""

from __future__ import annotations

from starlette.responses import Response

from bensync.core.access import OWN_FIELDS, Right
from bensync.errors import DecisionError
from bensync.state.read.lists import PersonDetail
from bensync.web.http.context import Entered, NotFound, PageContext
from bensync.web.http.routing import SITE_PAGES, MenuEntry, Router
from bensync.wording import coverage, sync

route = Router(SITE_PAGES)

_REASON = "corrected by the employee"


@route.get("/own", Right.SEE_OWN, menu=MenuEntry("My record", 80))
def show(context: Entered) -> Response:
    """Show the record."""
    detail = _own(context)
    with context.read() as state:
        case = state.cases.load([detail.person.id])[detail.person.id]
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
    """Correct the address or the contact details."""

    def act() -> Response:
        detail = _own(context)
        changed = {
            name: context.form.text(f"field.{name}")
            for name in sorted(OWN_FIELDS)
            if f"field.{name}" in context.form and context.form.text(f"field.{name}") != detail.values.get(name, "")
        }
        if not changed:
            raise DecisionError("Nothing was corrected.", "No field has a new value.", "Change at least one field.")
        context.actions.correct(detail.person.id, changed, _REASON)
        context.flash(f"Corrected: {sync.listed([sync.label(name, context.catalogue) for name in changed])}.")
        return context.go(context.at("/own"))

    return context.once(act)


def _own(context: PageContext) -> PersonDetail:
    with context.read() as state:
        # From the grant, never from the request: no number in an address or form can lead to somebody else. The last
        # participant is the newest, where an SSN was corrected or somebody was rehired.
        numbers = [number for own in sorted(context.actor.own) for number in state.filtered.participants_of(own)]
        detail = state.filtered.person(numbers[-1]) if numbers else None
    if detail is None:
        raise NotFound
    return detail
