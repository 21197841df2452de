"""The overview of a site: the last sync and the next one, requests, and problems."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.responses import Response

from bensync.actions.authorization import PEOPLE, RELEASES, waiting
from bensync.core.access import Right
from bensync.web.http.context import Entered
from bensync.web.http.routing import SITE_PAGES, MenuEntry, Router
from bensync.web.shared import charts
from bensync.web.shared.pending_approvals import accounts_of_site, pending_account_approvals
from bensync.wording import coverage

route = Router(SITE_PAGES)


@route.get("", Right.SEE_OVERVIEW, menu=MenuEntry("Overview", 10))
def overview(context: Entered) -> Response:
    """Show the overview."""
    today = context.now.date()
    receives = context.app.deployment.receives(context.site)
    with context.read() as state:
        screens = state.filtered
        glance = screens.status()
        schedule = context.app.deployment.settings.schedule
        due = None if receives else schedule.next_run(context.now, state.metrics.today(context.now))
        values: dict[str, Any] = {
            "glance": glance,
            "last": glance.last_update,
            "due": due,
            "tallies": screens.tallies(),
            "causes": screens.causes() if context.may(Right.SEE_REQUESTS) else {},
            "chart": charts.changes(screens.days(today - timedelta(days=charts.DAYS - 1)), today),
            "rates": charts.fill_rates(screens.fill_rates(), context.catalogue),
            "deliveries_in_trouble": screens.deliveries_in_trouble(),
            "tally": state.events.tally(),
            "releases": waiting(state, context.now, RELEASES) if context.may(Right.RELEASE) else [],
            "people": waiting(state, context.now, PEOPLE) if context.may(Right.CORRECT) else [],
            "users": [],
            "cobra": coverage.deadline_counts(state.events.cobra_records(), context.lexicon, today),
        }
    if context.may(Right.MANAGE_USERS):
        values["users"] = pending_account_approvals(context, accounts_of_site(context))
    return context.page("overview.html", job=context.app.jobs.at_work(context.site), receives=receives, **values)
