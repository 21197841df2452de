"""Data issues on the command line."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console

from bensync.cli.render.console import moment, more, pairs, table
from bensync.state.read.lists import (
    IssueView,
    Listing,
)
from bensync.wording.sync import issue_detail


def print_issues(console: Console, lists: Mapping[str, Listing[IssueView]]) -> None:
    """Print the data issues of every site."""
    for site, listing in lists.items():
        if not listing.items:
            console.print(f"{site}: there are no data issues.")
            continue
        rows = [
            (
                view.id,
                view.employee_id,
                view.code,
                issue_detail(view.code, view.detail),
                moment(view.first_seen),
                moment(view.resolved_at or view.last_seen),
                "resolved" if view.resolved_at else "open",
            )
            for view in listing.items
        ]
        columns = ("ID", "HR id", "Issue", "What to look at", "Since (UTC)", "Last (UTC)", "State")
        table(console, f"Data issues of {site}", columns, rows, right=("ID",), wrap=("What to look at",))
        more(console, len(listing.items), listing.total)


def print_issue(console: Console, view: IssueView) -> None:
    """Print one data issue."""
    pairs(
        console,
        f"{view.site}: issue {view.id}, {view.code}",
        (
            ("HR employee", view.employee_id),
            ("look at", issue_detail(view.code, view.detail)),
            ("since", f"{moment(view.first_seen)} UTC"),
            ("last seen", f"{moment(view.last_seen)} UTC"),
            ("resolved", f"{moment(view.resolved_at)} UTC" if view.resolved_at else "not yet; every run tries again"),
        ),
    )
