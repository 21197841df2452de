"""The daemon's parent process: ticks, answers health checks, reloads the configuration on SIGHUP, and stops in order.

APScheduler only ticks, in memory: a tick that comes late or twice changes nothing. A row says whether a day is done.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from bensync.config.references import resolve
from bensync.daemon import health, metrics
from bensync.daemon.children import Children, Task, turn
from bensync.daemon.config_snapshot import ConfigSnapshot, ConfigSummary, load_summary, reported_error
from bensync.daemon.scheduler import Ended, Liveness, Scheduler, TurnTaker
from bensync.daemon.web_process import WebProcess
from bensync.errors import BensyncError
from bensync.state.db.database import Database

_ALIVE = 180.0  # seconds without a tick after which /healthz fails: three of the longest ticks
_WAKE = 1.0  # seconds between two checks of the pulse, the pages and SIGHUP

log = structlog.get_logger()


class LoadedConfig(msgspec.Struct, frozen=True):
    """A configuration in use: its copy, its summary, its database."""

    copy: ConfigSnapshot
    outline: ConfigSummary
    database: Database

    def close(self) -> None:
        """Close the database and the copy."""
        self.database.close()
        self.copy.close()


Elsewhere = Callable[[LoadedConfig], AbstractContextManager[TurnTaker] | None]
"""Returns what takes the turns of a configuration instead of this process, opened for each tick; None for none."""


class LocalTurns:
    """Takes turns in child processes of this one.

    Args:
        children: starts them.
        loaded: the configuration that they read.
        form: the form of the logs, ``json`` or ``text``.
    """

    def __init__(self, children: Children, loaded: LoadedConfig, form: str) -> None:
        self._children = children
        self._loaded = loaded
        self._form = form

    def busy(self) -> Collection[str]:
        """Return the sites whose turn waits or is being taken."""
        return self._children.busy()

    def take(self, site: str, *, heavy: bool, ended: Ended) -> None:
        """See `TurnTaker`."""
        outline, copy = self._loaded.outline, self._loaded.copy
        words = turn(outline, copy, site, self._form)
        self._children.take(site, Task(words, copy, outline.daemon, ended, heavy))


def load(file: Path, user: str = "daemon") -> LoadedConfig:
    """Read a configuration, check all of it and its database, and return what the parent needs, without any key.

    Args:
        file: the main file.
        user: the process that will use it, for the audit trail.

    Raises:
        BensyncError: the configuration or its database cannot be used; nothing is left open.
    """
    with contextlib.ExitStack() as undone:
        copy = ConfigSnapshot(file)
        undone.callback(copy.close)
        outline = load_summary(copy, user)
        password = outline.state.password
        database = Database(outline.state.url, resolve(password) if password is not None else None)
        undone.callback(database.close)
        undone.pop_all()
    return LoadedConfig(copy, outline, database)


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def serve(file: Path, form: str, elsewhere: Elsewhere = lambda _: None, *, with_web: bool = False) -> None:
    """Tick until SIGTERM or SIGINT; running turns get ``stop_seconds`` to finish.

    Args:
        file: the configuration.
        form: the form of the logs, ``json`` or ``text``.
        elsewhere: returns what takes the turns of a configuration instead of this process.
        with_web: whether the pages are served in a process beside this one.

    Raises:
        BensyncError: the configuration, the database or the address cannot be used; nothing was started.
    """
    stopping, again = threading.Event(), threading.Event()
    with signals(stopping, again):
        DaemonProcess(file, form, stopping, again, elsewhere, WebProcess(file, form) if with_web else None).serve()


class DaemonProcess:
    """The parent process.

    Args:
        file: the configuration.
        form: the form of the logs, ``json`` or ``text``.
        stopping: set when the process must stop.
        again: set when the configuration must be read again.
        elsewhere: returns what takes the turns of a configuration instead of this process.
        pages: the process of the pages, if they are served.
    """

    def __init__(
        self,
        file: Path,
        form: str,
        stopping: threading.Event,
        again: threading.Event,
        elsewhere: Elsewhere,
        pages: WebProcess | None = None,
    ) -> None:
        self._file = file
        self._stopping = stopping
        self._again = again
        self._web = pages
        self._loaded = load(file)
        self._left: list[LoadedConfig] = []
        self._good = True
        self._started = utc_now()
        self._pulse = Liveness()
        self._form = form
        self._children = Children(stopping)
        self._elsewhere = elsewhere
        self._rounds = Scheduler(self._pulse, stopping, utc_now)

    def serve(self) -> None:
        """Tick and answer health checks until the process must stop."""
        summary = self._loaded.outline
        with health.serving(summary.daemon.listen, self._pages()):
            scheduler = _scheduler()
            tick = summary.daemon.tick_seconds
            scheduler.add_job(self._tick, "interval", id="tick", seconds=tick, next_run_time=utc_now())
            scheduler.start()
            log.info("daemon.start", sites=len(summary.sites), daily_after=str(summary.schedule.daily_after))
            note_broken(summary)
            self._wait(scheduler, 2 * tick + _WAKE)
            log.info("daemon.stop")
            # The pages are asked first and waited for last, so that they and the turns end at the same time; together
            # they must end before a service manager sends SIGKILL (R17: 30 seconds).
            if self._web is not None:
                self._web.ask_to_end()
            scheduler.shutdown(wait=True)
            self._children.join()
            if self._web is not None:
                self._web.stop()
        for loaded in (*self._left, self._loaded):
            loaded.close()

    def _wait(self, scheduler: BackgroundScheduler, longest: float) -> None:
        """Wait until the process must stop; check the pulse, the pages and SIGHUP meanwhile."""
        # APScheduler waits for a time of the wall clock. After that clock was set back by an hour it would not tick for
        # an hour; when ticks are missing for too long by the monotonic clock, the job is due at once.
        woken = Liveness()
        self._tend()
        while not self._stopping.wait(_WAKE):
            self._tend()
            if self._again.is_set():
                self._again.clear()
                self._reload()
            if min(self._pulse.age(), woken.age()) > longest:
                scheduler.modify_job("tick", next_run_time=utc_now())
                woken.beat()

    def _tend(self) -> None:
        if self._web is not None:
            self._web.look()

    def _tick(self) -> None:
        self._pulse.beat()
        # Ticks never overlap, so no earlier tick still uses a configuration that a reload has replaced.
        while self._left:
            self._left.pop().close()
        loaded = self._loaded
        try:
            local_turns = LocalTurns(self._children, loaded, self._form)
            with self._elsewhere(loaded) or contextlib.nullcontext(local_turns) as turns:
                self._rounds.tick(loaded.outline, loaded.database, turns, local_turns)
        except BensyncError as error:
            log.error("daemon.trouble", what=error.what, why=error.why, fix=error.fix)  # noqa: TRY400  # they say it all
        except Exception:
            log.exception("daemon.bug")

    def _reload(self) -> None:
        """Load the file again; if it is broken, keep the configuration in use.

        A tick that began with the old configuration ends with it; the next tick closes it.
        """
        try:
            loaded = load(self._file)
        except BensyncError as error:
            self._good = False
            log.error(  # noqa: TRY400  # what, why and fix say it all
                "daemon.configuration_refused", what=error.what, why=error.why, fix=error.fix
            )
        else:
            self._left.append(self._loaded)
            self._loaded, self._good = loaded, True
            if self._web is not None:
                self._web.renew()
            log.info("daemon.configuration_read", sites=len(loaded.outline.sites))
            note_broken(loaded.outline)

    def _pages(self) -> Mapping[str, health.Page]:
        scrape = metrics.Scrape(
            metrics.DaemonCollector(
                self._started,
                self._pulse.age,
                lambda: self._good,
                self._children.ended,
                self._places,
                self._web_is_up,
            ),
            metrics.Sites(self._looked_at, utc_now),
        )
        return {
            "/healthz": self._alive,
            "/readyz": self._ready,
            "/metrics": lambda: health.HealthAnswer(HTTPStatus.OK, metrics.CONTENT, scrape.text()),
        }

    def _looked_at(self) -> metrics.Looked:
        loaded = self._loaded
        return loaded.outline.sites, loaded.outline.broken, loaded.database, loaded.outline.schedule

    def _places(self) -> tuple[int, int, int]:
        return len(self._children.at_work()), len(self._children.waiting()), self._rounds.busy

    def _alive(self) -> health.HealthAnswer:
        age = self._pulse.age()
        pages = {} if self._web is None else {"pages": "up" if self._web.up else "down"}
        return health.said(good=age < _ALIVE, pulse_age_seconds=round(age, 1), **pages)

    def _ready(self) -> health.HealthAnswer:
        problems = [] if self._good else ["The configuration that was read last is refused, and the old one is in use."]
        try:
            self._loaded.database.check()
        except BensyncError as error:
            problems.append(error.what)
        if self._web_is_up() is False:
            problems.append("The pages are down; the log says why, and they are started again.")
        return health.said(good=not problems, problems=problems)

    def _web_is_up(self) -> bool | None:
        """Return whether the pages are served; None without ``--with-web``."""
        return self._web.up if self._web is not None else None


def note_broken(outline: ConfigSummary) -> None:
    """Log the sites that are left out because their own file is broken."""
    for site, trouble in outline.broken.items():
        error = reported_error(trouble)
        log.error("site.disabled", site=site, what=error.what, why=error.why, fix=error.fix)


def _scheduler() -> BackgroundScheduler:
    # One tick at a time, and missed ticks become one. Without misfire_grace_time=None the library drops a tick that is
    # more than a second late, which happens on a busy machine and after a suspend.
    return BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )


@contextlib.contextmanager
def signals(stopping: threading.Event, again: threading.Event) -> Iterator[None]:
    """Set ``stopping`` on SIGTERM and SIGINT, and ``again`` on SIGHUP, while the block lasts."""
    # Handlers only set an event: Python runs them between any two instructions of the main thread, which may hold a
    # lock of logging or of the database pool.

    def setting(event: threading.Event) -> Callable[[int, Any], None]:
        return lambda _number, _frame: event.set()

    meanings = {signal.SIGTERM: stopping, signal.SIGINT: stopping, signal.SIGHUP: again}
    before = {number: signal.signal(number, setting(event)) for number, event in meanings.items()}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
