"""The census of present coverage on the command line: its template, its preview, and the load."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bensync import api_shapes
from bensync.actions.site import SiteActions
from bensync.benefits.census.census_file import COLUMNS, TEMPLATE
from bensync.benefits.census.report import CensusReport
from bensync.cli.invocation import Actor, UsageError
from bensync.cli.render.census import print_census
from bensync.cli.session import CliSession, session
from bensync.core.values.limits import LARGEST_CENSUS
from bensync.errors import DecisionError

File = Annotated[Path, typer.Argument(metavar="FILE", help="The census: CSV with the columns of the template.")]


def template(ctx: typer.Context) -> None:
    """Print the heading of a census of present coverage."""
    # Plain, so that it can be sent into a file.
    session(ctx).answer(
        lambda: {"columns": [api_shapes.coverage.census_column(column) for column in COLUMNS]},
        lambda console: console.print(TEMPLATE.strip(), soft_wrap=True),
    )


def preview(ctx: typer.Context, file: File, actor: Actor = None) -> None:
    """Show what loading a census of present coverage would do, with each problem. Nothing is written."""
    call = session(ctx)
    with call.store() as store:
        report = call.actions(store, actor).preview_census(_read(file))
    _answer(call, report)


def load(
    ctx: typer.Context,
    file: File,
    allow: Annotated[
        str, typer.Option("--allow", metavar="DIGEST", help="Load exactly what the preview with this digest showed.")
    ],
    actor: Actor = None,
) -> None:
    """Load a census of present coverage, exactly as its preview showed it.

    Nothing is loaded while one line has a problem.
    """
    call = session(ctx)
    with call.store() as store:
        actions: SiteActions = call.actions(store, actor)
        report = actions.load_census(_read(file), allow)
    _answer(call, report)


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST_CENSUS:
            why = f"It has more than {LARGEST_CENSUS // 1_000_000} million bytes."
            raise UsageError(
                f"{file} is too large.", why, "Split the census by person, and load one part after the other."
            )
        return file.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read.", f"The system says {type(error).__name__}.", "Check the path and its permissions."
        ) from None


def _answer(call: CliSession, report: CensusReport) -> None:
    site = call.only_site()
    call.answer(
        lambda: {"census": api_shapes.coverage.census(report, site)},
        lambda console: print_census(console, site, report),
    )
    # A census with a problem loads nothing, and a script must know.
    if report.problems:
        raise typer.Exit(DecisionError.code)
