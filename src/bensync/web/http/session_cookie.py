"""The only cookie of the pages: strictly necessary, and gone with the session (S1-24)."""

from __future__ import annotations

from starlette.responses import Response

from bensync.core.access import ABSOLUTE
from bensync.web.http.context import AppState


def set_cookie(app: AppState, response: Response, session_id: str) -> None:
    """Give the browser a session id, out of reach of scripts and of other sites."""
    response.set_cookie(
        app.cookie,
        session_id,
        max_age=int(ABSOLUTE.total_seconds()),
        path="/",
        secure=app.web.secure,
        httponly=True,
        # Not strict: a link in a mail must find the session. Forms have a token of their own.
        samesite="lax",
    )


def delete_cookie(app: AppState, response: Response) -> None:
    """Take the session id back from the browser."""
    # With the same attributes: browsers refuse to change a __Host- cookie that is not marked secure.
    response.delete_cookie(app.cookie, secure=app.web.secure, httponly=True, samesite="lax")
