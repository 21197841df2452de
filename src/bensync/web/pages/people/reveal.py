"""An SSN in full: for a reason, after a fresh code, written down before it is seen, and gone after a minute."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from starlette.responses import Response

from bensync.actions.reveal import Holder, Subject, reveal
from bensync.core.access import BREAK_GLASS_A_DAY, Right
from bensync.core.ports import Notice
from bensync.state.site_state import Work
from bensync.web.http.context import Entered, NotFound, Number, Visit

router = APIRouter()

VIEW_SECONDS = 60
_HOLDERS = {"requests": Holder.REQUEST, "people": Holder.PARTICIPANT}


@router.get("/sites/{site}/requests/{number}/ssn")
def ask_for_request(visit: Entered, number: Number) -> Response:
    """Ask for the reason."""
    return _ask(visit, "requests", number)


@router.post("/sites/{site}/requests/{number}/ssn")
def show_of_request(visit: Entered, number: Number) -> Response:
    """Show it for a minute."""
    return _show(visit, "requests", number)


@router.get("/sites/{site}/people/{number}/ssn")
def ask_for_participant(visit: Entered, number: Number) -> Response:
    """Ask for the reason."""
    return _ask(visit, "people", number)


@router.post("/sites/{site}/people/{number}/ssn")
def show_of_participant(visit: Entered, number: Number) -> Response:
    """Show it for a minute."""
    return _show(visit, "people", number)


def _ask(visit: Visit, kind: str, number: int) -> Response:
    owner = visit.may(Right.REVEAL)
    return visit.page(
        "ssn.html",
        person=_person(visit, kind, number),
        back=visit.at(f"/{kind}/{number}"),
        action=visit.at(f"/{kind}/{number}/ssn"),
        owner=owner,
        limit=BREAK_GLASS_A_DAY,
        needs_code=visit.must_step_up(Right.REVEAL if owner else Right.BREAK_GLASS),
        ssn="",
    )


def _show(visit: Visit, kind: str, number: int) -> Response:
    back = visit.at(f"/{kind}/{number}")
    shown: list[str] = []
    channels = visit.hall.deployment.channels()

    def tell(work: Work, notice: Notice, now: datetime) -> None:
        work.journal.notify(notice, now, channels)

    def act() -> Response:
        subject = Subject(_HOLDERS[kind], number)
        shown.append(reveal(visit.store, visit.site, subject, visit.actor, visit.text("reason"), visit.now, tell))
        return visit.go(back)  # whoever sends the same form again is led away, and shown nothing

    again = visit.once(act)
    if not shown:
        return again
    ssn = f"{shown[0][:3]}-{shown[0][3:5]}-{shown[0][5:]}"
    answer = visit.page("ssn.html", person=_person(visit, kind, number), back=back, ssn=ssn, seconds=VIEW_SECONDS)
    answer.headers["Refresh"] = f"{VIEW_SECONDS}; url={back}"
    return answer


def _person(visit: Visit, kind: str, number: int) -> str:
    with visit.look() as work:
        found = work.screens.request(number) if kind == "requests" else work.screens.person(number)
    if found is None:
        raise NotFound
    return visit.eyes.name(found.person.name, found.person.employee_id)
