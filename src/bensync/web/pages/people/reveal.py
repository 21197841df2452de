"""A full SSN: for a reason, after a new code, recorded before it is shown, and hidden after a minute."""

from __future__ import annotations

from starlette.responses import Response

from bensync.actions.reveal import Holder, Subject
from bensync.core.access import BREAK_GLASS_A_DAY, Right
from bensync.web.http.context import Entered, NotFound, Number, PageContext
from bensync.web.http.routing import SITE_PAGES, Router

route = Router(SITE_PAGES)

VIEW_SECONDS = 60
_HOLDERS = {"requests": Holder.REQUEST, "people": Holder.PARTICIPANT}


@route.get("/requests/{number}/ssn", Right.REVEAL, Right.BREAK_GLASS)
def ask_for_request(context: Entered, number: Number) -> Response:
    """Ask for the reason."""
    return _ask(context, "requests", number)


@route.post("/requests/{number}/ssn", Right.REVEAL, Right.BREAK_GLASS)
def show_of_request(context: Entered, number: Number) -> Response:
    """Show the SSN for a minute."""
    return _show(context, "requests", number)


@route.get("/people/{number}/ssn", Right.REVEAL, Right.BREAK_GLASS)
def ask_for_participant(context: Entered, number: Number) -> Response:
    """Ask for the reason."""
    return _ask(context, "people", number)


@route.post("/people/{number}/ssn", Right.REVEAL, Right.BREAK_GLASS)
def show_of_participant(context: Entered, number: Number) -> Response:
    """Show the SSN for a minute."""
    return _show(context, "people", number)


def _ask(context: PageContext, kind: str, number: int) -> Response:
    owner = context.may(Right.REVEAL)
    return context.page(
        "people/ssn.html",
        person=_person(context, kind, number),
        back=context.at(f"/{kind}/{number}"),
        action=context.at(f"/{kind}/{number}/ssn"),
        owner=owner,
        limit=BREAK_GLASS_A_DAY,
        needs_code=context.must_step_up(Right.REVEAL if owner else Right.BREAK_GLASS),
        ssn="",
    )


def _show(context: PageContext, kind: str, number: int) -> Response:
    back = context.at(f"/{kind}/{number}")
    # Beside the answer, not in it: the answer is kept for a form that is sent twice, and must not keep an SSN.
    shown: list[str] = []

    def act() -> Response:
        shown.append(context.actions.reveal(Subject(_HOLDERS[kind], number), context.form.reason()))
        return context.go(back)  # the same form sent again shows nothing

    again = context.once(act)
    if not shown:
        return again
    ssn = f"{shown[0][:3]}-{shown[0][3:5]}-{shown[0][5:]}"
    answer = context.page(
        "people/ssn.html", person=_person(context, kind, number), back=back, ssn=ssn, seconds=VIEW_SECONDS
    )
    # The browser itself leaves the page; a script may be switched off, and the screen left alone.
    answer.headers["Refresh"] = f"{VIEW_SECONDS}; url={back}"
    return answer


def _person(context: PageContext, kind: str, number: int) -> str:
    with context.read() as state:
        view = state.filtered.request(number) if kind == "requests" else state.filtered.person(number)
    if view is None:
        raise NotFound
    return context.visibility.name(view.person.name, view.person.employee_id)
