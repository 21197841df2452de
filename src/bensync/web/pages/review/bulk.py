"""Approving many harmless requests in one go: shown once more, the count typed, and never one of high risk (A-46)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from bensync.actions import approvals
from bensync.core.requests import RequestState, Risk
from bensync.errors import DecisionError
from bensync.state.read.filtered_lists import Wanted
from bensync.web.http.context import Entered, Visit
from bensync.web.pages.review.requests import Asked, asked_of, place
from bensync.wording import sync

router = APIRouter()

_SHOWN = 100
_ALL = "all"


class Choice(msgspec.Struct, frozen=True):
    """Which requests: those ticked, or all harmless ones of a list as it was when it was looked at.

    Attributes:
        ids: their numbers.
        which: ``all`` or ``ticked``, for the next form.
        upto: nothing that came after this number is meant.
    """

    ids: Sequence[int]
    which: str
    upto: int


@router.post("/sites/{site}/requests/bulk")
def look(visit: Entered) -> Response:
    """Show what would be approved, and ask for the count."""
    asked = asked_of(visit)
    chosen = _chosen(visit, asked)
    if not chosen.ids:
        visit.tell("Nothing was ticked. Tick the requests you have looked at, then press the button again.", "plain")
        return visit.go(visit.at("/requests") + asked.query(number=asked.number))
    with visit.look() as work:
        page = work.screens.request_page(Wanted(ids=tuple(chosen.ids)), asked.order, 1, _SHOWN)
        kinds = Counter(view.kind for view in page.items) if len(chosen.ids) <= _SHOWN else None
    rows = [visit.eyes.row(view) for view in page.items]
    return visit.page("bulk.html", asked=asked, chosen=chosen, rows=rows, kinds=kinds)


@router.post("/sites/{site}/requests/bulk/approve")
def approve(visit: Entered) -> Response:
    """Approve them, if the count is right and the list is still the same."""
    asked = asked_of(visit)
    return visit.once(lambda: _approve(visit, asked, _chosen(visit, asked)))


def _approve(visit: Visit, asked: Asked, chosen: Choice) -> Response:
    shown, typed = visit.number("shown"), visit.number("count")
    if shown != len(chosen.ids):
        why = f"the list has changed since: it held {shown or 0:,}, and holds {len(chosen.ids):,} now"
        raise DecisionError("Nothing was approved", why, "go back to the list and look at it again")
    if typed != shown:
        raise DecisionError(
            "Nothing was approved", f"the number typed is not {shown:,}", "go back, and type the count of the requests"
        )
    rules = visit.hall.deployment.settings.sites[visit.site].intake_rules()
    made = approvals.approve(visit.store, visit.site, chosen.ids, visit.actor, visit.now, rules, book=visit.book)
    _report(visit, made)
    return RedirectResponse(visit.at("/requests") + asked.query(searching=False), 303)


def _report(visit: Visit, made: Sequence[approvals.Decision]) -> None:
    done, waiting = sum(one.done for one in made), sum(one.waits for one in made)
    refused = [one for one in made if one.error is not None]
    if done:
        visit.tell(f"{sync.count(done, 'request')} approved.")
    if waiting:
        visit.tell(f"{sync.count(waiting, 'request')} approved by you; a second person must approve, too.", "plain")
    for one in refused[:5]:
        visit.tell(
            f"Request {one.request_id} was not approved: {one.error.why if one.error else ''}.",
            "bad",
            visit.at(f"/requests/{one.successor or one.request_id}"),
            "Look at it",
        )
    if len(refused) > 5:
        visit.tell(f"{len(refused) - 5} more were not approved for reasons like these.", "bad")


def _chosen(visit: Visit, asked: Asked) -> Choice:
    """The harmless ones among what the form names; others are left out whatever the form says."""
    upto = visit.number("upto") or 0
    with visit.look() as work:
        if visit.text("which") == _ALL:
            text = visit.hall.pockets.searched(visit.session_id, place(visit)) if asked.searching else ""
            found = work.screens.find_requests(text) if text else None
            wanted = Wanted(RequestState.PENDING, asked.bucket, Risk.LOW, found)
            return Choice(work.screens.numbers(wanted, asked.order, upto), _ALL, upto)
        ticked = tuple(visit.numbers("id"))
        wanted = Wanted(RequestState.PENDING, None, Risk.LOW, ticked)
        return Choice(work.screens.numbers(wanted, asked.order), "ticked", upto)
