"""The address of a list of requests; pages of single requests carry it, so that people come back to the same list."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec

from bensync.core.requests import RequestState, Risk
from bensync.state.read.filtered_lists import RequestFilter, RequestGroup, SortOrder
from bensync.state.site_state import SiteState
from bensync.web.http.context import PageContext
from bensync.web.http.paging import paging
from bensync.wording.sync import one_of


class ListQuery(msgspec.Struct, frozen=True):
    """The address of a list of requests.

    Attributes:
        bucket: only requests of this group.
        state: only requests in this state; None for all.
        risk: only requests of this risk.
        order: how they are sorted.
        number: the page, from 1.
        searching: only requests that fit the text this session searched for. The text is a name or a number, so it
            stays in the memory of the session, and never stands in an address.
    """

    bucket: RequestGroup | None = None
    state: RequestState | None = RequestState.PENDING
    risk: Risk | None = None
    order: SortOrder = SortOrder.URGENT
    number: int = 1
    searching: bool = False

    def query(self, **other: object) -> str:
        """Return the query of this list, or of one that differs in something; a different list begins on page 1."""
        wanted = msgspec.structs.replace(self, **{"number": 1, **other})
        parameters = {
            "bucket": wanted.bucket,
            "state": wanted.state or "ALL",
            "risk": wanted.risk,
            "order": wanted.order,
            "page": wanted.number,
            "search": "on" if wanted.searching else None,
        }
        # Only what differs from the usual list stands in the address, which people send to each other.
        usual = {"state": RequestState.PENDING, "order": SortOrder.URGENT, "page": 1}
        written = {name: value for name, value in parameters.items() if value is not None and usual.get(name) != value}
        return f"?{urlencode(written)}" if written else ""


def list_query(context: PageContext) -> ListQuery:
    """Return what the address asks for; a value that makes no sense counts as absent."""
    query = context.request.query_params
    return ListQuery(
        bucket=one_of(RequestGroup, query.get("bucket")),
        state=None if query.get("state") == "ALL" else one_of(RequestState, query.get("state")) or RequestState.PENDING,
        risk=one_of(Risk, query.get("risk")),
        order=one_of(SortOrder, query.get("order")) or SortOrder.URGENT,
        number=paging(query).number,
        searching=query.get("search") == "on",
    )


def searched_text(context: PageContext, query: ListQuery) -> str:
    """Return the text that this session searched for; empty where the list is not narrowed to it."""
    return context.app.memory.searched(context.session_id, _memory_key(context)) if query.searching else ""


def remember_search(context: PageContext, text: str) -> None:
    """Keep the text to search for in the memory of the session."""
    context.app.memory.search(context.session_id, _memory_key(context), text)


def pending_filter(context: PageContext, state: SiteState, query: ListQuery, **narrower: Any) -> RequestFilter:
    """Return the filter of the pending requests of a list, narrowed further by fields of the filter."""
    text = searched_text(context, query)
    found_ids = state.filtered.find_requests(text, context.visibility.name_fields) if text else None
    return msgspec.structs.replace(RequestFilter(RequestState.PENDING, query.bucket, query.risk, found_ids), **narrower)


def _memory_key(context: PageContext) -> str:
    # By site: a text searched for at one employer must not narrow the list of another.
    return f"{context.site}/requests"
