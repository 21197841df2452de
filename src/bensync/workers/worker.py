"""A worker: takes jobs from the queue, a few at a time, each in a child process, and holds no personal data itself.

It survives an outage of the database. A job whose worker has stopped sending heartbeats goes back to the queue.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import structlog
from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision, exceptions
from procrastinate.app import WorkerOptions
from procrastinate.jobs import Job
from procrastinate.worker import Worker as ProcrastinateWorker

from bensync.core.access import ORDER_VARIABLE
from bensync.daemon.children import Children, Task, turn
from bensync.daemon.process import LoadedConfig, load, note_broken, signals
from bensync.daemon.scheduler import longest_pause, pause
from bensync.errors import EXIT_ASKED_TO_END, EXIT_INTERRUPTED, BensyncError, BusyError, StateError
from bensync.state.db.database import Database
from bensync.workers.queue import AGAIN, BY_HAND, HEAVY, PROMPT, RUN, TROUBLE, TURN, options, unreachable
from bensync.workers.schema import bring_up

_GLANCE = 0.2  # seconds between two checks for a request to stop or to reload
_AWAY = 5.0  # seconds before the database is tried again
_SILENCE = 5.0  # seconds without a heartbeat, at least, before a worker counts as dead
_OFF = 30.0  # seconds that our clock may differ from the server's; a lease lasts three minutes (decision 56)
_ORDERLY = 30.0  # seconds that jobs get when the worker stops; their child processes have ended before
_TRIES = 20  # attempts of a run that a person started
_PASSING = frozenset({StateError.code, BusyError.code, EXIT_ASKED_TO_END, EXIT_INTERRUPTED})
_NOT_A_SITE = "is in no file of this worker"

log = structlog.get_logger()


def serve(file: Path, form: str) -> None:
    """Work until SIGTERM or SIGINT; running jobs get ``stop_seconds`` to finish, and then go back to the queue.

    Args:
        file: the configuration, the same on every machine.
        form: the form of the logs, ``json`` or ``text``.

    Raises:
        BensyncError: the configuration or the database cannot be used; nothing was started.
    """
    stopping, again = threading.Event(), threading.Event()
    with signals(stopping, again):
        asyncio.run(Worker(file, form, stopping, again).serve())


def refuse_other_time(database: Database, now: datetime) -> None:
    """Refuse to start with a clock that differs from the clock of the database server.

    Each machine judges by its own clock whether a lease of another one has expired.

    Raises:
        StateError: the clocks differ by more than half a minute.
    """
    off = (now - database.moment()).total_seconds()
    if abs(off) > _OFF:
        why = f"It is {abs(off):,.0f} seconds {'ahead of' if off > 0 else 'behind'} the clock of the database server."
        raise StateError(
            "The clock of this machine is not right.", why, "Let NTP set both clocks, then start the worker again."
        )


class Ended(Exception):
    """A job failed; raised for procrastinate's retry strategy only.

    Args:
        code: the exit code of the child process; a signal is a negative code.
    """

    def __init__(self, code: int) -> None:
        super().__init__(f"exit code {code}")
        self.code = code


class Worker:
    """The worker process.

    Args:
        file: the configuration.
        form: the form of the logs, ``json`` or ``text``.
        stopping: set when the process must stop.
        again: set when the configuration must be read again.
    """

    def __init__(self, file: Path, form: str, stopping: threading.Event, again: threading.Event) -> None:
        self._file = file
        self._form = form
        self._stopping = stopping
        self._again = again
        self._loaded = load(file, "worker")
        self._children = Children(stopping)

    async def serve(self) -> None:
        """Work until the process must stop."""
        bring_up(self._loaded.database)
        refuse_other_time(self._loaded.database, datetime.now(UTC))
        log.info("worker.start", sites=len(self._loaded.outline.sites), parallel=self._loaded.outline.daemon.parallel)
        note_broken(self._loaded.outline)
        while not self._stopping.is_set():
            try:
                await self._work()
            except* TROUBLE as group:
                error = unreachable(group.exceptions[0])
                log.warning("worker.away", what=error.what, why=error.why, fix=error.fix)
                await self._asked(_AWAY)
            if self._again.is_set():
                self._again.clear()
                self._reload()
        log.info("worker.stop")
        await asyncio.to_thread(self._children.join)
        self._loaded.close()

    async def _work(self) -> None:
        """Take jobs until the process must stop or reload.

        Raises:
            ExceptionGroup: a lane ended by itself, because the database could not be reached.
        """
        app = self._app()
        async with app.open_async(), asyncio.TaskGroup() as group:
            lanes = [group.create_task(lane.serve()) for lane in self._lanes(app)]
            rescue = group.create_task(self._rescue(app))
            asked = asyncio.create_task(self._asked())
            await asyncio.wait([asked, *lanes], return_when=asyncio.FIRST_COMPLETED)
            left = not asked.done()
            for task in (asked, rescue, *lanes):
                task.cancel()
            if left:
                raise exceptions.ConnectorException

    def _app(self) -> App:
        connector = PsycopgConnector(kwargs=options(self._loaded.database.reach()), min_size=1, max_size=8, timeout=10)
        app = App(connector=connector)
        app.task(name=TURN, retry=Again(self._loaded, self._stopping))(self._turn)
        app.task(name=RUN, retry=Again(self._loaded, self._stopping))(self._run)
        return app

    def _lanes(self, app: App) -> Sequence[WatchedWorker]:
        """Return the lanes: one place takes only prompt sites, the others take any."""
        places = self._loaded.outline.daemon.parallel
        usual = WorkerOptions(
            install_signal_handlers=False,
            delete_jobs="always",  # the history is in our own tables
            shutdown_graceful_timeout=_ORDERLY,
            fetch_job_polling_interval=min(5.0, self._loaded.outline.daemon.tick_seconds),
            update_heartbeat_interval=self._silence / 3,
            stalled_worker_timeout=self._silence,
        )
        anybody: WorkerOptions = {**usual, "concurrency": max(1, places - 1)}
        # One listener is enough; the other lane polls, since a listener keeps a connection for itself.
        prompt: WorkerOptions = {**usual, "queues": [PROMPT], "concurrency": 1, "listen_notify": False}
        lanes = (anybody, prompt) if places > 1 else (anybody,)
        return [WatchedWorker(app, **lane) for lane in lanes]

    @property
    def _silence(self) -> float:
        """The seconds without a heartbeat after which a worker counts as dead."""
        return max(_SILENCE, self._loaded.outline.daemon.tick_seconds / 2)

    async def _rescue(self, app: App) -> None:
        """Put the jobs of dead workers back into the queue."""
        # A worker that is alive after all does no harm: the job's second run meets the lease of the site.
        while True:
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=self._silence):
                with contextlib.suppress(exceptions.ConnectorException):  # another worker was first
                    await app.job_manager.retry_job(job)
                    log.warning("worker.rescued", site=job.task_kwargs["site"], task=job.task_name)
            await asyncio.sleep(self._silence / 2)

    async def _asked(self, longest: float = float("inf")) -> None:
        """Wait until the process must stop or reload, or until so many seconds are over."""
        # Signal handlers set threading events, which asyncio cannot wait for, so they are polled.
        while longest > 0 and not self._stopping.is_set() and not self._again.is_set():
            await asyncio.sleep(_GLANCE)
            longest -= _GLANCE

    async def _turn(self, site: str, day: str) -> None:
        """Take a turn at a site, as the daemon does; `Again` retries it until the day is over."""
        loaded = self._loaded
        await self._take(site, turn(loaded.outline, loaded.copy, site, self._form), day=day)

    async def _run(self, site: str, words: Sequence[str], actor: str, asked_at: str = "", order: str = "") -> None:
        """Do a run that a person started, which ``order`` proves."""
        named = ["--config", str(self._loaded.copy.path), "--site", site, "--json"]
        command = [sys.executable, "-P", "-m", "bensync", *named, *words]
        await self._take(site, command, {ORDER_VARIABLE: order}, actor=actor, asked_at=asked_at)

    async def _take(
        self, site: str, words: Sequence[str], environment: Mapping[str, str] | None = None, **details: str
    ) -> None:
        """Run a command in a child process, and wait until it ends.

        Raises:
            Ended: the command failed.
        """
        loaded, loop = self._loaded, asyncio.get_running_loop()
        if site not in loaded.outline.sites and site not in loaded.outline.broken:
            log.warning("worker.unknown_site", site=site, why=_NOT_A_SITE)
            raise Ended(BensyncError.code)
        if site in self._children.busy():
            raise Ended(BusyError.code)
        end: asyncio.Future[int] = loop.create_future()

        def settle(code: int) -> None:
            if not end.done():  # a job that was given up waits no more
                end.set_result(code)

        def ended(code: int, _seconds: float) -> None:
            loop.call_soon_threadsafe(settle, code)

        self._children.take(site, Task(words, loaded.copy, loaded.outline.daemon, ended, environment=environment or {}))
        code = await end
        log.info("worker.done", site=site, code=code, **details)
        if code not in {0, 3}:  # 3: done, with rows held or employees blocked, which a retry would not change
            raise Ended(code)

    def _reload(self) -> None:
        """Load the file again; if it is broken, keep the configuration in use."""
        try:
            loaded = load(self._file, "worker")
        except BensyncError as error:
            log.error("worker.configuration_refused", what=error.what, why=error.why, fix=error.fix)  # noqa: TRY400  # they say it all
        else:
            self._loaded.close()
            self._loaded = loaded
            log.info("worker.configuration_read", sites=len(loaded.outline.sites))
            note_broken(loaded.outline)


class Again(BaseRetryStrategy):
    """Retries a job after a pause that doubles: a turn until its day is over, a run while a retry may help.

    While another process holds the lease of the site, the pause stays one tick: its machine may have died.

    Args:
        loaded: the configuration.
        stopping: set when this worker stops; the others take its unfinished jobs at once.
    """

    def __init__(self, loaded: LoadedConfig, stopping: threading.Event) -> None:
        self._outline = loaded.outline
        self._stopping = stopping

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Return when and in which queue a job is retried; None to give it up."""
        if self._stopping.is_set() or not isinstance(exception, Ended):
            return RetryDecision(retry_in={"seconds": 0})
        limits = self._outline.daemon
        failures = 1 if exception.code == BusyError.code else job.attempts + 1
        wait = math.ceil(pause(failures, limits.tick_seconds, longest_pause(self._outline.schedule)))
        if job.task_name == RUN:
            passes = exception.code < 0 or exception.code in _PASSING
            again = RetryDecision(retry_in={"seconds": wait}, priority=BY_HAND)
            return again if passes and job.attempts < _TRIES else None
        # A turn of yesterday is given up: the daemon enqueues one for today, and its tables say what is still due.
        over = date.fromisoformat(str(job.task_kwargs["day"])) < datetime.now(UTC).date()
        return None if over else RetryDecision(retry_in={"seconds": wait}, queue=HEAVY, priority=AGAIN)


class WatchedWorker(ProcrastinateWorker):
    """Ends when its listener or its heartbeat fails, so that the caller can start it again.

    The library watches its side tasks until the first of them ends, and the one for periodic tasks ends at once if
    there are none. After a crash of the server nothing would listen for jobs, and the worker would count as dead while
    it works (procrastinate-org/procrastinate#1597).
    """

    async def serve(self) -> None:
        """Take jobs until cancelled, or until a part of the worker fails."""
        await self.run()  # type: ignore[no-untyped-call]

    async def _periodic_deferrer(self) -> None:
        # Never ends, so the library goes on watching the other side tasks.
        await asyncio.Event().wait()
