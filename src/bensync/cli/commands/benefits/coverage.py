"""Coverage and COBRA records on the command line. Rows are never edited; a manual salary is a row of its own."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from bensync import api_shapes
from bensync.actions.benefits.case_edits import close_cobra, override_salary, reach_step, receive_proof
from bensync.benefits.rulebook.figures import PersonFigures
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
    call = session(ctx)
    lists = {}
    with call.store() as store:
        for site in call.sites():
            with store.read(site) as state:
                page = state.events.coverage(1, call.limit(limit) or EVERYTHING, plan=plan, reversed_too=every)
            lists[site] = (page.items[::-1], page.total)
    call.answer(
        lambda: {
            "enrollments": [
                api_shapes.coverage.coverage_entry(line, site) for site, (rows, _) in lists.items() for line in rows
            ]
        },
        listed(print_coverage, lists),
    )


def show_coverage(ctx: typer.Context, who: Employee, on: Day = None) -> None:
    """Show one person's coverage and every row behind it."""
    call = session(ctx)
    site = call.only_site()
    with call.store() as store:
        _show(call, store, site, who, on.date() if on is not None else now().date())


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
    # Decimal reads "NaN" and "Infinity" as numbers.
    if not (money.is_finite() and money > 0):
        raise typer.BadParameter("A salary must be more than 0.", param_hint="--amount")
    call = session(ctx)
    with call.store() as store:
        editor = CaseEditor(call, store, actor, reason)
        day = on.date() if on is not None else editor.today
        number = number_of(store, editor.site, who)
        editor.change(number, override_salary(kind, money, day))
        _show(call, store, editor.site, f"p{number}", day)


def proof(
    ctx: typer.Context,
    who: Employee,
    kind: Annotated[str, typer.Option("--type", metavar="TYPE", help="The plan type, such as life.")],
    reason: Reason,
    on: Day = None,
    actor: Actor = None,
) -> None:
    """Record that the proof of insurability was received. The elected sum is in force from that day on."""
    call = session(ctx)
    with call.store() as store:
        editor = CaseEditor(call, store, actor, reason)
        day = on.date() if on is not None else editor.today
        number = number_of(store, editor.site, who)
        editor.change(number, receive_proof(kind, day))
        _show(call, store, editor.site, f"p{number}", day)


def list_cobra(
    ctx: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Include void records.")] = False,
    limit: Limit = None,
) -> None:
    """List the COBRA records with the next step and its due date."""
    call = session(ctx)
    lists = {}
    with call.store() as store:
        for site in call.sites():
            with store.read(site) as state:
                page = state.events.cobra(1, call.limit(limit) or EVERYTHING, open_only=not every)
            clocks = call.deployment().rulebook(site).cobra
            lists[site] = (page.items, page.total, clocks, now().date())
    call.answer(
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
    """Record that a COBRA step was taken.

    The next deadline is counted from that day.
    """
    wanted = one_of(Milestone, step, "--step")
    call = session(ctx)
    with call.store() as store:
        editor = CaseEditor(call, store, actor)
        who, number = located(store, editor.site, event)
        day = on.date() if on is not None else editor.today
        editor.change(who, reach_step(number, wanted, day))
        _answer(call, editor, store, who, number)


def close(
    ctx: typer.Context,
    event: Annotated[str, typer.Argument(metavar="ID/NUMBER", help="The event that opened the record.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="The reason, for the audit trail.")],
    actor: Actor = None,
) -> None:
    """Close a COBRA record that needs nothing more.

    No deadline of it is due any more, and a later loss of coverage opens a record of its own.
    """
    call = session(ctx)
    with call.store() as store:
        editor = CaseEditor(call, store, actor, reason)
        who, number = located(store, editor.site, event)
        editor.change(who, close_cobra(number))
        _answer(call, editor, store, who, number)


def _answer(call: CliSession, editor: CaseEditor, store: Store, who: int, number: int) -> None:
    """Print the COBRA record of an event as it is after a change."""
    with store.read(editor.site) as state:
        # Read again after the change: the next deadline counts from the day that was just recorded.
        page = state.events.cobra(1, EVERYTHING, open_only=False)
    lines: list[CobraLine] = [
        line for line in page.items if (line.who.participant_id, line.record.event) == (who, number)
    ]
    call.answer(
        lambda: {"cobra": [api_shapes.coverage.cobra_entry(line, editor.book.cobra, editor.site) for line in lines]},
        lambda console: print_cobra(console, editor.site, lines, len(lines), editor.book.cobra, editor.today),
    )


def _show(call: CliSession, store: Store, site: str, who: str, on: date) -> None:
    number = number_of(store, site, who)
    with store.read(site) as state:
        rows = state.events.enrollments(number)
        programs = state.events.assignments(number)
        records = state.events.cobra_of(number)
        person = state.lists.person(number)
        participant = state.cases.load([number])[number].participant
    # Of each plan type the row that holds on the day; a type whose coverage has ended has none.
    present = {kind: row for kind in plan_types(rows, on) if (row := coverage_on(rows, kind, on)) is not None}
    name = person.person.name if person is not None else f"participant {number}"
    book = call.deployment().rulebook(site)
    derive = PersonFigures(participant, on, book)
    title = f"{site}: coverage of {name}, participant {number}"
    call.answer(
        lambda: {
            "coverage": api_shapes.coverage.person_coverage(
                number, site, on, rows, programs, records, book.cobra, derive=derive
            )
        },
        lambda console: print_person_coverage(console, title, present, on, rows, programs_of(programs), derive),
    )
