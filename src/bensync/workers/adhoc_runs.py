"""Runs that people start on the pages or by the API, as jobs for the next free worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bensync.web.http.jobs import QueuedRun
from bensync.workers.queue import JobQueue


class AdhocRuns:
    """Enqueues runs and reports on them; implements `bensync.web.http.jobs.Elsewhere`. Keeps no connection open.

    Args:
        reach: the connection arguments for libpq; the tables of the queue must exist.
    """

    def __init__(self, reach: Mapping[str, Any]) -> None:
        self._reach = reach

    def ask(self, site: str, words: Sequence[str], actor: str, order: str) -> None:
        """Enqueue a run; workers take it before the turns of the day.

        Raises:
            BusyError: an earlier run of the site still waits.
            StateError: the queue cannot be reached.
        """
        with JobQueue(self._reach) as queue:
            queue.ask_run(site, words, actor, order)

    def asked(self, site: str) -> QueuedRun | None:
        """Return the run that waits or is in progress; None if there is none.

        Raises:
            StateError: the queue cannot be reached.
        """
        with JobQueue(self._reach) as queue:
            run = queue.run_of(site)
            if run is None:
                return None
            return QueuedRun(run.actor, run.asked_at, run.waits, queue.workers() if run.waits else 1)
