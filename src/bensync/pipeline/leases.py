"""The lease of a site, so that one process at a time works on it: taken, renewed while its holder lives, given back.

If the holder dies, the lease ends after minutes; a holder that waits for HR for hours keeps it.
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
"""How often a holder renews its lease; five renewals may fail."""

log = structlog.get_logger()


@contextlib.contextmanager
def leased(context: P, clock: Callable[[], datetime]) -> Iterator[P]:
    """Take the lease of a site; yield its context, which writes only while this process holds the lease.

    A run that was interrupted is recorded as ended before the lease is free.

    Raises:
        BusyError: another run is in progress; nothing was changed.
    """
    try:
        with context.write("lease.take") as state:
            lease = state.runs.take_lease(clock())
    except StateError as error:
        record_failure(context, "lease.fail", notices.failed(context.site, "The run", error), clock())
        raise
    leased_context = msgspec.structs.replace(context, lease=lease, clock=clock)
    try:
        with _beating(leased_context):
            yield leased_context
    finally:
        # Without the lease in the context: giving back must also work when another process has taken it over.
        with context.write("lease.give_back") as state:
            if state.runs.give_back_lease(lease):
                state.runs.end_interrupted(clock())


def renew(leased_context: SiteContext) -> bool:
    """Renew a lease; return False if another process has it, which the next transaction will find too."""
    try:
        with leased_context.write("lease.renew"):  # every transaction under a lease renews it
            return True
    except BusyError:
        return False
    except StateError as error:
        # The database is away for the moment. The lease outlasts five failed renewals, so the thread goes on.
        log.warning("lease.not_renewed", site=leased_context.site, why=error.why)
        return True


@contextlib.contextmanager
def _beating(leased_context: SiteContext) -> Iterator[None]:
    """Renew the lease in a thread while the block lasts; a suspended process renews nothing."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT.total_seconds()) and renew(leased_context):
            pass

    thread = threading.Thread(target=beat, name=f"lease {leased_context.site}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
