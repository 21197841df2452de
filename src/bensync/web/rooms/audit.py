"""The audit trail: who did what when, and whether it is whole."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from bensync.core.access import Right
from bensync.web.rooms.requests import asked_of
from bensync.web.visit import Entered, NotFound, Number

router = APIRouter()

GROUPS = {
    "": "Everything",
    "request.": "Decisions",
    "participant.": "Corrections",
    "ssn.": "SSNs seen",
    "plan.": "Held plans",
    "delivery.": "Files",
    "users.": "Users",
}
"""Kinds of entries by the beginning of their verb."""


@router.get("/sites/{site}/audit")
def trail(visit: Entered) -> Response:
    """One page of the trail."""
    verb = visit.request.query_params.get("what", "")
    verb = verb if verb in GROUPS else ""
    with visit.look() as work:
        page = work.screens.audit_page(asked_of(visit).number, verb=verb)
    return visit.page("audit.html", page=page, groups=GROUPS, verb=verb, verifies=visit.may(Right.VERIFY_AUDIT))


@router.get("/sites/{site}/audit/{number}")
def entry(visit: Entered, number: Number) -> Response:
    """One entry with what it changed."""
    with visit.look() as work:
        view = work.screens.audit_entry(number)
    if view is None:
        raise NotFound
    lines, hidden = visit.eyes.lines(view.changes, "")
    return visit.page("audit_entry.html", entry=view, lines=lines, hidden=hidden)


@router.post("/sites/{site}/audit/verify")
def verify(visit: Entered) -> Response:
    """Walk the whole chain."""
    with visit.look() as work:
        found = work.journal.trail.verify()
    return visit.page("audit_verified.html", trail=found)
