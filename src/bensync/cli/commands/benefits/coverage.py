"""Coverage and COBRA records from the terminal. Rows are never edited; a salary by hand is a row of its own."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from bensync import api_shapes
from bensync.actions.case_edits import override_salary, reach_step
from bensync.benefits.values.cobra import Milestone
from bensync.benefits.values.enrollments import coverage_on, plan_types
from bensync.cli.arguments import number_of, one_of
from bensync.cli.commands.benefits.case_commands import EVERYTHING, CaseEditor, Employee, Reason, listed, located
from bensync.cli.invocation import Actor, Limit, now
from bensync.cli.render.coverage import print_cobra, print_coverage, print_person_coverage, programs_of
from bensync.cli.session import CliSession, session
from bensync.state.read.event_lists import CobraLine
from bensync.state.store import Store

Day = Annotated[
    datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], metavar="DATE", help="The date. Default: today.")
]


def list_coverage(
    ctx: typer.Context,
    plan: Annotated[str, typer.Option("--plan", metavar="CODE", help="Only this plan.")] = "",
    every: Annotated[bool, typer.Option("--reversed", help="Include reversed rows.")] = False,
    limit: Limit = None,
) -> None:
    """List the coverage rows by effective date."""
    here = session(ctx)
    lists = {}
    with here.store() as store:
        for site in here.sites():
            with store.read(site) as work:
                page = work.events.coverage(1, here.limit(limit) or EVERYTHING, plan=plan, reversed_too=every)
            lists[site] = (page.items[::-1], page.total)
    here.answer(
        lambda: {
            "enrollments": [
                api_shapes.coverage.coverage_entry(line, site) for site, (rows, _) in lists.items() for line in rows
            ]
        },
        listed(print_coverage, lists),
    )


def show_coverage(ctx: typer.Context, who: Employee, on: Day = None) -> None:
    """Show one person's coverage and every row behind it."""
    here = session(ctx)
    site = here.only_site()
    with here.store() as store:
        _show(here, store, site, who, on.date() if on is not None else now().date())


def salary(
    ctx: typer.Context,
    who: Employee,
    kind: Annotated[str, typer.Option("--type", metavar="TYPE", help="The plan type, such as life.")],
    amount: Annotated[str, typer.Option("--amount", metavar="AMOUNT", help="The yearly salary that applies to it.")],
    reason: Reason,
    on: Day = None,
    actor: Actor = None,
) -> None:
    """Set the salary for a coverage manually. Later salary changes no longer affect it."""
    try:
        money = Decimal(amount)
    except InvalidOperation:
        raise typer.BadParameter(f"{amount!r} is not an amount.", param_hint="--amount") from None
    if not (money.is_finite() and money > 0):
        raise typer.BadParameter("A salary must be more than 0.", param_hint="--amount")
    here = session(ctx)
    with here.store() as store:
        hand = CaseEditor(here, store, actor, reason)
        day = on.date() if on is not None else hand.today
        number = number_of(store, hand.site, who)
        hand.change(number, override_salary(kind, money, day))
        _show(here, store, hand.site, f"p{number}", day)


def list_cobra(
    ctx: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Include void records.")] = False,
    limit: Limit = None,
) -> None:
    """List the COBRA records with the next step and its due date."""
    here = session(ctx)
    lists = {}
    with here.store() as store:
        for site in here.sites():
            with store.read(site) as work:
                page = work.events.cobra(1, here.limit(limit) or EVERYTHING, open_only=not every)
            clocks = here.deployment().rulebook(site).cobra
            lists[site] = (page.items, page.total, clocks, now().date())
    here.answer(
        lambda: {
            "cobra": [
                api_shapes.coverage.cobra_entry(line, clocks, site)
                for site, (lines, _, clocks, _) in lists.items()
                for line in lines
            ]
        },
        listed(print_cobra, lists),
    )


def reach(
    ctx: typer.Context,
    event: Annotated[str, typer.Argument(metavar="ID/NUMBER", help="The event that opened the record.")],
    step: Annotated[
        str,
        typer.Option("--step", metavar="STEP", help="administrator_told, notice_sent, elected, or paid."),
    ],
    on: Day = None,
    actor: Actor = None,
) -> None:
    """Record that a COBRA step was taken."""
    wanted = one_of(Milestone, step, "--step")
    here = session(ctx)
    with here.store() as store:
        hand = CaseEditor(here, store, actor)
        who, number = located(store, hand.site, event)
        day = on.date() if on is not None else hand.today
        hand.change(who, reach_step(number, wanted, day))
        with store.read(hand.site) as work:
            page = work.events.cobra(1, EVERYTHING)
    lines: list[CobraLine] = [
        line for line in page.items if (line.who.participant_id, line.record.event) == (who, number)
    ]
    here.answer(
        lambda: {"cobra": [api_shapes.coverage.cobra_entry(line, hand.book.cobra, hand.site) for line in lines]},
        lambda console: print_cobra(console, hand.site, lines, len(lines), hand.book.cobra, hand.today),
    )


def _show(here: CliSession, store: Store, site: str, who: str, on: date) -> None:

    number = number_of(store, site, who)
    with store.read(site) as work:
        rows = work.events.enrollments(number)
        programs = work.events.assignments(number)
        records = work.events.cobra_of(number)
        person = work.lists.person(number)
    present = {kind: row for kind in plan_types(rows, on) if (row := coverage_on(rows, kind, on)) is not None}
    name = person.person.name if person is not None else f"participant {number}"
    clocks = here.deployment().rulebook(site).cobra
    title = f"{site}: coverage of {name}, participant {number}"
    here.answer(
        lambda: {"coverage": api_shapes.coverage.person_coverage(number, site, on, rows, programs, records, clocks)},
        lambda console: print_person_coverage(console, title, present, on, rows, programs_of(programs)),
    )
