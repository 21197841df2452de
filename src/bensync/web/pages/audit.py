"""The audit trail: who did what when, and whether it is whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from bensync.actions import config_audit, users
from bensync.core.access import Right
from bensync.core.changes import FieldChange
from bensync.state.access.accounts import Account
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.site_state import Work
from bensync.web.http.context import Entered, NotFound, Number, Visit
from bensync.web.pages.review.requests import asked_of

router = APIRouter()

GROUPS = {
    "": "Everything",
    "request.": "Decisions",
    "participant.": "Corrections",
    "ssn.": "SSNs seen",
    "plan.": "Held plans",
    "delivery.": "Files",
    "users.": "Users",
    "refused": "Refused",
}
"""Kinds of entries of a site by the beginning of their verb, and those that were refused."""

SIGN_INS = {
    "": "Everything",
    "sign_": "Signed in and out",
    "refused": "Refused",
    "step_up": "Fresh codes",
    "password.": "Passwords",
    "users.": "Users",
    "keys.": "Keys",
    "configuration.": "Configuration",
}
"""The same of the deployment."""


@router.get("/sites/{site}/audit")
def trail(visit: Entered) -> Response:
    """One page of the trail."""
    asked = _asked(visit, GROUPS, _accounts(visit)[0])
    with visit.look() as work:
        page = work.screens.audit_page(asked_of(visit).number, **_wanted(asked))
    return visit.page("audit.html", page=page, path="/audit", amended={}, **asked)


@router.get("/sites/{site}/sign-ins")
def sign_ins(visit: Entered) -> Response:
    """The trail of the deployment: who signed in or failed to, and changes of whole accounts and keys.

    People who have nothing to do with this site are none of its business.
    """
    here, elsewhere = _accounts(visit)
    asked = _asked(visit, SIGN_INS, here)
    with visit.store.look(DEPLOYMENT) as work:
        hidden = [account.name for account in elsewhere]
        page = work.screens.audit_page(asked_of(visit).number, hidden=hidden, **_wanted(asked))
        amended = {one.id: _amended(work, one.id, visit.site) for one in page.items if one.verb == config_audit.VERB}
    return visit.page("audit.html", page=page, path="/sign-ins", amended=amended, **asked)


@router.get("/sites/{site}/audit/{number}")
def entry(visit: Entered, number: Number) -> Response:
    """One entry with what it changed."""
    with visit.look() as work:
        view = work.screens.audit_entry(number)
    if view is None:
        raise NotFound
    lines, hidden = visit.eyes.lines(view.changes, "")
    return visit.page("audit_entry.html", entry=view, lines=lines, hidden=hidden)


@router.post("/sites/{site}/audit/verify")
def verify(visit: Entered) -> Response:
    """Walk the whole chain of this site, and that of the deployment."""
    trails = {}
    for name, site in (("this employer", visit.site), ("sign-ins and users", DEPLOYMENT)):
        with visit.store.look(site) as work:
            trails[name] = work.journal.trail.verify()
    return visit.page("audit_verified.html", trails=trails)


def _amended(work: Work, number: int, site: str) -> list[FieldChange]:
    """What an entry says of the configuration: of the whole deployment, and of this site."""
    view = work.views.audit_entry(number)
    return [one for one in view.changes if config_audit.concerns(one.field, site)] if view is not None else []


def _accounts(visit: Visit) -> tuple[list[Account], list[Account]]:
    """Users with a role on this site, and all others."""
    everybody = users.everybody(visit.store)
    here = [one for one in everybody if any(grant.site == visit.site for grant in one.grants)]
    return here, [one for one in everybody if one not in here]


def _asked(visit: Visit, groups: Mapping[str, str], accounts: list[Account]) -> dict[str, Any]:
    """What the list is narrowed to; an address names a user by number only."""
    query = visit.request.query_params
    what, who = query.get("what", ""), query.get("who", "")
    return {
        "groups": groups,
        "what": what if what in groups else "",
        "who": next((one for one in accounts if str(one.id) == who), None),
        "accounts": accounts,
        "verifies": visit.may(Right.VERIFY_AUDIT),
    }


def _wanted(asked: Mapping[str, Any]) -> dict[str, Any]:
    refused = asked["what"] == "refused"
    return {
        "verb": "" if refused else asked["what"],
        "refused": refused,
        "actor": asked["who"].name if asked["who"] is not None else "",
    }
