"""Audit entries on the command line."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console

from bensync.cli.render.console import moment, more, pairs, table, whose
from bensync.cli.render.requests import print_changes
from bensync.mappings.catalogue import Catalogue
from bensync.state.read.lists import (
    AuditView,
    Listing,
)


def print_audit(console: Console, lists: Mapping[str, Listing[AuditView]]) -> None:
    """Print the newest audit entries of every trail."""
    for site, listing in lists.items():
        if not listing.items:
            console.print(f"{site}: there are no audit entries yet.")
            continue
        rows = [(view.id, moment(view.at), view.actor, view.verb, view.object, view.reason) for view in listing.items]
        table(
            console,
            f"Audit trail of {whose(site)}",
            ("ID", "At (UTC)", "Who", "Did", "To", "Reason"),
            rows,
            right=("ID",),
            wrap=("To", "Reason"),
        )
        more(console, len(listing.items), listing.total)


def print_audit_entry(console: Console, view: AuditView, catalogue: Catalogue) -> None:
    """Print one audit entry and its changes."""
    pairs(
        console,
        f"{view.site}: audit entry {view.id}",
        (
            ("at", f"{moment(view.at)} UTC"),
            ("who", view.actor),
            ("did", view.verb),
            ("to", view.object),
            ("reason", view.reason),
        ),
    )
    if view.changes:
        print_changes(console, view.changes, catalogue)
