"""The sign of life, towards a real web server on loopback, and towards addresses that it must not call."""

from __future__ import annotations

import socket
import threading
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bensync.delivery import heartbeat
from bensync.delivery.heartbeat import Heartbeat
from tests.fixtures.openssh import free_port
from tests.fixtures.web import WebServer

SECRET = "0f7c-secret-path"


def why(address: str, **options: Any) -> str:
    """Why no sign of life was given; nothing is raised, and nothing of the address is told."""
    with capture_logs() as logs:
        Heartbeat(SecretStr(address), "acme", **options).ping()
    (line,) = logs
    assert line["event"] == "heartbeat.failed"
    assert SECRET not in repr(logs)
    return str(line["why"])


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every name stand for these addresses; returns the names that were asked for."""
    asked: list[str] = []

    def look_up(host: str, port: object, **_: object) -> list[Any]:
        asked.append(host)
        kinds = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses]
        return [
            (kind, socket.SOCK_STREAM, 6, "", (address, 443)) for kind, address in zip(kinds, addresses, strict=True)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_a_sign_of_life_is_one_get_with_the_name_of_the_site(web: WebServer) -> None:
    with capture_logs() as logs:
        Heartbeat(SecretStr(f"{web.url}/{SECRET}/{{site}}?x=1"), "acme & co").ping()
    (asked,) = web.asked
    assert (asked.method, asked.path) == ("GET", f"/{SECRET}/acme%20%26%20co?x=1")
    assert asked.headers["Host"] == f"127.0.0.1:{web.port}"
    assert logs == []


@pytest.mark.parametrize("code", [301, 302, 307, 400, 404, 500])
def test_any_other_answer_is_logged_and_no_redirect_is_followed(web: WebServer, code: int) -> None:
    web.code, web.headers = code, {"Location": f"{web.url}/elsewhere"}
    assert str(code) in why(f"{web.url}/{SECRET}")
    assert len(web.asked) == 1


def test_a_watcher_that_is_down_or_silent_undoes_nothing(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Connect" in why(f"http://127.0.0.1:{free_port()}/{SECRET}")
    done = threading.Event()
    web.before = lambda: done.wait(20)
    monkeypatch.setattr(heartbeat, "PATIENCE", 0.3)
    try:
        assert "Timeout" in why(f"{web.url}/{SECRET}")
    finally:
        done.set()


def test_an_endless_answer_is_not_read(web: WebServer) -> None:
    web.headers = {"Content-Length": str(1 << 40)}
    with capture_logs() as logs:
        Heartbeat(SecretStr(f"{web.url}/{SECRET}"), "acme").ping()
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
def test_https_leads_to_public_addresses_only(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    resolve_to(monkeypatch, "93.184.215.14", address)
    assert "private" in why(f"https://watch.example.com/{SECRET}", transport=httpx.MockTransport(pytest.fail))


@pytest.mark.parametrize("address", ["93.184.215.14", "10.0.0.5"])
def test_plain_http_stays_on_this_machine(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    resolve_to(monkeypatch, address)
    assert "plain http" in why(f"http://watch.example.com/{SECRET}", transport=httpx.MockTransport(pytest.fail))


def test_the_address_that_was_checked_is_the_one_that_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    names = resolve_to(monkeypatch, "93.184.215.14")
    called: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        called.append(request)
        return httpx.Response(200)

    Heartbeat(SecretStr(f"https://watch.example.com/{SECRET}"), "acme", httpx.MockTransport(answer)).ping()
    (request,) = called
    assert names == ["watch.example.com"]
    assert request.url.host == "93.184.215.14"
    assert request.headers["Host"] == "watch.example.com"
    assert request.extensions["sni_hostname"] == "watch.example.com"


@pytest.mark.parametrize(
    "address", ["", "ftp://example.com/x", "nonsense", "https://", "https://[::1", "file:///etc/passwd"]
)
def test_what_is_no_web_address_is_told_by_the_preflight(address: str) -> None:
    why(address)
    (finding,) = Heartbeat(SecretStr(address), "acme").check()
    assert not finding.ok
    assert finding.fix


def test_the_preflight_calls_nobody(web: WebServer) -> None:
    (finding,) = Heartbeat(SecretStr(f"{web.url}/{SECRET}"), "acme").check()
    assert finding.ok
    assert web.asked == []
