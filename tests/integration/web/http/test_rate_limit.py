"""One address cannot flood the pages or the API: 429, with the seconds to wait, and nothing done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bensync.core.access import Role
from bensync.web.http.rate_limit import RateLimit
from tests.fixtures.databases import in_file
from tests.fixtures.pages import Pages, pages
from tests.unit.builders import profile


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Pages]:
    with pages(tmp_path, in_file(tmp_path), "[web]\nchanges_per_minute = 5\n") as served:
        yield served


def test_forms_beyond_the_limit_are_refused_with_the_seconds_to_wait_and_pages_go_on(slow: Pages) -> None:
    visitor, number = slow.as_role(Role.HR_USER), slow.deployment.ask(profile(1))
    visitor.get(f"/sites/acme/requests/{number}")
    codes = [visitor.post("/sites/acme/requests/search", {"search": "x"}).status_code for _ in range(8)]
    assert codes == [303] * 4 + [429] * 4, "signing in was the first"
    refused = visitor.post(f"/sites/acme/requests/{number}/approve")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert "What to do" in refused.text
    with slow.deployment.store.read("acme") as work:
        assert work.requests.pending_ids() == [number]
    assert visitor.get("/sites/acme").status_code == 200
    answer = visitor.ask_api("GET", "/api/sites/acme/status")
    assert answer.status_code == 429
    assert answer.json()["error"]["why"]


def test_the_api_is_counted_whether_it_changes_something_or_not(slow: Pages) -> None:
    visitor = slow.as_role(Role.OPERATOR)
    codes = [visitor.ask_api("GET", "/api/sites/acme/status").status_code for _ in range(6)]
    assert codes == [200] * 4 + [429] * 2


def test_addresses_are_counted_apart_and_an_IPv6_subscriber_as_one() -> None:
    pace = RateLimit(2)
    for address in ("192.0.2.1", "192.0.2.2", "2001:db8::1"):
        assert [pace.wait("POST", "/code", address) > 0 for _ in range(3)] == [False, False, True]
    assert pace.wait("POST", "/code", "2001:db8::ffff:1") > 0
    assert pace.wait("POST", "/code", "2001:db8:0:1::1") == 0
    assert pace.wait("GET", "/sites/acme", "192.0.2.1") == 0
