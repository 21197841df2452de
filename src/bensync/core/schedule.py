"""When a site runs: once per UTC date, at or after the hour of the schedule (sync-rules 3.1). Values in, value out."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import msgspec

OVERDUE = timedelta(minutes=15)
"""A run that did not begin so long after it was due is overdue: a living daemon begins within a tick."""


class DailyRunState(msgspec.Struct, frozen=True):
    """The daily runs of a site, as of one UTC date.

    Attributes:
        done: whether the daily run of the date is done.
        failed_at: when the last daily run that failed began, on whatever date; one that was killed is not among them.
    """

    done: bool = False
    failed_at: datetime | None = None


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
    date = now.astimezone(UTC).date()
    start = datetime.combine(date, after, UTC)
    if today.done:
        return start + timedelta(days=1)
    if today.failed_at is None or not start <= today.failed_at <= now:
        return start
    again = today.failed_at + pause
    # A retry after midnight would count for the next date, before the hour at which that run is due.
    return again if again.astimezone(UTC).date() == date else start + timedelta(days=1)
