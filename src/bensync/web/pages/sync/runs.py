"""Runs: what was done when, for whom, and how it ended."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from bensync.core.runs import RunKind
from bensync.web.http.context import Entered, NotFound, Number
from bensync.web.pages.review.requests import asked_of

router = APIRouter()


@router.get("/sites/{site}/runs")
def runs(visit: Entered) -> Response:
    """One page of runs."""
    with visit.look() as work:
        page = work.screens.run_page(asked_of(visit).number, 30)
    return visit.page("runs.html", page=page)


@router.get("/sites/{site}/runs/{number}")
def run(visit: Entered, number: Number) -> Response:
    """One run."""
    with visit.look() as work:
        view = work.screens.run(number)
        delivery = work.screens.delivery_of(number) if view is not None else None
        events = work.events.summary(number) if view is not None and view.kind is RunKind.EVENTS else None
    if view is None:
        raise NotFound
    return visit.page("run.html", run=view, delivery=delivery, events=events)
