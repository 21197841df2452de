"""The job queue: enqueues turns and runs with their priority, and lists the sites that have one. It runs no job."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Self

import msgspec
import psycopg_pool
from procrastinate import App, SyncPsycopgConnector, exceptions
from procrastinate.jobs import Status

from bensync.errors import BusyError, StateError, reported, run_command
from bensync.fault_points import around
from bensync.workers.schema import SCHEMA

TURN, RUN = "turn", "run"
"""The tasks: a turn as the daemon takes it, and a run that a person started."""
PROMPT, HEAVY = "prompt", "heavy"
"""The queues: sites that failed or took long last time have their own, so that they never occupy every place."""
BY_HAND, USUAL, AGAIN = 10, 0, -10
"""Priorities: a run that a person waits for comes first, a turn that failed before comes last."""

_ALIVE = "SELECT count(*) AS number FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 s'"
_PATIENCE = 10.0  # seconds for a connection


class QueueStatus(msgspec.Struct, frozen=True):
    """The queue in numbers.

    Attributes:
        waiting: jobs that wait for a worker.
        at_work: jobs that a worker has taken.
        workers: lanes of workers with a heartbeat in the last 30 seconds.
    """

    waiting: int
    at_work: int
    workers: int


class QueuedJob(msgspec.Struct, frozen=True):
    """A run that a person started.

    Attributes:
        actor: the person.
        asked_at: the time of the request.
        waits: whether no worker has taken the job yet.
    """

    actor: str
    asked_at: datetime
    waits: bool


class JobQueue:
    """Enqueues jobs and reads the queue; connects with the first call. Use it in a ``with``.

    Args:
        reach: the connection arguments for libpq.
    """

    def __init__(self, reach: Mapping[str, Any]) -> None:
        connector = SyncPsycopgConnector(kwargs=options(reach), min_size=1, max_size=1, timeout=_PATIENCE)
        self._app = App(connector=connector)
        self._jobs = self._app.job_manager
        self._open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._open:
            self._app.close()

    def busy(self) -> frozenset[str]:
        """Return the sites with a job that waits or is in progress.

        Raises:
            StateError: the queue cannot be reached.
        """
        with self._reached():
            jobs = [*self._jobs.list_jobs(status=Status.TODO.value), *self._jobs.list_jobs(status=Status.DOING.value)]
        return frozenset(str(job.task_kwargs["site"]) for job in jobs)

    def ask_turn(self, site: str, *, heavy: bool) -> None:
        """Enqueue a turn at a site; do nothing if one is already waiting.

        Raises:
            StateError: the queue cannot be reached.
        """
        today = datetime.now(UTC).date().isoformat()
        with contextlib.suppress(exceptions.AlreadyEnqueued):
            self._defer(TURN, site, HEAVY if heavy else PROMPT, USUAL, {"day": today})

    def ask_run(self, site: str, words: Sequence[str], actor: str, order: str) -> int:
        """Enqueue a run that a person waits for, before the turns of the day; return the number of the job.

        Args:
            site: the site.
            words: the command, ``sync`` or ``resync``, and its options.
            actor: the person.
            order: proves to the worker that the actor started it.

        Raises:
            BusyError: an earlier run of the site still waits.
            StateError: the queue cannot be reached.
        """
        arguments = {"words": list(words), "actor": actor, "asked_at": datetime.now(UTC).isoformat(), "order": order}
        try:
            return self._defer(RUN, site, PROMPT, BY_HAND, arguments)
        except exceptions.AlreadyEnqueued:
            why = "An earlier request for a run has not begun."
            raise BusyError(
                f"A run of site {site} is already waiting.",
                why,
                "Wait until it is done; `bensync status` shows it.",
                remedy=run_command("status"),
            ) from None

    def run_of(self, site: str) -> QueuedJob | None:
        """Return the newest run of a site that a person started, while it waits or is in progress.

        Raises:
            StateError: the queue cannot be reached.
        """
        with self._reached():
            jobs = self._jobs.list_jobs(task=RUN, lock=site)
        open_ = {Status.TODO.value, Status.DOING.value}
        last = max((job for job in jobs if job.status in open_), key=lambda job: job.id or 0, default=None)
        if last is None:
            return None
        arguments = {name: str(value) for name, value in last.task_kwargs.items()}
        return QueuedJob(
            arguments["actor"], datetime.fromisoformat(arguments["asked_at"]), last.status == Status.TODO.value
        )

    def workers(self) -> int:
        """Return the number of lanes of workers with a heartbeat in the last 30 seconds.

        Raises:
            StateError: the queue cannot be reached.
        """
        with self._reached():
            row = self._app.connector.get_sync_connector().execute_query_one(_ALIVE)
        return int(row["number"])

    def status(self) -> QueueStatus:
        """Return the numbers of the queue.

        Raises:
            StateError: the queue cannot be reached.
        """
        with self._reached():
            jobs = [queue for queue in self._jobs.list_queues() if queue["name"] in {PROMPT, HEAVY}]
        waiting, at_work = (sum(int(queue[name]) for queue in jobs) for name in ("todo", "doing"))
        return QueueStatus(waiting, at_work, self.workers())

    def _defer(self, task: str, site: str, queue: str, priority: int, more: Mapping[str, Any]) -> int:
        # Two locks: `lock` lets one job of a site run at a time, `queueing_lock` lets one of each task wait.
        with self._reached():
            job = self._app.configure_task(
                task, queue=queue, priority=priority, lock=site, queueing_lock=f"{task} {site}"
            )
            with around("queue.defer"):
                return job.defer(site=site, **more)

    @contextlib.contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            if not self._open:
                self._app.open()
                self._open = True
            yield
        except exceptions.AlreadyEnqueued:
            raise
        except TROUBLE as error:
            raise unreachable(error) from error


TROUBLE = (exceptions.ConnectorException, psycopg_pool.PoolTimeout)
"""What the library raises when the database cannot be reached, or its tables do not exist."""


def options(reach: Mapping[str, Any]) -> dict[str, Any]:
    """Return the connection arguments with the schema of the queue, and UTC as the time zone."""
    arguments = f"{reach.get('options', '')} -c search_path={SCHEMA} -c timezone=UTC".strip()
    return {**reach, "options": arguments, "application_name": "bensync-queue"}


def unreachable(error: BaseException) -> StateError:
    """Return the error for people."""
    fix = "Check that the server of state.url is up, and run `bensync migrate`."
    return StateError(
        "The queue cannot be used.",
        reported(error.__cause__ or error),
        fix,
        retry=True,
        remedy=run_command("migrate"),
    )
