"""Whether the daemon on this machine is alive: `bensync daemon --ping`."""

from __future__ import annotations

import typer

from bensync.cli.session import session
from bensync.daemon.health import answers
from bensync.errors import BensyncError


def answer_ping(ctx: typer.Context) -> None:
    """Ask the daemon at `listen` of [daemon] whether all is well.

    Raises:
        BensyncError: it does not answer, or says otherwise.
    """
    call = session(ctx)
    listen = call.deployment().settings.daemon.listen
    if not listen or not answers(listen):
        # The health check of a container is this command, so an answer with an error counts as none.
        why = f"There is no healthy answer at {listen}." if listen else "`listen` is empty in [daemon]."
        raise BensyncError("The daemon is not known to be alive.", why, "Start `bensync daemon`, and read its log.")
    call.answer({"daemon": "alive"}, lambda console: console.print(f"The daemon at {listen} is alive."))
