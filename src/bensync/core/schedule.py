"""When a site runs: once per UTC date, at or after the hour of the schedule (sync-rules 3.1). Values in, value out."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

import msgspec

RECONCILIATION_DAYS = 7
"""Without a read of everybody for more days than these, the next daily run reads everybody, whatever the weekday."""

OVERDUE = timedelta(minutes=15)
"""A run that did not begin so long after it was due is overdue: a living daemon begins within a tick."""


class Weekday(StrEnum):
    """The days of the week, in the order of `date.weekday`."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class DailyRunState(msgspec.Struct, frozen=True):
    """The daily runs of a site, as of one UTC date.

    Attributes:
        done: whether the daily run of the date is done.
        failed_at: when the last daily run that failed began, on whatever date; one that was killed is not among them.
    """

    done: bool = False
    failed_at: datetime | None = None


def reads_everybody(today: date, on: Weekday | None, last: date | None) -> bool:
    """Return whether the daily run of a UTC date reads everybody (A-101).

    It finds what HR's list of changes did not name. A weekday that was missed is made up for by the next run.

    Args:
        today: the UTC date.
        on: the weekday of the reconciliation; None for no reconciliation.
        last: the date of the last read of everybody; None if there was none.
    """
    if on is None:
        return False
    if last is not None and (today - last).days > RECONCILIATION_DAYS:
        return True
    return list(Weekday)[today.weekday()] is on and last != today


def next_run(now: datetime, after: time, pause: timedelta, today: DailyRunState) -> datetime:
    """Return when the daily run is due; a moment that has passed means at once (A-04, A-05).

    Only UTC counts, never the zone of the machine. A try in the future was made under a clock that has been put back
    since, and keeps nobody waiting.

    Args:
        now: the moment.
        after: the hour, in UTC.
        pause: between a failed run and the next try on the same date.
        today: what is known of the UTC date of ``now``.
    """
    today_utc = now.astimezone(UTC).date()
    start = datetime.combine(today_utc, after, UTC)
    if today.done:
        return start + timedelta(days=1)
    if today.failed_at is None or not start <= today.failed_at <= now:
        return start
    again = today.failed_at + pause
    # A retry after midnight would count for the next date, before the hour at which that run is due.
    return again if again.astimezone(UTC).date() == today_utc else start + timedelta(days=1)
