"""The status of sites, for people and summed; of many sites, only those that need attention are listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from rich.console import Console

from bensync.cli.render.console import moment, pairs, table
from bensync.cli.render.runs import counts_of, error_of, kind_of, outcome_of
from bensync.core.alerts import Alert
from bensync.core.schedule import OVERDUE
from bensync.core.values.limits import PAGE_SIZE
from bensync.errors import BensyncError
from bensync.state.read.site_status import StatusView
from bensync.wording.sync import count, held_up_terminations

if TYPE_CHECKING:  # the workers are an extra part, which may not be installed
    from bensync.workers.queue import QueueStatus

_FEW = 12
"""Sites that are shown one by one."""


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
        """Return whether the daily run is overdue."""
        return self.due is not None and now - self.due > OVERDUE

    def needs(self, now: datetime) -> str:
        """Return why the site needs attention; empty where it does not."""
        view = self.view
        reasons = (
            f"disabled: {self.broken.what.removesuffix('.')}" if self.broken else "",
            f"failed: {str(view.last_error.error.get('what', view.last_error.state)).removesuffix('.')}"
            if view.last_error
            else "",
            count(view.deliveries_in_trouble, "delivery", "deliveries") + " in trouble"
            if view.deliveries_in_trouble
            else "",
            held_up_terminations(view.held_up),
            "overdue" if self.overdue(now) else "",
            # Several parts of a site can raise the same alert.
            *dict.fromkeys(alert.subject for alert in self.alerts),
        )
        return "; ".join(text for text in reasons if text)


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
    held_up: int
    alerts: dict[str, int]


def summed(glances: Sequence[SiteGlance], now: datetime) -> Total:
    """Return the sum of all sites."""
    pending: Counter[str] = Counter()
    for glance in glances:
        pending.update({kind.value: number for kind, number in glance.view.pending.items()})
    # The part behind the colon names a file or a channel, and would make a total of single alerts.
    keys = Counter(alert.name.partition(":")[0] for glance in glances for alert in glance.alerts)
    return Total(
        sites=len(glances),
        disabled=sum(glance.broken is not None for glance in glances),
        failed=sum(glance.view.last_error is not None for glance in glances),
        overdue=sum(glance.overdue(now) for glance in glances),
        pending=dict(pending),
        issues=sum(glance.view.issues for glance in glances),
        deliveries_in_trouble=sum(glance.view.deliveries_in_trouble for glance in glances),
        held_up=sum(glance.view.held_up for glance in glances),
        alerts=dict(sorted(keys.items())),
    )


def show_all(console: Console, glances: Sequence[SiteGlance], now: datetime) -> None:
    """Print the sites one by one, or of many those that need attention, and their sum."""
    if len(glances) <= _FEW:
        for glance in glances:
            _show(console, glance, now)
    else:
        needing = [(glance, why) for glance in glances if (why := glance.needs(now))]
        rows = [
            (glance.view.site, moment(_at(glance)), sum(glance.view.pending.values()), why) for glance, why in needing
        ]
        need = "needs" if len(needing) == 1 else "need"
        title = f"{count(len(needing), 'site')} of {len(glances):,} {need} attention"
        table(
            console, title, ("Site", "Last sync", "Pending", "Why"), rows[:PAGE_SIZE], right=("Pending",), wrap=("Why",)
        )
        if len(rows) > PAGE_SIZE:
            console.print(f"{len(rows) - PAGE_SIZE:,} more are not shown; --json shows all.")
    if len(glances) > 1:
        _show_total(console, summed(glances, now))


def show_queue(console: Console, standing: QueueStatus) -> None:
    """Print the state of the queue and its workers."""
    waiting = f"{count(standing.waiting, 'job')} waiting"
    workers = count(standing.workers, "worker slot")
    console.print(f"The queue: {waiting}, {standing.at_work:,} running, {workers} alive.")
    if not standing.workers:
        console.print("No worker is alive: start `bensync worker`.")


def _show(console: Console, glance: SiteGlance, now: datetime) -> None:
    if glance.broken is not None:
        error = glance.broken
        pairs(
            console, glance.view.site, zip(("disabled", "why", "fix"), (error.what, error.why, error.fix), strict=True)
        )
    else:
        print_status(console, glance.view, glance.due, now)
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
            ("held up", held_up_terminations(total.held_up)),
            ("alerts", alerts or "none"),
        ),
    )


def _at(glance: SiteGlance) -> datetime | None:
    return glance.view.last_update.ended_at if glance.view.last_update is not None else None


def print_status(console: Console, view: StatusView, due: datetime | None, now: datetime) -> None:
    """Print the status of one site."""
    last = view.last_update
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in view.pending.items())
    trouble = count(view.deliveries_in_trouble, "delivery", "deliveries")
    pairs(
        console,
        view.site,
        (
            ("last sync", f"{moment(last.ended_at)} UTC, {kind_of(last)} by {last.actor}" if last else "never"),
            ("outcome", outcome_of(last) if last else ""),
            ("people", counts_of(last) if last else ""),
            ("file", last.delivery if last else ""),
            ("next run", _next(due, now)),
            ("queue", f"{_pending(sum(view.pending.values()))}: {kinds}" if kinds else "no pending requests"),
            ("data issues", f"{view.issues:,} (`bensync issues`)" if view.issues else "none"),
            ("in trouble", f"{trouble} (`bensync deliveries`)" if view.deliveries_in_trouble else "no deliveries"),
            (
                "held up",
                f"{held_up_terminations(view.held_up)} (`bensync events waiting`)" if view.held_up else "",
            ),
            *(error_of(view.last_error) if view.last_error else ()),
        ),
    )


def _next(due: datetime | None, now: datetime) -> str:
    if due is None:
        return "none; this site receives files (`bensync received`)"
    if now - due > OVERDUE:
        return f"overdue since {moment(due)} UTC"
    return f"{moment(due)} UTC (by the daemon)" if due > now else "due now (by the daemon)"


def _pending(number: int) -> str:
    return f"{count(number, 'request')} wait{'s' if number == 1 else ''}"
