"""The status of every site at a glance: the last update, the next run, what waits and what is in trouble."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import typer

from bensync.cli.terminal import now, session

if TYPE_CHECKING:
    from bensync.config import Schedule
    from bensync.state.work import Work


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(status)


def status(ctx: typer.Context) -> None:
    """The most recent update, the next run, the queue, people kept back, deliveries in trouble."""
    from bensync.cli import shapes, show

    here = session(ctx)
    moment = now()
    schedule = here.deployment().settings.schedule
    found = []
    with here.store() as store:
        for site in here.sites():
            with store.look(site) as work:
                due = None if here.deployment().receives(site) else next_run(work, schedule, moment)
                found.append((work.views.status(), due))
    here.answer(
        {"sites": [shapes.status(view, due) for view, due in found]},
        lambda console: show.statuses(console, found, moment),
    )


def next_run(work: Work, schedule: Schedule, moment: datetime) -> datetime:
    """When the daemon runs this site next; a moment that has passed means at its next tick."""
    today = datetime.combine(moment.date(), schedule.daily_after, UTC)
    if moment < today:
        return today
    if work.runs.daily_done(moment.date(), schedule.daily_after):
        return today + timedelta(days=1)
    last = work.runs.last_try()
    if last is None or last < today:
        return today
    return last + timedelta(minutes=schedule.retry_minutes)
