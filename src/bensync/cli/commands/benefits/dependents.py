"""Dependents and beneficiaries on the command line: entered here, on the page or by the API, and never by the sync."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from bensync import api_shapes
from bensync.actions.benefits import case_edits
from bensync.actions.benefits.case_edits import CaseEdit
from bensync.benefits.values.dependents import DropReason
from bensync.benefits.values.enrollments import Allocation, BeneficiaryKind
from bensync.cli.arguments import field_of, number_of, one_of
from bensync.cli.commands.benefits.case_commands import CaseEditor, Employee, Reason, located
from bensync.cli.invocation import Actor, now
from bensync.cli.render.dependents import print_dependents
from bensync.cli.session import CliSession, session
from bensync.state.store import Store
from bensync.wording.families import views

Fields = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="relationship, first_name, last_name, birth_date, gender, ssn, student, disabled, smoker, address1, "
        "address2, city, state, postal_code, or country. FIELD= clears it; FIELD=- prompts for a hidden value.",
    ),
]
On = Annotated[
    datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], metavar="DATE", help="The first day. Default: today.")
]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The number of the dependent, as `list` shows it.")]
Shares = Annotated[
    list[str],
    typer.Option(
        "--share",
        metavar="NUMBER:PERCENT",
        help="A dependent and the share; NUMBER:PERCENT:contingent for a contingent beneficiary.",
    ),
]


def list_dependents(
    ctx: typer.Context,
    who: Employee,
    on: On = None,
    every: Annotated[bool, typer.Option("--all", help="Include those who were dropped.")] = False,
) -> None:
    """List one person's dependents and beneficiaries on a day."""
    call = session(ctx)
    site = call.only_site()
    with call.store() as store:
        _show(call, store, site, number_of(store, site, who), on, dropped=every)


def add(ctx: typer.Context, who: Employee, fields: Fields, reason: Reason, on: On = None, actor: Actor = None) -> None:
    """Add a dependent or beneficiary from a day on.

    Nobody is covered by it: an election names the dependents that it covers.
    """
    entered = dict(map(field_of, fields))
    _edit(ctx, who, actor, reason, on, lambda editor: case_edits.add_dependent(entered, _day(editor, on)))


def change(
    ctx: typer.Context,
    who: Employee,
    number: Number,
    fields: Fields,
    reason: Reason,
    on: On = None,
    actor: Actor = None,
) -> None:
    """Change a dependent from a day on. Earlier days stay as they were.

    A birth date, a gender, or an SSN is corrected for every day. A dependent who was dropped is on the list again.
    """
    entered = dict(map(field_of, fields))
    _edit(ctx, who, actor, reason, on, lambda editor: case_edits.change_dependent(number, entered, _day(editor, on)))


def drop(
    ctx: typer.Context,
    who: Employee,
    number: Number,
    why: Annotated[str, typer.Option("--why", metavar="WHY", help="divorce, death, age, or other.")],
    reason: Reason,
    *,
    on: On = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="Accept that their coverage ends.")] = False,
    actor: Actor = None,
) -> None:
    """Drop a dependent from a day on. The next run ends their coverage by the rule of the rulebook."""
    cause = one_of(DropReason, why, "--why")
    _edit(
        ctx,
        who,
        actor,
        reason,
        on,
        lambda editor: case_edits.drop_dependent(number, cause, _day(editor, on)),
        confirmed=confirm,
    )


def enroll_all(
    ctx: typer.Context,
    event: Annotated[str, typer.Argument(metavar="ID/NUMBER", help="The event whose elections everybody joins.")],
    confirm: Annotated[bool, typer.Option("--confirm", help="Replace the assignments that were made so far.")] = False,
    actor: Actor = None,
) -> None:
    """Assign everybody to the elections of an event: dependents whom an option covers, and even shares.

    Assignments that were made so far are replaced; without --confirm, the command names them and changes nothing.
    """
    call = session(ctx)
    with call.store() as store:
        editor = CaseEditor(call, store, actor)
        who, number = located(store, editor.site, event)
        editor.change(who, case_edits.enroll_all(number), confirmed=confirm)
        _show(call, store, editor.site, who, None)


def beneficiaries(
    ctx: typer.Context,
    who: Employee,
    kind: Annotated[str, typer.Option("--type", metavar="TYPE", help="The plan type, such as life.")],
    shares: Shares,
    reason: Reason,
    on: On = None,
    actor: Actor = None,
) -> None:
    """Set the beneficiaries of a coverage from a day on, in place of those of before.

    The primary shares sum to 100 percent, and so do the contingent ones if there are any. No event is needed.
    """
    assigned = [share_of(text, "--share") for text in shares]
    _edit(
        ctx,
        who,
        actor,
        reason,
        on,
        lambda editor: case_edits.assign_beneficiaries(kind, assigned, _day(editor, on)),
    )


def share_of(text: str, option: str) -> Allocation:
    """Return the share that NUMBER:PERCENT or NUMBER:PERCENT:contingent means.

    Raises:
        BadParameter: the text has another form.
    """
    number, _, rest = text.partition(":")
    percent, _, kind = rest.partition(":")
    try:
        share = Allocation(int(number), Decimal(percent), BeneficiaryKind(kind or BeneficiaryKind.PRIMARY))
    except (InvalidOperation, ValueError):
        share = Allocation(0, Decimal("NaN"))
    # Decimal reads "NaN" and "Infinity" as numbers.
    if not share.percent.is_finite():
        raise typer.BadParameter("Enter NUMBER:PERCENT, such as 1:50.", param_hint=option)
    return share


def numbers_of(text: str, option: str) -> tuple[int, ...]:
    """Return the numbers of dependents that a text such as ``1,2`` means; none for an empty text.

    Raises:
        BadParameter: the text has another form.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isdecimal() for part in parts):
        raise typer.BadParameter("Enter the numbers of dependents, such as 1,2.", param_hint=option)
    return tuple(map(int, parts))


def _edit(
    ctx: typer.Context,
    who: str,
    actor: str | None,
    reason: str,
    on: datetime | None,
    edit: Callable[[CaseEditor], CaseEdit],
    *,
    confirmed: bool = False,
) -> None:
    call = session(ctx)
    with call.store() as store:
        editor = CaseEditor(call, store, actor, reason)
        number = number_of(store, editor.site, who)
        editor.change(number, edit(editor), confirmed=confirmed)
        _show(call, store, editor.site, number, on, dropped=True)


def _day(editor: CaseEditor, on: datetime | None) -> date:
    return on.date() if on is not None else editor.today


def _show(
    call: CliSession, store: Store, site: str, number: int, on: datetime | None, *, dropped: bool = False
) -> None:
    day = on.date() if on is not None else now().date()
    with store.read(site) as state:
        case = state.cases.load([number])[number]
    people = views(case, day, dropped=dropped)
    call.answer(
        lambda: {"dependents": [api_shapes.dependents.dependent(view) for view in people]},
        lambda console: print_dependents(console, f"{site}: dependents of participant {number} on {day}", people),
    )
