"""Setting up: init, check, migrate, connectors, and the rehearsal of the whole way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bensync.cli.commands.setup import init, workers_extra
from bensync.cli.session import session
from bensync.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    from bensync.core.ports import PreflightFinding


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (init.init, check, migrate, connectors, demo):
        app.command()(command)


def check(ctx: typer.Context) -> None:
    """Preflight, line by line: everything that a run needs, and how to fix what is not well."""
    from bensync import wiring

    here = session(ctx)
    found = {site: list(wiring.check(here.deployment(), site)) for site in here.deployment().every(here.site)}
    shape = [
        {"site": site, "subject": line.subject, "ok": line.ok, "detail": line.detail, "fix": line.fix}
        for site, lines in found.items()
        for line in lines
    ]
    well = all(line["ok"] for line in shape)
    here.answer({"ok": well, "findings": shape}, lambda console: _show_findings(console, found))
    if not well:
        raise typer.Exit(ConfigError.code)


def migrate(ctx: typer.Context) -> None:
    """Bring the database to this version's schema."""
    here = session(ctx)
    store = here.deployment().store()
    try:
        schema = store.migrate()
        queue = workers_extra.bring_up(here.deployment(), store)
    finally:
        store.close()
    with_queue = f", queue {queue}" if queue else ""
    here.answer(
        {"schema": schema, **({"queue": queue} if queue else {})},
        lambda console: console.print(f"The database is ready (schema {schema}{with_queue})."),
    )


def connectors(ctx: typer.Context) -> None:
    """The installed source connectors."""
    from bensync.connectors import registry

    names = registry.names()
    session(ctx).answer({"connectors": list(names)}, lambda console: console.print("\n".join(names)))


_PAPER_WIDTH = 110
"""Columns of the transcript where no terminal says how many it has."""


def demo(
    ctx: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", metavar="DIR", help="Where everything shall lie; else a new temporary folder."),
    ] = None,
    employees: Annotated[
        int, typer.Option("--employees", metavar="N", min=20, max=100_000, help="How many made-up people.")
    ] = 200,
    serve: Annotated[
        bool, typer.Option("--serve", help="Keep the web pages up, with two weeks behind them and work to do.")
    ] = False,
) -> None:
    """The whole way on this machine: a made-up company, an upload center, keys and a database of its own."""
    from rich.console import Console

    from bensync import log

    try:
        from bensync.demo.pages import keep_up
        from bensync.demo.story import tell
    except ImportError as error:
        why = f"{error.name} is not installed: the demo brings servers of its own"
        raise ConfigError("The demo cannot start", why, "install bensync with its extra: bensync[demo]") from error
    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise ConfigError(f"{folder} is not empty", "the demo begins in a new folder", "name another one")
    here = session(ctx)
    log.set_up(as_json=here.as_json, verbose=here.verbose)
    console = Console(stderr=here.as_json, highlight=False)
    if not console.is_terminal:
        console.width = _PAPER_WIDTH
    play = keep_up if serve else tell
    place = play(folder.resolve() if folder else None, employees, console)
    here.answer({"demo": {"folder": str(place)}}, lambda _: None)


def _show_findings(console: Console, found: Mapping[str, list[PreflightFinding]]) -> None:
    from bensync.cli.render.console import count, table

    for site, lines in found.items():
        rows = [("ok" if line.ok else "FAILED", line.subject, line.detail, line.fix) for line in lines]
        table(console, f"Preflight of {site}", ("", "What", "Seen", "Fix"), rows)
        trouble = sum(not line.ok for line in lines)
        console.print(f"{site}: {count(trouble, 'thing')} to fix." if trouble else f"{site}: all is well.")
