"""The web pages: `bensync serve`."""

from __future__ import annotations

import contextlib
import os
from typing import Annotated

import typer

from bensync import api_shapes, log
from bensync.cli.commands.setup import optional_workers
from bensync.cli.invocation import now
from bensync.cli.session import session
from bensync.web.app import create_app
from bensync.web.http.server import address_of, bound, end_with_input, make_server


def serve(
    ctx: typer.Context,
    listen: Annotated[
        str | None, typer.Option("--listen", metavar="HOST:PORT", help="The address. Default: `listen` of [web].")
    ] = None,
    tended: Annotated[bool, typer.Option("--tended", hidden=True)] = False,
) -> None:
    """Serve the web pages, until stopped."""
    if listen is not None:
        os.environ["BENSYNC_WEB__LISTEN"] = listen  # the environment lies over the file, and is checked like it
    call = session(ctx)
    deployment = call.deployment()
    log.set_up(as_json=call.as_json, verbose=True)
    with call.store() as store:  # a database that is not ready is an error here, not on every page
        elsewhere = optional_workers.adhoc_runs(deployment, store)
    server = make_server(create_app(deployment, now, elsewhere), deployment.settings.web)
    listener = bound(deployment.settings.web)
    call.answer(
        # Printed before the server runs: afterwards this process only serves.
        lambda: {"serve": api_shapes.setup.Serving(address=address_of(deployment.settings.web))},
        lambda console: console.print(f"The pages are at {address_of(deployment.settings.web)} (Ctrl+C stops them)."),
    )
    # The daemon that started this process holds the other end of its standard input.
    if tended:
        end_with_input(server)
    with contextlib.closing(listener):
        server.run([listener])
