"""What is news, what an error means, and what time brings: tables of situations."""

from __future__ import annotations

import errno
from datetime import UTC, date, datetime, time, timedelta

import pytest

from bensync.core.alerts import (
    Alert,
    AlertCondition,
    AlertKey,
    RepeatRule,
    RunTimes,
    alert_for_error,
    alert_name,
    alert_notice,
    as_bensync_error,
    cleared_notice,
    is_missing,
    is_news,
    is_overdue,
    key_stage,
)
from bensync.errors import (
    BensyncError,
    BusyError,
    ConfigError,
    DatabaseOutdated,
    DecisionError,
    DeliveryError,
    DeliveryInDoubt,
    GuardTripped,
    HostKeyRefused,
    SourceError,
    StateError,
)

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
RAISED = Alert("bug", "s", "detail", 1, NOW - timedelta(hours=3), NOW - timedelta(hours=1))
OVER = Alert("bug", "s", "detail", 1, NOW - timedelta(hours=3), NOW - timedelta(hours=1), NOW - timedelta(minutes=5))
YESTERDAY = Alert("bug", "s", "detail", 2, NOW - timedelta(days=2), NOW - timedelta(days=1))
FOLDS = {fold: next(key for key in AlertKey if key.repeat_rule is fold) for fold in RepeatRule}


def caused(error: BensyncError, cause: BaseException) -> BensyncError:
    """An error as a border raises it."""
    error.__cause__ = cause
    return error


def test_a_key_is_its_word() -> None:
    assert f"{AlertKey.NO_RUN}" == AlertKey("no_run") == "no_run"
    assert AlertKey.NO_RUN.repeat_rule is RepeatRule.ONCE
    assert len({str(key) for key in AlertKey}) == len(AlertKey)


@pytest.mark.parametrize(
    ("fold", "before", "detail", "news"),
    [
        *((fold, None, "detail", True) for fold in RepeatRule),
        *((fold, OVER, "detail", True) for fold in RepeatRule),
        (RepeatRule.ONCE, RAISED, "detail", False),
        (RepeatRule.ONCE, RAISED, "other", False),
        (RepeatRule.ONCE, YESTERDAY, "other", False),
        (RepeatRule.DAILY, RAISED, "other", False),
        (RepeatRule.DAILY, YESTERDAY, "detail", True),
        (RepeatRule.CHANGED, YESTERDAY, "detail", False),
        (RepeatRule.CHANGED, RAISED, "other", True),
        (RepeatRule.ALWAYS, RAISED, "detail", True),
    ],
)
def test_a_trouble_is_reported_again_as_its_key_says(
    fold: RepeatRule, before: Alert | None, detail: str, news: bool
) -> None:
    assert is_news(AlertCondition(FOLDS[fold], "s", detail), before, NOW) is news


def test_every_telling_and_its_end_have_keys_of_their_own() -> None:
    first, second = alert_notice("acme", RAISED), alert_notice("acme", YESTERDAY)
    assert [first.key, second.key, cleared_notice("acme", YESTERDAY, NOW).key] == [
        "alert:acme:bug:1",
        "alert:acme:bug:2",
        "alert:acme:bug:2:over",
    ]
    assert first.alert
    assert cleared_notice("acme", RAISED, NOW).alert
    assert alert_name(AlertKey.FILE_REFUSED, "x.gpg") == AlertCondition(AlertKey.FILE_REFUSED, "s", "d", "x.gpg").name


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (SourceError("HR cannot be read", "timed out", retry=True), AlertKey.SOURCE_FAILED),
        (DeliveryError("no connection", "refused", retry=True), AlertKey.DELIVERY_FAILED),
        (DeliveryInDoubt("unknown", "cut"), AlertKey.DELIVERY_UNKNOWN),
        (
            HostKeyRefused("no connection", "its ssh-ed25519 host key SHA256:x is not among the pinned ones"),
            AlertKey.HOST_KEY,
        ),
        (GuardTripped("The plan looks like an accident (one_field)", "x"), AlertKey.GUARD_TRIPPED),
        (DatabaseOutdated("The database came from a backup (restored)", "x"), AlertKey.RESTORED),
        (DatabaseOutdated("The database is older than what was sent (older_state).", "x"), AlertKey.RESTORED),
        (StateError("The database cannot be used.", "database is locked", retry=True), AlertKey.STATE_FAILED),
        (StateError("The database cannot be used.", "database or disk is full"), AlertKey.DISK),
        (StateError("The database cannot be used.", "No space left on device"), AlertKey.DISK),
        (caused(DeliveryError("the folder cannot be written", "x"), FULL), AlertKey.DISK),
        (caused(SourceError("x"), caused(StateError("y"), OSError(errno.EDQUOT, "quota"))), AlertKey.DISK),
        (FULL, AlertKey.DISK),
        (OSError(errno.EACCES, "denied"), AlertKey.BUG),
        (DeliveryError("the server refused a write", "its disk is full"), AlertKey.DELIVERY_FAILED),
        (ConfigError("The secret cannot be read"), AlertKey.CONFIG_FAILED),
        (DecisionError("x"), AlertKey.BUG),
        (BusyError("x"), AlertKey.BUG),
        (BensyncError("bensync has a bug."), AlertKey.BUG),
        (KeyError("Ada Vale"), AlertKey.BUG),
    ],
)
def test_every_error_is_one_alert(error: BaseException, key: AlertKey) -> None:
    assert alert_for_error(error) is key


def test_a_circle_of_causes_ends() -> None:
    first, second = SourceError("x"), DeliveryError("y")
    first.__cause__, second.__cause__ = second, first
    assert alert_for_error(first) is AlertKey.SOURCE_FAILED


def test_only_the_class_of_an_unforeseen_error_is_reported() -> None:
    assert "Ada" not in repr(as_bensync_error(KeyError("Ada Vale")).as_json())
    assert as_bensync_error(error := SourceError("x")) is error


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


EARLY = at("2026-06-01T09:00")
D9, D10 = date(2026, 6, 9), date(2026, 6, 10)


@pytest.mark.parametrize(
    ("pulse", "now", "missing"),
    [
        pytest.param(RunTimes(), "2026-06-10T12:00", False, id="a site that never ran"),
        pytest.param(RunTimes(EARLY, D10), "2026-06-10T05:00", False, id="done"),
        pytest.param(RunTimes(EARLY, D9), "2026-06-10T05:59", False, id="there is time"),
        pytest.param(RunTimes(EARLY, D9), "2026-06-10T06:00", True, id="the hour has come"),
        pytest.param(RunTimes(EARLY, D9), "2026-06-10T13:00", True, id="down at that hour"),
        pytest.param(RunTimes(EARLY, date(2026, 6, 8)), "2026-06-10T03:00", True, id="down the whole day before"),
        pytest.param(RunTimes(EARLY), "2026-06-10T07:00", True, id="no day was ever done"),
        pytest.param(RunTimes(at("2026-06-10T05:00")), "2026-06-10T07:00", False, id="began today after the hour"),
        pytest.param(RunTimes(at("2026-06-10T05:00")), "2026-06-11T07:00", True, id="began yesterday"),
        pytest.param(
            RunTimes(EARLY, D9, at("2026-06-10T04:00")), "2026-06-10T07:00", None, id="failed, reported already"
        ),
        pytest.param(RunTimes(EARLY, D9, at("2026-06-09T03:00")), "2026-06-10T07:00", True, id="failed before that"),
    ],
)
def test_a_daily_run_is_missing_from_its_hour_on(pulse: RunTimes, now: str, missing: bool | None) -> None:
    assert is_missing(pulse, time(4), time(6), at(now)) is missing


@pytest.mark.parametrize(
    ("done", "now", "missing"),
    [(D9, "2026-06-10T05:59", False), (D9, "2026-06-10T06:00", False), (date(2026, 6, 8), "2026-06-10T06:00", True)],
)
def test_an_hour_before_that_of_the_run_is_meant_for_the_next_day(done: date, now: str, missing: bool) -> None:
    assert is_missing(RunTimes(EARLY, done), time(22), time(6), at(now)) is missing


@pytest.mark.parametrize(
    ("oldest", "overdue"),
    [(None, False), (NOW - timedelta(days=5), False), (NOW - timedelta(days=5, seconds=1), True)],
)
def test_a_request_is_overdue_after_its_days(oldest: datetime | None, overdue: bool) -> None:
    assert is_overdue(oldest, 5, NOW) is overdue


@pytest.mark.parametrize(
    ("days", "stage"),
    [
        (61, None),
        (60, 60),
        (31, 60),
        (30, 30),
        (15, 30),
        (14, 14),
        (8, 14),
        (7, 7),
        (2, 7),
        (1, 1),
        (0.1, 1),
        (0, 0),
        (-9, 0),
    ],
)
def test_a_key_passes_five_stages_and_its_end(days: float, stage: int | None) -> None:
    assert key_stage(NOW + timedelta(days=days), NOW) == stage
    assert key_stage(None, NOW) is None
