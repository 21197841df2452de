"""Runs on the command line: plan, sync, resync and snapshot."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from bensync import api_shapes
from bensync.actions.authorization import require_second_person, sign_order
from bensync.cli.commands.setup import optional_workers
from bensync.cli.every_site import SiteAnswer, for_every_site
from bensync.cli.invocation import Actor, Invocation, UsageError, console, now
from bensync.cli.render.console import failure_printer
from bensync.cli.render.event_runs import print_report
from bensync.cli.render.runs import print_plan, print_run_report
from bensync.cli.session import CliSession, session
from bensync.core.access import Right
from bensync.core.people import Status
from bensync.core.plan import needs_person, refused
from bensync.core.ports import Record
from bensync.core.runs import RunKind
from bensync.errors import EXIT_DONE, EXIT_HELD, BensyncError, GuardTripped
from bensync.pipeline import runs
from bensync.pipeline.benefits.events import EventRunReport, follow_up
from bensync.pipeline.context import MANUAL, Progress, RunOptions, SenderContext, no_progress
from bensync.pipeline.runs import rehearse
from bensync.state.store import Store

Active = Annotated[bool, typer.Option("--active", help="All employees who are active in HR.")]
Inactive = Annotated[bool, typer.Option("--inactive", help="All employees who are inactive in HR.")]
Allow = Annotated[
    str | None,
    typer.Option("--allow", metavar="PLAN", help="Release exactly the plan with this fingerprint, today only."),
]

_TO_FINISH = timedelta(hours=1)  # a release that two people agreed to may be tried again for so long


Defer = Annotated[
    bool, typer.Option("--defer", help="Let a worker run it, before the scheduled runs; needs `bensync worker`.")
]


def plan(ctx: typer.Context, active: Active = False, inactive: Inactive = False) -> None:
    """Show what a sync, or a resync of the ticked populations, would send.

    It also shows what would be held for review or blocked by a data issue, and why. Changes nothing.
    """
    call = session(ctx)
    boxes = _boxes(active=active, inactive=inactive)
    order = RunOptions(RunKind.RESYNC if boxes else RunKind.DAILY, MANUAL, call.actor_name(None), boxes or None)
    codes: list[int] = []

    def plan_site(store: Store, site: str) -> tuple[SiteAnswer, Callable[[Any], object]]:
        planned = rehearse(call.deployment().sender_context(site, store, _reading_progress(call)), order, now())
        # A refused plan sends nothing, a held row only waits; scripts must know which.
        stopped = GuardTripped.code if refused(planned) else EXIT_HELD
        codes.append(stopped if refused(planned) or needs_person(planned) else EXIT_DONE)
        return (
            lambda: api_shapes.sync.plan(planned, site),
            lambda console: print_plan(console, site, planned, whole=call.verbose),
        )

    for_every_site(call, "plan", plan_site, codes)


def sync(ctx: typer.Context, allow: Allow = None, actor: Actor = None, defer: Defer = False) -> None:
    """Run a sync now: send the changes from HR and queue them for review."""
    call = session(ctx)
    if allow:
        call.only_site()
    if defer:
        # The fingerprint travels with the job: the worker compares it with its own plan.
        _defer(call, ["sync", *(["--allow", allow] if allow else [])], call.actor_name(actor))
        return
    _run(call, RunOptions(RunKind.DAILY, MANUAL, call.actor_name(actor), allow=allow), actor)


def resync(
    ctx: typer.Context,
    active: Active = False,
    inactive: Inactive = False,
    allow: Allow = None,
    actor: Actor = None,
    defer: Defer = False,
) -> None:
    """Send a file with everyone in the ticked populations.

    At least one of --active and --inactive is required.
    """
    call = session(ctx)
    boxes = _boxes(active=active, inactive=inactive)
    if not boxes:
        # Without a choice, "everyone" would be a guess about thousands of rows.
        fix = "Add --active, --inactive, or both."
        raise UsageError("No population is selected.", "A resync must know which populations to send.", fix)
    call.only_site()
    if defer:
        # Sorted, because the order of a set differs from process to process.
        ticked = [f"--{box.lower()}" for box in sorted(boxes)]
        _defer(call, ["resync", *ticked, *(["--allow", allow] if allow else [])], call.actor_name(actor))
        return
    _run(call, RunOptions(RunKind.RESYNC, MANUAL, call.actor_name(actor), boxes, allow), actor)


def snapshot(
    ctx: typer.Context,
    yes: Annotated[
        bool, typer.Option("--yes", help="HR and the benefits platform agree today; record everyone.")
    ] = False,
    actor: Actor = None,
) -> None:
    """Fill an empty database from HR once, without a file and without requests."""
    call = session(ctx)
    if not yes:
        why = "A snapshot records every HR employee as a participant without a decision, and sends nothing."
        fix = (
            "If HR and the benefits platform agree today, add --yes. If not, use `bensync resync --active --inactive`."
        )
        raise UsageError("The snapshot was not taken.", why, fix)
    call.only_site()
    _run(call, RunOptions(RunKind.SNAPSHOT, MANUAL, call.actor_name(actor), frozenset(Status)), actor)


def _boxes(*, active: bool, inactive: bool) -> frozenset[Status]:
    ticked = {Status.ACTIVE: active, Status.INACTIVE: inactive}
    return frozenset(status for status, wanted in ticked.items() if wanted)


def _run(call: CliSession, order: RunOptions, named: str | None) -> None:
    order = msgspec.structs.replace(order, watched=call.watched)
    codes: list[int] = []

    def run_site(store: Store, site: str) -> tuple[SiteAnswer, Callable[[Any], object]]:
        if order.allow:
            call.authorize(store, Right.RELEASE)
        if order.allow and "release" in call.deployment().site(site).second_approver:
            # The approval is bound to this plan: if HR changes, a second person must look at the new one.
            allowed = f"plan {order.allow}"
            require_second_person(store, site, call.actor(named), "plan.allow", allowed, now(), lasting=_TO_FINISH)
        context = call.deployment().sender_context(site, store, _reading_progress(call))
        report = runs.run(context, order, now)
        codes.append(EXIT_HELD if needs_person(report.plan) else EXIT_DONE)
        with store.read(site) as state:
            # From the database, so that the command shows the run as the pages do.
            view = state.lists.run(report.run_id)
        if view is None:
            raise BensyncError(f"Run {report.run_id} is missing.", "The database lost it.", "Restore a backup.")
        events = _events(context, order, codes)

        def shown(console: Console) -> None:
            print_run_report(console, view, report.plan)
            if isinstance(events, BensyncError):
                failure_printer(site, events)(console)
            elif events is not None:
                print_report(console, site, events, (), 0)

        return lambda: api_shapes.event_runs.run_report(view, report.plan.issues, events), shown

    for_every_site(call, "run", run_site, codes)


def _events(context: SenderContext, order: RunOptions, codes: list[int]) -> EventRunReport | BensyncError | None:
    """Process benefit events after a run, where the site has a rulebook; a failure does not undo the sync."""
    try:
        return follow_up(context, order.actor, now)
    except BensyncError as error:
        codes.append(error.code)
        return error


def _defer(call: CliSession, words: Sequence[str], actor: str) -> None:
    """Ask a worker for a run, site by site."""
    with call.store() as store:
        run_queue = optional_workers.queue(call.deployment(), store)
        if run_queue is None:
            fix = 'Set queue = "procrastinate" in [daemon], or omit --defer.'
            raise UsageError(
                "The run cannot be deferred.",
                "The daemon of this deployment does its work itself, without workers.",
                fix,
            )
        # The tables of the queue may be missing or old where no worker of this version has started yet.
        optional_workers.bring_up(call.deployment(), store)
        with run_queue as queue:
            jobs = [
                api_shapes.event_runs.DeferredRun(
                    site=site, job=queue.ask_run(site, words, actor, sign_order(store, site, words[0], actor))
                )
                for site in call.senders()
            ]
    sites = ", ".join(job.site for job in jobs)
    call.answer({"deferred": jobs}, lambda console: console.print(f"A worker will run it: {sites}.", soft_wrap=True))


def _reading_progress(options: Invocation) -> Progress:
    """Return what shows how many employees were read; it shows nothing to scripts and in logs."""
    # In a log or a pipe the bar would write hundreds of lines.
    return _bar if sys.stderr.isatty() and not options.as_json else no_progress


def _bar(pages: Iterator[list[Record]], total: int | None) -> Iterator[list[Record]]:
    columns = (TextColumn("Reading HR"), BarColumn(), MofNCompleteColumn(), TextColumn("people"), TimeElapsedColumn())
    with Bar(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("people", total=total)
        for page in pages:
            yield page
            # After the page was used: the generator goes on only when the next one is asked for.
            bar.advance(task, len(page))
