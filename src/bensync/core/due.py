"""When a site runs: once per UTC date, at or after the hour of the schedule (sync-rules 3.1). Values in, value out."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bensync.config import Schedule
    from bensync.state.figures import Today

OVERDUE = timedelta(minutes=15)
"""A run that did not begin so long after it was due is overdue: a living daemon begins within a tick."""


def next_run(now: datetime, after: time, pause: timedelta, *, done: bool, failed_at: datetime | None) -> datetime:
    """When the daily run is due; a moment that has passed means at once (A-04, A-05).

    Only UTC counts, never the zone of the machine. A try in the future was made under a clock that has been put back
    since, and keeps nobody waiting.

    Args:
        now: the moment.
        after: the hour, in UTC.
        pause: between a failed run and the next try on the same date.
        done: whether the run of the UTC date of ``now`` is done.
        failed_at: when the last run that failed began.
    """
    today = now.astimezone(UTC).date()
    start = datetime.combine(today, after, UTC)
    if done:
        return start + timedelta(days=1)
    if failed_at is None or not start <= failed_at <= now:
        return start
    again = failed_at + pause
    return again if again.astimezone(UTC).date() == today else start + timedelta(days=1)


def scheduled(now: datetime, schedule: Schedule, today: Today) -> datetime:
    """The same for what the database tells of a site."""
    pause = timedelta(minutes=schedule.retry_minutes)
    return next_run(now, schedule.daily_after, pause, done=today.done, failed_at=today.failed_at)
