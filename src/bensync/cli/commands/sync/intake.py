"""Receiving from the terminal: intake takes files in, received lists what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bensync.cli.every_site import Answer, for_every_site
from bensync.cli.invocation import Actor, Limit, actor_name, now
from bensync.cli.render.console import failure_printer, moment, table
from bensync.cli.session import session
from bensync.errors import EXIT_DONE, GuardTripped
from bensync.pipeline.events import follow_up
from bensync.pipeline.receive import IntakeOptions, IntakeReport, receive
from bensync.state.store import Store
from bensync.state.sync.received import ReceivedFile


def intake(
    ctx: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="These files. Default: the files in the upload center.")
    ] = None,
    anew: Annotated[
        bool,
        typer.Option("--anew", help="Skip missing and quarantined files, and start again with the next FULL file."),
    ] = False,
    actor: Actor = None,
) -> None:
    """Process the files that are waiting, for sites that only receive."""
    here = session(ctx)
    if files or anew:
        here.only_site()
    asked = IntakeOptions(actor_name(actor), again=True, anew=anew)
    codes: list[int] = []

    def one(store: Store, site: str) -> tuple[Answer, Callable[[Any], object]]:
        reception = here.deployment().reception(site, store, files or ())
        found = receive(reception, asked, now)
        follow_up(reception, asked.actor, now)
        well = not (found.stopped or (files and found.strangers) or any(file.reason for file in found.files))
        codes.append(EXIT_DONE if well else GuardTripped.code)
        strangers = found.strangers if files else ()
        return (
            lambda: _shape(found, site, strangers),
            lambda console: _show(console, site, found, strangers),
        )

    for_every_site(here, "intake", one, codes, here.receivers())


def received(ctx: typer.Context, limit: Limit = None) -> None:
    """List the files that were received or quarantined, newest last."""
    here = session(ctx)
    lists: dict[str, list[ReceivedFile]] = {}
    with here.store() as store:
        for site in here.sites():
            with store.read(site) as work:
                lists[site] = work.received.every(here.limit(limit))
    shape = [_file(file, site) for site, found in lists.items() for file in found]
    here.answer({"received": shape}, lambda console: _show_lists(console, lists))


def _shape(found: IntakeReport, site: str, strangers: Sequence[str]) -> dict[str, Any]:
    return {
        "site": site,
        "files": [_file(file, site) for file in found.files],
        "stopped": found.stopped.as_json() if found.stopped is not None else None,
        "strangers": list(strangers),
    }


def _file(file: ReceivedFile, site: str) -> dict[str, Any]:
    return {
        "site": site,
        "name": file.name,
        "sequence": file.sequence,
        "state": file.state,
        "rows": file.rows,
        "requests": file.requests,
        "reason": file.reason or None,
        "size": file.size,
        "sha256": file.sha256,
        "received_at": file.received_at,
    }


def _show(console: Console, site: str, found: IntakeReport, strangers: Sequence[str]) -> None:
    if found.files:
        _table(console, f"Files of {site}", found.files)
    elif found.stopped is None:
        console.print(f"{site}: no new files.")
    for name in strangers:
        console.print(f"{name} is not a file of {site}: its name has a different form.")
    if found.stopped is not None:
        failure_printer(site, found.stopped)(console)


def _show_lists(console: Console, lists: Mapping[str, Sequence[ReceivedFile]]) -> None:
    for site, found in lists.items():
        if found:
            _table(console, f"Files of {site}", found)
        else:
            console.print(f"{site}: no file has been received yet.")


def _table(console: Console, title: str, files: Iterable[ReceivedFile]) -> None:

    rows = [
        (file.sequence, file.name, file.state, file.rows, file.requests, moment(file.received_at), file.reason)
        for file in files
    ]
    columns = ("No.", "File", "State", "People", "Requests", "Received", "Why")
    table(console, title, columns, rows, right=("No.", "People", "Requests"), wrap=("File", "Why"))
