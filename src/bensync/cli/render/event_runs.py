"""Runs of benefit events, and searches for passive events, on the command line."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from bensync.benefits.engine.run import CaseResult
from bensync.cli.render.console import moment, more, pairs, table
from bensync.pipeline.events import EventRunReport
from bensync.pipeline.passive import SiteSearchResult
from bensync.state.read.event_lists import (
    RemarkLine,
    SearchLine,
    Summary,
)
from bensync.wording.sync import count


def print_report(console: Console, site: str, found: EventRunReport, people: Sequence[CaseResult], most: int) -> None:
    """What a run of events did; with people, what it would have done to each."""
    if not found.counts.get("people"):
        console.print(f"{site}: there is nothing to process.")
        return
    title = f"run {found.run_id} of benefit events" if found.run_id else "the effect of a run; nothing was changed"
    totals = [
        (name.replace("_", " "), f"{number:,}") for name, number in found.counts.items() if number and "." not in name
    ]
    carriers = ("carriers to notify", ", ".join(found.carriers))
    pairs(console, f"{site}: {title}", (*totals, carriers))
    if found.remarks:
        table(console, "Remarks", ("Remark", "Times"), list(found.remarks.items()), right=("Times",))
        if found.run_id:
            console.print("`bensync events summary` shows the event of each remark.")
    rows = [
        (one.case.participant.employee_id, what, row.plan_type, row.coverage, row.terms.plan, row.effective_date)
        for one in people
        for what, rows in (("reversed", one.reversed), ("posted", one.posted))
        for row in rows
    ]
    if rows:
        table(console, "Coverage", ("HR id", "What", "Plan type", "Row", "Plan", "From"), rows[:most])
        if len(rows) > most:
            console.print(f"{len(rows) - most:,} more; --json shows all.")


def print_search_results(console: Console, site: str, found: Sequence[SiteSearchResult]) -> None:
    """What searches for passive events found."""
    if not found:
        console.print(f"{site}: the rulebook has no passive event.")
    for one in found:
        span = f"{one.search.begin} to {one.search.end}"
        console.print(
            f"{site}: {one.search.passive}, {span}: {count(len(one.search.found), 'person', 'people')} found."
        )
        for other in one.overlaps:
            console.print(f"  Days from {other.begin} to {other.end} were searched before; no one is found twice.")


def print_summary(console: Console, site: str, found: Summary | None, lines: Sequence[RemarkLine], total: int) -> None:
    """A run of events with all its totals, and what it remarked."""
    if found is None:
        console.print(f"{site}: no run has processed events yet.")
        return
    pairs(
        console,
        f"{site}: run {found.run_id} of benefit events, {found.state}",
        (
            ("as of", found.as_of),
            ("by", found.actor),
            ("began", f"{moment(found.started_at)} UTC"),
            ("ended", f"{moment(found.ended_at)} UTC" if found.ended_at else ""),
            *((name.replace("_", " "), f"{number:,}") for name, number in found.counts.items() if number),
            ("error", found.error.get("what")),
            ("fix", found.error.get("fix")),
        ),
    )
    rows = [
        (line.code, f"{line.who.employee_id}/{line.event}", line.plan_type, line.plan, line.detail) for line in lines
    ]
    if rows:
        table(console, "Remarks", ("Remark", "Event", "Plan type", "Plan", "Detail"), rows)
        more(console, len(rows), total)


def print_searches(console: Console, site: str, lines: Sequence[SearchLine]) -> None:
    """Searches for passive events."""
    if not lines:
        console.print(f"{site}: no searches for passive events yet.")
        return
    rows = [(line.passive, line.first_day, line.last_day, line.found, line.actor, moment(line.at)) for line in lines]
    columns = ("Passive event", "From", "To", "Found", "Who", "At (UTC)")
    table(console, f"Searches of {site}", columns, rows, right=("Found",), wrap=("To",))
