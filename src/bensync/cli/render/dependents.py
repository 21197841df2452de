"""Dependents and beneficiaries on the command line."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from bensync.cli.render.console import table
from bensync.wording.families import DependentView


def print_dependents(console: Console, title: str, people: Sequence[DependentView]) -> None:
    """Print the dependents of one person, with the plan types that cover each."""
    if not people:
        console.print("There are no dependents or beneficiaries.")
        return
    rows = [
        (
            view.number,
            view.name,
            view.relationship or "",
            view.birth_date,
            view.ssn,
            ", ".join(name for name in ("student", "disabled", "smoker") if getattr(view, name)),
            view.since,
            f"dropped: {view.dropped}" if view.dropped else ", ".join(view.covered),
        )
        for view in people
    ]
    columns = ("No.", "Name", "Relationship", "Born", "SSN", "Marked", "Since", "Covered by")
    table(console, title, columns, rows, right=("No.",), wrap=("Name", "Covered by"))
