"""Work on a site alone: the lease is taken, renewed as long as its holder lives, and given back.

A holder that is gone is silent, so its site is free after minutes; one that waits for HR for hours keeps its lease.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

import msgspec
import structlog

from bensync.errors import BusyError, StateError
from bensync.pipeline.alerting import record_failure
from bensync.pipeline.context import SiteContext
from bensync.state.sync.runs import LEASE
from bensync.wording import notices

P = TypeVar("P", bound=SiteContext)

BEAT = LEASE / 6
"""A holder tells so often that it lives; five times may fail."""

log = structlog.get_logger()


@contextlib.contextmanager
def leased(tools: P, clock: Callable[[], datetime]) -> Iterator[P]:
    """Work on the site alone: the same tools, which write only as long as nobody has taken the lease over.

    A run that was asked to end, or whose end could not be written down, is not at work any more when the lease is free.

    Raises:
        BusyError: another run is at work; nothing was changed.
    """
    try:
        with tools.write("lease.take") as work:
            lease = work.runs.take_lease(clock())
    except StateError as error:
        record_failure(tools, "lease.fail", notices.failed(tools.site, "The run", error), clock())
        raise
    held = msgspec.structs.replace(tools, lease=lease, clock=clock)
    try:
        with _beating(held):
            yield held
    finally:
        with tools.write("lease.give_back") as work:
            if work.runs.give_back_lease(lease):
                work.runs.end_interrupted(clock())


def renew(held: SiteContext) -> bool:
    """Tell that the holder lives; False when the lease is somebody else's, which its next transaction finds too."""
    try:
        with held.write("lease.renew"):  # every transaction under a lease renews it
            return True
    except BusyError:
        return False
    except StateError as error:
        log.warning("lease.not_renewed", site=held.site, why=error.why)
        return True


@contextlib.contextmanager
def _beating(held: SiteContext) -> Iterator[None]:
    """A thread that renews the lease as long as the block lasts; a process that stands still renews nothing."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT.total_seconds()) and renew(held):
            pass

    thread = threading.Thread(target=beat, name=f"lease {held.site}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
