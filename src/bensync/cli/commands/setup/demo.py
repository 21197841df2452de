"""`bensync demo`: a made-up company on this machine, from its first employee to the files that leave."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bensync import api_shapes, log
from bensync.cli.invocation import invocation
from bensync.errors import ConfigError

LISTEN = "127.0.0.1:8480"
"""Where the demo serves its pages."""
_PAPER_WIDTH = 110
"""Columns of the transcript where no terminal says how many it has."""


def demo(
    ctx: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", metavar="DIR", help="The folder for all files. Default: a new temporary folder."),
    ] = None,
    employees: Annotated[
        int, typer.Option("--employees", metavar="N", min=20, max=100_000, help="The number of made-up employees.")
    ] = 200,
    serve: Annotated[
        bool, typer.Option("--serve", help="Keep the web pages running, with two weeks of history and open requests.")
    ] = False,
    listen: Annotated[
        str, typer.Option("--listen", metavar="HOST:PORT", help="With --serve: the address of the pages.")
    ] = LISTEN,
) -> None:
    """Run the whole process on this machine with a made-up company."""
    try:  # the demo is an extra part: its servers may not be installed
        from bensync.demo.pages import keep_up
        from bensync.demo.story import play
    except ImportError as error:
        why = f"{error.name} is not installed; the demo runs its own servers."
        raise ConfigError("The demo cannot start.", why, "Install bensync with its extra: bensync[demo].") from error
    # The demo writes keys and a database, and must not mix with those of a real deployment.
    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise ConfigError(f"{folder} is not empty.", "The demo needs a new folder.", "Name another folder.")
    options = invocation(ctx)
    log.set_up(as_json=options.as_json, verbose=options.verbose)
    # Standard output belongs to the one JSON object.
    console = Console(stderr=options.as_json, highlight=False)
    if not console.is_terminal:
        console.width = _PAPER_WIDTH
    place = folder.resolve() if folder else None
    place = keep_up(place, employees, console, listen) if serve else play(place, employees, console)
    options.answer(lambda: {"demo": api_shapes.setup.DemoFolder(folder=str(place))}, lambda _: None)
