"""Work that takes long, in a process of its own: a run, a rehearsal, a delivery. The pages only start and watch it.

So a page that is closed, or a web server that is restarted, never stops a run half-way.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec
import structlog

from bensync.errors import BusyError
from bensync.faults import around

_LONGEST_SECONDS = 6 * 3600
_BUG = {
    "code": 1,
    "what": "The task ended without a result.",
    "why": "",
    "fix": "Ask your bensync operator to check the log.",
}

log = structlog.get_logger()


class QueuedRun(msgspec.Struct, frozen=True):
    """A run that somebody asked for, which somebody else's process does.

    Attributes:
        actor: who asked.
        started_at: when.
        waits: whether nobody has begun it.
        workers: how many could; nobody will as long as it is 0.
    """

    actor: str
    started_at: datetime
    waits: bool
    workers: int

    rehearses = False
    """Whether it changes nothing."""


class RunQueue(Protocol):
    """Who does the runs that people ask for, where that is not this machine."""

    def ask(self, site: str, words: Sequence[str], actor: str) -> None:
        """Ask for a run; it comes before those of the day.

        Raises:
            BusyError: one that was asked for before still waits.
        """

    def asked(self, site: str) -> QueuedRun | None:
        """The run that waits or is at work; None where there is none."""


class Job:
    """One command at work, or done.

    Attributes:
        site: for which site.
        words: the command and its options.
        actor: who asked for it.
        started_at: when.
        error: what went wrong, as the three lines of every error; empty while all is well.
        answer: what the command said, once it is done.
        code: its exit code, once it is done.
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
    """Whether nobody has begun it."""

    @property
    def at_work(self) -> bool:
        """Whether it has not ended yet."""
        return not self._ended.is_set()

    @property
    def rehearses(self) -> bool:
        """Whether it changes nothing."""
        return self.words[0] == "plan"

    def wait(self, seconds: float) -> bool:
        """Wait for its end; False when it takes longer."""
        return self._ended.wait(seconds)

    def run(self, command: Sequence[str]) -> None:
        """Start the process and read what it says; to be called in a thread of its own."""
        try:
            with around("web.turn"):
                process = subprocess.Popen(  # noqa: S603  # our own command line; nothing of it is a shell's
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                    start_new_session=True,
                )
            try:
                said, _ = process.communicate(timeout=_LONGEST_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                said, _ = process.communicate()
            self.code = process.returncode
            self.answer = _read(said)
            self.error = self.answer.pop("error", {}) or ({} if self.answer else _BUG)
        except OSError as error:
            self.code, self.error = 1, {**_BUG, "why": error.strerror or type(error).__name__}
        finally:
            log.info("web.turn", site=self.site, command=self.words[0], code=self.code)
            self._ended.set()


class Jobs:
    """The last turn of every site.

    Args:
        config: the configuration file that every command is given.
        elsewhere: who does the runs, where that is not this machine.
    """

    def __init__(self, config: Path, elsewhere: RunQueue | None = None) -> None:
        self._config = config.absolute()
        self._elsewhere = elsewhere
        self._lock = threading.Lock()
        self._last: dict[tuple[str, bool], Job] = {}
        self._handed: dict[str, datetime] = {}

    def run(self, site: str, words: Sequence[str], actor: str, now: datetime) -> None:
        """Let a run be made: by workers where the deployment has a queue, else as `start` does.

        Raises:
            BusyError: another one was asked for, and has not begun or is at work.
        """
        if self._elsewhere is None:
            self.start(site, words, actor, now)
            return
        self._elsewhere.ask(site, words, actor)
        self._handed[site] = now
        log.info("web.handed", site=site, command=words[0])

    def handed(self, site: str) -> datetime | None:
        """When the last run was handed to others from here; None where something was done here since."""
        at, here = self._handed.get(site), self._last.get((site, False))
        return None if at is None or (here is not None and here.started_at > at) else at

    def start(self, site: str, words: Sequence[str], actor: str, now: datetime) -> Job:
        """Start a command.

        Raises:
            BusyError: one that was started here is still at work on this site.
        """
        turn = Job(site, words, actor, now)
        with self._lock:
            for other in (self._last.get((site, True)), self._last.get((site, False))):
                if other is not None and other.at_work:
                    why = f"{other.actor} started another task for this site, which is in progress."
                    raise BusyError("The task was not started.", why, "Wait until it is finished, then try again.")
            self._last[site, turn.rehearses] = turn
        named = ["--actor", actor] if words[0] != "plan" else []
        command = [sys.executable, "-m", "bensync", "--config", str(self._config), "--site", site, "--json"]
        threading.Thread(target=turn.run, args=([*command, *words, *named],), name=f"turn {site}", daemon=True).start()
        return turn

    def last_run(self, site: str) -> Job | None:
        """The last command that did something here; None where a run was handed to others since."""
        return None if self.handed(site) is not None else self._last.get((site, False))

    def last_rehearsal(self, site: str) -> Job | None:
        """The last plan that was looked at; None once something was done after it, for it is stale then."""
        rehearsal, run = self._last.get((site, True)), self._last.get((site, False))
        done = [at for at in (self._handed.get(site), run.started_at if run else None) if at is not None]
        if rehearsal is not None and any(at >= rehearsal.started_at for at in done):
            return None
        return rehearsal

    def at_work(self, site: str) -> Job | QueuedRun | None:
        """The command that is not done yet, here or elsewhere."""
        for turn in (self._last.get((site, False)), self._last.get((site, True))):
            if turn is not None and turn.at_work:
                return turn
        return self._elsewhere.asked(site) if self._elsewhere is not None else None


def _read(said: str) -> dict[str, Any]:
    try:
        found = json.loads(said)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
