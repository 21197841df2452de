"""How the daemon hands turns over: one job per site, for whichever worker is free."""

from __future__ import annotations

from typing import Self

from bensync.daemon.scheduler import Ended
from bensync.state.db.database import Database
from bensync.workers.queue import JobQueue
from bensync.workers.schema import bring_up


class Dispatcher:
    """Turns that workers take; implements `bensync.daemon.scheduler.Turns`. Open it by ``with``, for one round.

    Args:
        database: that the queue lies in.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue = JobQueue(database.reach())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._queue.__exit__()

    def busy(self) -> frozenset[str]:
        """The sites that a job waits for or is at work on.

        Raises:
            StateError: the queue cannot be reached.
        """
        bring_up(self._database)
        return self._queue.busy()

    def take(self, site: str, *, heavy: bool, ended: Ended) -> None:
        """Ask for a turn; from then on the queue sees to it, failures and pauses included.

        Raises:
            StateError: the queue cannot be reached.
        """
        self._queue.ask_turn(site, heavy=heavy)
        ended(0, 0)
