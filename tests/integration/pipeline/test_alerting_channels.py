"""How notices leave: by mail and over channels, which fail, come back and report each other; also without a database."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bensync import fault_points
from bensync.core.ports import Notice
from bensync.pipeline import alerting
from bensync.state.audit import notices
from tests.fixtures.databases import careless
from tests.fixtures.openssh import free_port
from tests.fixtures.web import WebServer
from tests.integration.pipeline.alert_scenes import DOWN, NEWS, Scene, look, mail_to, page, place_of


def test_news_go_by_mail_and_alerts_over_every_channel(scene: Scene, web: WebServer) -> None:
    scene.place = place_of(scene.store, **{"mail": scene.place.channels["mail"], "env:OPS": page(web)})
    scene.do(lambda place, work, now: alerting.notify(place, work, NEWS, now))
    alerting.record_failure(scene.place, "test.fail", DOWN, scene.now)
    assert scene.keys() == ["upload:acme:x", "alert:acme:delivery_failed:1"]
    (asked,) = web.asked
    assert b"alert:acme:delivery_failed:1" in asked.body


def test_news_go_over_another_channel_where_there_is_no_mail(scene: Scene, web: WebServer) -> None:
    scene.place = place_of(scene.store, **{"env:OPS": page(web)})
    scene.do(lambda place, work, now: alerting.notify(place, work, NEWS, now))
    assert scene.mails() == []
    assert len(web.asked) == 1


def test_an_alert_that_reaches_nobody_is_in_the_list_all_the_same(scene: Scene) -> None:
    scene.place = place_of(scene.store)
    alerting.record_failure(scene.place, "test.fail", DOWN, scene.now)
    assert scene.open() == ["delivery_failed"]
    with scene.place.read() as work:
        assert work.notices.unsent() == []


def test_a_notice_is_queued_once_per_key(scene: Scene) -> None:
    for _ in range(2):
        scene.do(lambda place, work, now: alerting.notify(place, work, NEWS, now))
    assert scene.keys() == ["upload:acme:x"]


def test_A_60_a_channel_that_is_down_keeps_nothing_from_the_others_and_gets_it_later(
    scene: Scene, web: WebServer
) -> None:
    good = scene.place.channels["mail"]
    web.code = 500
    scene.place = place_of(scene.store, **{"mail": good, "env:OPS": page(web)})
    alerting.record_failure(scene.place, "test.fail", DOWN, scene.now)
    assert scene.keys() == ["alert:acme:delivery_failed:1"]
    with scene.place.read() as work:
        (left,) = work.notices.unsent("env:OPS")
    assert (left.attempts, left.channel) == (1, "env:OPS")
    assert "secret" not in left.error

    web.code = 200
    assert scene.keys() == []
    with scene.place.read() as work:
        assert work.notices.unsent() == []
    assert len(web.asked) == 2


def test_a_channel_that_just_failed_is_left_alone_for_the_rest_of_the_round(scene: Scene, web: WebServer) -> None:
    web.code = 500
    scene.place = place_of(scene.store, **{"env:OPS": page(web)})
    for number in range(5):
        notice = Notice(f"upload:{number}", "s", "b")
        scene.do(lambda place, work, now, notice=notice: alerting.notify(place, work, notice, now))
    scene.mails()
    assert len(web.asked) == 1


def test_a_notice_that_failed_pauses_longer_each_time_and_is_never_given_up(scene: Scene) -> None:
    scene.place = place_of(scene.store, mail=mail_to(free_port()))
    alerting.record_failure(scene.place, "test.fail", DOWN, scene.now)
    tried: list[float] = []
    for minute in range(60 * 6):
        with scene.place.read() as work:
            (before,) = work.notices.unsent()
        alerting.send_notices(scene.place, lambda: scene.now, patient=True)
        with scene.place.read() as work:
            (after,) = work.notices.unsent()
        tried += [minute] * (after.attempts - before.attempts)
        scene.move(minutes=1)
    assert tried == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243, 303]
    assert notices.pause(1000) > timedelta(days=40)


@pytest.mark.parametrize("answer", ["421 shutting down", "451 try later", "550 no such user", "554 no"])
def test_a_mail_server_that_refuses_keeps_the_alert_waiting_until_it_takes_it(scene: Scene, answer: str) -> None:
    async def handle_RCPT(server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        return answer

    handler = scene.mailbox._controller.handler
    handler.handle_RCPT = handle_RCPT
    alerting.record_failure(scene.place, "test.fail", DOWN, scene.now)
    assert scene.keys() == []
    with scene.place.read() as work:
        (left,) = work.notices.unsent("mail")
    assert left.attempts == 1
    assert "example.test" not in left.error

    del handler.handle_RCPT
    assert scene.keys() == ["alert:acme:delivery_failed:1"]


_FIRST, _SECOND = "a@example.test", "b@example.test"


def refuse(scene: Scene, answers: dict[str, str]) -> list[str]:
    """Let the mail server answer so to these recipients; returns a list that gets whom it accepted."""
    accepted: list[str] = []

    async def handle_RCPT(server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in answers:
            return answers[address]
        envelope.rcpt_tos.append(address)
        accepted.append(address)
        return "250 OK"

    scene.mailbox._controller.handler.handle_RCPT = handle_RCPT
    return accepted


@pytest.mark.parametrize("answer", ["450 4.2.0 greylisted, try again later", "550 no such user"])
def test_A_60_a_recipient_whom_the_server_refuses_gets_the_notice_later_and_nobody_gets_it_twice(
    scene: Scene, answer: str
) -> None:
    scene.place = place_of(scene.store, mail=mail_to(scene.mailbox.port, _FIRST, _SECOND))
    answers = {_SECOND: answer}
    accepted = refuse(scene, answers)
    scene.do(lambda place, work, now: alerting.notify(place, work, NEWS, now))
    assert scene.keys() == ["upload:acme:x"]
    assert accepted == [_FIRST]
    with scene.place.read() as work:
        (left,) = work.notices.unsent()
    assert left.attempts == 1
    assert "example.test" not in left.channel + left.error

    assert scene.keys() == []
    with scene.place.read() as work:
        (left,) = work.notices.unsent()
    assert left.attempts == 2
    assert "admin 2 of 2" in left.error
    assert "example.test" not in left.error

    answers.clear()
    assert scene.keys() == ["upload:acme:x"]
    assert scene.keys() == []
    assert accepted == [_FIRST, _SECOND]


def test_a_recipient_who_stays_refused_is_an_alert_that_the_others_get(scene: Scene) -> None:
    scene.place = place_of(scene.store, mail=mail_to(scene.mailbox.port, _FIRST, _SECOND))
    answers = {_SECOND: "550 no such user"}
    refuse(scene, answers)
    scene.do(lambda place, work, now: alerting.notify(place, work, NEWS, now))
    for _ in range(4):
        scene.mails()
    (key,) = look(scene)
    assert re.fullmatch(
        r"alert:acme:mail_failed:mail:[0-9a-f]{16}:1", key
    )  # that of one recipient, without the address
    (mail,) = scene.mailbox.messages[-1:]
    assert "one of the recipients" in mail["Subject"]

    scene.place = place_of(scene.store, mail=mail_to(scene.mailbox.port, _FIRST))
    scene.mails()  # nobody is left to get the refused mails
    assert look(scene) == [f"{key}:over"]
    with scene.place.read() as work:
        assert work.notices.unsent() == []


def test_a_database_that_cannot_be_written_does_not_keep_the_alert_back(
    scene: Scene, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with careless(database) as connection:
        connection.exec_driver_sql("DROP TABLE alert")
    for _ in range(3):
        alerting.record_failure(scene.place, "test.fail", DOWN, scene.now)
    keys = [str(mail["X-Bensync-Key"]) for mail in scene.mailbox.messages]
    assert keys == ["alert:acme:delivery_failed:2026-06-01", "alert:acme:state_failed:2026-06-01"]
    scene.move(days=1)
    alerting.record_failure(scene.place, "test.fail", DOWN, scene.now)
    assert len(scene.mailbox.messages) == 4


def test_a_full_disk_at_the_commit_does_not_keep_the_alert_back(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setenv("BENSYNC_TEST", "1")
        patch.setenv(fault_points.VARIABLE, "test.fail.commit.before=full")
        fault_points.arm()
        alerting.record_failure(scene.place, "test.fail", DOWN, scene.now)
    fault_points.arm()
    assert "alert:acme:disk:2026-06-01" in [str(mail["X-Bensync-Key"]) for mail in scene.mailbox.messages]
    alerting.record_failure(scene.place, "test.fail", DOWN, scene.now)
    assert scene.keys()[-1] == "alert:acme:delivery_failed:1"


def test_an_alert_that_reached_nobody_is_repeated(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    alerting.alert_without_database(place_of(scene.store, mail=mail_to(free_port())), DOWN, scene.now)
    alerting.alert_without_database(scene.place, DOWN, scene.now)
    assert len(scene.mailbox.messages) == 1


def test_a_channel_that_fails_again_and_again_is_reported_over_the_others(scene: Scene, web: WebServer) -> None:
    bad = mail_to(free_port())
    good = scene.place.channels["mail"]
    scene.place = place_of(scene.store, **{"mail": bad, "env:OPS": page(web)})
    scene.do(lambda place, work, now: alerting.notify(place, work, NEWS, now))
    for _ in range(3):
        assert web.asked == []
        look(scene)
        scene.move(hours=1)
    look(scene)
    (asked,) = web.asked
    assert b"mail_failed:mail:1" in asked.body
    assert b"notices over mail fail" in asked.body

    scene.place = place_of(scene.store, **{"mail": good, "env:OPS": page(web)})
    assert scene.keys() == ["upload:acme:x"]
    assert look(scene) == ["alert:acme:mail_failed:mail:1:over"]
    assert len(web.asked) == 2


def test_the_only_channel_reports_its_own_failure_when_it_is_back(scene: Scene) -> None:
    good = scene.place
    scene.place = place_of(scene.store, mail=mail_to(free_port()))
    scene.do(lambda place, work, now: alerting.notify(place, work, NEWS, now))
    for _ in range(5):
        look(scene)
    assert scene.open() == ["mail_failed:mail"]
    scene.place = good
    assert scene.keys() == ["upload:acme:x", "alert:acme:mail_failed:mail:1"]


def test_a_channel_that_is_not_configured_any_more_is_no_trouble(scene: Scene, web: WebServer) -> None:
    web.code = 500
    with_pages = place_of(scene.store, **{"mail": scene.place.channels["mail"], "env:OPS": page(web)})
    without, scene.place = scene.place, with_pages
    alerting.record_failure(scene.place, "test.fail", DOWN, scene.now)
    for _ in range(4):
        look(scene)
    assert "mail_failed:env:OPS" in scene.open()
    scene.place = without
    look(scene)
    assert scene.open() == ["delivery_failed"]
