"""How the fake reads what a request asks for."""

import httpx
import pytest

from bensync.demo.company.company import Company


@pytest.mark.parametrize("since", ["2026-03-02T09:00:00Z", "2026-03-02T10:00:00%2B01:00", "2026-03-02T04:00:00-0500"])
def test_since_takes_a_zone_in_every_listed_form(client: httpx.Client, company: Company, since: str):
    company.update("1", city="Boise")
    assert list(client.get(f"employees/changed?since={since}").json()["employees"]) == ["1"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "since=",
        "since=2026-03-02",
        "since=2026-03-02T09:00:00",
        "since=2026-03-02T09:00:00.000Z",
        "since=2026-03-02T09:00:00+00:00",
        "since=2026-13-02T09:00:00Z",
        "since=2026-03-02T09:00:00Z&type=Updated",
    ],
)
def test_a_bad_since_or_type_is_refused(client: httpx.Client, query: str):
    assert client.get(f"employees/changed?{query}").status_code == 400
