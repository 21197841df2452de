"""Routes with the permission that each one asks for, and their entries in the menu.

A route cannot be declared without a permission (default deny).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

import msgspec
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

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
        uploads: whether it takes a file, and a body as large as `middleware.LARGEST_UPLOAD`.
    """

    method: str
    path: str
    access: GlobalRoute | None
    rights: tuple[Right, ...] = ()
    uploads: bool = False


class UnambiguousRoute(APIRoute):
    """A route that refuses a JSON body in which a key occurs twice: a filter in front may have read the other one."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, which gets a request that reads JSON strictly."""
        handler = super().get_route_handler()

        async def unambiguous(request: Request) -> Response:
            return await handler(_UnambiguousRequest(request.scope, request.receive))

        return unambiguous


class _UnambiguousRequest(Request):
    async def json(self) -> Any:
        """Return the body.

        Raises:
            JSONDecodeError: it is not JSON, or an object in it has a key twice.
        """
        return json.loads(await self.body(), object_pairs_hook=_unambiguous)


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise json.JSONDecodeError("a key occurs twice", "", 0)
    return members


class MenuEntry(msgspec.Struct, frozen=True):
    """An entry in the menu of a site, for everybody who may open its route.

    Attributes:
        text: the text of the link.
        position: entries are in the order of their positions.
        badge: the number behind the text: ``losses``, or an attribute of `filtered_lists.Badges`; empty for none.
        tone: how the number is colored: ``bad``, ``warn``, or empty.
    """

    text: str
    position: int
    badge: str = ""
    tone: str = ""


class Route(msgspec.Struct, frozen=True):
    """One route: its permission, the function that answers, the options that FastAPI takes, and its menu entry."""

    rule: Rule
    endpoint: Callable[..., Any]
    options: Mapping[str, Any]
    menu: MenuEntry | None = None

    @property
    def order(self) -> tuple[bool, ...]:
        """The order in which routes are tried: ``/requests/bulk`` before ``/requests/{number}``."""
        return tuple(part.startswith("{") for part in self.rule.path.split("/"))


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
        self,
        path: str,
        permission: Right | GlobalRoute,
        *others: Right,
        menu: MenuEntry | None = None,
        **options: Any,
    ) -> Callable[[Endpoint], Endpoint]:
        """Declare a route that reads.

        Args:
            path: after the prefix.
            permission: a right on the site, or who may come to a route of no site.
            others: rights that suffice as well.
            menu: its entry in the menu of the site, if it has one.
            options: for FastAPI, such as ``response_model``.

        Raises:
            ValueError: the permission does not fit the prefix.
        """
        return self._declare("GET", path, (permission, *others), options, menu)

    def post(
        self, path: str, permission: Right | GlobalRoute, *others: Right, uploads: bool = False, **options: Any
    ) -> Callable[[Endpoint], Endpoint]:
        """Declare a route that changes something, or takes a file; the other arguments are those of `get`."""
        return self._declare("POST", path, (permission, *others), options, uploads=uploads)

    def _declare(
        self,
        method: str,
        path: str,
        permissions: tuple[Right | GlobalRoute, ...],
        options: Mapping[str, Any],
        menu: MenuEntry | None = None,
        *,
        uploads: bool = False,
    ) -> Callable[[Endpoint], Endpoint]:
        rule = msgspec.structs.replace(_rule(method, self._prefix + path, permissions), uploads=uploads)

        def add(endpoint: Endpoint) -> Endpoint:
            self.routes.append(Route(rule, endpoint, options, menu))
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
