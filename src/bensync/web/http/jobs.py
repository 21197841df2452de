"""Jobs: commands that take long, such as a sync, a preview or a delivery, in processes of their own.

Pages only start and watch them, so that a closed page or a restarted web server never stops a sync halfway.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import msgspec
import structlog

from bensync.core.access import ORDER_VARIABLE
from bensync.errors import BusyError
from bensync.fault_points import around

_BUG = {
    "code": 1,
    "what": "The task ended without a result.",
    "why": "",
    "fix": "Ask your bensync operator to check the log.",
}

log = structlog.get_logger()


class QueuedRun(msgspec.Struct, frozen=True):
    """A sync that a user started and a worker does.

    Attributes:
        actor: the user who started it.
        started_at: when.
        waits: whether no worker has started it yet.
        workers: how many workers could do it; with none it does not start.
    """

    actor: str
    started_at: datetime
    waits: bool
    workers: int

    rehearses = False
    """Whether it changes nothing."""


class RunQueue(Protocol):
    """The queue of the workers, where they do the syncs that users start."""

    def ask(self, site: str, words: Sequence[str], actor: str, order: str) -> None:
        """Add a sync to the queue, before the daily ones; ``order`` proves that the actor started it.

        Raises:
            BusyError: a sync that was added before has not started.
        """

    def asked(self, site: str) -> QueuedRun | None:
        """Return the sync that waits or is in progress; None where there is none."""


class Job:
    """One command that is in progress or finished.

    Attributes:
        site: the site.
        words: the command and its options.
        actor: the user who started it.
        started_at: when.
        error: the error as JSON; empty while there is none.
        answer: the JSON output of the command, once it is finished.
        code: its exit code, once it is finished.
    """

    def __init__(self, site: str, words: Sequence[str], actor: str, started_at: datetime) -> None:
        self.site = site
        self.words = tuple(words)
        self.actor = actor
        self.started_at = started_at
        self.answer: dict[str, Any] = {}
        self.error: dict[str, Any] = {}
        self.code: int | None = None
        self._ended = threading.Event()

    waits = False
    """Whether the job still waits for a worker."""

    @property
    def at_work(self) -> bool:
        """Whether the command is in progress."""
        return not self._ended.is_set()

    @property
    def rehearses(self) -> bool:
        """Whether the command is a preview, which changes nothing."""
        return self.words[0] == "plan"

    def wait(self, seconds: float) -> bool:
        """Wait for the end; return False where it takes longer."""
        return self._ended.wait(seconds)

    def run(self, command: Sequence[str], longest: timedelta, order: str) -> None:
        """Run the process, end it after ``longest``, and read its output; to be called in a thread of its own."""
        try:
            with around("web.turn"):
                process = subprocess.Popen(  # noqa: S603  # our own command line; nothing of it is a shell's
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                    env={**os.environ, ORDER_VARIABLE: order},
                    # A Ctrl+C at `bensync serve` reaches the whole process group, and must not stop a sync halfway.
                    start_new_session=True,
                )
            try:
                output, _ = process.communicate(timeout=longest.total_seconds())
            except subprocess.TimeoutExpired:
                process.kill()
                output, _ = process.communicate()
            self.code = process.returncode
            self.answer = _read(output)
            self.error = self.answer.pop("error", {}) or ({} if self.answer else _BUG)
        except OSError as error:
            self.code, self.error = 1, {**_BUG, "why": error.strerror or type(error).__name__}
        finally:
            log.info("web.turn", site=self.site, command=self.words[0], code=self.code)
            # However the thread ends, the site must be free for the next command.
            self._ended.set()


class Jobs:
    """The last job of every site.

    Args:
        config: the configuration file for all commands.
        longest: the time after which a command is ended, `[daemon] turn_hours`.
        sign: returns the order of an actor to run a command at a site.
        elsewhere: the queue of the workers that do the syncs, where this machine does not.
    """

    def __init__(
        self,
        config: Path,
        longest: timedelta,
        sign: Callable[[str, str, str], str],
        elsewhere: RunQueue | None = None,
    ) -> None:
        self._config = config.absolute()
        self._longest = longest
        self._sign = sign
        self._elsewhere = elsewhere
        self._lock = threading.Lock()
        self._last: dict[tuple[str, bool], Job] = {}
        self._handed: dict[str, datetime] = {}

    def run(self, site: str, words: Sequence[str], actor: str, now: datetime) -> None:
        """Start a sync: by workers where the deployment has a queue, otherwise as `start` does.

        Raises:
            BusyError: another sync waits or is in progress.
        """
        if self._elsewhere is None:
            self.start(site, words, actor, now)
            return
        self._elsewhere.ask(site, words, actor, self._sign(site, words[0], actor))
        self._handed[site] = now
        log.info("web.handed", site=site, command=words[0])

    def handed(self, site: str) -> datetime | None:
        """Return when the last sync was given to workers; None where a command ran here after it."""
        at, last = self._handed.get(site), self._last.get((site, False))
        return None if at is None or (last is not None and last.started_at > at) else at

    def start(self, site: str, words: Sequence[str], actor: str, now: datetime) -> Job:
        """Start a command.

        Raises:
            BusyError: another command is in progress for this site.
        """
        job = Job(site, words, actor, now)
        order = self._sign(site, words[0], actor)
        with self._lock:
            # Under the lock: two clicks at once must not start two commands.
            for other in (self._last.get((site, True)), self._last.get((site, False))):
                if other is not None and other.at_work:
                    why = f"{other.actor} started another task for this site, which is in progress."
                    raise BusyError("The task was not started.", why, "Wait until it is finished, then try again.")
            self._last[site, job.rehearses] = job
        command = [sys.executable, "-m", "bensync", "--config", str(self._config), "--site", site, "--json"]
        arguments = ([*command, *words], self._longest, order)
        threading.Thread(target=job.run, args=arguments, name=f"job {site}", daemon=True).start()
        return job

    def last_run(self, site: str) -> Job | None:
        """Return the last command that was not a preview; None where a sync was given to workers after it."""
        return None if self.handed(site) is not None else self._last.get((site, False))

    def last_rehearsal(self, site: str) -> Job | None:
        """Return the last preview; None where a command ran after it, so that it is out of date."""
        rehearsal, run = self._last.get((site, True)), self._last.get((site, False))
        done = [at for at in (self._handed.get(site), run.started_at if run else None) if at is not None]
        # A run has changed the baseline since, so the fingerprint of the preview names a plan that no longer exists.
        if rehearsal is not None and any(at >= rehearsal.started_at for at in done):
            return None
        return rehearsal

    def at_work(self, site: str) -> Job | QueuedRun | None:
        """Return the command in progress, on this machine or at a worker."""
        for job in (self._last.get((site, False)), self._last.get((site, True))):
            if job is not None and job.at_work:
                return job
        return self._elsewhere.asked(site) if self._elsewhere is not None else None


def _read(output: str) -> dict[str, Any]:
    try:
        answer = json.loads(output)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
