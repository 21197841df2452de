"""The queue as a list: heaps, search, filter, order and pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from bensync.core.access import Right
from bensync.core.requests import RequestState, Risk
from bensync.state.read.filtered_lists import RequestFilter, RequestGroup, SortOrder
from bensync.web.http.context import Entered, PageContext
from bensync.web.http.routing import SITE_PAGES, Router
from bensync.wording.sync import one_of

page = Router(SITE_PAGES)

SEARCH = "requests"
"""Under which name the pocket keeps what was searched for; names never stand in an address."""
_HIGHEST_PAGE = 100_000


class ListQuery(msgspec.Struct, frozen=True):
    """What the address of a list says."""

    bucket: RequestGroup | None = None
    state: RequestState | None = RequestState.PENDING
    risk: Risk | None = None
    order: SortOrder = SortOrder.URGENT
    number: int = 1
    searching: bool = False

    def query(self, **other: object) -> str:
        """The address of this list, or of one that differs in something; a different list begins on page 1."""
        asked = msgspec.structs.replace(self, **{"number": 1, **other})
        told = {
            "bucket": asked.bucket,
            "state": asked.state or "ALL",
            "risk": asked.risk,
            "order": asked.order,
            "page": asked.number,
            "search": "on" if asked.searching else None,
        }
        usual = {"state": RequestState.PENDING, "order": SortOrder.URGENT, "page": 1}
        kept = {name: value for name, value in told.items() if value is not None and usual.get(name) != value}
        return f"?{urlencode(kept)}" if kept else ""


@page.get("/requests", Right.SEE_REQUESTS)
def queue(context: Entered) -> Response:
    """One page of the queue."""
    asked = list_query(context)
    text = context.app.memory.searched(context.session_id, place(context)) if asked.searching else ""
    with context.read() as work:
        found = work.filtered.find_requests(text, asked.state) if text else None
        wanted = request_filter(asked, found)
        page = work.filtered.request_page(wanted, asked.order, asked.number)
        harmless = _harmless(context, asked)
        values: dict[str, Any] = {
            "page": page,
            "tallies": work.filtered.tallies(),
            "harmless": len(work.filtered.numbers(msgspec.structs.replace(wanted, risk=Risk.LOW))) if harmless else 0,
            "newest": work.filtered.newest(),
        }
    eyes = context.visibility
    template = "requests_list.html" if context.partial else "requests.html"
    rows = [eyes.row(view) for view in page.items]
    return context.page(template, asked=asked, rows=rows, search=text, decides=context.may(Right.DECIDE), **values)


@page.post("/requests/search", Right.SEE_REQUESTS)
def search(context: Entered) -> Response:
    """Look for a name, a number or an HR employee; what is looked for stays out of the address."""
    asked = list_query(context)
    text = context.text("search", 100)
    context.app.memory.search(context.session_id, place(context), text)
    return context.go(context.at("/requests") + asked.query(searching=bool(text)))


def list_query(context: PageContext) -> ListQuery:
    """What the address asks for; what makes no sense there is as if it were not."""
    query = context.request.query_params
    page = query.get("page", "1")
    return ListQuery(
        bucket=one_of(RequestGroup, query.get("bucket")),
        state=None if query.get("state") == "ALL" else one_of(RequestState, query.get("state")) or RequestState.PENDING,
        risk=one_of(Risk, query.get("risk")),
        order=one_of(SortOrder, query.get("order")) or SortOrder.URGENT,
        number=min(int(page), _HIGHEST_PAGE) if page.isdecimal() and 0 < len(page) < 8 and int(page) else 1,
        searching=query.get("search") == "on",
    )


def request_filter(asked: ListQuery, found: tuple[int, ...] | None) -> RequestFilter:
    """What the list shows."""
    return RequestFilter(asked.state, asked.bucket, asked.risk, found)


def place(context: PageContext) -> str:
    """Where the pocket keeps the search of this site."""
    return f"{context.site}/{SEARCH}"


def _harmless(context: PageContext, asked: ListQuery) -> bool:
    return context.may(Right.DECIDE) and asked.state is RequestState.PENDING and asked.risk is not Risk.HIGH
