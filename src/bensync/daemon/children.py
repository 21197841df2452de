"""Turns in child processes: a few at a time, one per site, ended when they hang or when the daemon stops.

First come, first served; but sites that failed or took long last time never occupy the last free place.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec
import structlog

from bensync.config.settings import Daemon as Limits
from bensync.daemon.config_snapshot import ConfigSnapshot, ConfigSummary, command
from bensync.errors import BensyncError
from bensync.fault_points import around

_GLANCE = 0.25  # seconds between two checks of a child; the delay before a stop request is noticed
_LAST_WORDS = 3.0  # seconds between SIGTERM and SIGKILL

log = structlog.get_logger()


class Task(msgspec.Struct, frozen=True):
    """A turn to be taken.

    Attributes:
        words: the command that takes it.
        copy: the configuration that the command reads; kept open until the turn is over.
        limits: how long a turn may take, and how many run at a time.
        ended: called from another thread with the exit code and the seconds that the turn took.
        heavy: whether the site failed or took long last time.
        environment: variables for the command, besides those of this process.
    """

    words: Sequence[str]
    copy: ConfigSnapshot
    limits: Limits
    ended: Callable[[int, float], object]
    heavy: bool = False
    environment: Mapping[str, str] = {}


def turn(outline: ConfigSummary, copy: ConfigSnapshot, site: str, form: str) -> list[str]:
    """Return the command for the usual turn at a site."""
    causes = [outline.broken[site]] if site in outline.broken else []
    return command("turn", str(copy.path), site, form, *causes)


class Children:
    """Starts turns, and waits until they end.

    Args:
        stopping: set when no further turn may begin, and the running ones must end.
    """

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._lock = threading.Lock()
        self._waiting: dict[str, Task] = {}
        self._at_work: dict[str, tuple[Task, threading.Thread]] = {}
        self._ended: Counter[tuple[str, int]] = Counter()

    def ended(self) -> Mapping[tuple[str, int], int]:
        """Return the number of turns that ended, by site and exit code; a signal is a negative code."""
        with self._lock:
            return dict(self._ended)

    def waiting(self) -> frozenset[str]:
        """Return the sites that wait for their turn."""
        with self._lock:
            return frozenset(self._waiting)

    def at_work(self) -> frozenset[str]:
        """Return the sites that a child process is working on."""
        with self._lock:
            return frozenset(self._at_work)

    def busy(self) -> frozenset[str]:
        """Return the sites that wait or that a child process is working on."""
        with self._lock:
            return frozenset((*self._waiting, *self._at_work))

    def take(self, site: str, task: Task) -> None:
        """Take a turn as soon as there is a free place; return at once. The site must not be busy."""
        # Held from here on: a reload may replace the configuration while the turn waits.
        task.copy.hold()
        with self._lock:
            self._waiting[site] = task
        self._begin()

    def join(self) -> None:
        """Drop the waiting turns, and wait until the running ones end. `stopping` must be set."""
        with self._lock:
            left = [task for task, _ in self._waiting.items()]
            tasks = [self._waiting.pop(site) for site in left]
            threads = [thread for _, thread in self._at_work.values()]
        for task in tasks:
            task.copy.close()
        # Outside the lock: each thread takes it once more to note its end.
        for thread in threads:
            thread.join()

    def _begin(self) -> None:
        """Fill the free places."""
        with self._lock:
            while not self._stopping.is_set() and (site := self._next()) is not None:
                task = self._waiting.pop(site)
                thread = threading.Thread(target=self._work, args=(site, task), name=f"turn {site}")
                self._at_work[site] = task, thread
                thread.start()

    def _next(self) -> str | None:
        """Return the site whose turn is next; heavy sites leave a place to the others."""
        # With one place there is none to leave, and a heavy site may have it (decision 44).
        heavy = sum(task.heavy for task, _ in self._at_work.values())
        for site, task in self._waiting.items():
            places = task.limits.parallel
            if len(self._at_work) < places and (not task.heavy or heavy < max(1, places - 1)):
                return site
        return None

    def _work(self, site: str, task: Task) -> None:
        # The code of a bug, until the child has ended: whatever breaks here counts as a failed turn.
        code, begun = BensyncError.code, time.monotonic()
        try:
            code = self._run(site, task)
        finally:
            task.copy.close()
            with self._lock:
                del self._at_work[site]
                self._ended[site, code] += 1
            task.ended(code, time.monotonic() - begun)
            self._begin()

    def _run(self, site: str, task: Task) -> int:
        away = subprocess.DEVNULL
        try:
            # The copy of the configuration is a file in memory that the child inherits by its number. A process group
            # of its own: what the child starts (gpg) ends with it, and Ctrl+C in a terminal reaches the parent alone.
            with around("turn.start"):
                child = subprocess.Popen(  # noqa: S603  # our own modules
                    task.words,
                    stdin=away,
                    stdout=away,
                    pass_fds=(task.copy.handle,),
                    process_group=0,
                    env={**os.environ, **task.environment},
                )
        except OSError as error:
            log.error("turn.not_started", site=site, why=error.strerror)  # noqa: TRY400  # the machine is out of something
            return BensyncError.code
        with child:
            code = self._watch(child, site, task.limits)
        if code < 0:
            log.error("turn.killed", site=site, signal=signal.Signals(-code).name)
        return code

    def _watch(self, child: subprocess.Popen[bytes], site: str, limits: Limits) -> int:
        deadline = time.monotonic() + limits.turn_hours * 3600
        while child.poll() is None:
            if self._stopping.wait(_GLANCE):
                log.info("turn.asked_to_end", site=site, seconds=limits.stop_seconds)
                return _end(child, limits.stop_seconds)
            if time.monotonic() > deadline:
                log.error("turn.hangs", site=site, hours=limits.turn_hours)
                return _end(child, 0)
        return child.wait()


def _end(child: subprocess.Popen[bytes], patience: float) -> int:
    """Wait for a child, then ask it to end, then kill it with everything that it started; return its exit code."""
    for number, seconds in ((None, patience), (signal.SIGTERM, _LAST_WORDS)):
        if number is not None:
            child.send_signal(number)
        try:
            return child.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
    os.killpg(child.pid, signal.SIGKILL)
    return child.wait()
