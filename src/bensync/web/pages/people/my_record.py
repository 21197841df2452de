"""The own record of an employee: to be read, and corrected where that was granted (S1-10, S1-13)."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from bensync.actions import corrections
from bensync.core.access import OWN_FIELDS, Right
from bensync.errors import DecisionError
from bensync.state.read.lists import PersonDetail
from bensync.web.http.context import Entered, NotFound, Visit
from bensync.wording import coverage, sync

router = APIRouter()

_REASON = "corrected by the employee"


@router.get("/sites/{site}/own")
def show(visit: Entered) -> Response:
    """The own record."""
    detail = _own(visit)
    with visit.look() as work:
        case = work.cases.load([detail.person.id])[detail.person.id]
    fields = [
        (name, field.label, detail.values.get(name, ""))
        for name, field in visit.catalogue.items()
        if name in OWN_FIELDS
    ]
    return visit.page(
        "own.html",
        who=detail.person,
        facts=visit.eyes.facts(detail.values, detail.person.employee_id),
        covers=coverage.covers(case, visit.lexicon, visit.now.date(), figures=True),
        fields=fields if visit.may(Right.CORRECT_OWN) else [],
    )


@router.post("/sites/{site}/own")
def correct(visit: Entered) -> Response:
    """Set the own address or the own ways to be reached."""

    def act() -> Response:
        detail = _own(visit)
        changed = {
            name: visit.text(f"field.{name}")
            for name in sorted(OWN_FIELDS)
            if f"field.{name}" in visit.form and visit.text(f"field.{name}") != detail.values.get(name, "")
        }
        if not changed:
            raise DecisionError("Nothing was corrected", "no field differs from what it was", "change one first")
        corrections.edit(
            visit.store,
            visit.site,
            detail.person.id,
            changed,
            _REASON,
            visit.actor,
            visit.now,
            catalogue=visit.catalogue,
            book=visit.book,
        )
        visit.tell(f"Corrected: {sync.listed([sync.label(name, visit.catalogue) for name in changed])}.")
        return visit.go(visit.at("/own"))

    return visit.once(act)


def _own(visit: Visit) -> PersonDetail:
    with visit.look() as work:
        numbers = [number for own in sorted(visit.actor.own) for number in work.screens.participants_of(own)]
        found = work.screens.person(numbers[-1]) if numbers else None
    if found is None:
        raise NotFound
    return found
