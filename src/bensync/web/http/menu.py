"""The menu of a site: the entries that routes declare, for the person who looks at the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from bensync.core.access import Right
from bensync.web.http.routing import SITE_PAGES, MenuEntry, Route


class MenuLink(msgspec.Struct, frozen=True):
    """One link of the menu, with the path after the site's and the number behind its text."""

    path: str
    text: str
    number: int
    tone: str


class SiteEntry(msgspec.Struct, frozen=True):
    """One declared entry, with the path after the site's and the rights of its route, of which one suffices."""

    path: str
    rights: tuple[Right, ...]
    entry: MenuEntry


def entries(routes: Iterable[Route]) -> Sequence[SiteEntry]:
    """Return the entries that routes declare, in the order of their positions."""
    declared = [
        SiteEntry(route.rule.path.removeprefix(SITE_PAGES), route.rule.rights, route.menu)
        for route in routes
        if route.menu is not None
    ]
    return sorted(declared, key=lambda item: item.entry.position)


def links(declared: Iterable[SiteEntry], may: Callable[[Right], bool], numbers: Mapping[str, int]) -> list[MenuLink]:
    """Return the links for one person.

    Args:
        declared: the entries of all routes.
        may: whether the person has a right on the site.
        numbers: the badges by name; empty where the person may not see them.
    """
    return [
        MenuLink(
            item.path, item.entry.text, numbers.get(item.entry.badge, 0) if item.entry.badge else 0, item.entry.tone
        )
        for item in declared
        if any(map(may, item.rights))
    ]
