"""The read-only client before single answers of a mocked server: refusals, retries, and what errors say."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpx
import msgspec
import pytest
import respx
from pydantic import SecretStr
from structlog.testing import capture_logs

from bensync.connectors import http
from bensync.connectors.bamboohr.api import READS, REASONS
from bensync.connectors.http import Read, ReadOnlyClient, decode
from bensync.errors import BensyncError, ConfigError, SourceError

ADDRESS = "https://hr.example.com/v1"
OPTIONS: dict[str, Any] = {
    "user": SecretStr("secret-key"),
    "reads": (Read("GET", "x"), Read("POST", "reports/custom")),
    "reasons": REASONS,
    "timeout": 60,
    "attempts": 5,
    "give_up_after": 300,
}
OK = httpx.Response(200, json=["fine"])
Answer = httpx.Response | Exception | type[Exception]


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


def _repeating_the_last(answers: Iterable[Answer]) -> Iterator[Answer]:
    answer: Answer = OK
    for answer in answers:
        yield answer
    while True:
        yield answer


class NotGzip(httpx.SyncByteStream):
    """A body that is not what its Content-Encoding says."""

    def __iter__(self) -> Iterator[bytes]:
        yield b'["fine"]'


class CutBody(httpx.SyncByteStream):
    """A body whose connection breaks after its first bytes."""

    def __iter__(self) -> Iterator[bytes]:
        yield b'["fi'
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


def failure(reader: ReadOnlyClient) -> SourceError:
    with pytest.raises(SourceError) as caught:
        reader.read("GET", "x")
    assert caught.value.fix
    assert "secret-key" not in repr(caught.value) + str(caught.value)
    return caught.value


def status(code: int, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(code, headers=named, content=b"Social Security 123-45-6789")


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
        httpx.ReadError("reset"),
        httpx.PoolTimeout("busy"),
    ],
)
def test_failed_connections_and_time_outs_are_retried(client, waits, error):
    assert client(error, error, OK).read("GET", "x").body == b'["fine"]'
    assert len(waits) == 2
    assert failure(client(error)).retry


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (400, "does not accept"),
        (401, "API key is wrong"),
        (403, "no permission"),
        (404, "company name or the path"),
        (409, "does not accept"),
        (302, "does not follow"),
    ],
)
def test_refusals_are_never_retried(client, waits, code, reason):
    error = failure(client(status(code, location="https://elsewhere.example.com/")))
    assert waits == []
    assert not error.retry
    assert str(code) in error.what
    assert reason in error.why
    assert "123-45-6789" not in str(error)
    assert "elsewhere.example.com" not in str(error)


@pytest.mark.parametrize("name", REASONS)
def test_the_servers_reason_is_shown_once_and_without_control_letters(client, waits, name):
    error = failure(client(httpx.Response(404, headers={name: "Employee not found, Employee not found\x1b[31m"})))
    assert error.what.endswith('("Employee not found, Employee not found[31m").')
    error = failure(client(httpx.Response(404, headers=dict.fromkeys(REASONS, "Not found, Not found"))))
    assert error.what.endswith('("Not found").')


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_so_that_the_key_does_not_travel(client, hr, code):
    error = failure(client(status(code, location="https://elsewhere.example.com/x")))
    assert not error.retry
    assert [call.request.url.host for call in hr.calls] == ["hr.example.com"]


def test_a_body_that_breaks_off_is_read_again_from_its_start(client, waits):
    cut = httpx.Response(200, stream=CutBody())
    assert client(cut, OK).read("GET", "x").body == b'["fine"]'
    assert len(waits) == 1


def test_a_damaged_encoding_is_an_error_that_is_not_tried_again(client, waits):
    error = failure(client(httpx.Response(200, headers={"content-encoding": "gzip"}, stream=NotGzip())))
    assert "cannot be read" in error.what
    assert waits == []


@pytest.mark.parametrize("date", ["Mon, 02 Mar 2026 08:00:00 GMT", "yesterday", None])
def test_the_clock_of_the_server_is_reported_as_it_was_written(client, date):
    headers = {} if date is None else {"date": date}
    assert client(httpx.Response(200, json=[], headers=headers)).read("GET", "x").date == date


def test_the_type_of_the_content_is_not_trusted_and_the_content_is_what_counts(client):
    page = httpx.Response(200, text="<html>Sign in, Zoe</html>", headers={"content-type": "application/json"})
    with pytest.raises(SourceError, match="web page") as caught:
        decode(client(page).read("GET", "x").body, msgspec.json.Decoder(), "x")
    assert caught.value.retry
    assert "Zoe" not in str(caught.value)
    plain = httpx.Response(200, text='["fine"]', headers={"content-type": "text/plain"})
    assert decode(client(plain).read("GET", "x").body, msgspec.json.Decoder(list[str]), "x") == ["fine"]


def test_a_wait_is_logged_without_the_address(client, waits):
    with capture_logs() as logs:
        client(status(503), OK).read("GET", "x")
    assert [(entry["event"], entry["attempt"], entry["why"]) for entry in logs] == [
        ("source.retry", 1, "HR answered with HTTP 503.")
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "employees/7"),
        ("POST", "employees"),
        ("PUT", "employees/7/tables/jobInfo"),
        ("POST", "employees/7/tables/jobInfo"),
        ("DELETE", "employees/7"),
        ("PATCH", "employees/7"),
        ("GET", "employees/changed/../7"),
        ("GET", "employees/all/tables/../../7"),
        ("GET", "employees/all/tables/x/y"),
        ("GET", "employees/all/tables/x?y"),
        ("GET", "https://elsewhere.example.com/employees/changed"),
        ("GET", "//elsewhere.example.com/employees/changed"),
        ("POST", "reports/custom/../../employees"),
        ("POST", "meta/fields"),
        ("GET", "employees/changed\n"),
    ],
)
def test_S0_11_a_request_that_could_write_or_go_elsewhere_is_refused_before_a_byte_leaves(client, hr, method, path):
    with pytest.raises(BensyncError, match="was not sent"):
        client(reads=READS).read(method, path)
    assert not hr.calls


def test_the_key_goes_with_the_first_request_and_json_is_asked_for(client, hr):
    hr.post("reports/custom").respond(json=[])
    reader = client(OK)
    reader.read("GET", "x", {"since": "2026-01-01T00:00:00Z"})
    reader.read("POST", "reports/custom", {"format": "json"}, b"{}")
    requests = [call.request for call in hr.calls]
    assert [request.headers["authorization"] for request in requests] == ["Basic c2VjcmV0LWtleTp4"] * 2
    assert [request.headers["accept"] for request in requests] == ["application/json"] * 2
    assert [request.headers.get("content-type") for request in requests] == [None, "application/json"]
    assert [str(request.url.copy_with(query=None)) for request in requests] == [
        "https://hr.example.com/v1/x",
        "https://hr.example.com/v1/reports/custom",
    ]


@pytest.mark.parametrize(
    "address", ["http://hr.example.com/v1", "ftp://hr.example.com", "http://127.0.0.1.example.com", "hr.example.com"]
)
def test_the_key_never_travels_in_the_open(address):
    with pytest.raises(ConfigError, match="not https"):
        ReadOnlyClient(address, **OPTIONS, sleep=pytest.fail)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1"])
def test_this_machine_may_be_read_in_the_open(address):
    ReadOnlyClient(address, **OPTIONS, sleep=pytest.fail).close()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html>Zoe</html>", "web page"),
        (b'[{"firstName": "Zo', "cut off"),
        (b'["Zo\xff"]', "cut off"),
    ],
)
def test_an_answer_that_is_not_json_is_not_quoted_in_the_error(body, reason):
    with pytest.raises(SourceError) as caught:
        decode(bytearray(body), msgspec.json.Decoder(), "x")
    assert reason in caught.value.why
    assert caught.value.retry
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "Zo" not in str(caught.value)


def test_json_of_an_unknown_shape_is_reported_by_its_place_without_its_value():
    with pytest.raises(SourceError) as caught:
        decode(b'[{"firstName":"Zoe"}]', msgspec.json.Decoder(list[dict[str, int]]), "x")
    assert not caught.value.retry
    assert "$[0]" in caught.value.why
    assert "Zoe" not in str(caught.value)


def bomb(unpacked: int) -> httpx.Response:
    """An answer of gzip that unpacks to so many zeros."""
    return httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=gzip.compress(bytes(unpacked)))


def test_an_answer_that_unpacks_to_a_thousand_times_its_size_is_refused(client: Callable[..., ReadOnlyClient]) -> None:
    with pytest.raises(SourceError) as caught:
        client(bomb(32 << 20)).read("GET", "x")
    assert caught.value.what == "HR's answer is too large to be true."
    assert not caught.value.retry


def test_a_small_answer_may_be_packed_as_well_as_it_likes(client: Callable[..., ReadOnlyClient]) -> None:
    assert len(client(bomb(8 << 20)).read("GET", "x").body) == 8 << 20


def test_an_answer_beyond_all_bounds_is_refused(
    client: Callable[..., ReadOnlyClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "LARGEST_ANSWER", 1000)
    assert client(httpx.Response(200, content=bytes(1000))).read("GET", "x")
    with pytest.raises(SourceError, match="too large"):
        client(httpx.Response(200, content=bytes(1001))).read("GET", "x")
