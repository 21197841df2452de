"""The report of a census of present coverage on the command line."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from bensync.benefits.census.problems import CensusFinding
from bensync.benefits.census.report import CensusReport
from bensync.cli.render.console import pairs, table
from bensync.core.values.limits import PAGE_SIZE
from bensync.wording.census import explanation
from bensync.wording.sync import count


def print_census(console: Console, site: str, report: CensusReport) -> None:
    """Print what a census brings, what is wrong with it, and how to go on."""
    if report.problems:
        _findings(console, f"{site}: lines that cannot be loaded", report.problems)
        console.print("Nothing is loaded while a line has a problem. Correct the file, and preview it again.")
        _counts(console, report)
        return
    rows = [(total.plan, total.option, total.people, total.employee, total.company) for total in report.options]
    title = f"{site}: {'loaded' if report.loaded else 'to be loaded'}, per month"
    table(
        console,
        title,
        ("Plan", "Option", "People", "Employees pay", "Company pays"),
        rows,
        right=("People", "Employees pay", "Company pays"),
    )
    pairs(
        console,
        f"{count(report.coverages, 'coverage')} of {count(report.people, 'person', 'people')}",
        [
            ("employees pay", f"{report.employee:,} per month"),
            ("company pays", f"{report.company:,} per month"),
            ("without coverage", _uncovered(report)),
            ("recent hires", f"{report.hires:,} of them keep their hire event" if report.hires else ""),
            ("file", report.file_digest),
            ("digest", report.digest),
        ],
    )
    _findings(console, f"{site}: lines to read", report.warnings)
    _counts(console, report)
    if not report.loaded:
        console.print(
            f"Nothing was written. To load exactly this: bensync enrollments load FILE --allow {report.digest}"
        )
    elif report.begins:
        console.print(f"Benefit events of {site} begin with this coverage.")


def _uncovered(report: CensusReport) -> str:
    shown = ", ".join(report.uncovered_ids[:PAGE_SIZE])
    more = f", and {report.uncovered - PAGE_SIZE:,} more" if report.uncovered > PAGE_SIZE else ""
    return f"{report.uncovered:,}: {shown}{more}" if report.uncovered else ""


def _findings(console: Console, title: str, findings: Sequence[CensusFinding]) -> None:
    rows = [(finding.line, finding.employee_id, finding.code, *explanation(finding)) for finding in findings]
    if rows:
        table(console, title, ("Line", "Employee", "Code", "Why", "Fix"), rows, right=("Line",), wrap=("Why", "Fix"))


def _counts(console: Console, report: CensusReport) -> None:
    listed = len(report.problems) + len(report.warnings)
    total = sum(report.counts.values())
    if total > listed:
        pairs(console, f"{total:,} in all, the first {listed:,} are listed", report.counts.items())
