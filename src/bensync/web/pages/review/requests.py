"""The queue as a list: heaps, search, filter, order and pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from bensync.core.access import Right
from bensync.core.requests import RequestState, Risk
from bensync.state.read.filtered_lists import Bucket, Order, Wanted
from bensync.web.http.context import Entered, Visit
from bensync.wording.sync import one_of

router = APIRouter()

SEARCH = "requests"
"""Under which name the pocket keeps what was searched for; names never stand in an address."""
_HIGHEST_PAGE = 100_000


class Asked(msgspec.Struct, frozen=True):
    """What the address of a list says."""

    bucket: Bucket | None = None
    state: RequestState | None = RequestState.PENDING
    risk: Risk | None = None
    order: Order = Order.URGENT
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
        usual = {"state": RequestState.PENDING, "order": Order.URGENT, "page": 1}
        kept = {name: value for name, value in told.items() if value is not None and usual.get(name) != value}
        return f"?{urlencode(kept)}" if kept else ""


@router.get("/sites/{site}/requests")
def queue(visit: Entered) -> Response:
    """One page of the queue."""
    asked = asked_of(visit)
    text = visit.hall.pockets.searched(visit.session_id, place(visit)) if asked.searching else ""
    with visit.look() as work:
        found = work.screens.find_requests(text, asked.state) if text else None
        wanted = wanted_of(asked, found)
        page = work.screens.request_page(wanted, asked.order, asked.number)
        harmless = _harmless(visit, asked)
        values: dict[str, Any] = {
            "page": page,
            "tallies": work.screens.tallies(),
            "harmless": len(work.screens.numbers(msgspec.structs.replace(wanted, risk=Risk.LOW))) if harmless else 0,
            "newest": work.screens.newest(),
        }
    eyes = visit.eyes
    template = "requests_list.html" if visit.partial else "requests.html"
    rows = [eyes.row(view) for view in page.items]
    return visit.page(template, asked=asked, rows=rows, search=text, decides=visit.may(Right.DECIDE), **values)


@router.post("/sites/{site}/requests/search")
def search(visit: Entered) -> Response:
    """Look for a name, a number or an HR employee; what is looked for stays out of the address."""
    asked = asked_of(visit)
    text = visit.text("search", 100)
    visit.hall.pockets.search(visit.session_id, place(visit), text)
    return visit.go(visit.at("/requests") + asked.query(searching=bool(text)))


def asked_of(visit: Visit) -> Asked:
    """What the address asks for; what makes no sense there is as if it were not."""
    query = visit.request.query_params
    page = query.get("page", "1")
    return Asked(
        bucket=one_of(Bucket, query.get("bucket")),
        state=None if query.get("state") == "ALL" else one_of(RequestState, query.get("state")) or RequestState.PENDING,
        risk=one_of(Risk, query.get("risk")),
        order=one_of(Order, query.get("order")) or Order.URGENT,
        number=min(int(page), _HIGHEST_PAGE) if page.isdecimal() and 0 < len(page) < 8 and int(page) else 1,
        searching=query.get("search") == "on",
    )


def wanted_of(asked: Asked, found: tuple[int, ...] | None) -> Wanted:
    """What the list shows."""
    return Wanted(asked.state, asked.bucket, asked.risk, found)


def place(visit: Visit) -> str:
    """Where the pocket keeps the search of this site."""
    return f"{visit.site}/{SEARCH}"


def _harmless(visit: Visit, asked: Asked) -> bool:
    return visit.may(Right.DECIDE) and asked.state is RequestState.PENDING and asked.risk is not Risk.HIGH
