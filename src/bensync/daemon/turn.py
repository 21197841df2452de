"""One turn at one site, in its own process: alerts, received files or the daily run, benefit events, notices.

The turn reads from the database what is due, so a turn that comes late or twice changes nothing.
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

from bensync import fault_points
from bensync import log as logs
from bensync.core.runs import RunKind
from bensync.daemon.config_snapshot import reported_error
from bensync.errors import EXIT_ASKED_TO_END, BensyncError, BusyError
from bensync.hardening import harden
from bensync.pipeline.alert_checks import check_alerts
from bensync.pipeline.alerting import record_failure, send_notices
from bensync.pipeline.benefits.events import EventRunOptions, run_events
from bensync.pipeline.context import SCHEDULE, RunOptions, SenderContext, SiteContext
from bensync.pipeline.receive import IntakeOptions, receive
from bensync.pipeline.runs import recover, run
from bensync.state.store import Store
from bensync.wiring import Deployment
from bensync.wording import notices

ACTOR = "daemon"

Clock = Callable[[], datetime]
Step = Callable[[], object]

log = structlog.get_logger()


def take_turn(deployment: Deployment, store: Store, site: str, clock: Clock) -> int:
    """Do what is due at a site; a step that fails does not stop the next one.

    Returns:
        the exit code of the first step that failed; 0 if none failed.
    """
    try:
        context, work = _work(deployment, store, site, clock)
    except BensyncError as error:
        # Without HR, keys or upload center the turn still checks and sends alerts; the error counts as its main step.
        context = deployment.site_context(site, store)
        work = partial(_raise, error)
    check = partial(check_alerts, context, clock(), deployment.settings.alerts.limits())
    send = partial(send_notices, context, clock, patient=True)
    report = partial(_report, context, clock)
    events = partial(_events, context, clock)
    # Alerts are sent before the run, too: a run that HR throttles takes hours, and one that hangs never ends.
    codes = [_attempt(site, step, report) for step in (check, send, work, events, send)]
    return next((code for code in codes if code), 0)


def _work(deployment: Deployment, store: Store, site: str, clock: Clock) -> tuple[SiteContext, Step]:
    """Return the context of a site, and the main step of its turn: to receive files, or the daily run."""
    if deployment.receives(site):
        reception = deployment.receiver_context(site, store)
        return reception, partial(receive, reception, IntakeOptions(ACTOR), clock)
    context = deployment.sender_context(site, store)
    return context, partial(_daily, deployment, context, clock)


def _raise(error: BensyncError) -> None:
    """Raise the error that prevents the main step of a turn."""
    raise error


def _report(context: SiteContext, clock: Clock, error: Exception) -> None:
    """Raise an alert for a failed step; one that the step has raised itself already is open, and is not repeated."""
    try:
        record_failure(context, "turn.fail", notices.failed(context.site, "The turn", error), clock())
    except BusyError as busy:
        log.info("turn.busy", site=context.site, why=busy.why)


def _daily(deployment: Deployment, context: SenderContext, clock: Clock) -> None:
    """Do the daily run if it is due, which first finishes interrupted deliveries; otherwise finish them now."""
    now = clock()
    with context.read() as state:
        today = state.metrics.today(now)
    if deployment.settings.schedule.next_run(now, today) <= now:
        run(context, RunOptions(RunKind.DAILY, SCHEDULE, ACTOR), clock)
    else:
        recover(context, clock)


def _events(context: SiteContext, clock: Clock) -> None:
    """Run the benefit events of a site with a rulebook, if no run was made today or something changed since."""
    now = clock()
    if isinstance(context, SenderContext) and not context.embedded:  # its participants are on another machine
        return
    with context.read() as state:
        called, due, begun = state.event_runs.called(), state.event_runs.due(now.date()), state.event_runs.begun()
    if context.benefits is not None and begun and due:
        run_events(context, context.benefits(), EventRunOptions(SCHEDULE, ACTOR), clock)
    elif called:
        # Without a rulebook, or before events have begun, no run answers the call, and the site would have a turn for
        # it every five minutes. Nothing is lost: the first run reads all activities.
        with context.write("turn.answer") as state:
            state.event_runs.answer(now)


def _attempt(site: str, step: Step, report: Callable[[Exception], None] = lambda _: None) -> int:
    try:
        step()
    except BusyError as error:
        log.info("turn.busy", site=site, why=error.why)
        return error.code
    except BensyncError as error:
        log.warning("turn.trouble", site=site, what=error.what, why=error.why, fix=error.fix)
        report(error)
        return error.code
    except Exception as error:
        log.exception("turn.bug", site=site)
        report(error)
        return BensyncError.code
    return 0


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def _stop(_number: int, _frame: Any) -> None:
    """End on SIGTERM."""
    # SystemExit unwinds the stack, so the lease is given back and the next turn need not wait for its end.
    sys.exit(EXIT_ASKED_TO_END)


def main(path: str, site: str, form: str, trouble: str = "") -> int:
    """Take the turn that the parent process requested; return the exit code.

    Args:
        path: the configuration.
        site: the site.
        form: the form of the logs, ``json`` or ``text``.
        trouble: the error of the site's own file, as JSON; the turn reads this file alone, and would not see an error
            that only shows beside the other sites, such as a Site ID used twice.
    """
    harden()
    signal.signal(signal.SIGTERM, _stop)
    logs.set_up(as_json=form == "json", verbose=True)

    def whole() -> None:
        fault_points.arm()
        deployment = Deployment(Path(path), site, {site: reported_error(trouble)} if trouble else {})
        with contextlib.closing(deployment.store()) as store:
            codes.append(take_turn(deployment, store, site, utc_now))

    codes: list[int] = []
    return _attempt(site, whole) or codes[0]


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    gc.freeze()  # what is left ends with the process; see `bensync.__main__`
    sys.exit(code)
