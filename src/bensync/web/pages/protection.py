"""Data protection of a site: legal holds, retention periods, the safeguards of HIPAA, and every store of data."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from bensync.core.access import Right
from bensync.retention.kinds import KINDS, Kind
from bensync.retention.plan import RetentionPlan
from bensync.retention.safeguards import SAFEGUARDS
from bensync.retention.stores import FILES, TABLES
from bensync.web.http.context import Entered, PageContext
from bensync.web.http.routing import SITE_PAGES, MenuEntry, Router
from bensync.wording import retention

route = Router(SITE_PAGES)

_DELETED = "retention.apply"


@route.get("/protection", Right.SEE_AUDIT, menu=MenuEntry("Data protection", 130))
def protection(context: Entered) -> Response:
    """Show the legal holds, the retention periods, the safeguards and the stores."""
    return _page(context, None)


@route.post("/protection/preview", Right.SEE_AUDIT)
def preview(context: Entered) -> Response:
    """Show the same, with what a retention run would delete today."""
    # A form and not an address: the preview makes runs of the site wait, which no link and no prefetch should do.
    return _page(context, context.actions.preview_retention())


def _page(context: PageContext, plan: RetentionPlan | None) -> Response:
    periods = context.app.deployment.settings.retention.periods()
    with context.read() as state:
        holds = [(hold, state.lists.participants_of(hold.employee_id)) for hold in state.holds.open()]
        # The verb is the beginning of those of two approvals, too.
        entries = state.filtered.audit_page(1, verb=_DELETED).items
        last = next((entry for entry in entries if entry.verb == _DELETED), None)
    return context.page(
        "protection.html",
        plan=plan,
        kept=retention.kept(plan) if plan is not None else [],
        mixed=retention.MIXED,
        holds=holds,
        last=last,
        kinds=[(rule, periods.of(kind)) for kind, rule in KINDS.items()],
        labels={kind: rule.label for kind, rule in KINDS.items()},
        safeguards=SAFEGUARDS,
        stores=[(store, _kept(store.kinds, store.until)) for store in (*TABLES, *FILES)],
        deletes=context.may(Right.DELETE_RECORDS),
    )


def _kept(kinds: Sequence[Kind], until: str) -> str:
    return ", ".join(KINDS[kind].label for kind in kinds) or until
