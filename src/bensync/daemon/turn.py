"""One turn at one site, in a process of its own: what came in, what was begun, the daily run, notices, a look around.

It decides for itself what is due, from the database: a turn that comes late or twice changes nothing.
"""

from __future__ import annotations

import contextlib
import gc
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from bensync import faults
from bensync import log as logs
from bensync.core.runs import RunKind
from bensync.daemon.config_snapshot import told
from bensync.errors import EXIT_ASKED_TO_END, BensyncError, BusyError
from bensync.hardening import harden
from bensync.pipeline.alerting import record_failure, send_notices
from bensync.pipeline.context import SCHEDULE, RunOptions, SenderContext, SiteContext
from bensync.pipeline.events import EventRunOptions, run_events
from bensync.pipeline.receive import IntakeOptions, receive
from bensync.pipeline.runs import recover, run
from bensync.pipeline.watch import check_alerts
from bensync.state.store import Store
from bensync.wiring import Deployment
from bensync.wording import notices

ACTOR = "daemon"

Clock = Callable[[], datetime]
Step = Callable[[], object]

log = structlog.get_logger()


def take_turn(deployment: Deployment, store: Store, site: str, clock: Clock) -> int:
    """Do what is to do at a site; trouble with one thing never keeps the next from its turn.

    Whoever must hear of trouble hears of it first: a run that never ends must not keep the news to itself.

    Returns:
        the exit code of the first trouble, 0 when there was none.
    """
    try:
        place, state = _hands(deployment, store, site, clock)
    except BensyncError as error:
        place = deployment.place(site, store)
        state = partial(_raise, error)
    look = partial(check_alerts, place, clock(), deployment.settings.alerts.limits())
    send = partial(send_notices, place, clock, patient=True)
    tell = partial(_tell, place, clock)
    events = partial(_events, place, clock)
    codes = [_attempt(site, step, tell) for step in (look, send, state, events, send)]
    return next((code for code in codes if code), 0)


def _hands(deployment: Deployment, store: Store, site: str, clock: Clock) -> tuple[SiteContext, Step]:
    """What is worked with, and the work."""
    if deployment.receives(site):
        reception = deployment.reception(site, store)
        return reception, partial(receive, reception, IntakeOptions(ACTOR), clock)
    context = deployment.tools(site, store)
    return context, partial(_daily, deployment, context, clock)


def _raise(error: BensyncError) -> None:
    """A site that cannot be worked on at all."""
    raise error


def _tell(place: SiteContext, clock: Clock, error: Exception) -> None:
    """Somebody must hear of it; a run that was recorded has told already, and the same is not told twice."""
    try:
        record_failure(place, "turn.fail", notices.failed(place.site, "The turn", error), clock())
    except BusyError as busy:
        log.info("turn.busy", site=place.site, why=busy.why)


def _daily(deployment: Deployment, context: SenderContext, clock: Clock) -> None:
    """The daily run, if it is due; it finishes what was begun, which is done at once otherwise."""
    now = clock()
    with context.read() as state:
        today = state.metrics.today(now)
    if deployment.settings.schedule.next_run(now, today) <= now:
        run(context, RunOptions(RunKind.DAILY, SCHEDULE, ACTOR), clock)
    else:
        recover(context, clock)


def _events(place: SiteContext, clock: Clock) -> None:
    """A run of benefit events, where the site has a rulebook, and none was made today or somebody changed something."""
    now = clock()
    if isinstance(place, SenderContext) and not place.embedded:
        return
    with place.read() as state:
        called, due = state.event_runs.called(), state.event_runs.due(now.date())
    if place.benefits is not None and due:
        run_events(place, place.benefits(), EventRunOptions(SCHEDULE, ACTOR), clock)
    elif called:
        with place.write("turn.calm") as state:
            state.event_runs.answer(now)


def _attempt(site: str, step: Step, tell: Callable[[Exception], None] = lambda _: None) -> int:
    try:
        step()
    except BusyError as error:
        log.info("turn.busy", site=site, why=error.why)
        return error.code
    except BensyncError as error:
        log.warning("turn.trouble", site=site, what=error.what, why=error.why, fix=error.fix)
        tell(error)
        return error.code
    except Exception as error:
        log.exception("turn.bug", site=site)
        tell(error)
        return BensyncError.code
    return 0


def utc_now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


def _stop(_number: int, _frame: Any) -> None:
    """Leave in good order where that is possible: the lease is given back on the way out."""
    sys.exit(EXIT_ASKED_TO_END)


def main(path: str, site: str, form: str, trouble: str = "") -> int:
    """Take the turn that the parent asked for.

    Args:
        path: the configuration.
        site: the site.
        form: of the logs, ``json`` or ``text``.
        trouble: what is wrong with the site's own file, as JSON, where it takes a look at all of them to know.
    """
    harden()
    signal.signal(signal.SIGTERM, _stop)
    logs.set_up(as_json=form == "json", verbose=True)

    def whole() -> None:
        faults.arm()
        deployment = Deployment(Path(path), site, {site: told(trouble)} if trouble else {})
        with contextlib.closing(deployment.store()) as store:
            codes.append(take_turn(deployment, store, site, utc_now))

    codes: list[int] = []
    return _attempt(site, whole) or codes[0]


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    gc.freeze()  # what is left ends with the process; see `bensync.__main__`
    sys.exit(code)
