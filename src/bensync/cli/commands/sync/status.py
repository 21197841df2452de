"""The status of every site at a glance, and of all summed: the last update, the next run, what waits, what is wrong."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
import typer
from rich.console import Console

from bensync import api_shapes
from bensync.actions.authorization import EVERY_ACT
from bensync.cli.commands.review import second_person
from bensync.cli.commands.setup import optional_workers
from bensync.cli.invocation import Answer, now
from bensync.cli.render import site_status
from bensync.cli.render.site_status import SiteGlance
from bensync.cli.session import CliSession, session
from bensync.daemon.health import answers
from bensync.errors import StateError
from bensync.state.read.metrics import SiteActivity, today_everywhere
from bensync.state.read.site_status import StatusView, site_statuses
from bensync.state.store import Store
from bensync.state.sync.alerts import open_everywhere

if TYPE_CHECKING:  # the workers are an extra part, which may not be installed
    from bensync.workers.queue import QueueStatus


def status(ctx: typer.Context) -> None:
    """Show the status of every site, the most urgent first.

    For each site: the last sync, the next run, pending requests, data issues, alerts, and deliveries in trouble.
    Without --site the sites are also summed, and the daemon is checked.
    """
    call = session(ctx)
    moment = now()
    listen = call.deployment().settings.daemon.listen

    with call.store() as store:
        glances = _look(call, store, moment)
        standing = _standing(call, store)
        halves = second_person.waiting(call, store, EVERY_ACT)
    # After the database is closed: a daemon that does not answer keeps us waiting, and no transaction with us.
    alive = answers(listen) if listen else None

    def shape() -> Answer:
        report = api_shapes.status.report
        total = msgspec.structs.asdict(site_status.summed(glances, moment))
        answer: dict[str, Any] = {
            "sites": [report(site.view, site.due, moment, site.alerts, site.broken) for site in glances],
            "total": api_shapes.status.SiteTotal.model_validate(total),
            "daemon": api_shapes.status.DaemonState(alive=alive),
            "waiting": second_person.shape(halves),
        }
        if standing is not None:
            answer["queue"] = api_shapes.status.QueueState(
                waiting=standing.waiting, at_work=standing.at_work, workers=standing.workers
            )
        return answer

    def show(console: Console) -> None:
        site_status.show_all(console, glances, moment)
        if standing is not None:
            site_status.show_queue(console, standing)
        second_person.show(console, halves)
        if alive is not None:
            console.print(
                "The daemon is alive." if alive else "The daemon does not answer, so nothing runs automatically."
            )

    call.answer(shape, show)


def _look(call: CliSession, store: Store, moment: datetime) -> list[SiteGlance]:
    """Return all sites from one transaction, with as many statements for a thousand of them as for one."""
    deployment, broken = call.deployment(), call.deployment().broken
    benefits = any(
        deployment.settings.sites[site].intake_rules().processes_benefits
        for site in deployment.every(call.site)
        if site not in broken
    )
    with store.whole() as connection:
        stands = site_statuses(connection, call.site, processes_benefits=benefits)
        today = today_everywhere(connection, moment, call.site)
        alerts = open_everywhere(connection, call.site)
    glances = []
    for site in deployment.every(call.site):
        due = None
        if site not in broken and not deployment.receives(site):
            due = deployment.settings.schedule.next_run(moment, today.get(site, SiteActivity()))
        # A site that has never run has no row, but is a site all the same.
        view = stands.get(site, StatusView(site))
        glances.append(SiteGlance(view, due, tuple(alerts.get(site, ())), broken.get(site)))
    return glances


def _standing(call: CliSession, store: Store) -> QueueStatus | None:
    """Return the counts of the queue; None without a queue, or where one site is named."""
    job_queue = optional_workers.queue(call.deployment(), store) if call.site is None else None
    if job_queue is None:
        return None
    try:
        with job_queue as queue:
            return queue.status()
    except StateError:  # nobody has made its tables yet
        return None
