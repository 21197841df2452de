"""Routes with the permission that each one asks for: a route cannot be declared without one (default deny)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from bensync.core.access import Right

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

API = "/api/"
"""Requests for routes below it carry a token, and are answered in JSON."""
SITE_PAGES = "/sites/{site}"
"""The prefix of the pages of one site."""
SITE_API = f"{API}sites/{{site}}"
"""The prefix of the JSON API of one site."""


class GlobalRoute(StrEnum):
    """Permissions of routes that belong to no site."""

    OPEN = "open"
    """Everybody, signed in or not."""
    SIGNED_IN = "signed_in"
    """Everybody who is signed in."""


class Rule(msgspec.Struct, frozen=True):
    """The permission of one route.

    Attributes:
        method: GET or POST; HEAD follows the rule of GET.
        path: as it is declared, with its parameters in braces.
        access: for a route that belongs to no site; None for a route of a site.
        rights: for a route of a site: one of them suffices.
    """

    method: str
    path: str
    access: GlobalRoute | None
    rights: tuple[Right, ...] = ()


class Route(msgspec.Struct, frozen=True):
    """One route: its permission, the function that answers, and the options that FastAPI takes."""

    rule: Rule
    endpoint: Callable[..., Any]
    options: Mapping[str, Any]


class Router:
    """The routes of one module.

    Args:
        prefix: the beginning of every path. With ``{site}`` in it, each route asks for a right on that site; without,
            each route is open, or for everybody who is signed in.
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self.routes: list[Route] = []

    def get(
        self, path: str, permission: Right | GlobalRoute, *others: Right, **options: Any
    ) -> Callable[[Endpoint], Endpoint]:
        """Declare a route that reads.

        Args:
            path: after the prefix.
            permission: a right on the site, or who may come to a route of no site.
            others: rights that suffice as well.
            options: for FastAPI, such as ``response_model``.

        Raises:
            ValueError: the permission does not fit the prefix.
        """
        return self._declare("GET", path, (permission, *others), options)

    def post(
        self, path: str, permission: Right | GlobalRoute, *others: Right, **options: Any
    ) -> Callable[[Endpoint], Endpoint]:
        """Declare a route that changes something; arguments as for `get`."""
        return self._declare("POST", path, (permission, *others), options)

    def _declare(
        self, method: str, path: str, permissions: tuple[Right | GlobalRoute, ...], options: Mapping[str, Any]
    ) -> Callable[[Endpoint], Endpoint]:
        rule = _rule(method, self._prefix + path, permissions)

        def add(endpoint: Endpoint) -> Endpoint:
            self.routes.append(Route(rule, endpoint, options))
            return endpoint

        return add


def unlisted(served: Iterable[tuple[str, str]], rules: Iterable[Rule]) -> list[str]:
    """Return what differs between the routes that are served and the rules: routes without a rule, and the reverse."""
    routes, listed = set(served), {(rule.method, rule.path) for rule in rules}
    return [
        *(f"{method} {path} has no rule" for method, path in sorted(routes - listed)),
        *(f"{method} {path} is not served" for method, path in sorted(listed - routes)),
    ]


def _rule(method: str, path: str, permissions: tuple[Right | GlobalRoute, ...]) -> Rule:
    rights = tuple(permission for permission in permissions if isinstance(permission, Right))
    access = tuple(permission for permission in permissions if isinstance(permission, GlobalRoute))
    # A right is held on a site: a path without one leaves nothing to look it up on, and an open route with one would
    # show the data of any site to anybody.
    if "{site}" in path and rights and not access:
        return Rule(method, path, None, rights)
    if "{site}" not in path and len(access) == 1 and not rights:
        return Rule(method, path, access[0])
    raise ValueError(f"{method} {path}: a route of a site asks for rights on it, any other route for one GlobalRoute")
