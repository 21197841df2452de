"""Runs: syncs and runs of benefit events, with their results."""

from __future__ import annotations

from starlette.responses import Response

from bensync.core.access import Right
from bensync.core.runs import RunKind
from bensync.web.http.context import Entered, NotFound, Number
from bensync.web.http.paging import paging
from bensync.web.http.routing import SITE_PAGES, MenuEntry, Router

route = Router(SITE_PAGES)

_ROWS = 30


@route.get("/runs", Right.SEE_OVERVIEW, menu=MenuEntry("Syncs", 90))
def runs(context: Entered) -> Response:
    """Show one page of runs."""
    wanted = paging(context.request.query_params, _ROWS)
    with context.read() as state:
        page = state.filtered.run_page(wanted.number, wanted.size)
    return context.page("sync/runs.html", page=page)


@route.get("/runs/{number}", Right.SEE_OVERVIEW)
def run(context: Entered, number: Number) -> Response:
    """Show one run."""
    with context.read() as state:
        view = state.filtered.run(number)
        delivery = state.filtered.delivery_of(number) if view is not None else None
        events = state.events.summary(number) if view is not None and view.kind is RunKind.EVENTS else None
    if view is None:
        raise NotFound
    return context.page("sync/run.html", run=view, delivery=delivery, events=events)
