"""run(): gather, plan, carry out. The order of work, and what is written down about it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import date, datetime

import msgspec
import structlog

from bensync.core.model import (
    Kind,
    Plan,
)
from bensync.core.plan import refused
from bensync.core.runs import Delivery, DeliveryState, Outcome
from bensync.errors import BensyncError, DeliveryError, GuardTripped, StateError
from bensync.pipeline import notices
from bensync.pipeline.carry_out import carry_out, commit, deliver, settle
from bensync.pipeline.gather import Gathered, gather
from bensync.pipeline.tools import Order, Place, Tools
from bensync.state.work import Work

log = structlog.get_logger()


class Report(msgspec.Struct, frozen=True):
    """What a run did: its number, its plan, and how it ended."""

    run_id: int
    plan: Plan
    outcome: Outcome


def run(tools: Tools, order: Order, clock: Callable[[], datetime]) -> Report:
    """One whole run of one site.

    Raises:
        BusyError: another run is at work; nothing was changed.
        BensyncError: the run failed; it is recorded, and an alert is on its way.
    """
    now = clock()
    as_of = now.astimezone(tools.timezone).date()
    with _leased(tools, now), _recorded(tools, order, as_of, now) as run_id:
        settle(tools, clock)
        gathered = gather(tools, order, as_of)
        _note_plan(tools, run_id, gathered)
        _stop_if_refused(gathered.plan)
        outcome = carry_out(tools, order, run_id, gathered, clock)
    send_notices(tools, clock)
    return Report(run_id, gathered.plan, outcome)


def rehearse(tools: Tools, order: Order, now: datetime) -> Plan:
    """The plan that a run would carry out now. Changes nothing."""
    return gather(tools, order, now.astimezone(tools.timezone).date()).plan


def recover(tools: Tools, clock: Callable[[], datetime]) -> int:
    """Settle what an interrupted run left, if anything; returns how many deliveries that was."""
    with tools.store.look(tools.site) as work:
        begun = len(work.outbox.unsettled())
    if begun:
        with _leased(tools, clock()):
            settle(tools, clock)
        send_notices(tools, clock)
    return begun


def retry(tools: Tools, delivery_id: int, actor: str, clock: Callable[[], datetime]) -> Delivery:
    """Send a delivery in trouble again because a person says so: the same bytes under the same name.

    Raises:
        StateError: there is no such delivery, or it is not in trouble.
        DeliveryError: it failed again; a file of its name that lies there is not overwritten.
    """
    with _leased(tools, clock()):
        with tools.store.work(tools.site) as work:
            _in_trouble(work, delivery_id, {DeliveryState.FAILED, DeliveryState.PUBLISHING, DeliveryState.PREPARED})
            work.outbox.reopen(delivery_id)
            work.journal.audit(actor, "delivery.retry", f"delivery {delivery_id}", clock())
            found = work.outbox.get(delivery_id)
        if found is not None:
            deliver(tools, found, clock)
    return _settled(tools, delivery_id, clock)


def confirm(tools: Tools, delivery_id: int, actor: str, clock: Callable[[], datetime]) -> Delivery:
    """Count a delivery as arrived because a person asked the receiver; nothing is sent, everything else follows.

    Raises:
        StateError: there is no such delivery, or nobody can be in doubt about it.
    """
    with _leased(tools, clock()):
        with tools.store.work(tools.site) as work:
            found = _in_trouble(work, delivery_id, {DeliveryState.PUBLISHING})
            work.journal.audit(actor, "delivery.confirm", f"delivery {delivery_id}", clock())
        commit(tools, found, clock())
    return _settled(tools, delivery_id, clock)


def _in_trouble(work: Work, delivery_id: int, states: set[DeliveryState]) -> Delivery:
    found = work.outbox.get(delivery_id)
    if found is None or found.state not in states:
        why = "there is none of that number" if found is None else f"it is {found.state.lower()}"
        raise StateError(f"Delivery {delivery_id} is not in trouble", why, "`bensync deliveries` lists them")
    return found


def _settled(tools: Tools, delivery_id: int, clock: Callable[[], datetime]) -> Delivery:
    send_notices(tools, clock)
    with tools.store.look(tools.site) as work:
        return _in_trouble(work, delivery_id, set(DeliveryState))


def send_notices(tools: Place, clock: Callable[[], datetime]) -> None:
    """Send what waits. A mail that fails is tried again later, and never undoes anything (A-60)."""
    if tools.notifier is None:
        return
    with tools.store.look(tools.site) as work:
        waiting = work.journal.unsent()
    for number, notice in waiting:
        try:
            tools.notifier.send(notice)
        except DeliveryError as error:
            log.warning("notice.failed", site=tools.site, key=notice.key, why=str(error))
            with tools.store.work(tools.site) as work:
                work.journal.mark_failed(number, str(error))
        else:
            with tools.store.work(tools.site) as work:
                work.journal.mark_sent(number, clock())


@contextlib.contextmanager
def _leased(tools: Tools, now: datetime) -> Iterator[None]:
    with tools.store.work(tools.site) as work:
        work.runs.take_lease(now)
    try:
        yield
    finally:
        with tools.store.work(tools.site) as work:
            work.runs.give_back_lease()


@contextlib.contextmanager
def _recorded(tools: Tools, order: Order, as_of: date, now: datetime) -> Iterator[int]:
    """Open a run, and write down how it failed if it does."""
    with tools.store.work(tools.site) as work:
        run_id = work.runs.start(order.kind, order.cause, order.actor, as_of, now, order.boxes or ())
        if order.allow:
            work.journal.audit(order.actor, "plan.allow", f"plan {order.allow}", now)
    log.info("run.start", site=tools.site, run=run_id, kind=order.kind, as_of=as_of.isoformat())
    try:
        yield run_id
    except Exception as error:
        known = error if isinstance(error, BensyncError) else BensyncError("bensync met a bug", type(error).__name__)
        log.info("run.failed", site=tools.site, run=run_id, error=type(known).__name__, what=known.what)
        with tools.store.work(tools.site) as work:
            work.runs.fail(run_id, known, now)
            work.journal.notify(notices.failed(tools.site, f"The {order.kind.lower()} run", known, now.date()), now)
        send_notices(tools, lambda: now)
        raise


def _note_plan(tools: Tools, run_id: int, gathered: Gathered) -> None:
    plan = gathered.plan
    same = sum(1 for change in plan.sends if change.kind is Kind.UNCHANGED)
    counts = {
        "pulled": len(plan.sends) + len(plan.held) + len(plan.unchanged) + len(plan.outside) + len(plan.issues),
        "changed": len(plan.sends) - same,
        "unchanged": len(plan.unchanged) + len(plan.outside) + same,
        "kept_back": len(plan.issues),
        "held": len(plan.held),
        "requests": 0,
    }
    with tools.store.work(tools.site) as work:
        work.runs.note_plan(run_id, plan, counts, gathered.fill_rates)


def _stop_if_refused(plan: Plan) -> None:
    alarms = refused(plan)
    if alarms:
        raise GuardTripped(
            "The plan looks like an accident (" + ", ".join(alarm.code for alarm in alarms) + ")",
            "; ".join(alarm.text for alarm in alarms),
            f"look at `bensync plan`; if it is right, release exactly this plan today with --allow {plan.fingerprint}",
        )
