"""Who may ask for which page: one table for every route; what does not stand here cannot be served (default deny)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from bensync.core.access import Right


class GlobalRoute(StrEnum):
    """Routes that are about no site."""

    OPEN = "open"
    """For everybody, signed in or not."""
    SIGNED_IN = "signed_in"
    """For everybody who is signed in."""


class Rule(msgspec.Struct, frozen=True):
    """What one route asks of whoever comes: a door, or one of these rights on the site of its path."""

    method: str
    path: str
    door: GlobalRoute | None
    rights: tuple[Right, ...] = ()


API = "/api/"
"""Routes below it are asked with a token, and answer in JSON."""

_SITE = "/sites/{site}"
_API_SITE = "/api/sites/{site}"


def _open(method: str, path: str) -> Rule:
    return Rule(method, path, GlobalRoute.OPEN)


def _signed_in(method: str, path: str) -> Rule:
    return Rule(method, path, GlobalRoute.SIGNED_IN)


def _site(method: str, path: str, *rights: Right) -> Rule:
    return Rule(method, _SITE + path, None, rights)


def _api(method: str, path: str, *rights: Right) -> Rule:
    return Rule(method, _API_SITE + path, None, rights)


RULES: tuple[Rule, ...] = (
    _open("GET", "/static/{name}"),
    _open("GET", "/favicon.ico"),
    _open("GET", "/privacy"),
    _open("GET", "/sign-in"),
    _open("POST", "/sign-in"),
    _signed_in("GET", "/"),
    _signed_in("POST", "/sign-out"),
    _signed_in("GET", "/code"),
    _signed_in("POST", "/code"),
    _signed_in("GET", "/account"),
    _signed_in("POST", "/account"),
    _site("GET", "", Right.SEE_OVERVIEW),
    _site("GET", "/requests", Right.SEE_REQUESTS),
    _site("POST", "/requests/search", Right.SEE_REQUESTS),
    _site("POST", "/requests/bulk", Right.DECIDE),
    _site("POST", "/requests/bulk/approve", Right.DECIDE),
    _site("GET", "/requests/{number}", Right.SEE_REQUESTS),
    _site("POST", "/requests/{number}/approve", Right.DECIDE),
    _site("POST", "/requests/{number}/decline", Right.DECIDE),
    _site("GET", "/requests/{number}/ssn", Right.REVEAL, Right.BREAK_GLASS),
    _site("POST", "/requests/{number}/ssn", Right.REVEAL, Right.BREAK_GLASS),
    _site("GET", "/synchronize", Right.RUN),
    _site("POST", "/synchronize", Right.RUN),
    _site("POST", "/synchronize/preview", Right.RUN),
    _site("GET", "/held", Right.SEE_REQUESTS),
    _site("POST", "/held/allow", Right.RELEASE),
    _site("POST", "/held/reject", Right.DECIDE),
    _site("GET", "/kept-back", Right.SEE_REQUESTS),
    _site("GET", "/employees/{employee_id}", Right.SEE_REQUESTS),
    _site("GET", "/people", Right.SEE_PEOPLE),
    _site("POST", "/people/search", Right.SEE_PEOPLE),
    _site("GET", "/people/{number}", Right.SEE_PEOPLE),
    _site("GET", "/people/{number}/correct", Right.CORRECT),
    _site("POST", "/people/{number}/correct", Right.CORRECT),
    _site("POST", "/people/{number}/terminate", Right.CORRECT),
    _site("POST", "/people/{number}/reinstate", Right.CORRECT),
    _site("GET", "/people/{number}/ssn", Right.REVEAL, Right.BREAK_GLASS),
    _site("POST", "/people/{number}/ssn", Right.REVEAL, Right.BREAK_GLASS),
    _site("POST", "/people/{number}/activities", Right.EVENTS),
    _site("POST", "/people/{number}/activities/{activity}", Right.EVENTS),
    _site("POST", "/people/{number}/cobra/{event}", Right.EVENTS),
    _site("POST", "/people/{number}/events/run", Right.EVENTS),
    _site("GET", "/people/{number}/events/{event}", Right.SEE_PEOPLE),
    _site("GET", "/people/{number}/events/{event}/reprocess", Right.EVENTS),
    _site("POST", "/people/{number}/events/{event}/reprocess", Right.EVENTS),
    _site("POST", "/people/{number}/events/{event}/elections", Right.EVENTS),
    _site("POST", "/people/{number}/events/{event}/final", Right.EVENTS),
    _site("POST", "/people/{number}/events/{event}/notify", Right.EVENTS),
    _site("POST", "/people/{number}/events/{event}/status", Right.EVENTS),
    _site("POST", "/people/{number}/events/{event}/clear", Right.EVENTS),
    _site("GET", "/events", Right.SEE_OVERVIEW),
    _site("GET", "/events/list", Right.SEE_PEOPLE),
    _site("GET", "/events/activities", Right.SEE_PEOPLE),
    _site("GET", "/events/cobra", Right.SEE_PEOPLE),
    _site("GET", "/events/reports/{number}", Right.SEE_PEOPLE),
    _site("POST", "/events/run", Right.EVENTS),
    _site("POST", "/events/reprocess", Right.EVENTS),
    _site("POST", "/events/reprocess/mark", Right.EVENTS),
    _site("GET", "/own", Right.SEE_OWN),
    _site("POST", "/own", Right.CORRECT_OWN),
    _site("GET", "/runs", Right.SEE_OVERVIEW),
    _site("GET", "/runs/{number}", Right.SEE_OVERVIEW),
    _site("GET", "/deliveries", Right.SEE_OVERVIEW),
    _site("GET", "/deliveries/{number}", Right.SEE_OVERVIEW),
    _site("POST", "/deliveries/{number}/retry", Right.SETTLE),
    _site("POST", "/deliveries/{number}/confirm", Right.SETTLE),
    _site("GET", "/audit", Right.SEE_AUDIT),
    _site("GET", "/audit/{number}", Right.SEE_AUDIT),
    _site("POST", "/audit/verify", Right.VERIFY_AUDIT),
    _site("GET", "/sign-ins", Right.SEE_SIGN_INS),
    _site("GET", "/users", Right.MANAGE_USERS),
    _site("POST", "/users", Right.MANAGE_USERS),
    _site("GET", "/users/{number}", Right.MANAGE_USERS),
    _site("POST", "/users/{number}/grant", Right.MANAGE_USERS),
    _site("POST", "/users/{number}/revoke", Right.MANAGE_USERS),
    _site("POST", "/users/{number}/shut", Right.MANAGE_USERS),
    _site("POST", "/users/{number}/reset", Right.MANAGE_USERS),
    _api("GET", "/status", Right.SEE_OVERVIEW),
    _api("GET", "/requests", Right.SEE_REQUESTS),
    _api("GET", "/requests/{number}", Right.SEE_REQUESTS),
    _api("POST", "/requests/approve", Right.DECIDE),
    _api("POST", "/requests/{number}/approve", Right.DECIDE),
    _api("POST", "/requests/{number}/decline", Right.DECIDE),
    _api("GET", "/people", Right.SEE_PEOPLE),
    _api("GET", "/people/{number}", Right.SEE_PEOPLE),
    _api("POST", "/people/{number}/correct", Right.CORRECT),
    _api("POST", "/people/{number}/terminate", Right.CORRECT),
    _api("POST", "/people/{number}/reinstate", Right.CORRECT),
    _api("GET", "/requests/{number}/outlook", Right.DECIDE, Right.SEE_PEOPLE),
    _api("GET", "/events", Right.SEE_PEOPLE),
    _api("GET", "/events/board", Right.SEE_OVERVIEW),
    _api("GET", "/people/{number}/benefits", Right.SEE_PEOPLE),
    _api("GET", "/people/{number}/events/{event}", Right.SEE_PEOPLE),
    _api("POST", "/people/{number}/events/{event}/elections", Right.EVENTS),
    _api("POST", "/people/{number}/events/{event}/final", Right.EVENTS),
    _api("POST", "/people/{number}/events/{event}/reprocess", Right.EVENTS),
    _api("POST", "/people/{number}/cobra/{event}", Right.EVENTS),
    _api("POST", "/people/{number}/activities", Right.EVENTS),
    _api("POST", "/people/{number}/activities/{activity}", Right.EVENTS),
    _api("GET", "/issues", Right.SEE_REQUESTS),
    _api("GET", "/runs", Right.SEE_OVERVIEW),
    _api("GET", "/runs/{number}", Right.SEE_OVERVIEW),
    _api("POST", "/runs", Right.RUN),
)

_BY_ROUTE = {(rule.method, rule.path): rule for rule in RULES}


def rule_of(method: str, path: str) -> Rule | None:
    """The rule of a route, by the path as it was declared; HEAD is asked like GET."""
    return _BY_ROUTE.get(("GET" if method == "HEAD" else method, path))


def unlisted(routes: Iterable[tuple[str, str]]) -> list[str]:
    """What is wrong between the routes that are served and this table: routes without a rule, rules without a route."""
    served = set(routes)
    return [
        *(f"{method} {path} has no rule" for method, path in sorted(served - _BY_ROUTE.keys())),
        *(f"{method} {path} is served by nothing" for method, path in sorted(_BY_ROUTE.keys() - served)),
    ]
