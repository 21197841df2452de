"""Deliveries: the files that were sent, and those that need a decision."""

from __future__ import annotations

from collections import Counter

from starlette.responses import Response

from bensync.core.access import Right
from bensync.core.runs import IN_DOUBT, IN_TROUBLE
from bensync.errors import DecisionError
from bensync.web.http.context import Entered, NotFound, Number, PageContext
from bensync.web.http.paging import paging
from bensync.web.http.routing import SITE_PAGES, MenuEntry, Router

route = Router(SITE_PAGES)

_ROWS = 30
_SHOWN = 200


@route.get("/deliveries", Right.SEE_OVERVIEW, menu=MenuEntry("Files", 100, "in_trouble", "bad"))
def deliveries(context: Entered) -> Response:
    """Show one page of deliveries."""
    wanted = paging(context.request.query_params, _ROWS)
    with context.read() as state:
        page = state.filtered.delivery_page(wanted.number, wanted.size)
    return context.page("sync/deliveries.html", page=page, in_trouble=IN_TROUBLE)


@route.get("/deliveries/{number}", Right.SEE_OVERVIEW)
def delivery(context: Entered, number: Number) -> Response:
    """Show one delivery with its rows."""
    with context.read() as state:
        file = state.deliveries.get(number)
        rows = state.filtered.delivery_rows(number) if file is not None else []
    if file is None:
        raise NotFound
    troubled = file.state in IN_TROUBLE and context.may(Right.SETTLE)
    return context.page(
        "sync/delivery.html",
        delivery=file,
        kinds=Counter(row.kind for row in rows),
        # Rows name employees and what changed, which not every role that sees deliveries may see.
        rows=rows[:_SHOWN] if context.may(Right.SEE_REQUESTS) else [],
        total=len(rows),
        retries=troubled,
        # "It has arrived" can be right only where bensync does not know; a file that was refused did not arrive.
        confirms=troubled and file.state in IN_DOUBT,
        labels=context.visibility.labels,
        in_trouble=file.state in IN_TROUBLE,
    )


@route.post("/deliveries/{number}/retry", Right.SETTLE)
def retry(context: Entered, number: Number) -> Response:
    """Send the same bytes again under the same name."""
    return _settle(context, number, "retry", "RESEND")


@route.post("/deliveries/{number}/confirm", Right.SETTLE)
def confirm(context: Entered, number: Number) -> Response:
    """Mark the delivery as arrived."""
    return _settle(context, number, "confirm", "ARRIVED")


def _settle(context: PageContext, number: int, how: str, word: str) -> Response:
    def act() -> Response:
        # Another word for each decision: confirming a file that never arrived would lose its changes.
        if context.form.text("word").upper() != word:
            raise DecisionError("Nothing was done.", "The confirmation word is missing.", f"Go back and enter {word}.")
        context.app.jobs.start(context.site, ["deliveries", how, str(number)], context.actor.name, context.now)
        context.flash("In progress. Reload this page to see the result.", "plain")
        return context.go(context.at(f"/deliveries/{number}"))

    return context.once(act)
