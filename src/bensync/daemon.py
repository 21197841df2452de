"""The daily tick, catch-up after a late start, orderly stop. Whether a day is done is a row in the database.

APScheduler only ticks, in memory: a tick that comes late or twice changes nothing.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from bensync.core.runs import RunKind
from bensync.errors import BensyncError, BusyError
from bensync.pipeline import Asked, Order, receive, recover, run, send_notices
from bensync.state.runs import Runs
from bensync.wiring import Deployment

TICK = timedelta(minutes=1)

log = structlog.get_logger()


def utc_now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


class Daemon:
    """Runs every site once a day, at or after the hour of the schedule.

    Args:
        deployment: the configuration.
        clock: tells the moment; tests bring their own.
    """

    def __init__(self, deployment: Deployment, clock: Callable[[], datetime] = utc_now) -> None:
        self._deployment = deployment
        self._schedule = deployment.settings.schedule
        self._clock = clock
        self._store = deployment.store()
        self._stopping = threading.Event()

    def serve(self, tick: timedelta = TICK) -> None:
        """Tick until SIGTERM or SIGINT; a run at work is finished first.

        Raises:
            BensyncError: the database is not ready; nothing was started.
        """
        self._store.check()
        scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        scheduler.add_job(self.tick, "interval", seconds=tick.total_seconds(), next_run_time=datetime.now(UTC))
        with _signals(self._stopping):
            scheduler.start()
            log.info("daemon.start", sites=self._deployment.names(), daily_after=str(self._schedule.daily_after))
            self._stopping.wait()
            log.info("daemon.stop")
            scheduler.shutdown(wait=True)
        self._store.close()

    def tick(self) -> None:
        """Look at every site once; trouble with one never keeps the others from their turn."""
        for name in self._deployment.names():
            if self._stopping.is_set():
                return
            try:
                self._look_at(name)
            except BusyError as error:
                log.info("daemon.busy", site=name, why=error.why)
            except BensyncError as error:
                log.warning("daemon.trouble", site=name, what=error.what, why=error.why, mend=error.mend)
            except Exception:
                log.exception("daemon.bug", site=name)

    def _look_at(self, name: str) -> None:
        """Finish what was begun, run if today's run is due, send what waits; a quiet site costs one look.

        A site that only receives is looked after with every tick: its upload center is listed.
        """
        if self._deployment.receives(name):
            receive(self._deployment.reception(name, self._store), Asked("daemon"), self._clock)
            return
        now = self._clock()
        with self._store.look(name) as work:
            begun = bool(work.outbox.unsettled())
            waiting = bool(work.journal.unsent())
            due = self._is_due(work.runs, now)
        if not (begun or waiting or due):
            return
        tools = self._deployment.tools(name, self._store)
        if begun:
            recover(tools, self._clock)
        if due:
            run(tools, Order(RunKind.DAILY, "SCHEDULE", "daemon"), self._clock)
        elif waiting:
            send_notices(tools, self._clock)

    def _is_due(self, runs: Runs, now: datetime) -> bool:
        """Whether today's run is still to do: past the hour, none succeeded since, and the last try is long enough ago.

        So a late start catches up at once, and exactly once (A-04, A-05).
        """
        hour = datetime.combine(now.date(), self._schedule.daily_after, UTC)
        if now < hour or runs.daily_done(now.date(), self._schedule.daily_after):
            return False
        last = runs.last_try()
        pause = timedelta(minutes=self._schedule.retry_minutes)
        return last is None or last < hour or now - last >= pause


@contextmanager
def _signals(stopping: threading.Event) -> Iterator[None]:
    def stop(_number: int, _frame: Any) -> None:
        stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
