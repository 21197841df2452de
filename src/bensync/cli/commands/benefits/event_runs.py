"""Runs of benefit events on the command line, their remarks, and searches for passive events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from bensync import api_shapes
from bensync.benefits.engine.run import CaseResult, RunMode
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.cli.arguments import number_of, one_of
from bensync.cli.commands.benefits.case_commands import EVERYTHING, listed
from bensync.cli.every_site import SiteAnswer, for_every_site
from bensync.cli.invocation import Actor, Limit, UsageError, now
from bensync.cli.render.event_runs import print_report, print_search_results, print_searches, print_summary
from bensync.cli.session import CliSession, session
from bensync.core.values.limits import PAGE_SIZE
from bensync.errors import EXIT_DONE, EXIT_HELD, ConfigError
from bensync.pipeline.benefits.events import EventRunOptions, begin_events, run_events
from bensync.pipeline.benefits.passive_events import search_site
from bensync.pipeline.context import MANUAL
from bensync.state.store import Store
from bensync.wording.sync import count


def run(
    ctx: typer.Context,
    mode: Annotated[
        str,
        typer.Option(
            "--mode", metavar="MODE", help="schedule: only create events; process: only process them; all: both."
        ),
    ] = "all",
    schedule: Annotated[str, typer.Option("--schedule", metavar="CODE", help="Only events of this schedule.")] = "",
    employees: Annotated[
        list[str] | None, typer.Option("--employee", metavar="ID", help="Only this employee; may be repeated.")
    ] = None,
    report_only: Annotated[
        bool, typer.Option("--report-only", help="Show what the run would post, and change nothing.")
    ] = False,
    record: Annotated[
        bool,
        typer.Option(
            "--record", help="Record with each event which programs and plans the person is eligible for, and why not."
        ),
    ] = False,
    actor: Actor = None,
) -> None:
    """Process benefit events: create them from activities, prepare, check elections, and post coverage."""
    call = session(ctx)
    wanted = one_of(RunMode, mode, "--mode")
    codes: list[int] = []

    def run_site(store: Store, site: str) -> tuple[SiteAnswer, Callable[[Any], object]]:
        book = _book(call, site, schedule)
        only = tuple(number_of(store, site, employee) for employee in employees or ())
        order = EventRunOptions(MANUAL, call.actor_name(actor), wanted, schedule, only, report_only, record)
        results: list[CaseResult] = []
        # Only a report shows each participant; a real run of a large site must not hold all results in memory.
        record_result = results.append if report_only else lambda _: None
        report = run_events(call.deployment().site_context(site, store), book, order, now, record_result)
        # The events of one person failed, and those of all others are done, like employees with data issues in a sync.
        codes.append(EXIT_HELD if report.counts.get("failed") else EXIT_DONE)
        return (
            lambda: api_shapes.event_runs.event_run_result(report, site, results, report_only=report_only),
            lambda console: print_report(console, site, report, results, PAGE_SIZE),
        )

    # An employee id belongs to one site; at another it may mean somebody else.
    sites = [call.only_site()] if employees else _with_benefits(call)
    for_every_site(call, "run", run_site, codes, sites)


def begin(ctx: typer.Context, actor: Actor = None) -> None:
    """Give each participant without events a closed snapshot event, once, when a site gets its rulebook."""
    call = session(ctx)
    site = call.only_site()
    book = _book(call, site)
    with call.store() as store:
        total = begin_events(call.deployment().site_context(site, store), book, call.actor_name(actor), now)
    call.answer(
        lambda: {"begun": api_shapes.event_runs.BegunEvents(site=site, people=total)},
        lambda console: console.print(f"{site}: {count(total, 'person', 'people')} got a closed snapshot event."),
    )


def summary(
    ctx: typer.Context,
    number: Annotated[
        int | None, typer.Argument(metavar="RUN", help="The number of a run. Default: the last one.")
    ] = None,
    code: Annotated[str, typer.Option("--remark", metavar="CODE", help="Only remarks of this kind.")] = "",
    limit: Limit = None,
) -> None:
    """Show the totals of an event run and the events it left out."""
    call = session(ctx)
    lists = {}
    with call.store() as store:
        for site in call.sites() if number is None else [call.only_site()]:
            with store.read(site) as state:
                run_summary = state.events.summary(number)
                size = call.limit(limit) or EVERYTHING
                page = state.events.remarks(run_summary.run_id, code, 1, size) if run_summary is not None else None
            lists[site] = (run_summary, page.items if page else [], page.total if page else 0)
    call.answer(
        lambda: {
            "summaries": [
                api_shapes.event_runs.event_run_detail(run_summary, site, lines)
                for site, (run_summary, lines, _) in lists.items()
                if run_summary is not None
            ]
        },
        listed(print_summary, lists),
    )


def search(
    ctx: typer.Context,
    begin_on: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], metavar="DATE", help="The first day of the search.")
    ],
    end_on: Annotated[
        datetime, typer.Option("--to", formats=["%Y-%m-%d"], metavar="DATE", help="The last day of the search.")
    ],
    codes: Annotated[
        list[str] | None, typer.Argument(metavar="CODE", help="Passive events of the rulebook. Default: all of them.")
    ] = None,
    actor: Actor = None,
) -> None:
    """Find employees who reach an age or a length of service between two days."""
    call = session(ctx)
    site = call.only_site()
    book = _book(call, site)
    wanted = codes or [result.code for result in book.passive]
    with call.store() as store:
        place = call.deployment().site_context(site, store)
        results = [
            search_site(place, book, code, begin_on.date(), end_on.date(), call.actor_name(actor), now())
            for code in wanted
        ]
    call.answer(
        lambda: {"searches": [api_shapes.event_runs.search_hits(result, site) for result in results]},
        lambda console: print_search_results(console, site, results),
    )


def history(ctx: typer.Context) -> None:
    """List the searches that were run, newest last."""
    call = session(ctx)
    lists = {}
    with call.store() as store:
        for site in call.sites():
            with store.read(site) as state:
                lists[site] = (state.events.searches()[::-1],)
    call.answer(
        lambda: {
            "searches": [api_shapes.event_runs.search(line, site) for site, (lines,) in lists.items() for line in lines]
        },
        listed(print_searches, lists),
    )


def _with_benefits(call: CliSession) -> Sequence[str]:
    """Return the sites that have a rulebook; all of them if none has, so that the first one says why not."""
    return [site for site in call.sites() if call.deployment().has_benefits(site)] or call.sites()


def _book(call: CliSession, site: str, schedule: str = "") -> Rulebook:
    """Return the rulebook by which a site's events are processed.

    Raises:
        ConfigError: it has none, or it cannot be used.
        UsageError: it has no such schedule.
    """
    if not call.deployment().has_benefits(site):
        why = f"The site {site} has no rulebook, and the rulebook says what its events mean."
        fix = f"Name one as `benefits` in [sites.{site}]. docs/how-to/write-a-rulebook.md says how to write it."
        raise ConfigError(f"The benefit events of {site} cannot be processed.", why, fix)
    book = call.deployment().rulebook(site)
    codes = [each.code for each in book.schedules]
    if schedule and schedule not in codes:
        why = f"The rulebook of {site} has these: {', '.join(codes) or 'none'}."
        raise UsageError(f"There is no schedule {schedule}.", why, "Check the spelling.")
    return book
