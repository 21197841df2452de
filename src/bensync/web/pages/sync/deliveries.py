"""Deliveries: the files that left, and those in trouble, which a person settles."""

from __future__ import annotations

from collections import Counter

from fastapi import APIRouter
from starlette.responses import Response

from bensync.core.access import Right
from bensync.errors import DecisionError
from bensync.state.read.filtered_lists import IN_TROUBLE
from bensync.web.http.context import Entered, NotFound, Number, Visit
from bensync.web.pages.review.requests import asked_of

router = APIRouter()

_PATH = "/sites/{site}/deliveries/{number}"
_SHOWN = 200
_IN_DOUBT = ("PUBLISHING", "UNKNOWN")


@router.get("/sites/{site}/deliveries")
def deliveries(visit: Entered) -> Response:
    """One page of deliveries."""
    with visit.look() as work:
        page = work.screens.delivery_page(asked_of(visit).number, 30)
    return visit.page("deliveries.html", page=page, in_trouble=IN_TROUBLE)


@router.get(_PATH)
def delivery(visit: Entered, number: Number) -> Response:
    """One delivery, and whom it told about."""
    with visit.look() as work:
        found = work.outbox.get(number)
        rows = work.screens.delivery_rows(number) if found is not None else []
    if found is None:
        raise NotFound
    troubled = found.state in IN_TROUBLE and visit.may(Right.SETTLE)
    return visit.page(
        "delivery.html",
        delivery=found,
        kinds=Counter(row.kind for row in rows),
        rows=rows[:_SHOWN] if visit.may(Right.SEE_REQUESTS) else [],
        total=len(rows),
        retries=troubled,
        confirms=troubled and found.state in _IN_DOUBT,
        labels=visit.eyes.labels,
        in_trouble=found.state in IN_TROUBLE,
    )


@router.post(f"{_PATH}/retry")
def retry(visit: Entered, number: Number) -> Response:
    """Send it again: the same bytes under the same name."""
    return _settle(visit, number, "retry", "RESEND")


@router.post(f"{_PATH}/confirm")
def confirm(visit: Entered, number: Number) -> Response:
    """Count it as arrived."""
    return _settle(visit, number, "confirm", "ARRIVED")


def _settle(visit: Visit, number: int, how: str, word: str) -> Response:
    def act() -> Response:
        if visit.text("word").upper() != word:
            raise DecisionError("Nothing was done", "the word was not typed", f"go back, and type {word}")
        visit.hall.turns.start(visit.site, ["deliveries", how, str(number)], visit.actor.name, visit.now)
        visit.tell("It is being done now. This page shows how it ended when you look at it again.", "plain")
        return visit.go(visit.at(f"/deliveries/{number}"))

    return visit.once(act)
