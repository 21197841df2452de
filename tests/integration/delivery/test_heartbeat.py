"""The heartbeat to a real web server on loopback."""

from __future__ import annotations

import threading

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bensync.delivery import heartbeat
from bensync.delivery.heartbeat import Heartbeat
from tests.fixtures.openssh import free_port
from tests.fixtures.web import WebServer

SECRET = "0f7c-secret-path"


def why(address: str) -> str:
    """Return why a ping failed; nothing is raised, and no log line holds the address."""
    with capture_logs() as logs:
        Heartbeat(SecretStr(address), "acme").ping()
    (line,) = logs
    assert line["event"] == "heartbeat.failed"
    assert SECRET not in repr(logs)
    return str(line["why"])


def test_a_ping_is_one_get_with_the_name_of_the_site(web: WebServer) -> None:
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


def test_the_preflight_calls_nobody(web: WebServer) -> None:
    (finding,) = Heartbeat(SecretStr(f"{web.url}/{SECRET}"), "acme").check()
    assert finding.ok
    assert web.asked == []
