"""What time alone brings: a missing run, an old request, a key that ends, the ends of the audit trails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from bensync.core.alerts import Limits
from bensync.core.requests import Risk
from bensync.core.runs import Outcome, RunKind
from bensync.delivery.gpg import Gpg
from bensync.demo.keys import Keyring
from bensync.errors import (
    BensyncError,
    DeliveryError,
)
from bensync.pipeline import alerting
from bensync.pipeline.alert_checks import check_alerts
from bensync.pipeline.context import SiteContext
from bensync.state.audit.chain import heads_in
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.site_state import SiteState
from bensync.wording import notices
from tests.fixtures.gnupg import Correspondence
from tests.integration.pipeline.alert_scenes import Scene, decided, look, wait


def daily(scene: Scene, outcome: BensyncError | None = None) -> None:
    """A daily run that ends now."""

    def step(place: SiteContext, work: SiteState, now: datetime) -> None:
        number = work.runs.start(RunKind.DAILY, "SCHEDULE", "test", now.date(), now)
        if outcome is None:
            work.runs.succeed(number, Outcome.NO_CHANGES, now)
            work.runs.finish_day(number, scene.place.daily_after)
            alerting.run_went_well(place, work, now)
        else:
            work.runs.fail(number, outcome, now)
            alerting.alert(place, work, notices.failed("acme", "The daily run", outcome), now)

    scene.do(step)


def at(scene: Scene, text: str) -> None:
    scene.now = datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_missing_run_is_reported_within_the_hour_and_over_with_the_next_good_one(sender: Scene) -> None:
    daily(sender)
    alerts: list[tuple[datetime, str]] = []
    at(sender, "2026-06-01T05:00")
    while sender.now < datetime(2026, 6, 3, tzinfo=UTC):
        alerts += [(sender.now, key) for key in look(sender)]
        sender.move(hours=1)
    assert alerts == [(datetime(2026, 6, 2, 6, tzinfo=UTC), "alert:acme:no_run:1")]

    at(sender, "2026-06-03T04:00")
    daily(sender)
    assert sender.keys() == ["alert:acme:no_run:1:over"]
    sender.move(hours=3)
    assert look(sender) == []


def test_a_daemon_that_was_down_at_the_hour_reports_when_it_is_back(sender: Scene) -> None:
    daily(sender)
    at(sender, "2026-06-02T15:30")
    assert look(sender) == ["alert:acme:no_run:1"]


def test_A_57_a_run_that_failed_is_reported_as_such_and_not_as_missing(sender: Scene) -> None:
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
    with sender.place.write("test.step") as work:
        wait(work, sender.now, Risk.HIGH)
    alerts: list[tuple[int, str]] = []
    for day in range(7):
        alerts += [(day, key) for key in look(sender)]
        sender.move(days=1)
        daily(sender)
    assert alerts == [(3, "alert:acme:queue_overdue:high:1"), (6, "alert:acme:queue_overdue:1")]
    decided(sender)
    assert sorted(sender.keys()) == ["alert:acme:queue_overdue:1:over", "alert:acme:queue_overdue:high:1:over"]


def test_a_key_that_ends_is_reported_at_each_stage_and_over_with_a_new_key(sender: Scene) -> None:
    with Keyring() as ring:
        brief = ring.create("Receiver", expire="90d")
        tools = sender.place
        settings = {"recipient": brief, "gnupg_home": ring.home}
        sender.place = msgspec.structs.replace(tools, cipher=Gpg(tools.cipher._settings.model_copy(update=settings)))
        begin = sender.place.cipher.expires() - timedelta(days=65)
        alerts: list[tuple[int, str]] = []
        for day in range(65):
            sender.now = begin + timedelta(days=day)
            alerts += [(65 - day, key) for key in look(sender)]
        assert alerts == [
            (left, f"alert:acme:key_expires:{number}") for number, left in enumerate((60, 30, 14, 7, 1), 1)
        ]
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


def test_the_ends_of_the_trails_are_mailed_once_a_day_also_without_a_file(scene: Scene) -> None:
    limits = Limits(audit_heads=True)
    with scene.store.write("acme", "test.audit") as work:
        work.audit.record("kim", "request.decline", "request 1", scene.now)
    with scene.store.write(DEPLOYMENT, "test.audit") as work:
        work.audit.record("kim", "sign_in", "session", scene.now)
    for hours in (0, 1, 2, 24):
        check_alerts(scene.place, scene.now + timedelta(hours=hours), limits)
    mails = [mail for mail in scene.mails() if "audit trails" in mail["Subject"]]
    assert len(mails) == 2
    kept = heads_in(mails[0].get_content())
    assert [head.site for head in kept] == [DEPLOYMENT, "acme"]
    for site in (DEPLOYMENT, "acme"):
        with scene.store.read(site) as work:
            assert work.audit.trail.verify(kept).fault is None
    check_alerts(scene.place, scene.now + timedelta(days=2), Limits())
    with scene.store.read("acme") as work:
        assert len([sending for sending in work.notices.unsent() if "heads" in sending.notice.key]) == 0
