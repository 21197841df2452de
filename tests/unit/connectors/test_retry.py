"""How long to wait before another attempt, and when to give up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import respx

from bensync.connectors.http import ReadOnlyClient
from tests.unit.connectors.test_http import ADDRESS, OK, OPTIONS, Answer, _repeating_the_last, failure, status


@pytest.fixture
def hr() -> Iterator[respx.MockRouter]:
    """The server of HR; a request without a route is an error."""
    with respx.mock(base_url=ADDRESS, assert_all_called=False) as router:
        yield router


@pytest.fixture
def client(hr: respx.MockRouter, waits: list[float]) -> Callable[..., ReadOnlyClient]:
    """Make a client before scripted answers to `GET x`; the server repeats the last answer forever."""

    def build(*answers: Answer, **options: Any) -> ReadOnlyClient:
        hr.get("x").mock(side_effect=_repeating_the_last(answers))
        return ReadOnlyClient(ADDRESS, **OPTIONS | {"sleep": waits.append} | options)

    return build


@pytest.mark.parametrize("code", [429, 503])
def test_a_retry_after_in_seconds_is_respected(client, waits, code):
    assert client(status(code, retry_after="17"), OK).read("GET", "x").body == b'["fine"]'
    assert len(waits) == 1
    assert 17 <= waits[0] <= 18


@pytest.mark.parametrize("code", [429, 503])
def test_a_retry_after_as_a_date_is_counted_by_the_servers_clock(client, waits, code):
    headers = {"date": "Sun, 06 Nov 1994 08:49:37 GMT", "retry_after": "Sun, 06 Nov 1994 08:50:07 GMT"}
    client(status(code, **headers), OK).read("GET", "x")
    assert 30 <= waits[0] <= 31


def test_a_retry_after_in_the_past_means_a_short_wait(client, waits):
    client(status(429, retry_after="Sun, 06 Nov 1994 08:50:07 GMT"), OK).read("GET", "x")
    assert 0 <= waits[0] <= 1


def test_a_retry_after_without_a_date_header_is_counted_by_our_clock(client, waits):
    until = datetime.now(UTC) + timedelta(seconds=100)
    client(status(429, retry_after=f"{until:%a, %d %b %Y %H:%M:%S GMT}"), OK).read("GET", "x")
    assert 90 <= waits[0] <= 102


@pytest.mark.parametrize("nonsense", ["soon", "-5", "1e9", ""])
def test_a_retry_after_that_cannot_be_read_is_replaced_by_our_own_wait(client, waits, nonsense):
    client(status(429, retry_after=nonsense), OK).read("GET", "x")
    assert 0 < waits[0] <= 3


def test_a_retry_after_beyond_the_budget_ends_the_request_at_once(client, waits):
    error = failure(client(status(429, retry_after="3600")))
    assert waits == []
    assert error.what == "HR asks to wait 3600 s, more than the 300 s that one request may take."
    assert error.retry


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504, 598])
def test_passing_failures_are_retried_with_growing_waits_up_to_the_limit(client, waits, code):
    error = failure(client(status(code)))
    assert len(waits) == 4
    assert waits == sorted(waits)
    assert waits[-1] < 60
    assert error.what == "HR gave no usable answer in 5 attempts."
    assert str(code) in error.why
    assert error.retry


def test_the_waits_differ_from_client_to_client(client):
    waits_of_clients: list[list[float]] = [[] for _ in range(5)]
    for waits in waits_of_clients:
        failure(client(status(500), sleep=waits.append))
    assert len({tuple(waits) for waits in waits_of_clients}) == 5


def test_the_time_budget_ends_a_request_before_its_attempts_are_used_up(client, waits):
    error = failure(client(status(503, retry_after="100"), attempts=20))
    assert len(waits) == 2
    assert sum(waits) <= 300
    assert error.what == "HR gave no usable answer within 300 s (3 attempts)."
    assert error.retry
