"""Child processes, one at a time: started, watched, and ended when they hang or the daemon shall stop."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Mapping

import structlog

from bensync.config import Daemon as Limits
from bensync.daemon.outline import Copy, command
from bensync.daemon.pulse import Pulse
from bensync.errors import BensyncError
from bensync.faults import around

_GLANCE = 0.25  # seconds between two looks at a child
_LAST_WORDS = 3.0  # seconds between SIGTERM and SIGKILL

log = structlog.get_logger()


class Children:
    """Starts a turn at a site and waits for its end.

    Args:
        pulse: beats while a child is at work.
        stopping: set when the daemon shall stop.
        form: of the logs, ``json`` or ``text``.
    """

    def __init__(self, pulse: Pulse, stopping: threading.Event, form: str) -> None:
        self._pulse = pulse
        self._stopping = stopping
        self._form = form
        self._ended: Counter[tuple[str, int]] = Counter()

    def ended(self) -> Mapping[tuple[str, int], int]:
        """How many turns ended how, by site and exit code; a signal is a negative code."""
        return dict(self._ended)

    def take_turn(self, copy: Copy, limits: Limits, site: str) -> int:
        """One turn; returns its exit code, or that of a bug when it could not be started."""
        code = self._run(copy, site, limits)
        self._ended[site, code] += 1
        if code < 0:
            log.error("turn.killed", site=site, signal=signal.Signals(-code).name)
        return code

    def _run(self, copy: Copy, site: str, limits: Limits) -> int:
        words = command("turn", str(copy.path), site, self._form)
        try:
            with around("turn.start"):
                child = subprocess.Popen(  # noqa: S603  # our own module
                    words, stdin=subprocess.DEVNULL, pass_fds=(copy.handle,), process_group=0
                )
        except OSError as error:
            log.error("turn.not_started", site=site, why=error.strerror)  # noqa: TRY400  # the machine is out of something
            return BensyncError.code
        with child:
            return self._watch(child, site, limits)

    def _watch(self, child: subprocess.Popen[bytes], site: str, limits: Limits) -> int:
        deadline = time.monotonic() + limits.turn_hours * 3600
        while child.poll() is None:
            self._pulse.beat()
            if self._stopping.wait(_GLANCE):
                log.info("turn.asked_to_end", site=site, seconds=limits.stop_seconds)
                return _end(child, limits.stop_seconds)
            if time.monotonic() > deadline:
                log.error("turn.hangs", site=site, hours=limits.turn_hours)
                return _end(child, 0)
        return child.wait()


def _end(child: subprocess.Popen[bytes], patience: float) -> int:
    """End a child and what it started: wait for it, ask it, kill it."""
    for number, seconds in ((None, patience), (signal.SIGTERM, _LAST_WORDS)):
        if number is not None:
            child.send_signal(number)
        try:
            return child.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
    os.killpg(child.pid, signal.SIGKILL)
    return child.wait()
