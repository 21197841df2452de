"""`bensync retention`: legal holds, and the deletion of records whose period is over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console

from bensync import api_shapes
from bensync.actions.departed.retention import RetentionApplied
from bensync.cli.arguments import number_of
from bensync.cli.invocation import Actor, UsageError, now
from bensync.cli.render.console import moment, table
from bensync.cli.session import session
from bensync.retention.kinds import KINDS
from bensync.retention.plan import RetentionPlan
from bensync.state.retention.holds import LegalHold
from bensync.state.store import Store
from bensync.wording.retention import MIXED, kept
from bensync.wording.sync import count

Person = Annotated[str, typer.Argument(metavar="PERSON", help="The HR employee id, or pN for participant number N.")]
Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="The reason, for the audit trail. Do not name a person in it.")
]


def preview(ctx: typer.Context) -> None:
    """Show which records a retention run would delete today.

    Nothing is changed. While the rows are counted, runs of the site wait.
    """
    call = session(ctx)
    with call.store() as store:
        plans = [
            call.deployment().actions(store, site, call.actor(None), now).preview_retention() for site in call.sites()
        ]
    call.answer(
        lambda: {"retention": [api_shapes.audit.retention_plan(plan) for plan in plans]},
        lambda console: _show_plans(console, plans),
    )


def apply(
    ctx: typer.Context,
    plan: Annotated[str, typer.Option("--plan", metavar="PLAN", help="The plan, as the preview names it.")],
    reason: Reason,
    yes: Annotated[bool, typer.Option("--yes", help="Delete the records for good.")] = False,
    actor: Actor = None,
) -> None:
    """Delete the records that a preview showed, for good.

    It is refused if anything has changed since the preview. Backups still hold the records.
    """
    call = session(ctx)
    site = call.only_site()
    if not yes:
        why = "A retention run deletes records for good."
        raise UsageError("Nothing was deleted.", why, "Add --yes to delete them.")
    with call.store() as store:
        done = call.actions(store, actor).apply_retention(plan, reason)
        on_server = store.file is None
    call.answer(
        lambda: {"retention": api_shapes.audit.retention_run(done.plan, erased=done.erased)},
        lambda console: _show_applied(console, site, done, on_server=on_server),
    )


def list_holds(ctx: typer.Context) -> None:
    """List the legal holds in force."""
    call = session(ctx)
    with call.store() as store:
        _answer(ctx, {site: _open(store, site) for site in call.sites()})


def hold(ctx: typer.Context, person: Person, reason: Reason, actor: Actor = None) -> None:
    """Place a legal hold: nothing about the person is deleted.

    It covers every SSN and employee id that the person has or had, until somebody releases it.
    """
    call = session(ctx)
    site = call.only_site()
    with call.store() as store:
        call.actions(store, actor).hold(_employee(store, site, person), reason)
        _answer(ctx, {site: _open(store, site)})


def release(ctx: typer.Context, person: Person, reason: Reason, actor: Actor = None) -> None:
    """Release a legal hold.

    From now on the retention periods apply to the person again.
    """
    call = session(ctx)
    site = call.only_site()
    with call.store() as store:
        call.actions(store, actor).release_hold(_employee(store, site, person), reason)
        _answer(ctx, {site: _open(store, site)})


def _employee(store: Store, site: str, person: str) -> str:
    """Return the HR employee id of a person on the command line."""
    if not (person[:1] == "p" and person[1:].isdecimal()):
        return person
    number = number_of(store, site, person)
    with store.read(site) as state:
        return state.participants.by_ids([number])[number].employee_id


def _open(store: Store, site: str) -> list[LegalHold]:
    with store.read(site) as state:
        return state.holds.open()


def _answer(ctx: typer.Context, holds: dict[str, list[LegalHold]]) -> None:
    session(ctx).answer(
        lambda: {"holds": [api_shapes.audit.legal_hold(view, site) for site, views in holds.items() for view in views]},
        lambda console: _show(console, holds),
    )


def _show(console: Console, holds: dict[str, list[LegalHold]]) -> None:
    for site, views in holds.items():
        if not views:
            console.print(f"{site}: no legal hold is in force.")
            continue
        rows = [(view.employee_id, moment(view.placed_at), view.placed_by, view.reason) for view in views]
        columns = ("Employee", "Since (UTC)", "Placed by", "Reason")
        table(console, f"Legal holds of {site}", columns, rows, wrap=("Reason",))


def _show_plans(console: Console, plans: Iterable[RetentionPlan]) -> None:
    for plan in plans:
        if plan.rows:
            _show_deleted(console, plan, f"What a retention run of {plan.site} would delete")
        else:
            console.print(f"{plan.site}: there is no record whose period is over and that can be deleted.")
        _show_kept(console, plan)
        if plan.rows:
            console.print("Nothing was deleted. To delete these records for good:")
            apply = f"bensync --site {plan.site} retention apply --plan {plan.fingerprint()} --reason TEXT --yes"
            console.print(f"  {apply}", soft_wrap=True)


def _show_deleted(console: Console, plan: RetentionPlan, title: str) -> None:
    rows = [(KINDS[part.kind].label, part.table, f"{part.rows:,}", part.first, part.last) for part in plan.deleted]
    table(console, title, ("Kind", "Table", "Rows", "From", "To"), rows, right=("Rows",))
    if plan.employees:
        console.print(f"{count(len(plan.employees), 'former employee')}, with everything about them.")


def _show_kept(console: Console, plan: RetentionPlan) -> None:
    for line in kept(plan):
        console.print(f"{line}.", soft_wrap=True)
    if plan.shared_kept:
        console.print(MIXED, soft_wrap=True)


def _show_applied(console: Console, site: str, done: RetentionApplied, *, on_server: bool) -> None:
    if done.plan.rows:
        _show_deleted(console, done.plan, f"Deleted from {site}")
    else:
        console.print(f"{site}: there was nothing to delete.")
    if on_server:
        console.print("PostgreSQL frees the space by itself. VACUUM FULL removes the bytes from its files at once.")
    elif done.erased:
        console.print("The file of the database was rewritten without the deleted records.")
    else:
        console.print(
            "The records are deleted, but the file of the database was busy and could not be rewritten. Run"
            " `bensync retention preview` and `apply` again when no other command runs.",
            soft_wrap=True,
        )
    console.print("Older backups still hold the records. Delete the backups when you no longer need them.")
