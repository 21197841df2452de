"""The daemon: `bensync daemon`. Loads neither the database's models nor what opens a deployment."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Annotated

import typer

from bensync import log
from bensync.cli.commands.setup import optional_workers
from bensync.cli.invocation import invocation
from bensync.config.files import located
from bensync.daemon.process import LoadedConfig, serve
from bensync.daemon.scheduler import TurnTaker


def daemon(
    ctx: typer.Context,
    ping: Annotated[
        bool, typer.Option("--ping", help="Only check whether the daemon on this machine is alive.")
    ] = False,
    with_web: Annotated[
        bool, typer.Option("--with-web", help="Also serve the web pages, in a separate process.")
    ] = False,
) -> None:
    """Run syncs on schedule and send alerts, until stopped.

    SIGHUP reads the configuration anew, SIGTERM stops in good order.
    """
    if ping:
        # What opens a deployment stays out of the daemon, which would hold that memory for as long as it runs.
        from bensync.cli.commands.setup.ping import answer_ping

        answer_ping(ctx)
        return
    options = invocation(ctx)
    # Nobody is at a terminal; the log is the only account of what the daemon did.
    log.set_up(as_json=options.as_json, verbose=True)
    serve(
        located(options.config), "json" if options.as_json else "text", elsewhere=_workers_elsewhere, with_web=with_web
    )
    options.answer({"daemon": "stopped"}, lambda _: None)


def _workers_elsewhere(loaded: LoadedConfig) -> AbstractContextManager[TurnTaker] | None:
    """Return the dispatcher to workers; None where the daemon runs its turns itself."""
    if loaded.outline.daemon.queue == "own":
        return None
    return optional_workers.deferral(loaded.database)
