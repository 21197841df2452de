"""The audit trail: who did what when, and whether it is whole."""

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
from bensync.web.http.routing import SITE_PAGES, Router

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
"""Kinds of entries of a site by the beginning of their verb, and those that were refused."""

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


@route.get("/audit", Right.SEE_AUDIT)
def trail(context: Entered) -> Response:
    """One page of the trail."""
    asked = _asked(context, GROUPS, _accounts(context)[0])
    with context.read() as work:
        page = work.filtered.audit_page(paging(context.request.query_params).number, **_wanted(asked))
    return context.page("audit.html", page=page, path="/audit", amended={}, **asked)


@route.get("/sign-ins", Right.SEE_SIGN_INS)
def sign_ins(context: Entered) -> Response:
    """The trail of the deployment: who signed in or failed to, and changes of whole accounts and keys.

    People who have nothing to do with this site are none of its business.
    """
    here, elsewhere = _accounts(context)
    asked = _asked(context, SIGN_INS, here)
    with context.store.read(DEPLOYMENT) as work:
        hidden = [account.name for account in elsewhere]
        page = work.filtered.audit_page(paging(context.request.query_params).number, hidden=hidden, **_wanted(asked))
        amended = {one.id: _amended(work, one.id, context.site) for one in page.items if one.verb == config_audit.VERB}
    return context.page("audit.html", page=page, path="/sign-ins", amended=amended, **asked)


@route.get("/audit/{number}", Right.SEE_AUDIT)
def entry(context: Entered, number: Number) -> Response:
    """One entry with what it changed."""
    with context.read() as work:
        view = work.filtered.audit_entry(number)
    if view is None:
        raise NotFound
    lines, hidden = context.visibility.lines(view.changes, "")
    return context.page("audit_entry.html", entry=view, lines=lines, hidden=hidden)


@route.post("/audit/verify", Right.VERIFY_AUDIT)
def verify(context: Entered) -> Response:
    """Walk the whole chain of this site, and that of the deployment."""
    trails = {}
    for name, site in (("this employer", context.site), ("sign-ins and users", DEPLOYMENT)):
        with context.store.read(site) as work:
            trails[name] = work.audit.trail.verify()
    return context.page("audit_verified.html", trails=trails)


def _amended(work: SiteState, number: int, site: str) -> list[FieldChange]:
    """What an entry says of the configuration: of the whole deployment, and of this site."""
    view = work.lists.audit_entry(number)
    return [one for one in view.changes if config_audit.concerns(one.field, site)] if view is not None else []


def _accounts(context: PageContext) -> tuple[list[Account], list[Account]]:
    """Users with a role on this site, and all others."""
    everybody = users.everybody(context.store)
    here = [one for one in everybody if any(grant.site == context.site for grant in one.grants)]
    return here, [one for one in everybody if one not in here]


def _asked(context: PageContext, groups: Mapping[str, str], accounts: list[Account]) -> dict[str, Any]:
    """What the list is narrowed to; an address names a user by number only."""
    query = context.request.query_params
    what, who = query.get("what", ""), query.get("who", "")
    return {
        "groups": groups,
        "what": what if what in groups else "",
        "who": next((one for one in accounts if str(one.id) == who), None),
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
