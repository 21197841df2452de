"""Hands the daemon's turns over to workers: one job per site, for the next free worker."""

from __future__ import annotations

from typing import Self

from bensync.daemon.scheduler import Ended
from bensync.state.db.database import Database
from bensync.workers.queue import JobQueue
from bensync.workers.schema import bring_up


class Dispatcher:
    """Enqueues turns for workers; implements `bensync.daemon.scheduler.TurnTaker`. Use it in a ``with`` for one tick.

    Args:
        database: the database that contains the queue.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue = JobQueue(database.reach())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._queue.__exit__()

    def busy(self) -> frozenset[str]:
        """Return the sites with a job that waits or is in progress.

        Raises:
            StateError: the queue cannot be reached.
        """
        # Every tick begins here, so the tables exist again after a database was restored while the daemon ran.
        bring_up(self._database)
        return self._queue.busy()

    def take(self, site: str, *, heavy: bool, ended: Ended) -> None:
        """Enqueue a turn.

        Raises:
            StateError: the queue cannot be reached.
        """
        # Ended at once and with success: the workers retry a failed job, so the daemon must not pause the site, too.
        self._queue.ask_turn(site, heavy=heavy)
        ended(0, 0)
