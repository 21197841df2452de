"""The first page: the only employer that somebody works for, or all of them with what each one needs."""

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
        way: where its pages begin.
        seen: whether this person may see its figures.
        updated: when HR was last compared and all went well.
        failing: whether the update after that one failed.
        requests: how many wait for a decision.
        kept_back: how many people are kept back.
        alerts: what lasts, in words.
    """

    name: str
    way: str
    seen: bool = False
    updated: datetime | None = None
    failing: bool = False
    requests: int = 0
    kept_back: int = 0
    alerts: tuple[str, ...] = ()

    @property
    def troubled(self) -> bool:
        """Whether somebody should look at it first."""
        return self.failing or bool(self.alerts)


@route.get("/", GlobalRoute.SIGNED_IN)
def first(context: Entered) -> Response:
    """Where somebody goes first: the only site, or a choice; sites that are disabled are told, as `sites list` does."""
    ways = {site: way for site in context.sites() if (way := _way_in(context, site))}
    disabled = [(site, error, _explained(context, site)) for site, error in sorted(context.disabled().items())]
    if len(ways) == 1 and not disabled:
        return context.go(next(iter(ways.values())))
    employers = _employers(context, ways)
    seen = [one for one in employers if one.seen]
    return context.page(
        "employers.html",
        employers=employers,
        disabled=disabled,
        waiting=sum(one.requests for one in seen),
        troubled=sum(one.troubled for one in seen),
    )


def _employers(context: PageContext, ways: Mapping[str, str]) -> list[EmployerListItem]:
    """Who is in trouble first, then who has most to decide; figures only where somebody may see them."""
    may = {site for site in ways if _may(context, Right.SEE_OVERVIEW, site)}
    found = [EmployerListItem(site, way) for site, way in ways.items() if site not in may]
    if may:
        with context.store.whole() as connection:
            stands, alerts = site_statuses(connection), open_everywhere(connection)
        for site in may:
            stand = stands.get(site)
            found.append(
                EmployerListItem(
                    site,
                    ways[site],
                    seen=True,
                    updated=stand.last_update.ended_at if stand and stand.last_update else None,
                    failing=stand is not None and stand.last_error is not None,
                    requests=sum(stand.pending.values()) if stand else 0,
                    kept_back=stand.issues if stand else 0,
                    alerts=tuple(alert.subject for alert in alerts.get(site, ())),
                )
            )
    return sorted(found, key=lambda one: (not one.troubled, -one.requests, one.name))


def _may(context: PageContext, right: Right, site: str) -> bool:
    return context.user is not None and context.user.actor(site).may(right, site)


def _explained(context: PageContext, site: str) -> bool:
    """Whether somebody may read what is wrong with the file of a site: who may start its runs can see to it."""
    return _may(context, Right.RUN, site)


def _way_in(context: PageContext, site: str) -> str:
    if context.user is None:
        raise NotFound
    if _may(context, Right.SEE_OVERVIEW, site):
        return f"/sites/{site}"
    return f"/sites/{site}/own" if _may(context, Right.SEE_OWN, site) else ""
