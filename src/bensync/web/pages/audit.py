"""The audit trail and its verification."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from bensync.actions import config_audit, users
from bensync.core.access import Right
from bensync.core.changes import FieldChange
from bensync.state.access.accounts import Account
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.site_state import SiteState
from bensync.web.http.context import Entered, NotFound, Number, PageContext
from bensync.web.http.paging import paging
from bensync.web.http.routing import SITE_PAGES, MenuEntry, Router

route = Router(SITE_PAGES)

GROUPS = {
    "": "Everything",
    "request.": "Decisions",
    "participant.": "Corrections",
    "ssn.": "SSN reveals",
    "plan.": "Held changes",
    "delivery.": "Files",
    "users.": "Users",
    "refused": "Refused",
}
"""The types of entries of a site, by the beginning of their verb; ``refused`` are attempts without permission."""

SIGN_INS = {
    "": "Everything",
    "sign_": "Sign-ins and sign-outs",
    "refused": "Refused",
    "step_up": "New codes",
    "password.": "Passwords",
    "users.": "Users",
    "keys.": "Keys",
    "configuration.": "Configuration",
}
"""The same of the deployment."""


@route.get("/audit", Right.SEE_AUDIT, menu=MenuEntry("Audit trail", 110))
def trail(context: Entered) -> Response:
    """Show one page of the trail of this site."""
    asked = _asked(context, GROUPS, _accounts(context)[0])
    with context.read() as state:
        page = state.filtered.audit_page(paging(context.request.query_params).number, **_wanted(asked))
    return context.page("audit.html", page=page, path="/audit", amended={}, **asked)


@route.get("/sign-ins", Right.SEE_SIGN_INS, menu=MenuEntry("Sign-ins", 120))
def sign_ins(context: Entered) -> Response:
    """Show the trail of the deployment: sign-ins, refused sign-ins, and changes of accounts and keys.

    Users without a role on this site are left out.
    """
    of_site, others = _accounts(context)
    asked = _asked(context, SIGN_INS, of_site)
    with context.store.read(DEPLOYMENT) as state:
        # Sign-ins belong to the deployment, and the users of another employer must not appear here.
        hidden, about = [account.name for account in others], [account.name for account in of_site]
        page = state.filtered.audit_page(
            paging(context.request.query_params).number,
            hidden=hidden,
            about=about,
            **_wanted(asked),
        )
        amended = {
            entry.id: _amended(state, entry.id, context.site) for entry in page.items if entry.verb == config_audit.VERB
        }
    return context.page("audit.html", page=page, path="/sign-ins", amended=amended, **asked)


@route.get("/audit/{number}", Right.SEE_AUDIT)
def entry(context: Entered, number: Number) -> Response:
    """Show one entry with its changes."""
    with context.read() as state:
        view = state.filtered.audit_entry(number)
    if view is None:
        raise NotFound
    lines, hidden = context.visibility.lines(view.changes, "")
    return context.page("audit_entry.html", entry=view, lines=lines, hidden=hidden)


@route.post("/audit/verify", Right.VERIFY_AUDIT)
def verify(context: Entered) -> Response:
    """Verify the whole chain of this site and that of the deployment."""
    trails = {}
    for name, site in (("this employer", context.site), ("sign-ins and users", DEPLOYMENT)):
        with context.store.read(site) as state:
            trails[name] = state.audit.trail.verify()
    return context.page("audit_verified.html", trails=trails)


def _amended(state: SiteState, number: int, site: str) -> list[FieldChange]:
    """Return the changes of the configuration that concern this site or the whole deployment."""
    view = state.lists.audit_entry(number)
    return [change for change in view.changes if config_audit.concerns(change.field, site)] if view is not None else []


def _accounts(context: PageContext) -> tuple[list[Account], list[Account]]:
    """Return the users with a role on this site, and all others."""
    everybody = users.everybody(context.store)
    of_site = [account for account in everybody if any(grant.site == context.site for grant in account.grants)]
    return of_site, [account for account in everybody if account not in of_site]


def _asked(context: PageContext, groups: Mapping[str, str], accounts: list[Account]) -> dict[str, Any]:
    """Return the filters of the list; an address names a user by number only."""
    query = context.request.query_params
    what, who = query.get("what", ""), query.get("who", "")
    return {
        "groups": groups,
        "what": what if what in groups else "",
        # By number, and only among those of this site: an address must hold no name, and must not reach others.
        "who": next((account for account in accounts if str(account.id) == who), None),
        "accounts": accounts,
        "verifies": context.may(Right.VERIFY_AUDIT),
    }


def _wanted(asked: Mapping[str, Any]) -> dict[str, Any]:
    refused = asked["what"] == "refused"
    return {
        "verb": "" if refused else asked["what"],
        "refused": refused,
        "actor": asked["who"].name if asked["who"] is not None else "",
    }
