"""The own account: who one is, which roles one has, and another password."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from bensync.actions import sign_in as access
from bensync.core.access import POLICY, RIGHTS
from bensync.web.http.context import Entered
from bensync.web.pages.access.sign_in import set_cookie

router = APIRouter()

_LONGEST = 1024


@router.get("/account")
def show(visit: Entered) -> Response:
    """Who one is."""
    return visit.page("account.html", policy=POLICY, rights=RIGHTS)


@router.post("/account")
def change_password(visit: Entered) -> Response:
    """Another password; all other sessions end."""
    old, new = (str(visit.form.get(name, ""))[:_LONGEST] for name in ("old", "new"))
    session_id = access.change_password(visit.store, visit.session_id, old, new, visit.text("code", 32), visit.now)
    visit.session_id = session_id
    visit.tell("Your password was changed. Everywhere else you were signed out.")
    answer = visit.go("/account")
    set_cookie(visit, answer, session_id)
    return answer
