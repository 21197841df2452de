"""When the next daily run is due, for the overview."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bensync.config import Schedule
from bensync.state.work import Work


def next_run(work: Work, schedule: Schedule, now: datetime) -> datetime:
    """When the daemon runs a site next; a moment that has passed means at its next tick."""
    today = datetime.combine(now.date(), schedule.daily_after, UTC)
    if now < today:
        return today
    if work.runs.daily_done(now.date()):
        return today + timedelta(days=1)
    last = work.runs.last_try()
    if last is None or last < today:
        return today
    return last + timedelta(minutes=schedule.retry_minutes)
