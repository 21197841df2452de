"""Named points at every effect on the world, where a test can inject a fault; inert in production.

A point does nothing unless ``BENSYNC_FAULT`` names it, and with that set nothing starts unless ``BENSYNC_TEST=1``.
``docs/explanation/what-happens-when-it-crashes.md`` lists what holds at each of them.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import msgspec

from bensync.errors import ConfigError

VARIABLE = "BENSYNC_FAULT"
"""``POINT=ACTION`` or ``POINT=ACTION@NTH``: what happens when the point is reached for the NTH time."""


def _send(number: signal.Signals) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


def _full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


_ACTIONS: Mapping[str, Callable[[], None]] = {
    "kill": _send(signal.SIGKILL),
    "term": _send(signal.SIGTERM),
    "stop": _send(signal.SIGSTOP),
    "full": _full,
}


class InjectedFault(msgspec.Struct):
    """A fault, its point, and how often the point is passed before it strikes."""

    point: str
    strike: Callable[[], None]
    passes: int = 0

    def meet(self, name: str) -> None:
        """Strike if this is the point and the time."""
        if name != self.point:
            return
        if self.passes:
            self.passes -= 1
        else:
            self.strike()


_fault: InjectedFault | None = None


def arm() -> None:
    """Read the fault to inject from the environment, if any; every process does this when it starts.

    Raises:
        ConfigError: a fault is asked for outside a test.
    """
    global _fault  # noqa: PLW0603  # one process has one fate
    setting = os.environ.get(VARIABLE)
    if not setting:
        _fault = None
        return
    # A variable left over from a rehearsal must not make a production process kill itself.
    if os.environ.get("BENSYNC_TEST") != "1":
        raise ConfigError(
            f"bensync does not start with {VARIABLE} set.",
            "It makes the program fail on purpose, which is for tests only.",
            f"Unset {VARIABLE}.",
        )
    point, _, action = setting.partition("=")
    name, _, nth = action.partition("@")
    _fault = InjectedFault(point, _ACTIONS[name or "kill"], int(nth or 1) - 1)


@contextmanager
def struck(fault: InjectedFault) -> Iterator[None]:
    """Let a fault strike in this process while the context lasts, for a rehearsal."""
    global _fault  # noqa: PLW0603  # one process has one fate
    before, _fault = _fault, fault
    try:
        yield
    finally:
        _fault = before


def point(name: str) -> None:
    """Pass a named point; the armed fault strikes here if it bears this name."""
    if _fault is not None:
        _fault.meet(name)


@contextmanager
def around(name: str) -> Iterator[None]:
    """Give one effect its two points: ``NAME.before`` and, when it succeeded, ``NAME.after``."""
    point(f"{name}.before")
    yield
    point(f"{name}.after")
