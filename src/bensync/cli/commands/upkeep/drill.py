"""`bensync drill`: disasters rehearsed on a copy, as a dated report."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import structlog
import typer
from rich.console import Console

from bensync import api_shapes
from bensync.cli.invocation import now
from bensync.cli.render.console import table
from bensync.cli.session import CliSession, session
from bensync.drill import DrillReport, rehearse
from bensync.errors import GuardTripped
from bensync.wording.sync import count

if TYPE_CHECKING:
    from bensync.api_shapes.setup import Drill


def drill(
    ctx: typer.Context,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Also write the report as Markdown.")
    ] = None,
) -> None:
    """Rehearse disasters on a copy of the live configuration.

    HR is read once. Ends with 12 when nothing caught one of them.
    """
    call = session(ctx)
    if not call.verbose:
        # The disasters fail on purpose, and their warnings would bury the report.
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with _progress(call) as progress:
        outcome = rehearse(call.deployment(), call.only_site(), now(), progress)
    if report is not None:
        report.write_text(_markdown(outcome), encoding="utf-8")
    call.answer(lambda: {"drill": _shape(outcome)}, lambda console: _show(console, outcome))
    if outcome.missed:
        raise typer.Exit(GuardTripped.code)


@contextmanager
def _progress(call: CliSession) -> Iterator[Callable[[str], None]]:
    """Yield a function that shows the current disaster on a terminal."""
    if call.as_json or not sys.stderr.isatty():
        yield lambda _: None
        return

    with Console(stderr=True).status("drill") as line:
        yield lambda said: line.update(f"drill: {said}")


def _shape(report: DrillReport) -> Drill:
    shapes = api_shapes.setup
    scenes = [
        shapes.DrillScene(fault=line.fault, verdict=line.verdict, caught_by=line.caught_by, alerts=list(line.alerts))
        for line in report.lines
    ]
    return shapes.Drill(site=report.site, at=report.at, people=report.people, scenes=scenes)


def _show(console: Console, report: DrillReport) -> None:
    title = f"Drill of {report.site}, {report.at:%Y-%m-%d %H:%M} UTC, {count(report.people, 'person', 'people')} in HR"
    rows = [(line.fault, line.verdict, line.caught_by, ", ".join(line.alerts)) for line in report.lines]
    table(console, title, ("What goes wrong", "Verdict", "Why", "Alert"), rows, wrap=("Why",))
    if report.missed:
        console.print(
            f"{report.missed} of {len(report.lines)} would not have been stopped: "
            f"tighten [sites.{report.site}.guards] (docs/reference/configuration.md)."
        )


def _markdown(report: DrillReport) -> str:
    rows = [
        # A bar would begin another cell of the table.
        f"| {line.fault} | {line.verdict} | {line.caught_by.replace('|', '/')} | {', '.join(line.alerts)} |"
        for line in report.lines
    ]
    heading = f"# Drill of {report.site}, {report.at:%Y-%m-%d %H:%M} UTC\n\n{report.people:,} people in HR.\n\n"
    return "\n".join((heading + "| what goes wrong | verdict | why | alert |", "|---|---|---|---|", *rows, ""))
