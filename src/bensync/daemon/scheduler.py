"""A round: one look at all sites, and a turn for whoever needs one. Reads counts and moments only."""

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

_NOTICES = 300.0
_LONGEST_PAUSE = 900.0
_LONG = timedelta(minutes=10)
_REMEMBERED = timedelta(hours=1)
_DAY = 86_400.0

log = structlog.get_logger()


def pause(failures: int, tick: float, longest: float) -> float:
    """Seconds of rest after so many failures in a row: one tick, two, four ... up to the longest."""
    return min(tick * 2 ** (min(failures, 16) - 1), longest) if failures else 0


def longest_pause(schedule: ScheduleSettings) -> float:
    """Seconds: a quarter of an hour, or what the schedule says if that is less."""
    return min(_LONGEST_PAUSE, schedule.retry_minutes * 60.0)


class SiteBackoff(msgspec.Struct, frozen=True):
    """How it went with a site so far; seconds of a clock that nobody sets.

    Attributes:
        ended: when its last turn ended; None before the first.
        failures: how many turns failed one after the other.
        lasted: seconds that the last one was at work.
    """

    ended: float | None = None
    failures: int = 0
    lasted: float = 0

    @property
    def heavy(self) -> bool:
        """Whether the next turn may keep others waiting: the last one failed, or took long."""
        return bool(self.failures) or self.lasted > _LONG.total_seconds()

    def resting(self, moment: float, tick: float, longest: float) -> bool:
        """Whether the pause after failed turns still lasts."""
        return self.ended is not None and moment - self.ended < pause(self.failures, tick, longest)

    def older(self, moment: float, seconds: float) -> bool:
        """Whether the last turn ended so long ago."""
        return self.ended is None or moment - self.ended >= seconds

    def after(self, moment: float, code: int, lasted: float = 0) -> SiteBackoff:
        """The same after one more turn; one that met the lease of another process is tried again soon."""
        failures = 1 if code == BusyError.code else self.failures + 1
        return SiteBackoff(moment, failures if code else 0, lasted)


Ended = Callable[[int, float], object]
"""Told how a turn ended: its exit code, and how many seconds it was at work."""


class TurnTaker(Protocol):
    """Who takes turns at sites: processes of ours, or workers elsewhere."""

    def busy(self) -> Collection[str]:
        """The sites whose turn waits or is being taken."""

    def take(self, site: str, *, heavy: bool, ended: Ended) -> None:
        """Let a turn be taken as soon as possible; waits for nothing.

        Args:
            site: whose turn; it must not be busy.
            heavy: whether it failed or took long last time: it must not keep the others waiting.
            ended: told at the end; or at once, that all is well, where somebody else sees to what follows.
        """


class Scheduler:
    """Decides which site needs a turn, and lets it be taken.

    Args:
        pulse: beats with every site.
        stopping: set when no further turn shall begin.
        clock: tells the moment; tests bring their own.
        monotonic: seconds of a clock that nobody sets.

    Attributes:
        busy: how many sites had a turn that waited or was being taken, when they were looked at last.
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
        self._cried: date | None = None
        self._heavy: frozenset[str] = frozenset()
        self._restless: frozenset[str] = frozenset()
        self._known_at: datetime | None = None

    def tick(self, outline: ConfigSummary, database: Database, turns: TurnTaker, near: TurnTaker) -> None:
        """Look at all sites once; trouble with one never keeps the others from their turn.

        Args:
            outline: the sites, and how often things are done.
            database: of the deployment.
            turns: who takes them.
            near: who takes one where the database, and with it every way to others, cannot be used.
        """
        now = self._clock()
        self._pulse.beat()
        days = self._days(outline, database, now)
        if days is None:
            self._cry(outline, near, now)
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
        """What the database tells of all sites, and now and then the rarer part; None where it cannot be read."""
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
        """Whether a site needs a turn now; every site gets one now and then, for what only time tells."""
        rhythm, moment = self._rhythm(site), self._monotonic()
        if self._rests(site, outline):
            return False
        receives = outline.sites.get(site, False)
        if rhythm.older(moment, self._look(site, outline)):
            return True
        today = days.get(site, SiteActivity())
        if (today.unsent or today.called) and rhythm.older(moment, _NOTICES):
            return True
        if receives or site in outline.broken:
            return False
        return bool(today.begun or outline.schedule.next_run(now, today) <= now)

    def _look(self, site: str, outline: ConfigSummary) -> float:
        """Seconds between two looks. Time alone brings nothing to a quiet site that its daily run does not see."""
        limits = outline.daemon
        if outline.sites.get(site, False):
            return limits.receive_minutes * 60.0
        return limits.look_minutes * 60.0 if site in self._restless or site in outline.broken else _DAY

    def _rests(self, site: str, outline: ConfigSummary) -> bool:
        longest = longest_pause(outline.schedule)
        return self._rhythm(site).resting(self._monotonic(), outline.daemon.tick_seconds, longest)

    def _cry(self, outline: ConfigSummary, near: TurnTaker, now: datetime) -> None:
        """Let one turn be taken although the database cannot be read: it tells people, without it, once a day.

        One is enough: whoever hears of trouble is the same for all sites.
        """
        site = next(iter((*outline.sites, *outline.broken)), "")
        if site and self._cried != now.date() and site not in near.busy() and not self._rests(site, outline):
            self._cried = now.date()
            near.take(site, heavy=False, ended=partial(self._end, site))

    def _end(self, site: str, code: int, lasted: float) -> None:
        self._rhythms[site] = self._rhythm(site).after(self._monotonic(), code, lasted)

    def _rhythm(self, site: str) -> SiteBackoff:
        return self._rhythms.get(site, SiteBackoff())


class Liveness:
    """Beats at every tick, and while a turn is waited for."""

    def __init__(self) -> None:
        self.beat()

    def beat(self) -> None:
        """It moves."""
        self._last = time.monotonic()

    def age(self) -> float:
        """Seconds since the last beat."""
        return time.monotonic() - self._last
