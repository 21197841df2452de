"""Alerts from the trouble to the mailbox: one when it comes, one when it is over, none in between (R18)."""

from __future__ import annotations

import errno
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import SecretStr

from bensync import faults
from bensync.core.alerts import AlertKey, Limits, Trouble
from bensync.core.intake import IntakeRules
from bensync.core.model import Alarm, Issue, IssueCode, Risk
from bensync.core.ports import Notice
from bensync.core.runs import Outcome, RunKind
from bensync.delivery.channels import Channel
from bensync.delivery.gpg import Gpg
from bensync.delivery.mail import Mail, MailSettings
from bensync.delivery.sftp import Sftp
from bensync.demo.keys import Keyring
from bensync.demo.mailbox import Mailbox
from bensync.errors import (
    BensyncError,
    ConfigError,
    DeliveryError,
    DeliveryInDoubt,
    GuardTripped,
    SourceError,
    StateError,
)
from bensync.pipeline import notices, post
from bensync.pipeline.tools import Place, Tools
from bensync.pipeline.watch import watch
from bensync.state import journal, tables
from bensync.state.chain import heads_in
from bensync.state.desk import DEPLOYMENT
from bensync.state.store import Store
from bensync.state.vault import new_state_key
from bensync.state.work import Work
from bensync.wiring import Deployment
from tests.fixtures.databases import careless
from tests.fixtures.gnupg import Correspondence
from tests.fixtures.openssh import OpenSsh, free_port
from tests.fixtures.web import WebServer

START = datetime(2026, 6, 1, 4, tzinfo=UTC)
DOWN = Trouble(AlertKey.DELIVERY_FAILED, "the daily run failed", "detail")


@dataclass
class Scene:
    """A site with a database, a mailbox, and a clock that the test moves."""

    store: Store
    mailbox: Mailbox
    place: Place
    now: datetime = START
    seen: int = 0

    def move(self, **step: float) -> None:
        self.now += timedelta(**step)

    def mails(self) -> list[EmailMessage]:
        """What arrived since the last look, after everything that waits was sent."""
        post.send_notices(self.place, lambda: self.now)
        new = self.mailbox.messages[self.seen :]
        self.seen = len(self.mailbox.messages)
        return new

    def keys(self) -> list[str]:
        """The keys of the mails that arrived since the last look."""
        return [str(mail["X-Bensync-Key"]) for mail in self.mails()]

    def open(self) -> list[str]:
        with self.place.look() as work:
            return [alert.name for alert in work.alerts.open()]

    def do(self, action: Callable[[Place, Work, datetime], object]) -> None:
        with self.place.work("test.step") as work:
            action(self.place, work, self.now)


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    found = Store(database, new_state_key())
    found.migrate()
    yield found
    found.close()


@pytest.fixture
def scene(store: Store, mailbox: Mailbox) -> Scene:
    return Scene(store, mailbox, place_of(store, mail=mail_to(mailbox.port)))


def mail_to(port: int) -> Mail:
    known = {"host": "127.0.0.1", "port": port, "sender": "b@example.test", "admins": ["a@example.test"], "timeout": 5}
    return Mail(MailSettings.model_validate(known))


def place_of(store: Store, **channels: Any) -> Place:
    return Place(site="acme", site_id="ACME0001", store=store, rules=IntakeRules(), channels=channels)


def page(web: WebServer) -> Channel:
    return Channel("env:OPS", SecretStr(f"json://127.0.0.1:{web.port}/secret"))


# One alert per trouble (R18)

Step = Callable[[Scene], None]


def error(made: BaseException, cause: BaseException | None = None) -> Step:
    made.__cause__ = cause

    def step(scene: Scene) -> None:
        post.fail(scene.place, "test.fail", notices.failed("acme", "The daily run", made), scene.now)

    return step


def trouble(made: Trouble) -> Step:
    return lambda scene: scene.do(lambda place, work, now: post.alert(place, work, made, now))


def held(scene: Scene) -> None:
    """A run that holds a row."""

    def step(place: Place, work: Work, now: datetime) -> None:
        work.issues.record([Issue("7", IssueCode.HELD, "x")], set(), set(), now)
        alarm = Alarm("terminations", 60, "5 and 5%", "60 terminations", False)
        post.alert(place, work, notices.held("acme", [alarm], "f00d"), now)
        post.run_went_well(place, work, now)

    scene.do(step)


def kept(scene: Scene) -> None:
    """A run that keeps somebody back, newly or still."""

    def step(place: Place, work: Work, now: datetime) -> None:
        new = work.issues.record([Issue("8", IssueCode.SSN_MISSING)], set(), set(), now)
        if new:
            post.alert(place, work, notices.kept_back("acme", new), now)
        post.run_went_well(place, work, now)

    scene.do(step)


def unwatched(**signs: Any) -> Step:
    """What `watch` sees when a request waits for long."""

    def step(scene: Scene) -> None:
        with scene.place.work("test.step") as work:
            if work.alerts.oldest() is None:
                wait(work, scene.now - timedelta(days=30), signs.get("risk", Risk.LOW))
        watch(scene.place, scene.now, Limits(high_risk_days=2 if signs.get("risk") else 99, queue_days=signs["days"]))

    return step


def wait(work: Work, since: datetime, risk: Risk) -> None:
    """A request that waits."""
    work.queue._desk.add(
        tables.Request,
        key=b"k",
        employee_id="1",
        kind="UPDATE",
        risk=risk.value,
        state="PENDING",
        origin="FILE",
        warnings=[],
        effective_date=date(2026, 1, 1),
        fingerprint=b"f",
        basis_version=1,
        opened_at=since,
        sealed_profile=b"",
        sealed_changes=b"",
    )


def decided(scene: Scene) -> None:
    with scene.place.work("test.step") as work:
        work.queue._desk.connection.exec_driver_sql("DELETE FROM request")
    watch(scene.place, scene.now, Limits())


def good_run(scene: Scene) -> None:
    def step(place: Place, work: Work, now: datetime) -> None:
        work.issues.record([], {"7", "8"}, set(), now)
        post.file_arrived(place, work, now)
        post.run_went_well(place, work, now)

    scene.do(step)


def good_intake(scene: Scene) -> None:
    scene.do(lambda place, work, now: post.file_accepted(place, work, "F_000003.csv.gpg", now))
    scene.do(post.intake_went_well)


def over(key: AlertKey) -> Step:
    return lambda scene: scene.do(lambda place, work, now: post.calm(place, work, [key], now))


FULL = OSError(errno.ENOSPC, "No space left on device")
STOPPED = GuardTripped("F_000003.csv.gpg is quarantined", "bad signature", "ask")

KINDS: dict[str, tuple[Step, Step, str]] = {
    "HR is down": (error(SourceError("HR cannot be read", "503", retry=True)), good_run, "source_failed"),
    "HR times out": (error(SourceError("HR cannot be read", "timed out", retry=True)), good_run, "source_failed"),
    "the API key is wrong": (error(SourceError("HR refused the key", "401")), good_run, "source_failed"),
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
        error(DeliveryError("no connection", "its RSA host key SHA256:x is not among the pinned ones")),
        good_run,
        "host_key",
    ),
    "the source is empty": (
        error(GuardTripped("HR shows no employees at all (source_empty)")),
        good_run,
        "guard_tripped",
    ),
    "there is no baseline": (error(GuardTripped("There is no baseline yet (no_baseline)")), good_run, "guard_tripped"),
    "the mapping changed": (error(GuardTripped("The mapping changed (mapping_changed)")), good_run, "guard_tripped"),
    "the ledger does not balance": (error(GuardTripped("It does not balance (ledger)")), good_run, "guard_tripped"),
    "the database is from a backup": (error(GuardTripped("From a backup (restored)")), good_run, "restored"),
    "the database is an old one": (error(GuardTripped("Older than what left (older_state)")), good_run, "restored"),
    "the database is locked": (error(StateError("It cannot be used", "locked", retry=True)), good_run, "state_failed"),
    "a value cannot be opened": (error(StateError("A sealed value cannot be opened")), good_run, "state_failed"),
    "the database disk is full": (error(StateError("It cannot be used", "database or disk is full")), good_run, "disk"),
    "the folder's disk is full": (error(DeliveryError("x cannot be written"), FULL), good_run, "disk"),
    "a secret is missing": (error(ConfigError("The secret env:X is empty or missing")), good_run, "config_failed"),
    "a bug": (error(KeyError("Ada Vale 123-45-6789")), good_run, "bug"),
    "rows are held": (held, good_run, "rows_held"),
    "somebody is kept back": (kept, good_run, "kept_back"),
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
        trouble(notices.unreachable("acme", DeliveryError("x", "its RSA host key y is not among the pinned ones"))),
        good_intake,
        "host_key",
    ),
    "a daily run is missing": (trouble(notices.no_run("acme", Limits().no_run_by)), over(AlertKey.NO_RUN), "no_run"),
    "a channel fails": (
        trouble(notices.channel_failed("acme", "mail", "no")),
        over(AlertKey.MAIL_FAILED),
        "mail_failed:mail",
    ),
    "a key expires": (trouble(notices.key_ends("acme", START, 30)), over(AlertKey.KEY_EXPIRES), "key_expires"),
}


def test_the_table_has_every_key_and_enough_kinds_of_failure() -> None:
    assert len(KINDS) >= 25
    assert {key.partition(":")[0] for _, _, key in KINDS.values()} == {str(key) for key in AlertKey}


@pytest.mark.parametrize(("fails", "mends", "key"), KINDS.values(), ids=KINDS)
def test_a_trouble_is_told_once_its_end_once_and_the_next_one_anew(
    scene: Scene, fails: Step, mends: Step, key: str
) -> None:
    fails(scene)
    assert scene.keys() == [f"alert:acme:{key}:1"]
    assert scene.open() == [key]
    for _ in range(2):
        scene.move(minutes=20)
        fails(scene)
    assert scene.keys() == []

    scene.move(minutes=20)
    mends(scene)
    mends(scene)
    assert scene.keys() == [f"alert:acme:{key}:1:over"]
    assert scene.open() == []

    scene.move(minutes=20)
    fails(scene)
    assert scene.keys() == [f"alert:acme:{key}:2"]


def test_no_alert_names_a_person(scene: Scene) -> None:
    for fails, mends, _ in KINDS.values():
        fails(scene)
        mends(scene)
    told = [(str(mail["Subject"]), mail.get_content()) for mail in scene.mails()]
    assert len(told) >= 2 * len({key for _, _, key in KINDS.values()})
    for subject, body in told:
        assert subject.startswith("[bensync] acme: ")
        assert "acme" in body
        assert "Ada" not in subject + body
        assert not re.search(r"(?<![\w-])\d{3}-?\d{2}-?\d{4}(?![\w-])", subject + body)


def test_A_57_a_failure_that_lasts_is_told_once_a_day(scene: Scene) -> None:
    told = []
    for _ in range(3):
        for _ in range(5):
            post.fail(scene.place, "test.fail", DOWN, scene.now)
            scene.move(hours=1)
        told.append(scene.keys())
        scene.move(hours=19)
    assert told == [[f"alert:acme:delivery_failed:{number}"] for number in (1, 2, 3)]
    good_run(scene)
    (mail,) = scene.mails()
    assert mail["X-Bensync-Key"] == "alert:acme:delivery_failed:3:over"
    assert "Since: 2026-06-01 04:00 UTC" in mail.get_content()


def test_people_who_are_newly_kept_back_are_a_new_alert_each_time(scene: Scene) -> None:
    for number in (1, 2):
        issues = [Issue(str(number), IssueCode.SSN_MISSING)]
        trouble(notices.kept_back("acme", issues))(scene)
        (mail,) = scene.mails()
        assert f"employee {number}: ssn_missing" in mail.get_content()


def test_of_very_many_people_some_are_named_and_the_others_counted() -> None:
    text = notices.kept_back("acme", [Issue(str(number), IssueCode.SSN_MISSING) for number in range(120)]).detail
    assert text.count("employee ") == 50
    assert "and 70 more" in text


def test_a_good_run_does_not_say_that_a_restored_database_is_well(scene: Scene) -> None:
    error(GuardTripped("From a backup (restored)"))(scene)
    with scene.place.work("test.step") as work:
        work.runs.remember(msgspec.structs.replace(work.runs.memory(), restored_at=scene.now))
    good_run(scene)
    assert scene.open() == ["restored"]


def test_a_file_that_is_refused_for_another_reason_is_told_again(scene: Scene) -> None:
    for why in ("bad signature", "bad signature", "too large"):
        trouble(notices.refused("acme", "F.gpg", GuardTripped("F.gpg is quarantined", why)))(scene)
    assert scene.keys() == ["alert:acme:file_refused:F.gpg:1", "alert:acme:file_refused:F.gpg:2"]


def test_two_processes_that_see_the_same_trouble_tell_it_once(scene: Scene) -> None:
    gate = threading.Barrier(4)

    def see() -> None:
        gate.wait(10)
        post.fail(scene.place, "test.fail", DOWN, scene.now)

    threads = [threading.Thread(target=see) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert scene.keys() == ["alert:acme:delivery_failed:1"]


def test_sites_have_alerts_of_their_own(scene: Scene) -> None:
    other = msgspec.structs.replace(scene.place, site="other")
    post.fail(scene.place, "test.fail", DOWN, scene.now)
    post.fail(other, "test.fail", DOWN, scene.now)
    good_run(scene)
    with other.look() as work:
        assert [alert.name for alert in work.alerts.open()] == ["delivery_failed"]
    assert scene.open() == []


def test_A_58_the_error_of_a_real_server_with_another_host_key_is_an_alert_of_its_own(sshd: OpenSsh) -> None:
    (finding,) = [one for one in Sftp(sshd.settings(host_keys=("SHA256:" + "A" * 43,))).check() if not one.ok]
    assert post.notices.failed("acme", "The run", DeliveryError("x", finding.detail)).key is AlertKey.HOST_KEY


# Channels

NEWS = Notice("upload:acme:x", "s", "b")


def test_news_go_by_mail_and_alerts_over_every_channel(scene: Scene, web: WebServer) -> None:
    scene.place = place_of(scene.store, **{"mail": scene.place.channels["mail"], "env:OPS": page(web)})
    scene.do(lambda place, work, now: post.tell(place, work, NEWS, now))
    post.fail(scene.place, "test.fail", DOWN, scene.now)
    assert scene.keys() == ["upload:acme:x", "alert:acme:delivery_failed:1"]
    (asked,) = web.asked
    assert b"alert:acme:delivery_failed:1" in asked.body


def test_news_go_over_another_channel_where_there_is_no_mail(scene: Scene, web: WebServer) -> None:
    scene.place = place_of(scene.store, **{"env:OPS": page(web)})
    scene.do(lambda place, work, now: post.tell(place, work, NEWS, now))
    assert scene.mails() == []
    assert len(web.asked) == 1


def test_an_alert_that_nobody_can_be_told_of_stands_in_the_list_all_the_same(scene: Scene) -> None:
    scene.place = place_of(scene.store)
    post.fail(scene.place, "test.fail", DOWN, scene.now)
    assert scene.open() == ["delivery_failed"]
    with scene.place.look() as work:
        assert work.journal.unsent() == []


def test_a_notice_is_queued_once_per_key(scene: Scene) -> None:
    for _ in range(2):
        scene.do(lambda place, work, now: post.tell(place, work, NEWS, now))
    assert scene.keys() == ["upload:acme:x"]


def test_A_60_a_channel_that_is_down_keeps_nothing_from_the_others_and_gets_it_later(
    scene: Scene, web: WebServer
) -> None:
    good = scene.place.channels["mail"]
    web.code = 500
    scene.place = place_of(scene.store, **{"mail": good, "env:OPS": page(web)})
    post.fail(scene.place, "test.fail", DOWN, scene.now)
    assert scene.keys() == ["alert:acme:delivery_failed:1"]
    with scene.place.look() as work:
        (left,) = work.journal.unsent("env:OPS")
    assert (left.attempts, left.channel) == (1, "env:OPS")
    assert "secret" not in left.error

    web.code = 200
    assert scene.keys() == []
    with scene.place.look() as work:
        assert work.journal.unsent() == []
    assert len(web.asked) == 2


def test_a_channel_that_just_failed_is_left_alone_for_the_rest_of_the_round(scene: Scene, web: WebServer) -> None:
    web.code = 500
    scene.place = place_of(scene.store, **{"env:OPS": page(web)})
    for number in range(5):
        notice = Notice(f"upload:{number}", "s", "b")
        scene.do(lambda place, work, now, notice=notice: post.tell(place, work, notice, now))
    scene.mails()
    assert len(web.asked) == 1


def test_a_notice_that_failed_pauses_longer_each_time_and_is_never_given_up(scene: Scene) -> None:
    scene.place = place_of(scene.store, mail=mail_to(free_port()))
    post.fail(scene.place, "test.fail", DOWN, scene.now)
    tried: list[float] = []
    for minute in range(60 * 6):
        with scene.place.look() as work:
            (before,) = work.journal.unsent()
        post.send_notices(scene.place, lambda: scene.now, patient=True)
        with scene.place.look() as work:
            (after,) = work.journal.unsent()
        tried += [minute] * (after.attempts - before.attempts)
        scene.move(minutes=1)
    assert tried == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243, 303]
    assert journal.pause(1000) > timedelta(days=40)


@pytest.mark.parametrize("answer", ["421 shutting down", "451 try later", "550 no such user", "554 no"])
def test_a_mail_server_that_refuses_keeps_the_alert_waiting_until_it_takes_it(scene: Scene, answer: str) -> None:
    async def handle_RCPT(server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        return answer

    handler = scene.mailbox._controller.handler
    handler.handle_RCPT = handle_RCPT
    post.fail(scene.place, "test.fail", DOWN, scene.now)
    assert scene.keys() == []
    with scene.place.look() as work:
        (left,) = work.journal.unsent("mail")
    assert left.attempts == 1
    assert "example.test" not in left.error

    del handler.handle_RCPT
    assert scene.keys() == ["alert:acme:delivery_failed:1"]


# Without a database


def test_a_database_that_cannot_be_written_does_not_keep_the_alert_back(
    scene: Scene, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with careless(database) as connection:
        connection.exec_driver_sql("DROP TABLE alert")
    for _ in range(3):
        post.fail(scene.place, "test.fail", DOWN, scene.now)
    told = [str(mail["X-Bensync-Key"]) for mail in scene.mailbox.messages]
    assert told == ["alert:acme:delivery_failed:2026-06-01", "alert:acme:state_failed:2026-06-01"]
    scene.move(days=1)
    post.fail(scene.place, "test.fail", DOWN, scene.now)
    assert len(scene.mailbox.messages) == 4


def test_a_full_disk_at_the_commit_does_not_keep_the_alert_back(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setenv("BENSYNC_TEST", "1")
        patch.setenv(faults.VARIABLE, "test.fail.commit.before=full")
        faults.arm()
        post.fail(scene.place, "test.fail", DOWN, scene.now)
    faults.arm()
    assert "alert:acme:disk:2026-06-01" in [str(mail["X-Bensync-Key"]) for mail in scene.mailbox.messages]
    post.fail(scene.place, "test.fail", DOWN, scene.now)
    assert scene.keys()[-1] == "alert:acme:delivery_failed:1"


def test_a_cry_that_nobody_heard_is_repeated(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    post.cry(place_of(scene.store, mail=mail_to(free_port())), DOWN, scene.now)
    post.cry(scene.place, DOWN, scene.now)
    assert len(scene.mailbox.messages) == 1


# What time brings


@pytest.fixture
def sender(store: Store, database: str, mailbox: Mailbox, keys: Correspondence, tmp_path: Path) -> Scene:
    """A scene with everything that a run works with."""
    (tmp_path / "state.key").write_text(new_state_key())
    config = tmp_path / "bensync.toml"
    config.write_text(
        f'[state]\nurl = "{database}"\nkey = "file:{tmp_path}/state.key"\n'
        f'[mail]\nhost = "127.0.0.1"\nport = {mailbox.port}\nsender = "b@example.test"\nadmins = ["a@example.test"]\n'
        '[alerts]\nno_run_by = "06:00"\nqueue_days = 5\n'
        f'[sites.acme]\nid = "ACME0001"\n[sites.acme.source]\ntype = "csvfile"\nfolder = "{tmp_path}"\n'
        '[sites.acme.status]\nactive = ["Active"]\ninactive = ["Terminated"]\n'
        f'[sites.acme.feed]\nrecipient = "{keys.recipient}"\ngnupg_home = "{keys.sender.home}"\n'
        f'[sites.acme.upload_center]\ntype = "folder"\ndirectory = "{tmp_path}"\n'
    )
    tools: Tools = Deployment(config).tools("acme", store)
    return Scene(store, mailbox, tools)


def daily(scene: Scene, outcome: BensyncError | None = None) -> None:
    """A daily run that ends now."""

    def step(place: Place, work: Work, now: datetime) -> None:
        number = work.runs.start(RunKind.DAILY, "SCHEDULE", "test", now.date(), now)
        if outcome is None:
            work.runs.succeed(number, Outcome.NO_CHANGES, now)
            work.runs.finish_day(number, scene.place.daily_after)
            post.run_went_well(place, work, now)
        else:
            work.runs.fail(number, outcome, now)
            post.alert(place, work, notices.failed("acme", "The daily run", outcome), now)

    scene.do(step)


def look(scene: Scene) -> list[str]:
    """A look of the daemon, and the mails that it brought."""
    watch(scene.place, scene.now, Limits())
    return scene.keys()


def at(scene: Scene, text: str) -> None:
    scene.now = datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_missing_run_is_told_within_the_hour_and_over_with_the_next_good_one(sender: Scene) -> None:
    daily(sender)
    told: list[tuple[datetime, str]] = []
    at(sender, "2026-06-01T05:00")
    while sender.now < datetime(2026, 6, 3, tzinfo=UTC):
        told += [(sender.now, key) for key in look(sender)]
        sender.move(hours=1)
    assert told == [(datetime(2026, 6, 2, 6, tzinfo=UTC), "alert:acme:no_run:1")]

    at(sender, "2026-06-03T04:00")
    daily(sender)
    assert sender.keys() == ["alert:acme:no_run:1:over"]
    sender.move(hours=3)
    assert look(sender) == []


def test_a_daemon_that_was_down_at_the_hour_tells_when_it_is_back(sender: Scene) -> None:
    daily(sender)
    at(sender, "2026-06-02T15:30")
    assert look(sender) == ["alert:acme:no_run:1"]


def test_A_57_a_run_that_failed_is_told_as_such_and_not_as_missing(sender: Scene) -> None:
    daily(sender)
    sender.move(days=1)
    daily(sender, DeliveryError("no connection", "refused", retry=True))
    sender.move(hours=5)
    assert look(sender) == ["alert:acme:delivery_failed:1"]


def test_a_site_that_never_ran_misses_nothing(sender: Scene) -> None:
    at(sender, "2026-06-05T12:00")
    assert look(sender) == []


def test_requests_are_overdue_by_age_and_those_of_high_risk_earlier(sender: Scene) -> None:
    daily(sender)
    with sender.place.work("test.step") as work:
        wait(work, sender.now, Risk.HIGH)
    told: list[tuple[int, str]] = []
    for day in range(7):
        told += [(day, key) for key in look(sender)]
        sender.move(days=1)
        daily(sender)
    assert told == [(3, "alert:acme:queue_overdue:high:1"), (6, "alert:acme:queue_overdue:1")]
    decided(sender)
    assert sorted(sender.keys()) == ["alert:acme:queue_overdue:1:over", "alert:acme:queue_overdue:high:1:over"]


def test_a_key_that_ends_is_told_at_each_stage_and_over_with_a_new_key(sender: Scene) -> None:
    with Keyring() as ring:
        brief = ring.create("Receiver", expire="90d")
        tools = sender.place
        settings = {"recipient": brief, "gnupg_home": ring.home}
        sender.place = msgspec.structs.replace(tools, cipher=Gpg(tools.cipher._settings.model_copy(update=settings)))
        begin = sender.place.cipher.expires() - timedelta(days=65)
        told: list[tuple[int, str]] = []
        for day in range(65):
            sender.now = begin + timedelta(days=day)
            told += [(65 - day, key) for key in look(sender)]
        assert told == [(left, f"alert:acme:key_expires:{number}") for number, left in enumerate((60, 30, 14, 7, 1), 1)]
        sender.place = tools
        sender.now = begin
        assert look(sender) == ["alert:acme:key_expires:5:over"]


def test_the_end_that_counts_is_that_of_the_key_that_ends_first(keys: Correspondence) -> None:
    with Keyring() as ring:
        long, short = ring.create("Receiver", expire="0"), ring.create("Sender", expire="10d")
        settings = keys.settings(recipient=long, gnupg_home=ring.home)
        assert Gpg(settings).expires() is None
        ends = Gpg(settings.model_copy(update={"signer": short})).expires()
        assert ends is not None
        assert timedelta(days=9) < ends - datetime.now(UTC) < timedelta(days=11)
        with pytest.raises(DeliveryError):
            Gpg(settings.model_copy(update={"recipient": "A" * 40})).expires()


def test_a_key_that_cannot_be_used_does_not_keep_the_watch_from_the_rest(sender: Scene) -> None:
    daily(sender)
    broken = sender.place.cipher._settings.model_copy(update={"recipient": "A" * 40})
    sender.place = msgspec.structs.replace(sender.place, cipher=Gpg(broken))
    sender.move(days=1, hours=3)
    assert look(sender) == ["alert:acme:no_run:1"]


def test_a_channel_that_fails_again_and_again_is_told_over_the_others(scene: Scene, web: WebServer) -> None:
    bad = mail_to(free_port())
    good = scene.place.channels["mail"]
    scene.place = place_of(scene.store, **{"mail": bad, "env:OPS": page(web)})
    scene.do(lambda place, work, now: post.tell(place, work, NEWS, now))
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


def test_the_only_channel_tells_of_its_own_failure_when_it_is_back(scene: Scene) -> None:
    good = scene.place
    scene.place = place_of(scene.store, mail=mail_to(free_port()))
    scene.do(lambda place, work, now: post.tell(place, work, NEWS, now))
    for _ in range(5):
        look(scene)
    assert scene.open() == ["mail_failed:mail"]
    scene.place = good
    assert scene.keys() == ["upload:acme:x", "alert:acme:mail_failed:mail:1"]


def test_a_channel_that_is_not_configured_any_more_is_no_trouble(scene: Scene, web: WebServer) -> None:
    web.code = 500
    with_pages = place_of(scene.store, **{"mail": scene.place.channels["mail"], "env:OPS": page(web)})
    without, scene.place = scene.place, with_pages
    post.fail(scene.place, "test.fail", DOWN, scene.now)
    for _ in range(4):
        look(scene)
    assert "mail_failed:env:OPS" in scene.open()
    scene.place = without
    look(scene)
    assert scene.open() == ["delivery_failed"]


def test_the_ends_of_the_trails_are_mailed_once_a_day_also_without_a_file(scene: Scene) -> None:
    limits = Limits(audit_heads=True)
    with scene.store.work("acme", "test.audit") as work:
        work.journal.audit("kim", "request.decline", "request 1", scene.now)
    with scene.store.work(DEPLOYMENT, "test.audit") as work:
        work.journal.audit("kim", "sign_in", "session", scene.now)
    for hours in (0, 1, 2, 24):
        watch(scene.place, scene.now + timedelta(hours=hours), limits)
    mails = [mail for mail in scene.mails() if "audit trails" in mail["Subject"]]
    assert len(mails) == 2
    kept = heads_in(mails[0].get_content())
    assert [head.site for head in kept] == [DEPLOYMENT, "acme"]
    for site in (DEPLOYMENT, "acme"):
        with scene.store.look(site) as work:
            assert work.journal.trail.verify(kept).fault is None
    watch(scene.place, scene.now + timedelta(days=2), Limits())
    with scene.store.look("acme") as work:
        assert len([sending for sending in work.journal.unsent() if "heads" in sending.notice.key]) == 0
