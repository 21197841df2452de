"""Runs that people ask for on the pages or by the API, brought to whichever worker is free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bensync.web.http.jobs import QueuedRun
from bensync.workers.queue import JobQueue


class AdhocRuns:
    """Asks for runs, and knows what became of them; implements `bensync.web.http.jobs.Elsewhere`. Keeps nothing open.

    Args:
        reach: how libpq reaches the database; the tables of the queue must be there.
    """

    def __init__(self, reach: Mapping[str, Any]) -> None:
        self._reach = reach

    def ask(self, site: str, words: Sequence[str], actor: str) -> None:
        """Ask for a run; it comes before those of the day.

        Raises:
            BusyError: one that was asked for before still waits.
            StateError: the queue cannot be reached.
        """
        with JobQueue(self._reach) as queue:
            queue.ask_run(site, words, actor)

    def asked(self, site: str) -> QueuedRun | None:
        """The run that waits or is at work; None where there is none.

        Raises:
            StateError: the queue cannot be reached.
        """
        with JobQueue(self._reach) as queue:
            run = queue.run_of(site)
            if run is None:
                return None
            return QueuedRun(run.actor, run.asked_at, run.waits, queue.workers() if run.waits else 1)
