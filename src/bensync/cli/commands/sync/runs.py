"""Runs from the terminal: plan, sync, resync, snapshot, and the daemon that makes them daily."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bensync.cli.session import Actor, CliSession, UsageError, actor_name, now, session
from bensync.errors import EXIT_DONE, EXIT_HELD, BensyncError, GuardTripped

if TYPE_CHECKING:
    from rich.console import Console

    from bensync.core.people import Status
    from bensync.daemon.process import LoadedConfig
    from bensync.daemon.scheduler import TurnTaker
    from bensync.pipeline.context import RunOptions, SenderContext
    from bensync.state.store import Store

Active = Annotated[bool, typer.Option("--active", help="Everybody who is active in HR.")]
Inactive = Annotated[bool, typer.Option("--inactive", help="Everybody who is inactive in HR.")]
Allow = Annotated[
    str | None,
    typer.Option("--allow", metavar="PLAN", help="Release exactly the plan with this fingerprint, today."),
]

_TO_FINISH = timedelta(hours=1)  # a release that two people agreed to may be tried again for so long


Defer = Annotated[
    bool, typer.Option("--defer", help="Let a worker do it, before the runs of the day; needs `bensync worker`.")
]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (plan, sync, resync, snapshot, daemon, worker):
        app.command()(command)


def plan(ctx: typer.Context, active: Active = False, inactive: Inactive = False) -> None:
    """What a sync (or, with boxes, a resync) would send, hold and keep back, and why. Changes nothing."""
    from bensync.cli.render import shapes, show
    from bensync.core.plan import refused
    from bensync.core.runs import RunKind
    from bensync.pipeline.context import MANUAL, RunOptions
    from bensync.pipeline.runs import rehearse

    here = session(ctx)
    boxes = _boxes(active=active, inactive=inactive)
    order = RunOptions(RunKind.RESYNC if boxes else RunKind.DAILY, MANUAL, actor_name(None), boxes or None)
    codes: list[int] = []

    def one(store: Store, site: str) -> tuple[dict[str, Any], Callable[[Any], object]]:
        found = rehearse(here.deployment().tools(site, store, here.progress()), order, now())
        stopped = GuardTripped.code if refused(found) else EXIT_HELD
        codes.append(stopped if refused(found) or found.held or found.issues else EXIT_DONE)
        return shapes.plan(found, site), lambda console: show.plan(console, site, found, whole=here.verbose)

    for_every_site(here, "plan", one, codes)


def sync(ctx: typer.Context, allow: Allow = None, actor: Actor = None, defer: Defer = False) -> None:
    """One delta run now: who changed in HR goes out in a file, and waits in the queue."""
    from bensync.core.runs import RunKind
    from bensync.pipeline.context import MANUAL, RunOptions

    here = session(ctx)
    if allow:
        here.only_site()
    if defer:
        _defer(here, ["sync", *(["--allow", allow] if allow else [])], actor_name(actor))
        return
    _run(here, RunOptions(RunKind.DAILY, MANUAL, actor_name(actor), allow=allow))


def resync(
    ctx: typer.Context,
    active: Active = False,
    inactive: Inactive = False,
    allow: Allow = None,
    actor: Actor = None,
    defer: Defer = False,
) -> None:
    """A full-resync file for the ticked populations; at least one box must be ticked."""
    from bensync.core.runs import RunKind
    from bensync.pipeline.context import MANUAL, RunOptions

    here = session(ctx)
    boxes = _boxes(active=active, inactive=inactive)
    if not boxes:
        fix = "say --active, --inactive or both"
        raise UsageError("No box is ticked", "a resync needs to know which populations the file repeats", fix)
    here.only_site()
    if defer:
        ticked = [f"--{box.lower()}" for box in sorted(boxes)]
        _defer(here, ["resync", *ticked, *(["--allow", allow] if allow else [])], actor_name(actor))
        return
    _run(here, RunOptions(RunKind.RESYNC, MANUAL, actor_name(actor), boxes, allow))


def snapshot(
    ctx: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Both sides agree today; write everybody down.")] = False,
    actor: Actor = None,
) -> None:
    """Fill baseline and register from HR, once, while both are empty. No file leaves and no request is opened."""
    from bensync.core.people import Status
    from bensync.core.runs import RunKind
    from bensync.pipeline.context import MANUAL, RunOptions

    here = session(ctx)
    if not yes:
        why = "a snapshot writes every employee of HR into the register without a decision, and sends nothing"
        fix = "if both sides agree today say --yes, otherwise use `bensync resync --active --inactive`"
        raise UsageError("The snapshot was not made", why, fix)
    here.only_site()
    _run(here, RunOptions(RunKind.SNAPSHOT, MANUAL, actor_name(actor), frozenset(Status)))


def daemon(
    ctx: typer.Context,
    ping: Annotated[bool, typer.Option("--ping", help="Only ask whether the daemon on this machine is alive.")] = False,
    with_web: Annotated[
        bool, typer.Option("--with-web", help="Serve the web pages, too, in a process of their own.")
    ] = False,
) -> None:
    """The daily run at the hour of the schedule, catch-up after a late start, and alerts, until stopped.

    SIGHUP reads the configuration anew, SIGTERM stops in good order.
    """
    here = session(ctx)
    if ping:
        _ping(here)
        return
    from bensync import log
    from bensync.config.files import located
    from bensync.daemon.process import serve

    log.set_up(as_json=here.as_json, verbose=True)
    serve(located(here.config), "json" if here.as_json else "text", elsewhere=_workers_elsewhere, with_web=with_web)
    here.answer({"daemon": "stopped"}, lambda _: None)


def worker(ctx: typer.Context) -> None:
    """Take the turns that the daemon hands over by procrastinate, until stopped; as many workers as wanted, anywhere.

    SIGHUP reads the configuration anew, SIGTERM stops in good order.
    """
    from bensync.hardening import harden

    harden()
    from bensync import log
    from bensync.cli.commands.setup import workers_extra
    from bensync.config.files import located

    here = session(ctx)
    log.set_up(as_json=here.as_json, verbose=True)
    workers_extra.work(located(here.config), "json" if here.as_json else "text")
    here.answer({"worker": "stopped"}, lambda _: None)


def _workers_elsewhere(house: LoadedConfig) -> AbstractContextManager[TurnTaker] | None:
    """Workers, where the configuration wants them."""
    if house.outline.daemon.queue == "own":
        return None
    from bensync.cli.commands.setup import workers_extra

    return workers_extra.deferral(house.database)


def _ping(here: CliSession) -> None:
    from bensync.daemon.health import answers

    listen = here.deployment().settings.daemon.listen
    if not listen or not answers(listen):
        why = f"nobody says at {listen} that all is well" if listen else "listen is empty in [daemon]"
        raise BensyncError("The daemon is not known to be alive", why, "start `bensync daemon`, and read its log")
    here.answer({"daemon": "alive"}, lambda console: console.print(f"The daemon at {listen} is alive."))


def _boxes(*, active: bool, inactive: bool) -> frozenset[Status]:
    from bensync.core.people import Status

    ticked = {Status.ACTIVE: active, Status.INACTIVE: inactive}
    return frozenset(status for status, wanted in ticked.items() if wanted)


def _run(here: CliSession, order: RunOptions) -> None:
    from bensync.actions.authorization import require_second_person
    from bensync.cli.render import shapes, show
    from bensync.core.access import command_line_actor
    from bensync.pipeline.runs import run

    codes: list[int] = []

    def one(store: Store, site: str) -> tuple[dict[str, Any], Callable[[Any], object]]:
        if order.allow and "release" in here.deployment().site(site).second_approver:
            allowed = f"plan {order.allow}"
            require_second_person(
                store, site, command_line_actor(order.actor), "plan.allow", allowed, now(), lasting=_TO_FINISH
            )
        tools = here.deployment().tools(site, store, here.progress())
        report = run(tools, order, now)
        codes.append(EXIT_HELD if report.plan.held or report.plan.issues else EXIT_DONE)
        with store.read(site) as work:
            view = work.lists.run(report.run_id)
        if view is None:
            raise BensyncError(f"Run {report.run_id} vanished", "the database lost it", "restore a backup")
        shape = shapes.run(view, report.plan.issues)
        events = _events(tools, order, codes)
        if events is not None:
            shape["events"] = events[0]

        def shown(console: Console) -> None:
            show.run_report(console, view, report.plan)
            if events is not None:
                events[1](console)

        return shape, shown

    for_every_site(here, "run", one, codes)


def _events(
    tools: SenderContext, order: RunOptions, codes: list[int]
) -> tuple[dict[str, Any], Callable[[Console], object]] | None:
    """Behind a run benefit events are worked off, where the site has a rulebook; a failure undoes no sync."""
    from bensync.cli.render import event_cards, event_shapes, show
    from bensync.pipeline.events import follow_up

    site = tools.site
    try:
        report = follow_up(tools, order.actor, now)
    except BensyncError as error:
        codes.append(error.code)
        return {"error": error.as_json()}, show.failure(site, error)
    if report is None:
        return None
    return event_shapes.report(report, site), lambda console: event_cards.report(console, site, report, (), 0)


def _defer(here: CliSession, words: Sequence[str], actor: str) -> None:
    """Ask a worker for a run, site by site."""
    from bensync.cli.commands.setup import workers_extra

    with here.store() as store:
        found = workers_extra.queue(here.deployment(), store)
        if found is None:
            fix = 'set queue = "procrastinate" in [daemon], or leave --defer out'
            raise UsageError("There is no worker to do it", "the daemon of this deployment does its work itself", fix)
        workers_extra.bring_up(here.deployment(), store)
        with found as queue:
            jobs = [{"site": site, "job": queue.ask_run(site, words, actor)} for site in here.senders()]
    sites = ", ".join(str(job["site"]) for job in jobs)
    here.answer({"deferred": jobs}, lambda console: console.print(f"A worker will do it: {sites}.", soft_wrap=True))


def for_every_site(
    here: CliSession,
    key: str,
    one: Callable[[Store, str], tuple[dict[str, Any], Callable[[Any], object]]],
    codes: list[int],
    sites: Sequence[str] | None = None,
) -> None:
    """Do the same for every site that sends (or these), going on after one fails; the error of a single one is ours."""
    from bensync.cli.render import show

    broken = here.deployment().broken if sites is None and here.site is None else {}
    sites = here.senders() if sites is None else sites
    told: list[dict[str, Any]] = []
    shows: list[Callable[[Any], object]] = []
    with here.store() as store:
        for site in sites:
            try:
                shape, shown = one(store, site)
            except BensyncError as error:
                if len(sites) == 1 and not broken:
                    raise
                codes.append(error.code)
                shape, shown = {"site": site, "error": error.as_json()}, show.failure(site, error)
            told.append(shape)
            shows.append(shown)

    for site, why in broken.items():
        codes.append(why.code)
        told.append({"site": site, "error": why.as_json()})
        shows.append(show.failure(site, why))

    def show_all(console: Console) -> None:
        for shown in shows:
            shown(console)

    here.answer({key: told[0]} if len(told) == 1 else {f"{key}s": told}, show_all)
    raise typer.Exit(max(codes, key=_badness))


def _badness(code: int) -> tuple[bool, int]:
    return code == BensyncError.code, code
