"""Alerts over apprise, to a real web server on loopback."""

from __future__ import annotations

import json
import logging
import threading

import pytest
from pydantic import SecretStr

from bensync import fault_points, log
from bensync.core.ports import Notice
from bensync.delivery import channels
from bensync.delivery.channels import Channel
from bensync.errors import DeliveryError
from tests.fixtures.openssh import free_port
from tests.fixtures.web import WebServer

NOTICE = Notice(
    "alert:acme:bug:1", "[bensync] acme: <b>failed</b> :tada:", "Grüße & <i>more</i>\nsecond line", alert=True
)
SECRET = "T0KEN-in-the-path"


def channel(web: WebServer, rest: str = "") -> Channel:
    return Channel("env:OPS_URL", SecretStr(f"json://127.0.0.1:{web.port}/{SECRET}/{rest}"))


def failure(channel: Channel) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.send(NOTICE)
    error = caught.value
    shown = repr(error.as_json()) + repr(error.__cause__)
    assert error.why
    assert error.fix
    assert "env:OPS_URL" in error.what
    assert SECRET not in shown
    assert "127.0.0.1" not in shown
    return error


def test_an_alert_arrives_as_plain_text_with_its_key(web: WebServer) -> None:
    channel(web).send(NOTICE)
    (asked,) = web.asked
    body = json.loads(asked.body)
    assert asked.path.strip("/") == SECRET
    assert body["title"] == NOTICE.subject
    assert body["message"] == f"{NOTICE.body}\n\n{NOTICE.key}"
    assert body["type"] == "warning"


def test_news_and_recoveries_are_distinguished_from_trouble(web: WebServer) -> None:
    channel(web).send(Notice("upload:acme:1", "s", "b"))
    channel(web).send(Notice("alert:acme:bug:1:over", "s", "b", alert=True))
    assert [json.loads(asked.body)["type"] for asked in web.asked] == ["info", "success"]


@pytest.mark.parametrize("code", [301, 302, 307, 400, 401, 403, 404, 410, 429, 500, 503])
def test_an_answer_that_is_no_yes_is_an_error_and_no_redirect_is_followed(web: WebServer, code: int) -> None:
    web.code = code
    web.headers = {"Location": f"{web.url}/elsewhere"}
    assert failure(channel(web)).retry
    assert len(web.asked) == 1


def test_a_service_that_is_down_is_an_error_that_may_pass(web: WebServer) -> None:
    port = free_port()
    assert failure(Channel("env:OPS_URL", SecretStr(f"json://127.0.0.1:{port}/{SECRET}"))).retry


def test_a_service_that_never_answers_is_given_up(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()
    web.before = lambda: done.wait(20)
    monkeypatch.setattr(channels, "PATIENCE", 0.5)
    try:
        assert failure(channel(web, "?rto=1")).retry
    finally:
        done.set()


@pytest.mark.parametrize("address", ["", "nonsense", f"nowhere://{SECRET}", f"https:/{SECRET}", "json://"])
def test_an_address_that_nobody_knows_is_reported_without_repeating_it(address: str) -> None:
    channel = Channel("env:OPS_URL", SecretStr(address))
    assert not failure(channel).retry
    (finding,) = channel.check()
    assert not finding.ok
    assert SECRET not in finding.detail


@pytest.mark.parametrize("address", [f"json://example.test/{SECRET}", f"xml://10.0.0.1/{SECRET}"])
def test_a_secret_does_not_leave_this_machine_in_clear(address: str) -> None:
    assert "without encryption" in failure(Channel("env:OPS_URL", SecretStr(address))).why


@pytest.mark.parametrize(
    ("address", "why"),
    [
        (f"jsons://example.test/{SECRET}?verify=no", "check of the server's certificate"),
        (f"jsons://example.test/{SECRET}?redirect=yes", "follow the server to another host"),
        ("syslog://", "log of this machine"),
        ("rsyslog://example.test", "without encryption"),
    ],
)
def test_an_address_that_gives_notices_away_is_refused(address: str, why: str) -> None:
    channel = Channel("env:OPS_URL", SecretStr(address))
    (finding,) = channel.check()
    assert not finding.ok
    assert why in finding.detail
    with pytest.raises(DeliveryError):
        channel.send(NOTICE)


@pytest.mark.parametrize(
    "address",
    [
        f"jsons://example.test/{SECRET}",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/",
        "mailtos://u:p@example.test",
    ],
)
def test_the_preflight_knows_the_service_and_sends_nothing(address: str, web: WebServer) -> None:
    (finding,) = Channel("env:OPS_URL", SecretStr(address)).check()
    assert finding.ok, finding
    assert SECRET not in finding.detail
    assert web.asked == []


def test_no_log_holds_the_address(
    web: WebServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    log.set_up(as_json=True, verbose=True)
    caplog.set_level(logging.DEBUG)
    channel(web).send(NOTICE)
    web.code = 500
    failure(channel(web))
    failure(Channel("env:OPS_URL", SecretStr(f"json://127.0.0.1:{free_port()}/{SECRET}")))
    failure(Channel("env:OPS_URL", SecretStr(f"nowhere://{SECRET}")))
    said = caplog.text + "".join(capfd.readouterr())
    assert SECRET not in said


def test_a_disk_that_is_full_is_an_error_of_ours(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENSYNC_TEST", "1")
    monkeypatch.setenv(fault_points.VARIABLE, "alerts.send.before=full")
    fault_points.arm()
    try:
        assert failure(channel(web)).retry
    finally:
        monkeypatch.undo()
        fault_points.arm()
    assert web.asked == []
