"""run(): gather, plan, carry out. The order of work, and what is written down about it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime

import msgspec
import structlog

from bensync.core.changes import ChangeKind, SyncPlan
from bensync.core.plan import refused
from bensync.core.runs import IN_DOUBT, UNSETTLED, Delivery, DeliveryState, Outcome, RunKind
from bensync.errors import BensyncError, BusyError, DeliveryError, GuardTripped, StateError
from bensync.faults import point
from bensync.pipeline.alerting import record_failure, send_notices
from bensync.pipeline.carry_out import carry_out, commit, deliver, settle
from bensync.pipeline.context import SCHEDULE, RunOptions, SenderContext
from bensync.pipeline.gather import Gathered, gather
from bensync.pipeline.leases import leased
from bensync.state.site_state import SiteState
from bensync.state.upkeep.after_restore import refuse_restored
from bensync.wording import notices

log = structlog.get_logger()


class RunReport(msgspec.Struct, frozen=True):
    """What a run did: its number, its plan, and how it ended."""

    run_id: int
    plan: SyncPlan
    outcome: Outcome


def run(tools: SenderContext, order: RunOptions, clock: Callable[[], datetime]) -> RunReport:
    """One whole run of one site.

    Raises:
        BusyError: another run is at work; nothing was changed.
        BensyncError: the run failed; it is recorded, and an alert is on its way.
    """
    now = clock()
    as_of = now.astimezone(tools.timezone).date()
    with leased(tools, clock) as held:
        _refuse_twice(held, order, now)
        with _recorded(held, order, as_of, now) as run_id:
            with held.read() as work:
                refuse_restored(work, delta=not order.full)
            settle(held, clock)
            point("run.settled")
            gathered = gather(held, order, now)
            point("run.gathered")
            _note_plan(held, run_id, gathered)
            _stop_if_refused(gathered.plan)
            outcome = carry_out(held, order, run_id, gathered, clock)
    point("run.over")
    send_notices(tools, clock)
    if order.kind is RunKind.DAILY:
        tools.heartbeat()
    return RunReport(run_id, gathered.plan, outcome)


def rehearse(tools: SenderContext, order: RunOptions, now: datetime) -> SyncPlan:
    """The plan that a run would carry out now. Changes nothing."""
    return gather(tools, order, now).plan


def recover(tools: SenderContext, clock: Callable[[], datetime]) -> int:
    """Settle what an interrupted run left, if anything; returns how many deliveries that was."""
    with tools.read() as work:
        begun = len(work.deliveries.unsettled())
    if begun:
        with leased(tools, clock) as held:
            try:
                with held.read() as work:
                    refuse_restored(work)
                settle(held, clock)
            except (DeliveryError, StateError, GuardTripped) as error:
                record_failure(held, "recovery.fail", notices.failed(tools.site, "The recovery", error), clock())
                raise
            finally:
                send_notices(tools, clock)
    return begun


def retry(tools: SenderContext, delivery_id: int, actor: str, clock: Callable[[], datetime]) -> Delivery:
    """Send a delivery in trouble again because a person says so: the same bytes under the same name.

    Raises:
        StateError: there is no such delivery, or it is not in trouble.
        DeliveryError: it failed again; a file of its name that lies there is not overwritten.
    """
    with leased(tools, clock) as held:
        with held.write("delivery.reopen") as work:
            refuse_restored(work)
            _in_trouble(work, delivery_id, (DeliveryState.FAILED, *UNSETTLED))
            work.deliveries.reopen(delivery_id)
            work.audit.record(actor, "delivery.retry", f"delivery {delivery_id}", clock())
            found = work.deliveries.get(delivery_id)
        if found is not None:
            if held.sent_log is not None:
                held.sent_log.take_back(held.site, found, clock())
            deliver(held, found, clock)
    return _settled(tools, delivery_id, clock)


def confirm(tools: SenderContext, delivery_id: int, actor: str, clock: Callable[[], datetime]) -> Delivery:
    """Count a delivery as arrived because a person asked the receiver; nothing is sent, everything else follows.

    Raises:
        StateError: there is no such delivery, or nobody can be in doubt about it.
    """
    with leased(tools, clock) as held:
        with held.write("delivery.confirm") as work:
            refuse_restored(work)
            found = _in_trouble(work, delivery_id, IN_DOUBT)
            work.audit.record(actor, "delivery.confirm", f"delivery {delivery_id}", clock())
        commit(held, found, clock())
    return _settled(tools, delivery_id, clock)


def _in_trouble(work: SiteState, delivery_id: int, states: Collection[DeliveryState]) -> Delivery:
    found = work.deliveries.get(delivery_id)
    if found is None or found.state not in states:
        why = "there is none of that number" if found is None else f"it is {found.state.lower()}"
        raise StateError(f"Delivery {delivery_id} is not in trouble", why, "`bensync deliveries` lists them")
    return found


def _settled(tools: SenderContext, delivery_id: int, clock: Callable[[], datetime]) -> Delivery:
    send_notices(tools, clock)
    with tools.read() as work:
        return _in_trouble(work, delivery_id, tuple(DeliveryState))


def _refuse_twice(tools: SenderContext, order: RunOptions, now: datetime) -> None:
    """One daily run per site and UTC date, whoever else saw that it was due (sync-rules 3.1.1)."""
    if order.trigger != SCHEDULE:
        return
    with tools.read() as work:
        if work.runs.daily_done(now.date()):
            raise BusyError(
                f"The daily run of {tools.site} is done already",
                f"another process did it on {now.date()}",
                "nothing needs to be done; `bensync sync` runs once more",
            )


@contextlib.contextmanager
def _recorded(tools: SenderContext, order: RunOptions, as_of: date, now: datetime) -> Iterator[int]:
    """Open a run, and write down how it failed if it does."""
    with tools.write("run.start") as work:
        run_id = work.runs.start(order.kind, order.trigger, order.actor, as_of, now, order.populations or ())
        if order.allow:
            work.audit.record(order.actor, "plan.allow", f"plan {order.allow}", now)
    log.info("run.start", site=tools.site, run=run_id, kind=order.kind, as_of=as_of.isoformat())
    try:
        yield run_id
    except BusyError as error:
        log.info("run.overtaken", site=tools.site, run=run_id, why=error.why)
        raise
    except Exception as error:
        known = error if isinstance(error, BensyncError) else BensyncError("bensync met a bug", type(error).__name__)
        log.info("run.failed", site=tools.site, run=run_id, error=type(known).__name__, what=known.what)
        trouble = notices.failed(tools.site, f"The {order.kind.lower()} run", error)
        record_failure(tools, "run.fail", trouble, now, lambda work: work.runs.fail(run_id, known, now))
        send_notices(tools, lambda: now)
        raise


def _note_plan(tools: SenderContext, run_id: int, gathered: Gathered) -> None:
    plan = gathered.plan
    same = sum(1 for change in plan.sends if change.kind is ChangeKind.UNCHANGED)
    counts = {
        "pulled": len(plan.sends) + len(plan.held) + len(plan.unchanged) + len(plan.outside) + len(plan.issues),
        "changed": len(plan.sends) - same,
        "unchanged": len(plan.unchanged) + len(plan.outside) + same,
        "kept_back": len(plan.issues),
        "held": len(plan.held),
        "requests": 0,
    }
    with tools.write("run.plan") as work:
        work.runs.note_plan(run_id, plan, counts, gathered.fill_rates)
        work.baselines.remember_digests(plan.record_digests)


def _stop_if_refused(plan: SyncPlan) -> None:
    alarms = refused(plan)
    if alarms:
        raise GuardTripped(
            "The plan looks like an accident (" + ", ".join(alarm.code for alarm in alarms) + ")",
            "; ".join(alarm.text for alarm in alarms),
            f"look at `bensync plan`; if it is right, release exactly this plan today with --allow {plan.fingerprint}",
        )
