"""Each request to the fake: its key, the fault that it meets, and what is recorded of it."""

import base64
from datetime import UTC, datetime

import httpx
import pytest

from bensync.demo.bamboohr.server import Server
from bensync.demo.company.company import Company
from tests.integration.demo.bamboohr.account import JSON


def test_any_password_goes_with_the_key(client: httpx.Client, company: Company):
    for password in ("x", "", "something:else"):
        assert client.get("employees/1", auth=(company.api_key, password)).json() == {"id": "1"}


@pytest.mark.parametrize("header", ["", "Bearer abc", "Basic %%%", "Basic " + base64.b64encode(b"wrong:x").decode()])
def test_a_wrong_key_is_refused_with_an_empty_page_and_a_reason_in_a_header(server: Server, header: str):
    answer = httpx.get(f"{server.url}/employees/1", headers=JSON | {"authorization": header})
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["content-type"] == "text/html; charset=UTF-8"
    assert answer.headers["x-bamboohr-error-message"] == "API key not provided or invalid"
    assert answer.headers["www-authenticate"] == 'Basic realm="https://api.bamboohr.com/acme"'
    assert answer.headers["cache-control"] == "no-cache, private"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "employees/1"),
        ("POST", "employees/"),
        ("PUT", "employees/1"),
        ("DELETE", "employees/1"),
        ("POST", "employees/1/tables/jobInfo"),
        ("POST", "employees/1/tables/jobInfo/2"),
        ("DELETE", "employees/1/tables/jobInfo/2"),
    ],
)
def test_a_write_is_refused_and_stays_on_record(client: httpx.Client, company: Company, method: str, path: str):
    client.post("reports/custom?format=json", json={"fields": ["id"]})
    assert company.writes == []
    assert client.request(method, path, json={"firstName": "Eve"}).status_code == 403
    newer = client.request(method, str(client.base_url).replace("/v1", "/v1_1") + path, json={})
    assert newer.status_code == 403
    assert [(seen.method, seen.status) for seen in company.writes] == [(method, 403)] * 2
    assert company.employee("1").fields["firstName"] == "Ada"


def test_requests_are_recorded_without_their_query(client: httpx.Client, company: Company):
    client.get("employees/changed?since=2026-01-01T00:00:00Z")
    client.get("employees/4711")
    assert company.requests == [
        ("GET", "/api/v1/employees/changed", 200),
        ("GET", "/api/v1/employees/4711", 404),
    ]


@pytest.mark.parametrize(("status", "after"), [(429, 3), (503, 3), (429, datetime(2026, 3, 2, 9, 1, tzinfo=UTC))])
def test_throttling_says_when_to_come_back(client: httpx.Client, company: Company, status: int, after: int | datetime):
    company.weather.throttle(retry_after=after, status=status)
    answer = client.get("meta/users")
    expected = "3" if after == 3 else "Mon, 02 Mar 2026 09:01:00 GMT"
    assert (answer.status_code, answer.headers["retry-after"]) == (status, expected)
    assert client.get("meta/users").status_code == 200


@pytest.mark.parametrize("status", [500, 502, 504, 598])
def test_server_errors_pass_after_the_ordered_number(client: httpx.Client, company: Company, status: int):
    company.weather.fail(2, status=status, path="meta")
    assert client.get("employees/1").status_code == 200
    assert [client.get("meta/users").status_code for _ in range(3)] == [status, status, 200]


def test_an_error_page_may_say_200(client: httpx.Client, company: Company):
    company.weather.html()
    answer = client.get("meta/users")
    assert (answer.status_code, answer.text[:9]) == (200, "<!DOCTYPE")


def test_json_may_stop_half_way_or_be_missing(client: httpx.Client, company: Company):
    whole = client.get("meta/users").content
    company.weather.truncate()
    company.weather.empty()
    half = client.get("meta/users")
    assert half.status_code == 200
    assert 0 < len(half.content) < len(whole)
    assert whole.startswith(half.content)
    assert client.get("meta/users").content == b""


def test_the_connection_may_close_before_or_within_an_answer(client: httpx.Client, company: Company):
    company.weather.drop()
    company.weather.cut()
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("meta/users")
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("meta/users")
    assert client.get("meta/users").status_code == 200
    assert [seen.status for seen in company.requests] == [0, 200, 200]


def test_an_answer_may_come_too_late(client: httpx.Client, company: Company):
    company.weather.slow(seconds=0.4)
    with pytest.raises(httpx.ReadTimeout):
        client.get("meta/users", timeout=0.1)
    assert client.get("meta/users").status_code == 200
