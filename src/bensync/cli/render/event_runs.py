"""Runs of benefit events, and searches for passive events, on the command line."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from bensync.benefits.engine.run import CaseResult
from bensync.cli.render.console import moment, more, pairs, table
from bensync.pipeline.benefits.events import EventRunReport
from bensync.pipeline.benefits.passive_events import SiteSearchResult
from bensync.state.read.event_lists import (
    RemarkLine,
    SearchLine,
    Summary,
)
from bensync.wording.sync import count


def print_report(console: Console, site: str, report: EventRunReport, people: Sequence[CaseResult], most: int) -> None:
    """Print the result of a run of events; with people, its effect on each of them."""
    if not report.counts.get("people"):
        console.print(f"{site}: there is nothing to process.")
        return
    title = f"run {report.run_id} of benefit events" if report.run_id else "the effect of a run; nothing was changed"
    totals = [
        # Names with a dot count the stages of all events, which are no result of this run.
        (name.replace("_", " "), f"{number:,}")
        for name, number in report.counts.items()
        if number and "." not in name
    ]
    carriers = ("carriers to notify", ", ".join(report.carriers))
    pairs(console, f"{site}: {title}", (*totals, carriers))
    if report.remarks:
        table(console, "Remarks", ("Remark", "Times"), list(report.remarks.items()), right=("Times",))
        if report.run_id:
            console.print("`bensync events summary` shows the event of each remark.")
    rows = [
        (result.case.participant.employee_id, what, row.plan_type, row.coverage, row.terms.plan, row.effective_date)
        for result in people
        # Reversed rows first: they explain why the posted ones follow.
        for what, rows in (("reversed", result.reversed), ("posted", result.posted))
        for row in rows
    ]
    if rows:
        table(console, "Coverage", ("HR id", "What", "Plan type", "Row", "Plan", "From"), rows[:most])
        if len(rows) > most:
            console.print(f"{len(rows) - most:,} more; --json shows all.")


def print_search_results(console: Console, site: str, results: Sequence[SiteSearchResult]) -> None:
    """Print the results of searches for passive events."""
    if not results:
        console.print(f"{site}: the rulebook has no passive event.")
    for result in results:
        span = f"{result.search.begin} to {result.search.end}"
        console.print(
            f"{site}: {result.search.passive}, {span}: {count(len(result.search.found), 'person', 'people')} found."
        )
        for other in result.overlaps:
            console.print(f"  Days from {other.begin} to {other.end} were searched before; no one is found twice.")


def print_summary(
    console: Console, site: str, summary: Summary | None, lines: Sequence[RemarkLine], total: int
) -> None:
    """Print a run of events with its totals and remarks."""
    if summary is None:
        console.print(f"{site}: no run has processed events yet.")
        return
    pairs(
        console,
        f"{site}: run {summary.run_id} of benefit events, {summary.state}",
        (
            ("as of", summary.as_of),
            ("by", summary.actor),
            ("began", f"{moment(summary.started_at)} UTC"),
            ("ended", f"{moment(summary.ended_at)} UTC" if summary.ended_at else ""),
            *((name.replace("_", " "), f"{number:,}") for name, number in summary.counts.items() if number),
            ("error", summary.error.get("what")),
            ("fix", summary.error.get("fix")),
        ),
    )
    rows = [
        (line.code, f"{line.who.employee_id}/{line.event}", line.plan_type, line.plan, line.detail) for line in lines
    ]
    if rows:
        table(console, "Remarks", ("Remark", "Event", "Plan type", "Plan", "Detail"), rows)
        more(console, len(rows), total)


def print_searches(console: Console, site: str, lines: Sequence[SearchLine]) -> None:
    """Print the searches for passive events."""
    if not lines:
        console.print(f"{site}: no searches for passive events yet.")
        return
    rows = [(line.passive, line.first_day, line.last_day, line.found, line.actor, moment(line.at)) for line in lines]
    columns = ("Passive event", "From", "To", "Found", "Who", "At (UTC)")
    table(console, f"Searches of {site}", columns, rows, right=("Found",), wrap=("To",))
