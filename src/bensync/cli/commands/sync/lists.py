"""The lists of runs, deliveries, issues and audit entries; each shows one entry more closely, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.console import Console

from bensync import api_shapes
from bensync.cli.commands.upkeep import audit as trail
from bensync.cli.invocation import Limit
from bensync.cli.render.audit import print_audit, print_audit_entry
from bensync.cli.render.deliveries import print_deliveries, print_delivery
from bensync.cli.render.issues import print_issue, print_issues
from bensync.cli.render.runs import print_run, print_runs
from bensync.cli.session import session
from bensync.errors import StateError
from bensync.mappings.catalogue import Field, FieldType
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.site_state import SiteState

Number = Annotated[int, typer.Argument(metavar="ID")]
OfDeployment = Annotated[
    bool, typer.Option("--deployment", help="Use the audit trail of the deployment instead of a site's.")
]
Resolved = Annotated[bool, typer.Option("--resolved", help="Include resolved issues.")]


def list_runs(ctx: typer.Context, limit: Limit = None) -> None:
    """List the runs, newest last."""
    lists = _of_every_site(ctx, lambda state: state.lists.runs(session(ctx).limit(limit)))
    session(ctx).answer(
        lambda: {"runs": [api_shapes.sync.run(view) for listing in lists.values() for view in listing.items]},
        lambda console: print_runs(console, lists),
    )


def show_run(ctx: typer.Context, number: Number) -> None:
    """Show one run in full."""
    view = _one(ctx, "run", number, lambda state: state.lists.run(number))
    session(ctx).answer(lambda: {"run": api_shapes.sync.run(view)}, lambda console: print_run(console, view))


def list_deliveries(ctx: typer.Context, limit: Limit = None) -> None:
    """List the deliveries, newest last."""
    lists = _of_every_site(ctx, lambda state: state.lists.deliveries(session(ctx).limit(limit)))
    session(ctx).answer(
        lambda: {
            "deliveries": [
                api_shapes.sync.delivery(file, site) for site, listing in lists.items() for file in listing.items
            ]
        },
        lambda console: print_deliveries(console, lists),
    )


def show_delivery(ctx: typer.Context, number: Number) -> None:
    """Show one delivery and the rows in its file."""
    site = session(ctx).only_site()
    delivery, rows = _one(ctx, "delivery", number, lambda state: _delivery(state, number))
    session(ctx).answer(
        lambda: {"delivery": api_shapes.sync.delivery_detail(delivery, site, rows)},
        lambda console: print_delivery(console, site, delivery, rows),
    )


def list_issues(ctx: typer.Context, resolved: Resolved = False, limit: Limit = None) -> None:
    """List the open data issues, newest last."""
    lists = _of_every_site(ctx, lambda state: state.lists.issues(session(ctx).limit(limit), resolved=resolved))
    session(ctx).answer(
        lambda: {"issues": [api_shapes.sync.issue(view) for listing in lists.values() for view in listing.items]},
        lambda console: print_issues(console, lists),
    )


def show_issue(ctx: typer.Context, number: Number) -> None:
    """Show one data issue."""
    view = _one(ctx, "issue", number, lambda state: state.lists.issue(number))
    session(ctx).answer(lambda: {"issue": api_shapes.sync.issue(view)}, lambda console: print_issue(console, view))


def list_audit(ctx: typer.Context, limit: Limit = None) -> None:
    """List the audit trail, newest last."""
    lists = trail.lists(ctx, limit)
    session(ctx).answer(
        lambda: {"audit": [api_shapes.audit.entry(view) for listing in lists.values() for view in listing.items]},
        lambda console: print_audit(console, lists),
    )


def show_audit(ctx: typer.Context, number: Number, deployment: OfDeployment = False) -> None:
    """Show one audit entry and what it changed."""
    call = session(ctx)
    site = DEPLOYMENT if deployment else call.only_site()
    view = _one(ctx, "audit entry", number, lambda state: state.lists.audit_entry(number), site)

    def show(console: Console) -> None:
        # An entry of the deployment changes settings or accounts, whose names no catalogue of a site knows.
        settings = {change.field: Field(change.field, FieldType.TEXT, change.field) for change in view.changes}
        print_audit_entry(console, view, settings if deployment else call.catalogue(site))

    call.answer(lambda: {"audit": api_shapes.audit.entry(view)}, show)


def _of_every_site(ctx: typer.Context, read: Callable[[SiteState], Any]) -> dict[str, Any]:
    call = session(ctx)
    lists = {}
    with call.store() as store:
        for site in call.sites():
            with store.read(site) as state:
                lists[site] = read(state)
    return lists


def _one(ctx: typer.Context, noun: str, number: int, read: Callable[[SiteState], Any], site: str = "") -> Any:
    call = session(ctx)
    with call.store() as store, store.read(site or call.only_site()) as state:
        entry = read(state)
    if entry is None:
        raise StateError(
            f"There is no {noun} {number}.", "This site has none with that number.", "See the list for the numbers."
        )
    return entry


def _delivery(state: SiteState, number: int) -> Any:
    # In one transaction with its rows: a run may commit a delivery between two reads.
    delivery = state.deliveries.get(number)
    return (delivery, state.lists.delivery_rows(number)) if delivery is not None else None
