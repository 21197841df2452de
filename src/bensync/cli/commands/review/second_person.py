"""Actions that wait for a second person, on the command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from bensync import api_shapes
from bensync.actions.authorization import waiting_everywhere
from bensync.cli.invocation import now
from bensync.cli.render.console import moment, table, whose
from bensync.cli.session import CliSession
from bensync.state.audit.entries import PendingApproval
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.store import Store

if TYPE_CHECKING:  # loaded when somebody waits
    from bensync.api_shapes.users import Waiting


def waiting(call: CliSession, store: Store, acts: Iterable[str]) -> list[PendingApproval]:
    """Return the pending approvals of these acts, of the deployment and of the named site, or of all sites."""
    sites = (DEPLOYMENT, *call.deployment().every(call.site))
    return waiting_everywhere(store, sites, now(), acts)


def shape(approvals: Iterable[PendingApproval]) -> list[Waiting]:
    """Return the JSON shapes of pending approvals."""
    return [api_shapes.users.waiting(pending) for pending in approvals]


def show(console: Console, approvals: Sequence[PendingApproval]) -> None:
    """Print pending approvals as a table; print nothing where there are none."""
    if not approvals:
        return
    rows = [
        (whose(pending.site), pending.act, pending.subject, pending.actor, moment(pending.at)) for pending in approvals
    ]
    table(console, "Waiting for a second person, for up to a day", ("Of", "What", "Exactly", "First", "At (UTC)"), rows)
