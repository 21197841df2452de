"""A progress bar while employees are read from HR."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from bensync.cli.invocation import Invocation, console
from bensync.core.ports import Record
from bensync.pipeline.context import Progress, no_progress


def reading_progress(options: Invocation) -> Progress:
    """Return what shows how many employees were read; it shows nothing to scripts and in logs."""
    # In a log or a pipe the bar would write hundreds of lines.
    return _bar if sys.stderr.isatty() and not options.as_json else no_progress


def _bar(pages: Iterator[list[Record]], total: int | None) -> Iterator[list[Record]]:
    columns = (TextColumn("Reading HR"), BarColumn(), MofNCompleteColumn(), TextColumn("people"), TimeElapsedColumn())
    with Bar(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("people", total=total)
        for page in pages:
            yield page
            # After the page was used: the generator goes on only when the next one is asked for.
            bar.advance(task, len(page))
