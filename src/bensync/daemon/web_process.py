"""The review pages beside the daemon: `bensync serve` as a process of its own, started again whenever it ends.

So the daemon stays small, and a page that goes wrong never keeps a run from its turn.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from bensync.faults import around

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_STEADY = 60.0  # seconds after which an end is a new trouble, and not the old one again
_LAST_WORDS = 12.0  # seconds between SIGTERM and SIGKILL: the server lets visitors finish for ten

log = structlog.get_logger()


class WebProcess:
    """Tends the process of the pages.

    Args:
        file: the configuration.
        form: of the logs, ``json`` or ``text``.
        monotonic: seconds of a clock that nobody sets.
    """

    def __init__(self, file: Path, form: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        words = ["--config", str(file.absolute()), *(["--json"] if form == "json" else []), "serve", "--tended"]
        self._command = [sys.executable, "-P", "-m", "bensync", *words]
        self._monotonic = monotonic
        self._process: subprocess.Popen[bytes] | None = None
        self._pause = _FIRST_PAUSE
        self._started = 0.0
        self._not_before = 0.0
        self._renewing = False

    @property
    def up(self) -> bool:
        """Whether the process is there."""
        return self._process is not None

    def look(self) -> None:
        """See whether the process is there; start it when it is not, and when its pause is over."""
        if self._process is not None and self._process.poll() is not None:
            self._ended(self._process)
        if self._process is None and self._monotonic() >= self._not_before:
            self._start()

    def renew(self) -> None:
        """Let the process end in good order, so that the next one reads the configuration anew."""
        self._renewing = self._process is not None
        self._not_before = 0.0
        self.ask_to_end()

    def ask_to_end(self) -> None:
        """Ask the process to end; nobody waits for it here."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """Wait for the end of a process that was asked to; one that does not listen is killed."""
        process, self._process = self._process, None
        if process is None:
            return
        with process:
            try:
                process.wait(_LAST_WORDS)
            except subprocess.TimeoutExpired:
                log.error("pages.killed")  # noqa: TRY400  # nothing more is known
                os.killpg(process.pid, signal.SIGKILL)

    def _start(self) -> None:
        self._started = self._monotonic()
        try:
            with around("pages.start"):
                self._process = subprocess.Popen(  # noqa: S603  # our own command
                    self._command, stdin=subprocess.PIPE, process_group=0
                )
        except OSError as error:
            self._rest()
            log.error("pages.not_started", why=error.strerror, again_in=self._pause)  # noqa: TRY400  # that is all

    def _ended(self, process: subprocess.Popen[bytes]) -> None:
        with process:
            self._process = None
        if self._renewing:
            self._renewing = False
            return
        if self._monotonic() - self._started >= _STEADY:
            self._pause = _FIRST_PAUSE
        log.error("pages.ended", code=process.returncode, again_in=self._pause)
        self._rest()

    def _rest(self) -> None:
        self._not_before = self._monotonic() + self._pause
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)
