"""Alerts as states: what can be wrong, when people are notified, and when it is over. Pure: it sends nothing."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Self

import msgspec

from bensync.core.ports import Notice
from bensync.errors import (
    BensyncError,
    ConfigError,
    DatabaseOutdated,
    DeliveryError,
    DeliveryInDoubt,
    GuardTripped,
    HostKeyRefused,
    SourceError,
    StateError,
    reported,
)


class RepeatRule(StrEnum):
    """The rule for notifying people again of a condition that lasts."""

    ONCE = "once"
    """Never, as long as it lasts."""
    DAILY = "daily"
    """Once per UTC day, as long as it lasts (A-57)."""
    CHANGED = "changed"
    """When its detail is another one."""
    ALWAYS = "always"
    """Every time: it is raised only when it is new."""


class AlertKey(StrEnum):
    """The conditions that raise an alert; docs/reference/alerts.md describes each with its fix."""

    repeat_rule: RepeatRule

    def __new__(cls, value: str, fold: RepeatRule) -> Self:
        """Make a key with the rule for repeating its notice."""
        key = str.__new__(cls, value)
        key._value_ = value
        key.repeat_rule = fold
        return key

    SOURCE_FAILED = "source_failed", RepeatRule.DAILY
    DELIVERY_FAILED = "delivery_failed", RepeatRule.DAILY
    GUARD_TRIPPED = "guard_tripped", RepeatRule.DAILY
    STATE_FAILED = "state_failed", RepeatRule.DAILY
    CONFIG_FAILED = "config_failed", RepeatRule.DAILY
    BUG = "bug", RepeatRule.DAILY
    HOST_KEY = "host_key", RepeatRule.DAILY
    DISK = "disk", RepeatRule.DAILY
    RESTORED = "restored", RepeatRule.DAILY
    DELIVERY_UNKNOWN = "delivery_unknown", RepeatRule.DAILY
    ROWS_HELD = "rows_held", RepeatRule.DAILY
    KEPT_BACK = "kept_back", RepeatRule.ALWAYS
    NOT_SHOWN = "not_shown", RepeatRule.ONCE
    NO_RUN = "no_run", RepeatRule.ONCE
    MAIL_FAILED = "mail_failed", RepeatRule.ONCE
    KEY_EXPIRES = "key_expires", RepeatRule.CHANGED
    QUEUE_OVERDUE = "queue_overdue", RepeatRule.ONCE
    TERMINATION_WAITS = "termination_waits", RepeatRule.DAILY
    EVENTS_NOT_BEGUN = "events_not_begun", RepeatRule.DAILY
    FILE_REFUSED = "file_refused", RepeatRule.CHANGED
    FILE_MISSING = "file_missing", RepeatRule.ONCE
    UNREACHABLE = "unreachable", RepeatRule.DAILY


# Whatever a turn at a site was for, its success disproves these: the database, the configuration and HR were usable.
_TURN = frozenset({AlertKey.STATE_FAILED, AlertKey.CONFIG_FAILED, AlertKey.BUG, AlertKey.DISK, AlertKey.SOURCE_FAILED})
RUN_WENT_WELL = _TURN | {AlertKey.DELIVERY_FAILED, AlertKey.GUARD_TRIPPED, AlertKey.RESTORED}
"""The alerts that a run clears when it succeeds."""
FILE_ARRIVED = frozenset({AlertKey.DELIVERY_FAILED, AlertKey.DELIVERY_UNKNOWN, AlertKey.HOST_KEY})
"""The alerts that a committed delivery clears."""
INTAKE_WENT_WELL = _TURN | {AlertKey.UNREACHABLE, AlertKey.HOST_KEY}
"""The alerts that are cleared when an upload center could be read."""


class AlertCondition(msgspec.Struct, frozen=True):
    """A condition that calls for an alert now.

    Attributes:
        key: what.
        subject: one line, without the site.
        detail: the text of the notice, without personal data.
        part: which one, where a site may have several of the kind (a file, a channel).
    """

    key: AlertKey
    subject: str
    detail: str
    part: str = ""

    @property
    def name(self) -> str:
        """Return the name of the state; a site has one state of each name."""
        return alert_name(self.key, self.part)


class Alert(msgspec.Struct, frozen=True):
    """An alert as the database stores it.

    Attributes:
        name: its key, with its part behind a colon.
        subject: one line, without the site.
        detail: the text of the last sighting.
        episode: how often people were notified so far.
        raised_at: since when it lasts, or lasted.
        seen_at: when it was seen last.
        cleared_at: when it was over; None while it lasts.
    """

    name: str
    subject: str
    detail: str
    episode: int
    raised_at: datetime
    seen_at: datetime
    cleared_at: datetime | None = None


def alert_name(key: AlertKey, part: str = "") -> str:
    """Return the name under which an alert is kept: its key, with its part behind a colon."""
    return f"{key}:{part}" if part else str(key)


def is_news(condition: AlertCondition, before: Alert | None, now: datetime) -> bool:
    """Return whether people must be notified, given what is kept of this alert (A-57)."""
    if before is None or before.cleared_at is not None:
        return True
    match condition.key.repeat_rule:
        case RepeatRule.DAILY:
            # `seen_at` moves with every sighting, so this is the first sighting of a UTC date. Counting 24 hours from
            # it would never end while the trouble is seen every minute.
            return before.seen_at.date() < now.date()
        case RepeatRule.CHANGED:
            return before.detail != condition.detail
        case rule:
            return rule is RepeatRule.ALWAYS


def alert_notice(site: str, alert: Alert) -> Notice:
    """Return the notice that something is wrong; each episode has its own key, so that none is folded."""
    return Notice(_key(site, alert), f"[bensync] {site}: {alert.subject}", alert.detail, alert=True)


def cleared_notice(site: str, alert: Alert, now: datetime) -> Notice:
    """Return the notice that the condition is over."""
    body = (
        f"This is over for site {site}; nothing needs to be done any more.\n\n"
        f"  What:  {alert.subject}\n"
        f"  Since: {alert.raised_at:%Y-%m-%d %H:%M} UTC\n"
        f"  Until: {now:%Y-%m-%d %H:%M} UTC\n"
    )
    return Notice(f"{_key(site, alert)}:over", f"[bensync] {site}: well again: {alert.subject}", body, alert=True)


def _key(site: str, alert: Alert) -> str:
    return f"alert:{site}:{alert.name}:{alert.episode}"


# The first match counts, so a narrower class stands before its base class.
_CAUSES = (
    (HostKeyRefused, AlertKey.HOST_KEY),
    (DatabaseOutdated, AlertKey.RESTORED),
    (DeliveryInDoubt, AlertKey.DELIVERY_UNKNOWN),
    (SourceError, AlertKey.SOURCE_FAILED),
    (DeliveryError, AlertKey.DELIVERY_FAILED),
    (GuardTripped, AlertKey.GUARD_TRIPPED),
    (StateError, AlertKey.STATE_FAILED),
    (ConfigError, AlertKey.CONFIG_FAILED),
)
_FULL = re.compile(r"disk is full|no space left", re.IGNORECASE)


def alert_for_error(error: BaseException) -> AlertKey:
    """Return the alert for an error that ended a run or a job of the daemon."""
    # A full disk arrives as an error of a wider class, and needs other help than that class: it comes first.
    if _is_full(error):
        return AlertKey.DISK
    return next((key for kind, key in _CAUSES if isinstance(error, kind)), AlertKey.BUG)


def _is_full(error: BaseException) -> bool:
    """Return whether an error, or one of its causes, says that a disk of this machine is full."""
    for cause in _chain(error):
        if isinstance(cause, OSError) and cause.errno in {errno.ENOSPC, errno.EDQUOT}:
            return True
        if isinstance(cause, StateError) and _FULL.search(cause.why):
            return True
    return False


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    # Python lets `__cause__` form a ring; an alert must not hang on one.
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__


def as_bensync_error(error: BaseException) -> BensyncError:
    """Return the error itself, or a `BensyncError` with only the class of a foreign one: its text may name people."""
    if isinstance(error, BensyncError):
        return error
    return BensyncError("bensync has a bug.", reported(error), "Report it with the log of this moment.")


class Limits(msgspec.Struct, frozen=True):
    """The times and counts after which a condition becomes an alert.

    Attributes:
        no_run_by: UTC; a daily run that is due and not done by then is missing.
        queue_days: a request that waits longer is overdue.
        high_risk_days: the same for requests of high risk.
        not_shown_days: an employee whom HR named and does not show for longer is alerted.
        attempts: a channel is failing when one notice failed so often.
        audit_heads: whether the ends of the audit trails are sent every day.
    """

    no_run_by: time = time(6)
    queue_days: int = 5
    high_risk_days: int = 2
    not_shown_days: int = 2
    attempts: int = 3
    audit_heads: bool = False


class RunTimes(msgspec.Struct, frozen=True):
    """The times of a site's runs that show whether one is missing.

    Attributes:
        first: when its first run began, of whatever kind; None when there was none.
        done: the newest UTC date whose daily run is done.
        failed: when the newest daily run began, if it failed, so that people were notified already.
    """

    first: datetime | None = None
    done: date | None = None
    failed: datetime | None = None


KEY_STAGES = (60, 30, 14, 7, 1)
"""Days before a key expires on which people are notified."""


def is_missing(run_times: RunTimes, daily_after: time, by: time, now: datetime) -> bool | None:
    """Return whether a daily run should be done by now and is not; None if it failed and people were notified already.

    A site whose first run is younger than the day in question misses nothing.
    """
    deadline = datetime.combine(now.date(), by, now.tzinfo)
    if now < deadline:
        deadline -= timedelta(days=1)
    # A deadline before the hour of the daily run (22:00 and 06:00, say) is meant for the run of the evening before.
    day = deadline.date() if by > daily_after else deadline.date() - timedelta(days=1)
    begin = datetime.combine(day, daily_after, now.tzinfo)
    if run_times.first is None or run_times.first > begin:
        return False
    if run_times.done is not None and run_times.done >= day:
        return False
    # The failed run raised its own alert; a second one would report the same trouble under another name.
    return None if run_times.failed is not None and run_times.failed >= begin else True


def is_overdue(oldest: datetime | None, days: int, now: datetime) -> bool:
    """Return whether the oldest request or issue has been waiting for more than a number of days."""
    return oldest is not None and now - oldest > timedelta(days=days)


def key_stage(ends: datetime | None, now: datetime) -> int | None:
    """Return the smallest of `KEY_STAGES` that a key has reached, 0 if it has expired, None while there is time."""
    if ends is None:
        return None
    left = ends - now
    if left <= timedelta(0):
        return 0
    return min((days for days in KEY_STAGES if left <= timedelta(days=days)), default=None)
