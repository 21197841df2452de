"""The menu: what routes declare, for the person who looks at the page."""

from __future__ import annotations

from bensync.core.access import Right
from bensync.web.http.menu import MenuLink, entries, links
from bensync.web.http.routing import SITE_PAGES, MenuEntry, Router


def endpoint() -> None:
    pass


def declared():
    router = Router(SITE_PAGES)
    router.get("/people", Right.SEE_PEOPLE, menu=MenuEntry("People", 20))(endpoint)
    router.get("/held", Right.SEE_REQUESTS, Right.RUN, menu=MenuEntry("Held changes", 10, "held", "bad"))(endpoint)
    router.get("/held/{number}", Right.SEE_REQUESTS)(endpoint)
    return entries(router.routes)


def test_entries_are_in_the_order_of_their_positions():
    assert [item.path for item in declared()] == ["/held", "/people"]


def test_one_right_of_the_route_is_enough_to_see_its_entry():
    assert links(declared(), lambda right: right is Right.RUN, {"held": 3}) == [
        MenuLink("/held", "Held changes", 3, "bad")
    ]


def test_an_entry_without_a_badge_has_no_number():
    shown = links(declared(), lambda right: right is Right.SEE_PEOPLE, {"held": 3, "": 7})
    assert shown == [MenuLink("/people", "People", 0, "")]
