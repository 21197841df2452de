"""The list of requests: groups, search, filters, order and pages."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from bensync.core.access import Right
from bensync.core.requests import RequestState, Risk
from bensync.core.values.limits import LONGEST_SEARCH
from bensync.state.read.filtered_lists import RequestFilter
from bensync.web.http.context import Entered, PageContext
from bensync.web.http.routing import SITE_PAGES, MenuEntry, Router
from bensync.web.shared.request_list import ListQuery, list_query, remember_search, searched_text

route = Router(SITE_PAGES)


@route.get("/requests", Right.SEE_REQUESTS, menu=MenuEntry("Requests", 20, "requests"))
def queue(context: Entered) -> Response:
    """Show one page of requests."""
    asked = list_query(context)
    text = searched_text(context, asked)
    with context.read() as state:
        matches = state.filtered.find_requests(text, context.visibility.name_fields, asked.state) if text else None
        wanted = RequestFilter(asked.state, asked.bucket, asked.risk, matches)
        page = state.filtered.request_page(wanted, asked.order, asked.number)
        offers_bulk = _offers_bulk(context, asked)
        values: dict[str, Any] = {
            "page": page,
            "tallies": state.filtered.tallies(),
            "low_risk_count": len(state.filtered.numbers(msgspec.structs.replace(wanted, risk=Risk.LOW)))
            # Counted only where the button says it: the count reads the numbers of all requests of the list.
            if offers_bulk
            else 0,
            "newest": state.filtered.newest(),
            "held_up": state.events.held_up()[0],
        }
    rows = [context.visibility.row(view) for view in page.items]
    return context.page(
        "review/requests.html", asked=asked, rows=rows, search=text, decides=context.may(Right.DECIDE), **values
    )


@route.post("/requests/search", Right.SEE_REQUESTS)
def search(context: Entered) -> Response:
    """Search by name, number or employee ID; the text stays out of the address."""
    asked = list_query(context)
    text = context.form.text("search", LONGEST_SEARCH)
    remember_search(context, text)
    return context.go(context.at("/requests") + asked.query(searching=bool(text)))


def _offers_bulk(context: PageContext, asked: ListQuery) -> bool:
    return context.may(Right.DECIDE) and asked.state is RequestState.PENDING and asked.risk is not Risk.HIGH
