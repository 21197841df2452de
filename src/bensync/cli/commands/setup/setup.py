"""Setting up: init, check, migrate, connectors, and the rehearsal of the whole way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import typer
from rich.console import Console

from bensync import api_shapes, site_checks
from bensync.cli.commands.setup import optional_workers
from bensync.cli.render.console import table
from bensync.cli.session import session
from bensync.connectors import registry
from bensync.core.ports import PreflightFinding
from bensync.errors import ConfigError
from bensync.wording.sync import count


def check(ctx: typer.Context) -> None:
    """Check everything that a run needs, and say how to fix what fails."""
    call = session(ctx)
    findings_by_site = {
        site: list(site_checks.check(call.deployment(), site)) for site in call.deployment().every(call.site)
    }
    well = all(line.ok for lines in findings_by_site.values() for line in lines)
    call.answer(
        lambda: {
            "ok": well,
            "findings": [
                api_shapes.status.finding(site, line) for site, lines in findings_by_site.items() for line in lines
            ],
        },
        lambda console: _show_findings(console, findings_by_site),
    )
    if not well:
        # A deployment script stops here instead of at the first run at night.
        raise typer.Exit(ConfigError.code)


def migrate(ctx: typer.Context) -> None:
    """Upgrade the database to the schema of this version."""
    call = session(ctx)
    store = call.deployment().store()
    new = store.file is not None and not store.file.exists()
    try:
        schema = store.migrate()
        # In the same command: a worker of a new version must not meet an old queue.
        queue = optional_workers.bring_up(call.deployment(), store)
    finally:
        store.close()
    with_queue = f", queue {queue}" if queue else ""
    call.answer(
        {"schema": schema, **({"queue": queue} if queue else {})},
        lambda console: _show_ready(console, f"schema {schema}{with_queue}", store.file if new else None),
    )


def connectors(ctx: typer.Context) -> None:
    """List the installed source connectors."""
    names = registry.names()
    session(ctx).answer({"connectors": list(names)}, lambda console: console.print("\n".join(names)))


def _show_ready(console: Console, schema: str, new_file: Path | None) -> None:
    if new_file is not None:  # in the wrong place it would know nothing of what was sent
        console.print(f"A new database was made at {new_file}.", soft_wrap=True)
    console.print(f"The database is ready ({schema}).")


def _show_findings(console: Console, findings_by_site: Mapping[str, list[PreflightFinding]]) -> None:
    for site, lines in findings_by_site.items():
        rows = [("ok" if line.ok else "FAILED", line.subject, line.detail, line.fix) for line in lines]
        table(console, f"Preflight of {site}", ("", "What", "Seen", "Fix"), rows, wrap=("Seen", "Fix"))
        trouble = sum(not line.ok for line in lines)
        console.print(f"{site}: {count(trouble, 'problem')} to fix." if trouble else f"{site}: no problems.")
