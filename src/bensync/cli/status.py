"""The status of every site at a glance: the last update, the next run, what waits and what is in trouble."""

from __future__ import annotations

import typer

from bensync.cli.terminal import now, session


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(status)


def status(ctx: typer.Context) -> None:
    """The most recent update, the next run, the queue, people kept back, deliveries in trouble; is the daemon alive?"""
    from bensync.cli import shapes, show
    from bensync.daemon.health import answers

    here = session(ctx)
    moment = now()
    settings = here.deployment().settings
    listen = settings.daemon.listen
    found = []
    with here.store() as store:
        for site in here.sites():
            with store.look(site) as work:
                due = settings.schedule.next_run(moment, work.figures.today(moment))
                found.append((work.views.status(), None if here.deployment().receives(site) else due))
    alive = answers(listen) if listen else None
    here.answer(
        {"sites": [shapes.status(view, due, moment) for view, due in found], "daemon": {"alive": alive}},
        lambda console: show.statuses(console, found, moment, alive=alive),
    )
