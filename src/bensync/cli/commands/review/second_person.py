"""What waits for a second person, at the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console

from bensync.actions.authorization import waiting_everywhere
from bensync.cli.invocation import now
from bensync.cli.render.console import moment, table, whose
from bensync.cli.session import CliSession
from bensync.state.audit.entries import PendingApproval
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.store import Store


def waiting(here: CliSession, store: Store, acts: Iterable[str]) -> list[PendingApproval]:
    """Which of these acts wait, in the deployment and at the site that is named, or all sites."""
    sites = (DEPLOYMENT, *here.deployment().every(here.site))
    return waiting_everywhere(store, sites, now(), acts)


def shape(halves: Iterable[PendingApproval]) -> list[dict[str, Any]]:
    """The same for scripts."""
    return [
        {"site": one.site, "act": one.act, "object": one.subject, "first": one.actor, "at": one.at} for one in halves
    ]


def show(console: Console, halves: Sequence[PendingApproval]) -> None:
    """The same for people; nothing where nothing waits."""
    if not halves:
        return
    rows = [(whose(one.site), one.act, one.subject, one.actor, moment(one.at)) for one in halves]
    table(console, "Waiting for a second person, for up to a day", ("Of", "What", "Exactly", "First", "At (UTC)"), rows)
