"""Release an employee whom HR does not show any more, on the command line. HR is not changed."""

from __future__ import annotations

from typing import Annotated

import typer

from bensync import api_shapes
from bensync.cli.invocation import Actor
from bensync.cli.session import session

Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="The reason, for the audit trail.")]


def release(
    ctx: typer.Context,
    employee: Annotated[str, typer.Argument(metavar="EMPLOYEE", help="The HR employee id.")],
    reason: Reason,
    confirm: Annotated[bool, typer.Option("--confirm", help="Accept that an active participant stays active.")] = False,
    actor: Actor = None,
) -> None:
    """Release an employee whom HR does not show any more.

    Nothing is terminated, and no run asks for the employee again.
    """
    call = session(ctx)
    site = call.only_site()
    with call.store() as store:
        call.actions(store, actor).release(employee, reason, confirmed=confirm)
    call.answer(
        lambda: {"released": api_shapes.sync.Released(site=site, employee_id=employee)},
        lambda console: console.print(f"Employee {employee} is released. Nothing was terminated."),
    )
