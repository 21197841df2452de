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
    """Print the deliveries of every site."""
    for site, listing in lists.items():
        if not listing.items:
            console.print(f"{site}: there are no deliveries yet.")
            continue
        rows = [
            (
                delivery.id,
                delivery.name,
                delivery.state,
                f"{delivery.rows:,}",
                size(delivery.size),
                delivery.attempts,
                # A file that has not arrived shows when it was made, so that its age can be seen.
                moment(delivery.committed_at) or f"made {moment(delivery.created_at)}",
            )
            for delivery in listing.items
        ]
        columns = ("ID", "File", "State", "Rows", "Size", "Failed", "Delivered (UTC)")
        table(console, f"Deliveries of {site}", columns, rows, right=("ID", "Rows", "Size", "Failed"), wrap=("File",))
        more(console, len(listing.items), listing.total)


def print_delivery(console: Console, site: str, delivery: Delivery, rows: Sequence[DeliveryRowView]) -> None:
    """Print one delivery and the rows in its file."""
    pairs(
        console,
        f"{site}: delivery {delivery.id}, {delivery.name}",
        (
            ("state", delivery.state),
            ("run", delivery.run_id),
            ("rows", f"{delivery.rows:,}"),
            ("size", size(delivery.size)),
            ("SHA-256", delivery.sha256),
            ("made", f"{moment(delivery.created_at)} UTC"),
            ("delivered", f"{moment(delivery.committed_at)} UTC" if delivery.committed_at else ""),
            ("failed tries", delivery.attempts),
            ("error", delivery.error.get("what")),
            ("why", delivery.error.get("why")),
            ("fix", delivery.error.get("fix")),
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
