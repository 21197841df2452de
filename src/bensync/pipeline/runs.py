"""One run of a site: gather, plan, carry out, and what is recorded about it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime

import msgspec
import structlog

from bensync.core.changes import UNSEEN, ChangeKind, SyncPlan
from bensync.core.plan import refused
from bensync.core.ports import Courier
from bensync.core.runs import IN_DOUBT, UNSETTLED, Delivery, DeliveryState, Outcome, RunKind
from bensync.core.values.file_names import highest_number
from bensync.errors import (
    ASK_OPERATOR,
    NOTHING,
    BensyncError,
    BusyError,
    DatabaseOutdated,
    DeliveryError,
    GuardTripped,
    StateError,
    reported,
    run_command,
)
from bensync.fault_points import point
from bensync.pipeline.alerting import record_failure, send_notices
from bensync.pipeline.carry_out import carry_out, commit, deliver, settle
from bensync.pipeline.context import SCHEDULE, RunOptions, SenderContext
from bensync.pipeline.gather import Gathered, gather
from bensync.pipeline.leases import leased
from bensync.state.site_state import SiteState
from bensync.state.upkeep.after_restore import is_caught_up, refuse_restored
from bensync.wording import notices

log = structlog.get_logger()


class RunReport(msgspec.Struct, frozen=True):
    """What a run did: its number, its plan, and how it ended."""

    run_id: int
    plan: SyncPlan
    outcome: Outcome


def run(context: SenderContext, options: RunOptions, clock: Callable[[], datetime]) -> RunReport:
    """Run one sync of a site, and return what it did.

    Raises:
        BusyError: another run is in progress; nothing was changed.
        BensyncError: the run failed; it is recorded, and an alert is on its way.
    """
    now = clock()
    as_of = now.astimezone(context.timezone).date()
    with leased(context, clock) as leased_context:
        # Under the lease, so that no other process can finish the day between this check and the run.
        _refuse_twice(leased_context, options, now)
        with _recorded(leased_context, options, as_of, now) as run_id:
            with leased_context.read() as state:
                refuse_restored(state, delta=not options.full)
            # Interrupted deliveries come first: they may already have changed what this run compares with.
            settle(leased_context, clock)
            point("run.settled")
            _refuse_unknown_files(leased_context, options)
            gathered = gather(leased_context, options, now)
            point("run.gathered")
            # A plan that is refused must be there to be looked at.
            _note_plan(leased_context, options, run_id, gathered, now)
            _stop_if_stale(options, gathered.plan)
            _stop_if_refused(gathered.plan)
            outcome = carry_out(leased_context, options, run_id, gathered, clock)
    point("run.over")
    # After the lease: a slow mail server must not keep the site busy. What fails here undoes nothing of the run.
    send_notices(context, clock)
    if options.kind is RunKind.DAILY:
        context.heartbeat()
    return RunReport(run_id, gathered.plan, outcome)


def _refuse_unknown_files(context: SenderContext, options: RunOptions) -> None:
    """Stop before the first number is used unless the upload center shows that it is free, or a person said so.

    Raises:
        DatabaseOutdated: files of this site are there, which another database sent; or nobody can see whether they are.
        DeliveryError: the upload center cannot be reached.
    """
    if options.kind is RunKind.SNAPSHOT:  # it sends nothing
        return
    with context.read() as state:
        if state.deliveries.has_history(context.feed):
            return
        begins = is_caught_up(state, context.feed)
    last = highest_at_receiver(context.site_id, context.courier)
    if last is None and not begins:
        raise DatabaseOutdated(
            "Nobody can see whether the receiver has files of this site (unseen_files).",
            f"The upload center shows us nothing, and this database has sent no file of site {context.site_id}.",
            "If this is the first file of the site, run `bensync deliveries caught-up --last 0 --reason TEXT`. If not, "
            "let state.url name the database that sent the others, or give the receiver's last number to --last.",
            remedy=ASK_OPERATOR,
        )
    if last:
        raise DatabaseOutdated(
            "The receiver has files that this database did not send (unknown_files).",
            f"The highest number of site {context.site_id} there is {last:06}, and this database has sent none.",
            "Let state.url name the database that sent them, or restore its backup. If it is lost, ask the receiver "
            "for its last number N: `bensync deliveries caught-up --last N --reason TEXT`.",
            remedy=ASK_OPERATOR,
        )


def highest_at_receiver(site_id: str, courier: Courier) -> int | None:
    """Return the highest number of this site's files at the upload center; 0 for none, None if it shows nothing to us.

    Raises:
        DeliveryError: the upload center cannot be reached.
    """
    names = courier.names()
    return highest_number(site_id, names) if names is not None else None


def rehearse(context: SenderContext, options: RunOptions, now: datetime) -> SyncPlan:
    """Return the plan that a run would carry out now. Changes nothing."""
    return gather(context, options, now).plan


def recover(context: SenderContext, clock: Callable[[], datetime]) -> int:
    """Finish the deliveries of an interrupted run; return how many there were."""
    # Without the lease first: nearly always nothing was interrupted, and no other process has to wait.
    with context.read() as state:
        begun = len(state.deliveries.unsettled())
    if begun:
        with leased(context, clock) as leased_context:
            try:
                with leased_context.read() as state:
                    refuse_restored(state)
                settle(leased_context, clock)
            except (DeliveryError, StateError, GuardTripped) as error:
                record_failure(
                    leased_context, "recovery.fail", notices.failed(context.site, "The recovery", error), clock()
                )
                raise
            finally:
                send_notices(context, clock)
    return begun


def retry(context: SenderContext, delivery_id: int, actor: str, clock: Callable[[], datetime]) -> Delivery:
    """Send a failed delivery again on a person's decision: the same bytes under the same name.

    Raises:
        StateError: there is no such delivery, or it is not in trouble.
        DeliveryError: it failed again; an existing file of its name is not overwritten.
    """
    with leased(context, clock) as leased_context:
        with leased_context.write("delivery.reopen") as state:
            refuse_restored(state)
            _in_trouble(state, delivery_id, (DeliveryState.FAILED, *UNSETTLED))
            state.deliveries.reopen(delivery_id)
            state.audit.record(actor, "delivery.retry", f"delivery {delivery_id}", clock())
            delivery = state.deliveries.get(delivery_id)
        if delivery is not None:
            if leased_context.sent_log is not None:
                # The person says that the file never arrived, so its number is free if this attempt fails, too.
                leased_context.sent_log.take_back(leased_context.site, delivery, clock())
            deliver(leased_context, delivery, clock)
    return _settled(context, delivery_id, clock)


def confirm(context: SenderContext, delivery_id: int, actor: str, clock: Callable[[], datetime]) -> Delivery:
    """Count a delivery as arrived on a person's decision: commit it without sending anything.

    Raises:
        StateError: there is no such delivery, or its state leaves no doubt about it.
    """
    with leased(context, clock) as leased_context:
        with leased_context.write("delivery.confirm") as state:
            refuse_restored(state)
            delivery = _in_trouble(state, delivery_id, IN_DOUBT)
            state.audit.record(actor, "delivery.confirm", f"delivery {delivery_id}", clock())
        commit(leased_context, delivery, clock())
    return _settled(context, delivery_id, clock)


def _in_trouble(state: SiteState, delivery_id: int, states: Collection[DeliveryState]) -> Delivery:
    delivery = state.deliveries.get(delivery_id)
    if delivery is None or delivery.state not in states:
        why = "This site has no delivery with that number." if delivery is None else f"It is {delivery.state.lower()}."
        raise StateError(
            f"Delivery {delivery_id} is not in trouble.",
            why,
            "`bensync deliveries list` shows the deliveries and their states.",
            remedy=run_command("deliveries list"),
        )
    return delivery


def _settled(context: SenderContext, delivery_id: int, clock: Callable[[], datetime]) -> Delivery:
    send_notices(context, clock)
    with context.read() as state:
        return _in_trouble(state, delivery_id, tuple(DeliveryState))


def _refuse_twice(context: SenderContext, options: RunOptions, now: datetime) -> None:
    """Refuse a second scheduled run of a site on one UTC date (sync-rules 3.1.1)."""
    if options.trigger != SCHEDULE:
        return
    with context.read() as state:
        if state.runs.daily_done(now.date()):
            raise BusyError(
                f"The daily run of {context.site} is done already.",
                f"Another process did it on {now.date()}.",
                "Nothing needs to be done; `bensync sync` starts another run.",
                remedy=NOTHING,
            )


@contextlib.contextmanager
def _recorded(context: SenderContext, options: RunOptions, as_of: date, now: datetime) -> Iterator[int]:
    """Record the start of a run, and how it failed if it does; yield its number."""
    with context.write("run.start") as state:
        run_id = state.runs.start(options.kind, options.trigger, options.actor, as_of, now, options.populations or ())
    log.info("run.start", site=context.site, run=run_id, kind=options.kind, as_of=as_of.isoformat())
    try:
        yield run_id
    except BusyError as error:
        # The lease is lost, so nothing can be written; its new holder has recorded this run as interrupted.
        log.info("run.overtaken", site=context.site, run=run_id, why=error.why)
        raise
    except Exception as error:
        known_error = error if isinstance(error, BensyncError) else BensyncError("bensync has a bug.", reported(error))
        log.info("run.failed", site=context.site, run=run_id, error=type(known_error).__name__, what=known_error.what)

        def record(state: SiteState) -> None:
            state.runs.fail(run_id, known_error, now)

        if options.watched and isinstance(error, GuardTripped):
            with context.write("run.fail") as state:
                record(state)
        else:
            trouble = notices.failed(context.site, f"The {options.kind.lower()} run", error)
            record_failure(context, "run.fail", trouble, now, record)
        send_notices(context, lambda: now)
        raise


def _note_plan(context: SenderContext, options: RunOptions, run_id: int, gathered: Gathered, now: datetime) -> None:
    plan = gathered.plan
    same = sum(1 for change in plan.sends if change.kind is ChangeKind.UNCHANGED)
    # People who are blocked or held are counted there, whether a full file repeats them or not.
    sent = sum(1 for change in plan.sends if change.kind is not ChangeKind.LAST_SENT)
    # Those of them who have an issue are counted with the issues.
    apart = len(plan.out_of_scope.keys() - {issue.employee_id for issue in plan.issues})
    counts = {
        "pulled": sent + len(plan.held) + len(plan.unchanged) + len(plan.outside) + len(plan.issues) + apart,
        "changed": sent - same,
        "unchanged": len(plan.unchanged) + len(plan.outside) + same,
        "kept_back": len(plan.issues),
        "held": len(plan.held),
        "requests": 0,
    }
    if unseen := sum(issue.code in UNSEEN and issue.employee_id not in plan.out_of_scope for issue in plan.issues):
        counts["not_shown"] = unseen
    if plan.out_of_scope:
        counts["out_of_scope"] = len(plan.out_of_scope)
    with context.write("run.plan") as state:
        state.runs.note_plan(run_id, plan, counts, gathered.fill_rates)
        if options.allow == plan.fingerprint:
            state.audit.record(options.actor, "plan.allow", f"plan {options.allow}", now)
        # Before anything is sent: these employees' records changed, and their profiles equal the baseline already.
        state.baselines.remember_digests(plan.record_digests)


def _stop_if_stale(options: RunOptions, plan: SyncPlan) -> None:
    """Refuse to release another plan than the one that a person looked at."""
    if options.allow and options.allow != plan.fingerprint:
        raise GuardTripped(
            "The plan is not the one that was allowed (plan_changed).",
            f"{options.allow} was allowed; today, HR's data make plan {plan.fingerprint}.",
            "Look at `bensync plan` again, then allow what it shows, or run without --allow.",
            remedy=run_command("plan"),
        )


def _stop_if_refused(plan: SyncPlan) -> None:
    alarms = refused(plan)
    if alarms:
        raise GuardTripped(
            f"The plan looks like an accident ({', '.join(alarm.code for alarm in alarms)}).",
            f"These safety limits are reached: {'; '.join(alarm.text for alarm in alarms)}.",
            f"Look at `bensync plan`; if it is right, release exactly this plan today with --allow {plan.fingerprint}.",
            remedy=run_command("plan"),
        )
