"""Decides at each tick which sites need a turn. Reads only counts and times from the database."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Protocol

import msgspec
import structlog

from bensync.config.settings import ScheduleSettings
from bensync.daemon.config_snapshot import ConfigSummary
from bensync.errors import BensyncError, BusyError
from bensync.state.db.database import Database
from bensync.state.read.metrics import SiteActivity, heavy_everywhere, restless_everywhere, today_everywhere

_NOTICES = 300.0  # seconds between two turns for unsent notices or calls; a turn costs a CPU second (decision 46)
_LONGEST_PAUSE = 900.0  # seconds; a failing site is tried again at least every quarter of an hour
_LONG = timedelta(minutes=10)  # a turn that took longer makes its site heavy (decision 44)
_REMEMBERED = timedelta(hours=1)  # how long the lists of heavy and restless sites count before they are read again
_DAY = 86_400.0

log = structlog.get_logger()


def pause(failures: int, tick: float, longest: float) -> float:
    """Return the seconds to pause after this many failures in a row: one tick, two, four, up to ``longest``."""
    # At most 15 doublings: the limit is reached long before, and the power would grow with every failure.
    return min(tick * 2 ** (min(failures, 16) - 1), longest) if failures else 0


def longest_pause(schedule: ScheduleSettings) -> float:
    """Return the longest pause in seconds: a quarter of an hour, or ``retry_minutes`` if that is less."""
    return min(_LONGEST_PAUSE, schedule.retry_minutes * 60.0)


class SiteBackoff(msgspec.Struct, frozen=True):
    """The last turns of a site; times are seconds of a monotonic clock.

    Attributes:
        ended: when the last turn ended; None before the first.
        failures: the number of turns in a row that failed.
        lasted: seconds that the last turn took.
    """

    ended: float | None = None
    failures: int = 0
    lasted: float = 0

    @property
    def heavy(self) -> bool:
        """Whether the next turn may keep other sites waiting: the last one failed, or took long."""
        return bool(self.failures) or self.lasted > _LONG.total_seconds()

    def resting(self, moment: float, tick: float, longest: float) -> bool:
        """Return whether the pause after failed turns still lasts."""
        return self.ended is not None and moment - self.ended < pause(self.failures, tick, longest)

    def older(self, moment: float, seconds: float) -> bool:
        """Return whether the last turn ended at least so many seconds ago."""
        return self.ended is None or moment - self.ended >= seconds

    def after(self, moment: float, code: int, lasted: float = 0) -> SiteBackoff:
        """Return the state after one more turn."""
        # A turn that met the lease of another process is tried again after one tick: the holder may have died.
        failures = 1 if code == BusyError.code else self.failures + 1
        return SiteBackoff(moment, failures if code else 0, lasted)


Ended = Callable[[int, float], object]
"""Called at the end of a turn with its exit code and the seconds that it took."""


class TurnTaker(Protocol):
    """Takes turns at sites: child processes of this one, or workers on other machines."""

    def busy(self) -> Collection[str]:
        """Return the sites whose turn waits or is being taken."""

    def take(self, site: str, *, heavy: bool, ended: Ended) -> None:
        """Take a turn as soon as possible; return at once.

        Args:
            site: the site; it must not be busy.
            heavy: whether the site failed or took long last time, and must not keep the others waiting.
            ended: called at the end of the turn; at once and with success where a queue retries failed turns itself.
        """


class Scheduler:
    """Decides which sites need a turn, and starts the turns.

    Args:
        pulse: beats with every site.
        stopping: set when no further turn may begin.
        clock: returns the current time.
        monotonic: returns the seconds of a monotonic clock.

    Attributes:
        busy: the number of sites whose turn waited or was being taken at the last tick.
    """

    def __init__(
        self,
        pulse: Liveness,
        stopping: threading.Event,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pulse = pulse
        self._stopping = stopping
        self._clock = clock
        self._monotonic = monotonic
        self.busy = 0
        self._rhythms: dict[str, SiteBackoff] = {}
        self._alerted_on: date | None = None
        self._heavy: frozenset[str] = frozenset()
        self._restless: frozenset[str] = frozenset()
        self._known_at: datetime | None = None

    def tick(self, outline: ConfigSummary, database: Database, turns: TurnTaker, near: TurnTaker) -> None:
        """Start a turn at each site that needs one; a failure of one site does not delay the others.

        Args:
            outline: the sites, and how often things are done.
            database: the database of the deployment.
            turns: takes the turns.
            near: takes one turn on this machine while the database, and with it the queue, cannot be used.
        """
        now = self._clock()
        self._pulse.beat()
        days = self._days(outline, database, now)
        if days is None:
            self._alert_without_database(outline, near, now)
            return
        busy = turns.busy()
        self.busy = len(busy)
        for site in (*outline.sites, *outline.broken):
            self._pulse.beat()
            if self._stopping.is_set():
                return
            if site not in busy and self._wanted(site, outline, days, now):
                heavy = self._rhythm(site).heavy or site in self._heavy
                turns.take(site, heavy=heavy, ended=partial(self._end, site))

    def _days(self, outline: ConfigSummary, database: Database, now: datetime) -> Mapping[str, SiteActivity] | None:
        """Return the state of all sites from the database; None if it cannot be read.

        Once an hour it also reads which sites are heavy and which are restless.
        """
        # abs: after the clock was set back, an age would be negative for as long.
        remembered = min(_REMEMBERED, timedelta(minutes=outline.daemon.look_minutes))
        try:
            with database.whole() as connection:
                if self._known_at is None or abs(now - self._known_at) >= remembered:
                    old = now - timedelta(days=outline.patience_days)
                    self._heavy = heavy_everywhere(connection, now, _LONG)
                    self._restless = restless_everywhere(connection, old)
                    self._known_at = now
                return today_everywhere(connection, now)
        except BensyncError as error:
            log.warning("daemon.trouble", what=error.what, why=error.why, fix=error.fix)
            return None

    def _wanted(self, site: str, outline: ConfigSummary, days: Mapping[str, SiteActivity], now: datetime) -> bool:
        """Return whether a site needs a turn now; every site gets one now and then, for what time alone changes."""
        rhythm, moment = self._rhythm(site), self._monotonic()
        if self._rests(site, outline):
            return False
        receives = outline.sites.get(site, False)
        if rhythm.older(moment, self._look(site, outline)):
            return True
        today = days.get(site, SiteActivity())
        if (today.unsent or today.called) and rhythm.older(moment, _NOTICES):
            return True
        if receives or site in outline.broken:  # neither can have a daily run
            return False
        return bool(today.begun or outline.schedule.next_run(now, today) <= now)

    def _look(self, site: str, outline: ConfigSummary) -> float:
        """Return the seconds between two turns that are taken only because time has passed."""
        # On a quiet site the daily run sees everything that time alone can change. With 10,000 sites, a turn an hour at
        # each of them was most of all computing (decision 46).
        limits = outline.daemon
        if outline.sites.get(site, False):
            return limits.receive_minutes * 60.0
        return limits.look_minutes * 60.0 if site in self._restless or site in outline.broken else _DAY

    def _rests(self, site: str, outline: ConfigSummary) -> bool:
        longest = longest_pause(outline.schedule)
        return self._rhythm(site).resting(self._monotonic(), outline.daemon.tick_seconds, longest)

    def _alert_without_database(self, outline: ConfigSummary, near: TurnTaker, now: datetime) -> None:
        """Start one turn a day while the database cannot be read: that turn fails, and sends the alert at once."""
        # The first site's turn is enough: the channels of alerts are the same for all sites.
        site = next(iter((*outline.sites, *outline.broken)), "")
        if site and self._alerted_on != now.date() and site not in near.busy() and not self._rests(site, outline):
            self._alerted_on = now.date()
            near.take(site, heavy=False, ended=partial(self._end, site))

    def _end(self, site: str, code: int, lasted: float) -> None:
        self._rhythms[site] = self._rhythm(site).after(self._monotonic(), code, lasted)

    def _rhythm(self, site: str) -> SiteBackoff:
        return self._rhythms.get(site, SiteBackoff())


class Liveness:
    """Measures the time since the daemon last did something: it beats at every tick and with every site."""

    def __init__(self) -> None:
        self.beat()

    def beat(self) -> None:
        """Note that the daemon is alive."""
        self._last = time.monotonic()

    def age(self) -> float:
        """Return the seconds since the last beat."""
        return time.monotonic() - self._last
