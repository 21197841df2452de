"""Receiving files on the command line: process them, and list them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bensync import api_shapes
from bensync.cli.every_site import SiteAnswer, for_every_site
from bensync.cli.invocation import Actor, Limit, now
from bensync.cli.render.console import failure_printer, moment, table
from bensync.cli.session import session
from bensync.errors import EXIT_DONE, GuardTripped
from bensync.pipeline.benefits.events import follow_up
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
    """Process the files that are waiting, for sites that only receive.

    Files are processed in order; quarantined ones are checked again.
    """
    call = session(ctx)
    if files or anew:
        call.only_site()
    # A person who runs the command has perhaps repaired something: quarantined files are checked again.
    asked = IntakeOptions(call.actor_name(actor), again=True, anew=anew)
    codes: list[int] = []

    def receive_site(store: Store, site: str) -> tuple[SiteAnswer, Callable[[Any], object]]:
        reception = call.deployment().receiver_context(site, store, files or ())
        report = receive(reception, asked, now)
        follow_up(reception, asked.actor, now)
        # A quarantined file needs a person, and a scheduler sees only the exit code.
        well = not (report.stopped or (files and report.strangers) or any(file.reason for file in report.files))
        codes.append(EXIT_DONE if well else GuardTripped.code)
        # The upload center may hold files of others; only a file that somebody named deserves an answer.
        strangers = report.strangers if files else ()
        return (
            lambda: api_shapes.sync.intake(report, site, list(strangers)),
            lambda console: _show(console, site, report, strangers),
        )

    for_every_site(call, "intake", receive_site, codes, call.receivers())


def received(ctx: typer.Context, limit: Limit = None) -> None:
    """List the files that were received or quarantined, newest last."""
    call = session(ctx)
    lists: dict[str, list[ReceivedFile]] = {}
    with call.store() as store:
        for site in call.sites():
            with store.read(site) as state:
                lists[site] = state.received.every(call.limit(limit))
    call.answer(
        lambda: {
            "received": [api_shapes.sync.received_file(file, site) for site, files in lists.items() for file in files]
        },
        lambda console: _show_lists(console, lists),
    )


def _show(console: Console, site: str, report: IntakeReport, strangers: Sequence[str]) -> None:
    if report.files:
        _table(console, f"Files of {site}", report.files)
    elif report.stopped is None:
        console.print(f"{site}: no new files.")
    for name in strangers:
        console.print(f"{name} is not a file of {site}: its name has a different form.")
    if report.stopped is not None:
        failure_printer(site, report.stopped)(console)


def _show_lists(console: Console, lists: Mapping[str, Sequence[ReceivedFile]]) -> None:
    for site, files in lists.items():
        if files:
            _table(console, f"Files of {site}", files)
        else:
            console.print(f"{site}: no file has been received yet.")


def _table(console: Console, title: str, files: Iterable[ReceivedFile]) -> None:
    rows = [
        (file.sequence, file.name, file.state, file.rows, file.requests, moment(file.received_at), file.reason)
        for file in files
    ]
    columns = ("No.", "File", "State", "People", "Requests", "Received", "Why")
    table(console, title, columns, rows, right=("No.", "People", "Requests"), wrap=("File", "Why"))
