"""Signing in and out, and the privacy notice."""

from __future__ import annotations

import secrets

from fastapi import APIRouter
from starlette.responses import Response

from bensync.actions import sign_in as access
from bensync.core.access import ABSOLUTE
from bensync.errors import SignInRefused
from bensync.web.http.context import Entered, Visit, safe_way

router = APIRouter()

_LONGEST = 1024


@router.get("/sign-in")
def form(visit: Entered) -> Response:
    """The form."""
    way = safe_way(visit.request.query_params.get("next", "/"))
    if visit.user is not None:
        return visit.go(way)
    return _form(visit, way)


@router.post("/sign-in")
def sign_in(visit: Entered) -> Response:
    """Begin a session; its cookie is a new one."""
    way = safe_way(visit.text("next"))
    password = str(visit.form.get("password", ""))[:_LONGEST]
    client = visit.request.client
    try:
        session_id = access.sign_in(
            visit.store,
            visit.text("name", 64),
            password,
            visit.text("code", 64),
            client.host if client is not None else "",
            visit.now,
        )
    except SignInRefused as refusal:
        answer = _form(visit, way, 429 if refusal.wait else 403, refusal)
        if refusal.wait:
            answer.headers["Retry-After"] = str(refusal.wait)
        return answer
    answer = visit.go(way)
    set_cookie(visit, answer, session_id)
    return answer


@router.post("/sign-out")
def sign_out(visit: Entered) -> Response:
    """End the session at once."""
    access.sign_out(visit.store, visit.session_id, visit.now)
    visit.hall.pockets.empty(visit.session_id)
    answer = visit.go("/sign-in")
    answer.delete_cookie(visit.hall.cookie, secure=visit.hall.web.secure, httponly=True, samesite="lax")
    return answer


@router.get("/privacy")
def privacy(visit: Entered) -> Response:
    """The privacy notice (S1-25)."""
    told = visit.hall.web.privacy.strip()
    paragraphs = [" ".join(part.split()) for part in told.split("\n\n")] if told else []
    return visit.page("privacy.html", paragraphs=paragraphs)


@router.get("/code")
def code_form(visit: Entered) -> Response:
    """Asks for a fresh code."""
    return visit.page("code.html", way=safe_way(visit.request.query_params.get("next", "/")))


@router.post("/code")
def code(visit: Entered) -> Response:
    """Take a fresh code."""
    access.step_up(visit.store, visit.session_id, visit.text("code", 32), visit.now)
    return visit.go(safe_way(visit.text("next")))


def set_cookie(visit: Visit, answer: Response, value: str) -> None:
    """The only cookie: strictly necessary, and gone with the session (S1-24)."""
    answer.set_cookie(
        visit.hall.cookie,
        value,
        max_age=int(ABSOLUTE.total_seconds()),
        path="/",
        secure=visit.hall.web.secure,
        httponly=True,
        samesite="lax",
    )


def _form(visit: Visit, way: str, status: int = 200, refusal: SignInRefused | None = None) -> Response:
    """The form. Its token belongs to the cookie, which is no session yet and never becomes one."""
    known = visit.session_id
    visit.session_id = known or secrets.token_urlsafe(32)
    answer = visit.page("sign_in.html", status, way=way, refusal=refusal)
    if not known:
        set_cookie(visit, answer, visit.session_id)
    return answer
