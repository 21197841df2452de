"""Signing in and out, and the privacy notice."""

from __future__ import annotations

import secrets

from starlette.responses import Response

from bensync.actions import sign_in as access
from bensync.core.values.limits import LONGEST_NAME
from bensync.errors import SignInRefused
from bensync.web.http.context import Entered, PageContext
from bensync.web.http.request_checks import safe_path
from bensync.web.http.routing import GlobalRoute, Router
from bensync.web.http.session_cookie import delete_cookie, set_cookie

route = Router()


@route.get("/sign-in", GlobalRoute.OPEN)
def form(context: Entered) -> Response:
    """Show the sign-in form."""
    way = safe_path(context.request.query_params.get("next", "/"))
    if context.user is not None:
        return context.go(way)
    return _form(context, way)


@route.post("/sign-in", GlobalRoute.OPEN)
def sign_in(context: Entered) -> Response:
    """Start a session with a new cookie."""
    way = safe_path(context.form.text("next", 2000))
    password = context.form.password("password")
    client = context.request.client
    try:
        session_id = access.sign_in(
            context.store,
            context.form.text("name", LONGEST_NAME),
            password,
            context.form.code(),
            # Failures are counted per address as well: an attacker who tries many names with one password stays below
            # the limit of each name.
            client.host if client is not None else "",
            context.now,
        )
    except SignInRefused as refusal:
        answer = _form(context, way, 429 if refusal.wait else 403, refusal)
        if refusal.wait:
            answer.headers["Retry-After"] = str(refusal.wait)
        return answer
    answer = context.go(way)
    set_cookie(context.app, answer, session_id)
    return answer


@route.post("/sign-out", GlobalRoute.SIGNED_IN)
def sign_out(context: Entered) -> Response:
    """End the session at once."""
    access.sign_out(context.store, context.session_id, context.now)
    # It holds names that were searched for.
    context.app.memory.empty(context.session_id)
    answer = context.go("/sign-in")
    delete_cookie(context.app, answer)
    return answer


@route.get("/privacy", GlobalRoute.OPEN)
def privacy(context: Entered) -> Response:
    """Show the privacy notice (S1-25)."""
    notice = context.app.web.privacy.strip()
    paragraphs = [" ".join(part.split()) for part in notice.split("\n\n")] if notice else []
    return context.page("access/privacy.html", paragraphs=paragraphs)


@route.get("/code", GlobalRoute.SIGNED_IN)
def code_form(context: Entered) -> Response:
    """Ask for a new code."""
    return context.page("access/code.html", way=safe_path(context.request.query_params.get("next", "/")))


@route.post("/code", GlobalRoute.SIGNED_IN)
def code(context: Entered) -> Response:
    """Accept a new code."""
    access.step_up(context.store, context.session_id, context.form.code(), context.now)
    return context.go(safe_path(context.form.text("next", 2000)))


def _form(context: PageContext, way: str, status: int = 200, refusal: SignInRefused | None = None) -> Response:
    """Return the form. Its token belongs to a cookie that is not a session and never becomes one."""
    existing = context.session_id
    # The form needs something that its token can belong to, although nobody is signed in yet.
    context.session_id = existing or secrets.token_urlsafe(32)
    answer = context.page("access/sign_in.html", status, way=way, refusal=refusal)
    if not existing:
        set_cookie(context.app, answer, context.session_id)
    return answer
