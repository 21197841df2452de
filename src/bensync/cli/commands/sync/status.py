"""The status of every site at a glance, and of all summed: the last update, the next run, what waits, what is wrong."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

from bensync import api_shapes
from bensync.actions.authorization import EVERY_ACT
from bensync.cli.commands.review import second_person
from bensync.cli.commands.setup import workers_extra
from bensync.cli.invocation import now
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

    Without --site all of them are summed too, and told whether the daemon is alive.
    """
    here = session(ctx)
    moment = now()
    listen = here.deployment().settings.daemon.listen

    with here.store() as store:
        found = _look(here, store, moment)
        standing = _standing(here, store)
        halves = second_person.waiting(here, store, EVERY_ACT)
    alive = answers(listen) if listen else None

    def shape() -> dict[str, Any]:
        report = api_shapes.status.report
        answer: dict[str, Any] = {
            "sites": [report(site.view, site.due, moment, site.alerts, site.broken) for site in found],
            "total": site_status.summed(found, moment).as_json(),
            "daemon": {"alive": alive},
            "waiting": second_person.shape(halves),
        }
        if standing is not None:
            answer["queue"] = {"waiting": standing.waiting, "at_work": standing.at_work, "workers": standing.workers}
        return answer

    def tell(console: Console) -> None:
        site_status.show_all(console, found, moment)
        if standing is not None:
            site_status.show_queue(console, standing)
        second_person.show(console, halves)
        if alive is not None:
            console.print(
                "The daemon is alive." if alive else "The daemon does not answer, so nothing runs automatically."
            )

    here.answer(shape, tell)


def _look(here: CliSession, store: Store, moment: datetime) -> list[SiteGlance]:
    """One look at all sites, in one picture, with as many statements for a thousand of them as for one."""
    deployment, broken = here.deployment(), here.deployment().broken
    with store.whole() as connection:
        stands = site_statuses(connection, here.site)
        today = today_everywhere(connection, moment, here.site)
        alerts = open_everywhere(connection, here.site)
    found = []
    for site in deployment.every(here.site):
        due = None
        if site not in broken and not deployment.receives(site):
            due = deployment.settings.schedule.next_run(moment, today.get(site, SiteActivity()))
        view = stands.get(site, StatusView(site))
        found.append(SiteGlance(view, due, tuple(alerts.get(site, ())), broken.get(site)))
    return found


def _standing(here: CliSession, store: Store) -> QueueStatus | None:
    """The queue in numbers, where the deployment has one and nobody asked for one site."""
    found = workers_extra.queue(here.deployment(), store) if here.site is None else None
    if found is None:
        return None
    try:
        with found as queue:
            return queue.status()
    except StateError:  # nobody has made its tables yet
        return None
