"""Alerts from the trouble to the mailbox: one when it comes, one when it is over, none in between (R18)."""

from __future__ import annotations

import errno
import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from bensync.core.alerts import AlertCondition, AlertKey, Limits
from bensync.core.changes import Alarm, Issue, IssueCode
from bensync.core.requests import Risk
from bensync.delivery.ssh import signed_in
from bensync.errors import (
    ConfigError,
    DatabaseOutdated,
    DeliveryError,
    DeliveryInDoubt,
    GuardTripped,
    HostKeyRefused,
    SourceError,
    StateError,
)
from bensync.pipeline import alerting
from bensync.pipeline.alert_checks import check_alerts
from bensync.pipeline.context import SiteContext
from bensync.state.site_state import SiteState
from bensync.wording import notices
from tests.fixtures.openssh import OpenSsh
from tests.integration.pipeline.alert_scenes import DOWN, START, Scene, decided, wait

Step = Callable[[Scene], None]


def error(raised: BaseException, cause: BaseException | None = None) -> Step:
    raised.__cause__ = cause

    def step(scene: Scene) -> None:
        alerting.record_failure(scene.place, "test.fail", notices.failed("acme", "The daily run", raised), scene.now)

    return step


def trouble(condition: AlertCondition) -> Step:
    return lambda scene: scene.do(lambda place, work, now: alerting.alert(place, work, condition, now))


def held(scene: Scene) -> None:
    """A run that holds a row."""

    def step(place: SiteContext, work: SiteState, now: datetime) -> None:
        work.issues.record([Issue("7", IssueCode.HELD, "x")], set(), set(), now)
        alarm = Alarm("terminations", 60, "5 and 5%", "60 terminations", False)
        alerting.alert(place, work, notices.held("acme", [alarm], "f00d", sent=True), now)
        alerting.run_went_well(place, work, now)

    scene.do(step)


def kept(scene: Scene) -> None:
    """A run that keeps somebody back, newly or still."""

    def step(place: SiteContext, work: SiteState, now: datetime) -> None:
        new = work.issues.record([Issue("8", IssueCode.SSN_MISSING)], set(), set(), now)
        if new:
            alerting.alert(place, work, notices.blocked("acme", new), now)
        alerting.run_went_well(place, work, now)

    scene.do(step)


def unwatched(**signs: Any) -> Step:
    """What `watch` sees when a request waits for long."""

    def step(scene: Scene) -> None:
        with scene.place.write("test.step") as work:
            if work.alerts.oldest() is None:
                wait(work, scene.now - timedelta(days=30), signs.get("risk", Risk.LOW))
        check_alerts(
            scene.place, scene.now, Limits(high_risk_days=2 if signs.get("risk") else 99, queue_days=signs["days"])
        )

    return step


def not_shown(scene: Scene) -> None:
    """What `watch` sees when HR has named somebody for long and does not show them."""
    with scene.place.write("test.step") as work:
        work.issues.record([Issue("8", IssueCode.NOT_SHOWN)], set(), set(), scene.now - timedelta(days=3))
    check_alerts(scene.place, scene.now, Limits())


def shown_again(scene: Scene) -> None:
    good_run(scene)
    check_alerts(scene.place, scene.now, Limits())


def good_run(scene: Scene) -> None:
    def step(place: SiteContext, work: SiteState, now: datetime) -> None:
        work.issues.record([], {"7", "8"}, set(), now)
        alerting.file_arrived(place, work, now)
        alerting.run_went_well(place, work, now)

    scene.do(step)


def good_intake(scene: Scene) -> None:
    scene.do(lambda place, work, now: alerting.file_accepted(place, work, "F_000003.csv.gpg", now))
    scene.do(alerting.intake_went_well)


def over(key: AlertKey) -> Step:
    return lambda scene: scene.do(lambda place, work, now: alerting.clear_alerts(place, work, [key], now))


FULL = OSError(errno.ENOSPC, "No space left on device")

STOPPED = GuardTripped("F_000003.csv.gpg is quarantined", "bad signature", "ask")

KINDS: dict[str, tuple[Step, Step, str]] = {
    "HR is down": (error(SourceError("HR cannot be read", "503", retry=True)), good_run, "source_failed"),
    "HR times out": (error(SourceError("HR cannot be read", "timed out", retry=True)), good_run, "source_failed"),
    "The API key is wrong": (error(SourceError("HR refused the key", "401")), good_run, "source_failed"),
    "a field is lost": (
        error(SourceError("HR does not show birthDate", "field_restricted")),
        good_run,
        "source_failed",
    ),
    "the upload center is down": (
        error(DeliveryError("no connection", "refused", retry=True)),
        good_run,
        "delivery_failed",
    ),
    "the sign-in fails": (error(DeliveryError("no connection", "the key was refused")), good_run, "delivery_failed"),
    "the remote disk is full": (error(DeliveryError("a write failed", "Failure")), good_run, "delivery_failed"),
    "the PGP key has expired": (
        error(DeliveryError("nothing can be sealed", "it has expired")),
        good_run,
        "delivery_failed",
    ),
    "the PGP key is missing": (
        error(DeliveryError("nothing can be sealed", "not in gnupg_home")),
        good_run,
        "delivery_failed",
    ),
    "a file of that name is there": (
        error(DeliveryError("not ours", "it is there already")),
        good_run,
        "delivery_failed",
    ),
    "the file is in doubt": (error(DeliveryInDoubt("it is unknown", "cut")), good_run, "delivery_unknown"),
    "the host key changed": (
        error(HostKeyRefused("no connection", "its RSA host key SHA256:x is not among the pinned ones")),
        good_run,
        "host_key",
    ),
    "the source is empty": (
        error(GuardTripped("HR shows no employees at all (source_empty).")),
        good_run,
        "guard_tripped",
    ),
    "there is no baseline": (error(GuardTripped("There is no baseline yet (no_baseline).")), good_run, "guard_tripped"),
    "the mapping changed": (error(GuardTripped("The mapping changed (mapping_changed)")), good_run, "guard_tripped"),
    "the ledger does not balance": (error(GuardTripped("It does not balance (ledger)")), good_run, "guard_tripped"),
    "the database is from a backup": (error(DatabaseOutdated("From a backup (restored)")), good_run, "restored"),
    "the database is an old one": (error(DatabaseOutdated("Older than what left (older_state)")), good_run, "restored"),
    "the database is locked": (error(StateError("It cannot be used", "locked", retry=True)), good_run, "state_failed"),
    "a value cannot be opened": (error(StateError("A sealed value cannot be opened.")), good_run, "state_failed"),
    "the database disk is full": (error(StateError("It cannot be used", "database or disk is full")), good_run, "disk"),
    "the folder's disk is full": (error(DeliveryError("x cannot be written"), FULL), good_run, "disk"),
    "a secret is missing": (error(ConfigError("The secret env:X is empty or missing")), good_run, "config_failed"),
    "a bug": (error(KeyError("Ada Vale 123-45-6789")), good_run, "bug"),
    "rows are held": (held, good_run, "rows_held"),
    "somebody is blocked": (kept, good_run, "kept_back"),
    "somebody is not shown": (not_shown, shown_again, "not_shown"),
    "requests are overdue": (unwatched(days=5), decided, "queue_overdue"),
    "requests of high risk are overdue": (unwatched(days=99, risk=Risk.HIGH), decided, "queue_overdue:high"),
    "a file is refused": (
        trouble(notices.refused("acme", "F_000003.csv.gpg", STOPPED)),
        good_intake,
        "file_refused:F_000003.csv.gpg",
    ),
    "a file is missing": (trouble(notices.missing("acme", STOPPED)), good_intake, "file_missing"),
    "the inbox is out of reach": (
        trouble(notices.unreachable("acme", DeliveryError("no connection", "refused"))),
        good_intake,
        "unreachable",
    ),
    "the inbox has another host key": (
        trouble(notices.unreachable("acme", HostKeyRefused("x", "its RSA host key y is not among the pinned ones"))),
        good_intake,
        "host_key",
    ),
    "a daily run is missing": (trouble(notices.no_run("acme", Limits().no_run_by)), over(AlertKey.NO_RUN), "no_run"),
    "a channel fails": (
        trouble(notices.channel_failed("acme", "mail", "no")),
        over(AlertKey.MAIL_FAILED),
        "mail_failed:mail",
    ),
    "an approved termination waits": (
        trouble(notices.termination_waits("acme", 1, 30)),
        over(AlertKey.TERMINATION_WAITS),
        "termination_waits",
    ),
    "events have not begun": (
        trouble(notices.events_not_begun("acme")),
        over(AlertKey.EVENTS_NOT_BEGUN),
        "events_not_begun",
    ),
    "a key expires": (trouble(notices.key_ends("acme", START, 30)), over(AlertKey.KEY_EXPIRES), "key_expires"),
}


def test_the_table_has_every_key_and_enough_kinds_of_failure() -> None:
    assert len(KINDS) >= 25
    assert {key.partition(":")[0] for _, _, key in KINDS.values()} == {str(key) for key in AlertKey}


@pytest.mark.sampled(4)
@pytest.mark.parametrize(("fails", "fixes", "key"), KINDS.values(), ids=KINDS)
def test_a_trouble_is_reported_once_its_end_once_and_the_next_one_anew(
    scene: Scene, fails: Step, fixes: Step, key: str
) -> None:
    fails(scene)
    assert scene.keys() == [f"alert:acme:{key}:1"]
    assert scene.open() == [key]
    for _ in range(2):
        scene.move(minutes=20)
        fails(scene)
    assert scene.keys() == []

    scene.move(minutes=20)
    fixes(scene)
    fixes(scene)
    assert scene.keys() == [f"alert:acme:{key}:1:over"]
    assert scene.open() == []

    scene.move(minutes=20)
    fails(scene)
    assert scene.keys() == [f"alert:acme:{key}:2"]


def test_no_alert_names_a_person(scene: Scene) -> None:
    for fails, fixes, _ in KINDS.values():
        fails(scene)
        fixes(scene)
    subjects = [(str(mail["Subject"]).strip(), mail.get_content()) for mail in scene.mails()]
    assert len(subjects) >= 2 * len({key for _, _, key in KINDS.values()})
    for subject, body in subjects:
        assert subject.startswith("[bensync] acme: ")
        assert "acme" in body
        assert "Ada" not in subject + body
        assert not re.search(r"(?<![\w-])\d{3}-?\d{2}-?\d{4}(?![\w-])", subject + body)


def test_A_57_a_failure_that_lasts_is_reported_once_a_day(scene: Scene) -> None:
    days = []
    for _ in range(3):
        for _ in range(5):
            alerting.record_failure(scene.place, "test.fail", DOWN, scene.now)
            scene.move(hours=1)
        days.append(scene.keys())
        scene.move(hours=19)
    assert days == [[f"alert:acme:delivery_failed:{number}"] for number in (1, 2, 3)]
    good_run(scene)
    (mail,) = scene.mails()
    assert mail["X-Bensync-Key"] == "alert:acme:delivery_failed:3:over"
    assert "Since: 2026-06-01 04:00 UTC" in mail.get_content()


def test_people_who_are_newly_blocked_are_a_new_alert_each_time(scene: Scene) -> None:
    for number in (1, 2):
        issues = [Issue(str(number), IssueCode.SSN_MISSING)]
        trouble(notices.blocked("acme", issues))(scene)
        (mail,) = scene.mails()
        assert f"employee {number}: ssn_missing" in mail.get_content()


def test_of_very_many_people_some_are_named_and_the_others_counted() -> None:
    text = notices.blocked("acme", [Issue(str(number), IssueCode.SSN_MISSING) for number in range(120)]).detail
    assert text.count("employee ") == 50
    assert "and 70 more" in text


def test_a_good_run_does_not_say_that_a_restored_database_is_well(scene: Scene) -> None:
    error(DatabaseOutdated("From a backup (restored)"))(scene)
    with scene.place.write("test.step") as work:
        work.runs.remember(msgspec.structs.replace(work.runs.memory(), restored_at=scene.now))
    good_run(scene)
    assert scene.open() == ["restored"]


def test_a_file_that_is_refused_for_another_reason_is_reported_again(scene: Scene) -> None:
    for why in ("bad signature", "bad signature", "too large"):
        trouble(notices.refused("acme", "F.gpg", GuardTripped("F.gpg is quarantined", why)))(scene)
    assert scene.keys() == ["alert:acme:file_refused:F.gpg:1", "alert:acme:file_refused:F.gpg:2"]


def test_two_processes_that_see_the_same_trouble_report_it_once(scene: Scene) -> None:
    gate = threading.Barrier(4)

    def see() -> None:
        gate.wait(60)
        alerting.record_failure(scene.place, "test.fail", DOWN, scene.now)

    threads = [threading.Thread(target=see) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert scene.keys() == ["alert:acme:delivery_failed:1"]


def test_sites_have_alerts_of_their_own(scene: Scene) -> None:
    other = msgspec.structs.replace(scene.place, site="other")
    alerting.record_failure(scene.place, "test.fail", DOWN, scene.now)
    alerting.record_failure(other, "test.fail", DOWN, scene.now)
    good_run(scene)
    with other.read() as work:
        assert [alert.name for alert in work.alerts.open()] == ["delivery_failed"]
    assert scene.open() == []


def test_A_58_the_error_of_a_real_server_with_another_host_key_is_an_alert_of_its_own(sshd: OpenSsh) -> None:
    settings = sshd.settings(host_keys=("SHA256:" + "A" * 43,))
    with pytest.raises(HostKeyRefused) as refused, signed_in(settings):
        pass
    assert alerting.notices.failed("acme", "The run", refused.value).key is AlertKey.HOST_KEY
