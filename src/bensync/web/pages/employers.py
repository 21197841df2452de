"""The start page: the only employer of a user, or all of them with what each one needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from starlette.responses import Response

from bensync.core.access import Right
from bensync.state.read.site_status import site_statuses
from bensync.state.sync.alerts import open_everywhere
from bensync.web.http.context import Entered, NotFound, PageContext
from bensync.web.http.routing import GlobalRoute, Router

route = Router()


class EmployerListItem(msgspec.Struct, frozen=True):
    """One employer in the list.

    Attributes:
        name: of the site.
        url: its first page.
        seen: whether this user can see its counts.
        updated: the time of the last successful sync.
        failing: whether the sync after that one failed.
        requests: how many are waiting for review.
        kept_back: how many employees have data issues.
        alerts: the open alerts, in words.
    """

    name: str
    url: str
    seen: bool = False
    updated: datetime | None = None
    failing: bool = False
    requests: int = 0
    kept_back: int = 0
    alerts: tuple[str, ...] = ()

    @property
    def troubled(self) -> bool:
        """Whether the employer needs attention."""
        return self.failing or bool(self.alerts)


@route.get("/", GlobalRoute.SIGNED_IN)
def first(context: Entered) -> Response:
    """Open the only site, or list all of them; disabled sites are listed, too, as `sites list` does."""
    urls = {site: url for site in context.sites() if (url := _first_page(context, site))}
    disabled = [(site, error, _explained(context, site)) for site, error in sorted(context.disabled().items())]
    # Most users have one employer, and the list would be one click more each morning.
    if len(urls) == 1 and not disabled:
        return context.go(next(iter(urls.values())))
    employers = _employers(context, urls)
    seen = [employer for employer in employers if employer.seen]
    return context.page(
        "employers.html",
        employers=employers,
        disabled=disabled,
        waiting=sum(employer.requests for employer in seen),
        troubled=sum(employer.troubled for employer in seen),
    )


def _employers(context: PageContext, urls: Mapping[str, str]) -> list[EmployerListItem]:
    """Return the employers, those that need attention first, then those with most requests."""
    may = {site for site in urls if _may(context, Right.SEE_OVERVIEW, site)}
    employers = [EmployerListItem(site, url) for site, url in urls.items() if site not in may]
    if may:
        # One statement for all sites: a transaction for each would make this page slow with hundreds of employers.
        with context.store.whole() as connection:
            statuses, alerts = site_statuses(connection), open_everywhere(connection)
        for site in may:
            status = statuses.get(site)
            employers.append(
                EmployerListItem(
                    site,
                    urls[site],
                    seen=True,
                    updated=status.last_update.ended_at if status and status.last_update else None,
                    failing=status is not None and status.last_error is not None,
                    requests=sum(status.pending.values()) if status else 0,
                    kept_back=status.issues if status else 0,
                    alerts=tuple(alert.subject for alert in alerts.get(site, ())),
                )
            )
    return sorted(employers, key=lambda employer: (not employer.troubled, -employer.requests, employer.name))


def _may(context: PageContext, right: Right, site: str) -> bool:
    return context.user is not None and context.user.actor(site).may(right, site)


def _explained(context: PageContext, site: str) -> bool:
    """Return whether the user can see why a site is disabled, as everybody can who can start its syncs."""
    # The cause quotes the configuration, with names of files and hosts.
    return _may(context, Right.RUN, site)


def _first_page(context: PageContext, site: str) -> str:
    if context.user is None:
        raise NotFound
    if _may(context, Right.SEE_OVERVIEW, site):
        return f"/sites/{site}"
    return f"/sites/{site}/own" if _may(context, Right.SEE_OWN, site) else ""
