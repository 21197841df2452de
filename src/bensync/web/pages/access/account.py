"""The account of the user: roles and password."""

from __future__ import annotations

from starlette.responses import Response

from bensync.actions import sign_in as access
from bensync.core.access import POLICY, RIGHTS
from bensync.web.http.context import Entered
from bensync.web.http.routing import GlobalRoute, Router
from bensync.web.http.session_cookie import set_cookie

route = Router()


@route.get("/account", GlobalRoute.SIGNED_IN)
def show(context: Entered) -> Response:
    """Show the account."""
    return context.page("access/account.html", policy=POLICY, rights=RIGHTS)


@route.post("/account", GlobalRoute.SIGNED_IN)
def change_password(context: Entered) -> Response:
    """Change the password; all other sessions end."""
    old, new = (context.form.password(name) for name in ("old", "new"))
    session_id = access.change_password(context.store, context.session_id, old, new, context.form.code(), context.now)
    # The old session has ended; a message left in it would never be shown.
    context.session_id = session_id
    context.flash("Your password was changed. Your other sessions were signed out.")
    answer = context.go("/account")
    set_cookie(context.app, answer, session_id)
    return answer
