"""The overview of a site: the last update, the next one, what waits, and what is in trouble."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from bensync.actions.authorization import RELEASES, waiting
from bensync.actions.users import everybody
from bensync.core.access import Right
from bensync.web.http.context import Entered
from bensync.web.pages import charts
from bensync.web.pages.access.users import halves
from bensync.web.pages.benefits.events import due_of

router = APIRouter()


@router.get("/sites/{site}")
def overview(visit: Entered) -> Response:
    """Everything at a glance."""
    today = visit.now.date()
    receives = visit.hall.deployment.receives(visit.site)
    with visit.look() as work:
        screens = work.screens
        glance = screens.status()
        schedule = visit.hall.deployment.settings.schedule
        due = None if receives else schedule.next_run(visit.now, work.figures.today(visit.now))
        values: dict[str, Any] = {
            "glance": glance,
            "last": glance.last_update,
            "due": due,
            "tallies": screens.tallies(),
            "causes": screens.causes() if visit.may(Right.SEE_REQUESTS) else {},
            "chart": charts.changes(screens.days(today - timedelta(days=charts.DAYS - 1)), today),
            "rates": charts.fill_rates(screens.fill_rates(), visit.catalogue),
            "trouble": screens.deliveries_in_trouble(),
            "tally": work.events.tally(),
            "releases": waiting(work, visit.now, RELEASES) if visit.may(Right.RELEASE) else [],
            "users": [],
            "cobra": due_of(work, visit.lexicon, today),
        }
    if visit.may(Right.MANAGE_USERS):
        here = [one for one in everybody(visit.store) if any(given.site == visit.site for given in one.grants)]
        values["users"] = halves(visit, here)
    return visit.page("overview.html", turn=visit.hall.turns.at_work(visit.site), receives=receives, **values)
