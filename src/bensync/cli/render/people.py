"""Participants on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console

from bensync.cli.render.console import moment, more, pairs, table
from bensync.mappings.catalogue import Catalogue
from bensync.state.read.lists import (
    Listing,
    PersonDetail,
    PersonView,
)
from bensync.wording.sync import label


def print_people(console: Console, lists: Mapping[str, Listing[PersonView]]) -> None:
    """Print the participants of every site."""
    for site, listing in lists.items():
        if not listing.items:
            console.print(f"{site}: there are no participants yet.")
            continue
        rows = [
            (
                view.employee_id,
                view.name,
                view.ssn,
                view.status,
                view.hire_date,
                view.termination_date,
                view.hr_status,
                # The name that commands take where an HR id has several participants.
                f"p{view.id}",
            )
            for view in listing.items
        ]
        columns = ("HR id", "Name", "SSN", "Status", "Hired", "Terminated", "HR said", "No.")
        table(console, f"Participants of {site}", columns, rows, wrap=("Name",))
        more(console, len(listing.items), listing.total)


def print_person(console: Console, detail: PersonDetail, pending: Sequence[int], catalogue: Catalogue) -> None:
    """Print one participant with all approved values."""
    who = detail.person
    pairs(
        console,
        f"{who.site}: {who.name}, participant {who.id}",
        (
            ("HR employee", who.employee_id),
            ("status", who.status),
            ("HR said", who.hr_status),
            ("hired", who.hire_date),
            ("terminated", who.termination_date),
            ("program", who.program),
            ("last change", f"{moment(who.updated_at)} UTC"),
            ("requests", ", ".join(map(str, pending)) if pending else "none pending"),
        ),
    )
    table(
        console,
        "",
        ("Field", "Approved value"),
        [(label(name, catalogue), value) for name, value in detail.values.items()],
        wrap=("Approved value",),
    )
    if detail.activities:
        rows = [(trace.event_date, trace.event_class, trace.action) for trace in detail.activities]
        table(console, "Activities", ("Date", "Class", "What"), rows)
