"""The daemon's parent process: ticks, answers for its health, reads the configuration anew when asked, stops in order.

APScheduler only ticks, in memory: a tick that comes late or twice changes nothing. Whether a day is done is a row.
"""

from __future__ import annotations

import contextlib
import logging
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
from bensync.daemon.config_snapshot import ConfigSnapshot, ConfigSummary, load_summary, told
from bensync.daemon.scheduler import Ended, Liveness, Scheduler, TurnTaker
from bensync.daemon.web_process import WebProcess
from bensync.errors import BensyncError
from bensync.state.db.database import Database

_ALIVE = 180.0  # seconds between two beats of the pulse
_WAKE = 1.0  # seconds between two looks at the pulse

log = structlog.get_logger()


class LoadedConfig(msgspec.Struct, frozen=True):
    """A configuration in use: its copy, its outline, its database."""

    copy: ConfigSnapshot
    outline: ConfigSummary
    database: Database

    def close(self) -> None:
        """Let go of what it holds open."""
        self.database.close()
        self.copy.close()


Elsewhere = Callable[[LoadedConfig], AbstractContextManager[TurnTaker] | None]
"""Who takes the turns of a configuration, where that is not this process; opened for each round."""


class LocalTurns:
    """Turns in child processes of this one.

    Args:
        children: who starts them.
        house: the configuration that they read.
        form: of the logs, ``json`` or ``text``.
    """

    def __init__(self, children: Children, loaded: LoadedConfig, form: str) -> None:
        self._children = children
        self._loaded = loaded
        self._form = form

    def busy(self) -> Collection[str]:
        """The sites whose turn waits or is being taken."""
        return self._children.busy()

    def take(self, site: str, *, heavy: bool, ended: Ended) -> None:
        """See `Turns`."""
        outline, copy = self._loaded.outline, self._loaded.copy
        words = turn(outline, copy, site, self._form)
        self._children.take(site, Task(words, copy, outline.daemon, ended, heavy))


def load(file: Path, user: str = "daemon") -> LoadedConfig:
    """Read a configuration, check it and its database whole, and keep what resting needs: no key is among it.

    ``user`` is who will use it, for the records.

    Raises:
        BensyncError: something is wrong with either; nothing is left open.
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
    """The moment, in UTC."""
    return datetime.now(UTC)


def serve(file: Path, form: str, elsewhere: Elsewhere = lambda _: None, *, with_web: bool = False) -> None:
    """Tick until SIGTERM or SIGINT; turns at work get their time to finish.

    Args:
        file: the configuration.
        form: of the logs, ``json`` or ``text``.
        elsewhere: who else may take the turns, for a configuration that wants it.
        with_web: whether the pages are served beside it.

    Raises:
        BensyncError: configuration, database or address are not usable; nothing was started.
    """
    stopping, again = threading.Event(), threading.Event()
    with signals(stopping, again):
        DaemonProcess(file, form, stopping, again, elsewhere, WebProcess(file, form) if with_web else None).serve()


class DaemonProcess:
    """The parent process.

    Args:
        file: the configuration.
        form: of the logs, ``json`` or ``text``.
        stopping: set when it shall stop.
        again: set when it shall read the configuration anew.
        elsewhere: who else may take the turns.
        pages: the pages to be tended beside it, if any.
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
        """Tick, and answer, until it shall stop."""
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
            if self._web is not None:
                self._web.ask_to_end()
            scheduler.shutdown(wait=True)
            self._children.join()
            if self._web is not None:
                self._web.stop()
        for loaded in (*self._left, self._loaded):
            loaded.close()

    def _wait(self, scheduler: BackgroundScheduler, longest: float) -> None:
        """Until it shall stop. Where the clock was put back, the timer waits for what has been already: it is woken."""
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
        """Use the configuration as it is in the file now; one that is broken is refused, and the old one stays.

        A round that began with the old one ends with it; it is let go of by the next.
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
        problems = [] if self._good else ["the configuration that was read last is refused, and the old one in use"]
        try:
            self._loaded.database.check()
        except BensyncError as error:
            problems.append(error.what)
        if self._web_is_up() is False:
            problems.append("the pages are down; the log says why, and they are started again")
        return health.said(good=not problems, problems=problems)

    def _web_is_up(self) -> bool | None:
        """Whether the pages are served; None where nobody asked for them."""
        return self._web.up if self._web is not None else None


def note_broken(outline: ConfigSummary) -> None:
    """Tell of the sites that are left out."""
    for site, trouble in outline.broken.items():
        error = told(trouble)
        log.error("site.disabled", site=site, what=error.what, why=error.why, fix=error.fix)


def _scheduler() -> BackgroundScheduler:
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick is left out while a turn is at work, by design
    return BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )


@contextlib.contextmanager
def signals(stopping: threading.Event, again: threading.Event) -> Iterator[None]:
    """While the block lasts: SIGTERM and SIGINT ask to stop, SIGHUP to read the configuration anew."""

    def setting(event: threading.Event) -> Callable[[int, Any], None]:
        return lambda _number, _frame: event.set()

    meanings = {signal.SIGTERM: stopping, signal.SIGINT: stopping, signal.SIGHUP: again}
    before = {number: signal.signal(number, setting(event)) for number, event in meanings.items()}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
