"""Deliveries on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console

from bensync.cli.render.console import moment, more, pairs, table
from bensync.core.runs import Delivery
from bensync.state.read.lists import (
    DeliveryRowView,
    Listing,
)
from bensync.wording.sync import size


def print_deliveries(console: Console, lists: Mapping[str, Listing[Delivery]]) -> None:
    """The deliveries of every site."""
    for site, listing in lists.items():
        if not listing.items:
            console.print(f"{site}: there are no deliveries yet.")
            continue
        rows = [
            (
                found.id,
                found.name,
                found.state,
                f"{found.rows:,}",
                size(found.size),
                found.attempts,
                moment(found.committed_at) or f"made {moment(found.created_at)}",
            )
            for found in listing.items
        ]
        columns = ("ID", "File", "State", "Rows", "Size", "Failed", "Delivered (UTC)")
        table(console, f"Deliveries of {site}", columns, rows, right=("ID", "Rows", "Size", "Failed"), wrap=("File",))
        more(console, len(listing.items), listing.total)


def print_delivery(console: Console, site: str, found: Delivery, rows: Sequence[DeliveryRowView]) -> None:
    """One delivery and whom it told about."""
    pairs(
        console,
        f"{site}: delivery {found.id}, {found.name}",
        (
            ("state", found.state),
            ("run", found.run_id),
            ("rows", f"{found.rows:,}"),
            ("size", size(found.size)),
            ("SHA-256", found.sha256),
            ("made", f"{moment(found.created_at)} UTC"),
            ("delivered", f"{moment(found.committed_at)} UTC" if found.committed_at else ""),
            ("failed tries", found.attempts),
            ("error", found.error.get("what")),
            ("why", found.error.get("why")),
            ("fix", found.error.get("fix")),
        ),
    )
    table(
        console,
        "",
        ("Row", "HR id", "Kind", "Fields"),
        [(row.number, row.employee_id, row.kind, ", ".join(row.fields)) for row in rows],
        right=("Row",),
        wrap=("Kind", "Fields"),
    )
