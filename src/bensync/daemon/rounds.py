"""A round: one look at every site, and a turn for whoever needs one. Reads counts and moments only."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import date, datetime

import msgspec
import structlog

from bensync.daemon.outline import Outline
from bensync.daemon.pulse import Pulse
from bensync.errors import BensyncError
from bensync.state.store import Store

_HOUR = 3600.0
_NOTICES = 300.0
_LONGEST_PAUSE = 900.0

log = structlog.get_logger()


class Rhythm(msgspec.Struct, frozen=True):
    """How it went with a site so far; seconds of a clock that nobody sets.

    Attributes:
        ended: when its last turn ended; None before the first.
        failures: how many turns failed one after the other.
    """

    ended: float | None = None
    failures: int = 0

    def resting(self, moment: float, tick: float, longest: float) -> bool:
        """Whether the pause after failed turns still lasts: one tick, two, four ... up to the longest."""
        pause = min(tick * 2 ** (min(self.failures, 16) - 1), longest) if self.failures else 0
        return self.ended is not None and moment - self.ended < pause

    def older(self, moment: float, seconds: float) -> bool:
        """Whether the last turn ended so long ago."""
        return self.ended is None or moment - self.ended >= seconds

    def after(self, moment: float, code: int) -> Rhythm:
        """The same after one more turn."""
        return Rhythm(moment, self.failures + 1 if code else 0)


class Rounds:
    """Decides which site needs a turn, and lets it be taken; one at a time.

    Args:
        pulse: beats with every site.
        stopping: set when no further turn shall begin.
        clock: tells the moment; tests bring their own.
        monotonic: seconds of a clock that nobody sets.
    """

    def __init__(
        self,
        pulse: Pulse,
        stopping: threading.Event,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pulse = pulse
        self._stopping = stopping
        self._clock = clock
        self._monotonic = monotonic
        self._rhythms: dict[str, Rhythm] = {}
        self._cried: dict[str, date] = {}

    def go(self, outline: Outline, store: Store, take_turn: Callable[[str], int]) -> None:
        """Look at every site once; trouble with one never keeps the others from their turn.

        Args:
            outline: the sites, and how often things are done.
            store: the database.
            take_turn: takes a turn at a site; returns its exit code.
        """
        for site in outline.sites:
            self._pulse.beat()
            if self._stopping.is_set():
                return
            try:
                wanted = self._wanted(site, outline, store)
            except BensyncError as error:
                log.warning("daemon.trouble", site=site, what=error.what, why=error.why, mend=error.mend)
                wanted = self._may_cry(site)
            if wanted:
                code = take_turn(site)
                self._rhythms[site] = self._rhythm(site).after(self._monotonic(), code)

    def _wanted(self, site: str, outline: Outline, store: Store) -> bool:
        """Whether a site needs a turn now; every site gets one an hour, for what only time tells."""
        rhythm, moment = self._rhythm(site), self._monotonic()
        receives, schedule, limits = outline.sites[site], outline.schedule, outline.daemon
        longest = min(_LONGEST_PAUSE, schedule.retry_minutes * 60.0)
        if rhythm.resting(moment, limits.tick_seconds, longest):
            return False
        if rhythm.older(moment, limits.receive_minutes * 60.0 if receives else _HOUR):
            return True
        now = self._clock()
        with store.look(site) as work:
            today = work.figures.today(now)
        if (today.unsent or today.called) and rhythm.older(moment, _NOTICES):
            return True
        return not receives and bool(today.begun or schedule.next_run(now, today) <= now)

    def _may_cry(self, site: str) -> bool:
        """Whether a turn is taken although the database cannot be read: it tells people, without it, once a day."""
        today = self._clock().date()
        if self._cried.get(site) == today:
            return False
        self._cried[site] = today
        return True

    def _rhythm(self, site: str) -> Rhythm:
        return self._rhythms.get(site, Rhythm())
