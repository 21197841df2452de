"""The pulse of the daemon: when it last moved, by a clock that nobody sets."""

from __future__ import annotations

import time


class Pulse:
    """Beats at every tick, and while a turn is waited for."""

    def __init__(self) -> None:
        self.beat()

    def beat(self) -> None:
        """It moves."""
        self._last = time.monotonic()

    def age(self) -> float:
        """Seconds since the last beat."""
        return time.monotonic() - self._last
