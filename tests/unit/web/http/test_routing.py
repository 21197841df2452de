"""Routes: none can be declared without the permission that it asks for."""

from __future__ import annotations

import pytest

from bensync.core.access import Right
from bensync.web.http.routing import SITE_PAGES, GlobalRoute, Router, Rule, unlisted


def endpoint() -> None:
    pass


def test_a_route_cannot_be_declared_without_a_right():
    router = Router(SITE_PAGES)
    for declare in (router.get, router.post):
        with pytest.raises(TypeError, match="permission"):
            declare("/unlisted-page")
    assert router.routes == []


@pytest.mark.parametrize(
    ("prefix", "permissions"),
    [
        (SITE_PAGES, (GlobalRoute.OPEN,)),
        (SITE_PAGES, (GlobalRoute.SIGNED_IN, Right.SEE_PEOPLE)),
        ("", (Right.SEE_PEOPLE,)),
        ("", (GlobalRoute.OPEN, Right.SEE_PEOPLE)),
        ("", ("open",)),
    ],
)
def test_a_site_asks_for_rights_and_other_routes_do_not(prefix, permissions):
    with pytest.raises(ValueError, match="/x"):
        Router(prefix).get("/x", *permissions)


def test_a_declared_route_carries_its_rule():
    router = Router(SITE_PAGES)
    assert router.post("/ssn", Right.REVEAL, Right.BREAK_GLASS, status_code=204)(endpoint) is endpoint
    (route,) = router.routes
    assert route.rule == Rule("POST", "/sites/{site}/ssn", None, (Right.REVEAL, Right.BREAK_GLASS))
    assert (route.endpoint, route.options) == (endpoint, {"status_code": 204})


def test_an_open_route_belongs_to_no_site():
    router = Router()
    router.get("/sign-in", GlobalRoute.OPEN)(endpoint)
    assert router.routes[0].rule == Rule("GET", "/sign-in", GlobalRoute.OPEN)


def test_routes_and_rules_are_compared_both_ways():
    rules = [Rule("GET", "/a", GlobalRoute.OPEN), Rule("GET", "/b", GlobalRoute.OPEN)]
    assert unlisted([("GET", "/a"), ("GET", "/b")], rules) == []
    assert unlisted([("GET", "/a"), ("POST", "/a")], rules) == ["POST /a has no rule", "GET /b is not served"]


def test_fixed_paths_are_tried_before_those_with_parameters():
    router = Router(SITE_PAGES)
    for path in ("/requests/{number}", "/requests/bulk", "/requests"):
        router.get(path, Right.SEE_REQUESTS)(endpoint)
    tried = [route.rule.path for route in sorted(router.routes, key=lambda route: route.order)]
    assert tried.index(f"{SITE_PAGES}/requests/bulk") < tried.index(f"{SITE_PAGES}/requests/{{number}}")
