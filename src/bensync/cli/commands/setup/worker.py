"""A worker: `bensync worker`."""

from __future__ import annotations

import typer

from bensync import log
from bensync.cli.commands.setup import optional_workers
from bensync.cli.invocation import invocation
from bensync.config.files import located
from bensync.hardening import harden


def worker(ctx: typer.Context) -> None:
    """Take jobs from the procrastinate queue, until stopped.

    SIGHUP reads the configuration anew, SIGTERM stops in good order.
    """
    harden()
    options = invocation(ctx)
    log.set_up(as_json=options.as_json, verbose=True)
    optional_workers.work(located(options.config), "json" if options.as_json else "text")
    options.answer({"worker": "stopped"}, lambda _: None)
