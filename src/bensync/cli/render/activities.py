"""Activities on the command line."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from bensync.cli.render.console import more, table
from bensync.state.read.event_lists import (
    ActivityLine,
)


def print_activities(console: Console, site: str, lines: Sequence[ActivityLine], total: int) -> None:
    """Print activities, one a line."""
    if not lines:
        console.print(f"{site}: no activities match.")
        return
    rows = [
        (
            f"{line.who.employee_id}/{line.activity.id}",
            line.who.name,
            line.activity.event_class or "edit",
            line.activity.event_date,
            line.activity.source,
            line.activity.action,
            line.activity.state,
            "final" if line.activity.final else "",
        )
        for line in lines
    ]
    columns = ("Activity", "Name", "Class", "Date", "Source", "Action", "State", "Look at")
    table(console, f"Activities of {site}", columns, rows, wrap=("Name",))
    more(console, len(lines), total)
