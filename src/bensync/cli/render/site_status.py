"""Sites at a glance: as JSON, for people, and summed; of many only those are shown that somebody must look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Console

from bensync.cli.render import show
from bensync.cli.render.console import moment, pairs, table
from bensync.core.alerts import Alert
from bensync.core.schedule import OVERDUE
from bensync.errors import BensyncError
from bensync.state.read.site_status import StatusView
from bensync.wording.sync import count

if TYPE_CHECKING:  # the workers are an extra part, which may not be installed
    from bensync.workers.queue import QueueStatus

_FEW = 12
"""Sites that are shown one by one."""
_SHOWN = 50


class SiteGlance(msgspec.Struct, frozen=True):
    """One site.

    Attributes:
        view: what the database knows.
        due: when the daily run is due; None where there is none.
        alerts: what is wrong now.
        broken: what is wrong with its own file, so that nothing is done for it.
    """

    view: StatusView
    due: datetime | None
    alerts: tuple[Alert, ...]
    broken: BensyncError | None

    def overdue(self, now: datetime) -> bool:
        """Whether its run should have begun long ago."""
        return self.due is not None and now - self.due > OVERDUE

    def needs(self, now: datetime) -> str:
        """Why somebody must look at it; empty where nobody need."""
        view = self.view
        told = (
            f"disabled: {self.broken.what}" if self.broken else "",
            f"failed: {view.last_error.error.get('what', view.last_error.state)}" if view.last_error else "",
            count(view.deliveries_in_trouble, "delivery", "deliveries") + " in trouble"
            if view.deliveries_in_trouble
            else "",
            "overdue" if self.overdue(now) else "",
            *dict.fromkeys(alert.subject for alert in self.alerts),
        )
        return "; ".join(text for text in told if text)


class Total(msgspec.Struct, frozen=True):
    """All of them summed.

    Attributes:
        failed: sites whose newest run failed.
        alerts: how many are open, by key.
    """

    sites: int
    disabled: int
    failed: int
    overdue: int
    pending: dict[str, int]
    issues: int
    deliveries_in_trouble: int
    alerts: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """The shape that scripts rely on."""
        return msgspec.structs.asdict(self)


def summed(found: Sequence[SiteGlance], now: datetime) -> Total:
    """The sum."""
    pending: Counter[str] = Counter()
    for glance in found:
        pending.update({kind.value: number for kind, number in glance.view.pending.items()})
    keys = Counter(alert.name.partition(":")[0] for glance in found for alert in glance.alerts)
    return Total(
        sites=len(found),
        disabled=sum(glance.broken is not None for glance in found),
        failed=sum(glance.view.last_error is not None for glance in found),
        overdue=sum(glance.overdue(now) for glance in found),
        pending=dict(pending),
        issues=sum(glance.view.issues for glance in found),
        deliveries_in_trouble=sum(glance.view.deliveries_in_trouble for glance in found),
        alerts=dict(sorted(keys.items())),
    )


def show_all(console: Console, found: Sequence[SiteGlance], now: datetime) -> None:
    """One by one, or of many those that need somebody; and the sum."""
    if len(found) <= _FEW:
        for glance in found:
            _show(console, glance, now)
    else:
        needing = [(glance, why) for glance in found if (why := glance.needs(now))]
        rows = [(one.view.site, moment(_at(one)), sum(one.view.pending.values()), why) for one, why in needing]
        title = f"{count(len(needing), 'site')} of {len(found):,} need attention"
        table(console, title, ("Site", "Last sync", "Pending", "Why"), rows[:_SHOWN], right=("Pending",), wrap=("Why",))
        if len(rows) > _SHOWN:
            console.print(f"{len(rows) - _SHOWN:,} more are not shown; --json shows all.")
    if len(found) > 1:
        _show_total(console, summed(found, now))


def show_queue(console: Console, standing: QueueStatus) -> None:
    """How the workers stand."""
    waiting = f"{count(standing.waiting, 'job')} waiting"
    workers = count(standing.workers, "worker slot")
    console.print(f"The queue: {waiting}, {standing.at_work:,} running, {workers} alive.")
    if not standing.workers:
        console.print("No worker is alive: start `bensync worker`.")


def _show(console: Console, glance: SiteGlance, now: datetime) -> None:
    if glance.broken is not None:
        error = glance.broken
        pairs(console, glance.view.site, (("disabled", error.what), ("why", error.why), ("fix", error.fix)))
    else:
        show.status(console, glance.view, glance.due, now)
    for alert in glance.alerts:
        console.print(f"  alert since {moment(alert.raised_at)} UTC: {alert.subject}", soft_wrap=True)


def _show_total(console: Console, total: Total) -> None:
    alerts = ", ".join(f"{number:,} {key}" for key, number in total.alerts.items())
    pairs(
        console,
        f"All {total.sites:,} sites",
        (
            ("disabled", f"{total.disabled:,}" if total.disabled else ""),
            ("failed", f"{total.failed:,}" if total.failed else ""),
            ("overdue", f"{total.overdue:,}" if total.overdue else ""),
            ("queue", count(sum(total.pending.values()), "request")),
            ("data issues", f"{total.issues:,}"),
            ("in trouble", count(total.deliveries_in_trouble, "delivery", "deliveries")),
            ("alerts", alerts or "none"),
        ),
    )


def _at(glance: SiteGlance) -> datetime | None:
    return glance.view.last_update.ended_at if glance.view.last_update is not None else None
