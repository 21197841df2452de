"""Bulk approval of low-risk requests: shows them again, and asks for their number (A-46)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
from starlette.responses import RedirectResponse, Response

from bensync.actions.decisions import Decision
from bensync.core.access import Right
from bensync.core.requests import RequestState, Risk
from bensync.errors import DecisionError
from bensync.state.read.filtered_lists import RequestFilter
from bensync.web.http.context import Entered, PageContext
from bensync.web.http.routing import SITE_PAGES, Router
from bensync.web.shared.request_list import ListQuery, list_query, pending_filter
from bensync.wording import sync

route = Router(SITE_PAGES)

_SHOWN = 100
_ALL = "all"


class BulkSelection(msgspec.Struct, frozen=True):
    """The requests to approve: those that were selected, or all low-risk ones of the list as the page showed it.

    Attributes:
        ids: their numbers.
        which: ``all`` or ``ticked``, for the next form.
        upto: requests with a higher number were opened later and are left out.
    """

    ids: Sequence[int]
    which: str
    upto: int


@route.post("/requests/bulk", Right.DECIDE)
def look(context: Entered) -> Response:
    """Show what would be approved, and ask for the count."""
    asked = list_query(context)
    chosen = _chosen(context, asked)
    if not chosen.ids:
        context.flash("No request is selected. Select the requests that you have reviewed, then try again.", "plain")
        return context.go(context.at("/requests") + asked.query(number=asked.number))
    with context.read() as state:
        page = state.filtered.request_page(RequestFilter(ids=tuple(chosen.ids)), asked.order, 1, _SHOWN)
        # Beyond the rows that are shown, the counts of kinds would describe only a part.
        kinds = Counter(view.kind for view in page.items) if len(chosen.ids) <= _SHOWN else None
    rows = [context.visibility.row(view) for view in page.items]
    return context.page("review/bulk.html", asked=asked, chosen=chosen, rows=rows, kinds=kinds)


@route.post("/requests/bulk/approve", Right.DECIDE)
def approve(context: Entered) -> Response:
    """Approve the requests, if the count is right and the list is still the same."""
    asked = list_query(context)
    return context.once(lambda: _approve(context, asked, _chosen(context, asked)))


def _approve(context: PageContext, asked: ListQuery, chosen: BulkSelection) -> Response:
    shown, typed = context.form.number("shown"), context.form.number("count")
    # Another administrator may have decided some since; the count that was typed belongs to the old list.
    if shown != len(chosen.ids):
        why = f"The list has changed. It had {sync.count(shown or 0, 'request')} and now has {len(chosen.ids):,}."
        raise DecisionError("Nothing was approved.", why, "Go back to the list and reload it.")
    if typed != shown:
        raise DecisionError(
            "Nothing was approved.",
            f"The number that you entered is not {shown:,}.",
            "Go back and enter the number of requests.",
        )
    _report(context, context.actions.approve(chosen.ids))
    return RedirectResponse(context.at("/requests") + asked.query(searching=False), 303)


def _report(context: PageContext, decisions: Sequence[Decision]) -> None:
    done = sum(decision.done for decision in decisions)
    waiting = sum(decision.waits for decision in decisions)
    refused = [decision for decision in decisions if decision.error is not None]
    if done:
        context.flash(f"{sync.count(done, 'request')} approved.")
    if waiting:
        context.flash(f"{sync.count(waiting, 'request')} approved by you. A second person must approve, too.", "plain")
    for decision in refused[:5]:
        why = decision.error.why if decision.error is not None else ""
        context.flash(
            f"Request {decision.request_id} was not approved. {why}",
            "bad",
            context.at(f"/requests/{decision.successor or decision.request_id}"),
            "View request",
        )
    if len(refused) > 5:
        context.flash(f"{sync.count(len(refused) - 5, 'more request')} not approved for similar reasons.", "bad")


def _chosen(context: PageContext, asked: ListQuery) -> BulkSelection:
    """Return the low-risk requests among those of the form; others are left out whatever the form says."""
    # "All" means all that the page showed: a request that was opened after it has been seen by nobody.
    upto = context.form.number("upto") or 0
    with context.read() as state:
        if context.form.text("which") == _ALL:
            wanted = pending_filter(context, state, asked, risk=Risk.LOW)
            return BulkSelection(state.filtered.numbers(wanted, asked.order, upto), _ALL, upto)
        ticked = tuple(context.form.numbers("id"))
        wanted = RequestFilter(RequestState.PENDING, None, Risk.LOW, ticked)
        return BulkSelection(state.filtered.numbers(wanted, asked.order), "ticked", upto)
