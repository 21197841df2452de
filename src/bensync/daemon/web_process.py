"""The review pages beside the daemon: `bensync serve` in its own process, started again whenever it ends.

So the daemon stays small, and an error in the pages never delays a run.
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

from bensync.fault_points import around

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0  # seconds; doubled, so that a broken configuration does not fill the log
_STEADY = 60.0  # seconds after which an end counts as a new failure, and the pause begins anew
_LAST_WORDS = 12.0  # seconds between SIGTERM and SIGKILL: the server gives open requests ten

log = structlog.get_logger()


class WebProcess:
    """Starts, watches and ends the process of the pages.

    Args:
        file: the configuration.
        form: the form of the logs, ``json`` or ``text``.
        monotonic: returns the seconds of a monotonic clock.
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
        """Whether the process is running."""
        return self._process is not None

    def look(self) -> None:
        """Start the process if it is not running and its pause is over."""
        if self._process is not None and self._process.poll() is not None:
            self._ended(self._process)
        if self._process is None and self._monotonic() >= self._not_before:
            self._start()

    def renew(self) -> None:
        """Ask the process to end, so that the next one reads the configuration again."""
        self._renewing = self._process is not None
        self._not_before = 0.0
        self.ask_to_end()

    def ask_to_end(self) -> None:
        """Ask the process to end; return at once."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """Wait for a process that was asked to end; kill it if it does not."""
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
            # A pipe that nothing is written to: the pages end when it closes, which happens even if the daemon is
            # killed. Otherwise they would keep their address, and the next daemon could not serve it (decision 38).
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
