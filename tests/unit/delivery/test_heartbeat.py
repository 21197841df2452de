"""The heartbeat before single answers of a mocked watcher, and addresses that it must not call."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import respx
from pydantic import SecretStr
from structlog.testing import capture_logs

from bensync.delivery.heartbeat import Heartbeat

SECRET = "0f7c-secret-path"
PUBLIC = "93.184.215.14"


@pytest.fixture
def watcher() -> Iterator[respx.MockRouter]:
    """The service that watches; a request without a route is an error."""
    with respx.mock() as router:
        yield router


def why(address: str) -> str:
    """Return why a ping failed; nothing is raised, and no log line holds the address."""
    with capture_logs() as logs:
        Heartbeat(SecretStr(address), "acme").ping()
    (line,) = logs
    assert line["event"] == "heartbeat.failed"
    assert SECRET not in repr(logs)
    return str(line["why"])


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every name resolve to these addresses; return the names that are looked up."""
    names: list[str] = []

    def look_up(host: str, port: object, **_: object) -> list[Any]:
        names.append(host)
        kinds = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses]
        return [
            (kind, socket.SOCK_STREAM, 6, "", (address, 443)) for kind, address in zip(kinds, addresses, strict=True)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return names


@pytest.fixture
def called(watcher: respx.MockRouter, monkeypatch: pytest.MonkeyPatch) -> respx.Route:
    """The one request of a ping to a public address."""
    resolve_to(monkeypatch, PUBLIC)
    return watcher.get(f"https://{PUBLIC}/{SECRET}")


@pytest.mark.parametrize("code", [200, 202, 204])
def test_any_good_answer_is_enough(called: respx.Route, code: int) -> None:
    called.respond(code)
    with capture_logs() as logs:
        Heartbeat(SecretStr(f"https://watch.example.com/{SECRET}"), "acme").ping()
    assert logs == []


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(called: respx.Route, watcher: respx.MockRouter, code: int) -> None:
    called.respond(code, headers={"Location": f"https://elsewhere.example.com/{SECRET}"})
    assert why(f"https://watch.example.com/{SECRET}") == f"The answer was HTTP {code}."
    assert len(watcher.calls) == 1


@pytest.mark.parametrize("code", [401, 403, 404, 429, 500, 503])
def test_a_ping_that_is_refused_is_not_repeated_whatever_the_watcher_asks_for(called: respx.Route, code: int) -> None:
    called.respond(code, headers={"Retry-After": "1"})
    assert why(f"https://watch.example.com/{SECRET}") == f"The answer was HTTP {code}."
    assert called.call_count == 1


@pytest.mark.parametrize(
    "error", [httpx.ConnectTimeout, httpx.ReadTimeout, httpx.ConnectError, httpx.RemoteProtocolError]
)
def test_a_watcher_that_cannot_be_reached_is_logged_by_the_kind_of_error_alone(
    called: respx.Route, error: type[httpx.TransportError]
) -> None:
    called.mock(side_effect=error(f"https://watch.example.com/{SECRET}"))
    assert why(f"https://watch.example.com/{SECRET}") == f"The underlying error is {error.__name__}."


class Unread(httpx.SyncByteStream):
    """A body that nobody may read."""

    def __iter__(self) -> Iterator[bytes]:
        raise AssertionError("the answer was read")


def test_nothing_of_the_answer_is_read(called: respx.Route) -> None:
    called.mock(return_value=httpx.Response(200, stream=Unread()))
    with capture_logs() as logs:
        Heartbeat(SecretStr(f"https://watch.example.com/{SECRET}"), "acme").ping()
    assert logs == []


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.5",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "127.0.0.1",
        "0.0.0.0",
        "100.64.0.1",
        "224.0.0.1",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::1",
    ],
)
def test_https_leads_to_public_addresses_only(
    watcher: respx.MockRouter, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    resolve_to(monkeypatch, PUBLIC, address)
    assert "private" in why(f"https://watch.example.com/{SECRET}")
    assert not watcher.calls


@pytest.mark.parametrize("address", [PUBLIC, "10.0.0.5"])
def test_plain_http_stays_on_this_machine(
    watcher: respx.MockRouter, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    resolve_to(monkeypatch, address)
    assert "Plain http" in why(f"http://watch.example.com/{SECRET}")
    assert not watcher.calls


def test_the_address_that_was_checked_is_the_one_that_is_called(
    watcher: respx.MockRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = resolve_to(monkeypatch, PUBLIC)
    watcher.get(f"https://{PUBLIC}/{SECRET}").respond(200)
    Heartbeat(SecretStr(f"https://watch.example.com/{SECRET}"), "acme").ping()
    (call,) = watcher.calls
    assert names == ["watch.example.com"]
    assert call.request.url.host == PUBLIC
    assert call.request.headers["Host"] == "watch.example.com"
    assert call.request.extensions["sni_hostname"] == "watch.example.com"


@pytest.mark.parametrize(
    "address", ["", "ftp://example.com/x", "nonsense", "https://", "https://[::1", "file:///etc/passwd"]
)
def test_the_preflight_reports_an_address_that_is_not_a_web_address(address: str) -> None:
    why(address)
    (finding,) = Heartbeat(SecretStr(address), "acme").check()
    assert not finding.ok
    assert finding.fix
