"""Participants on the command line: show them, and correct them manually, with a reason. HR is not changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import typer

from bensync import api_shapes
from bensync.actions.site import SiteActions
from bensync.cli.arguments import field_of, no_participant, number_of
from bensync.cli.invocation import Actor, Limit
from bensync.cli.render.people import print_people, print_person
from bensync.cli.session import session
from bensync.core.people import Standing
from bensync.state.store import Store

Id = Annotated[str, typer.Argument(metavar="ID", help="The HR employee id, or pN for participant number N.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="The reason, for the audit trail.")]


def list_people(
    ctx: typer.Context,
    standing: Annotated[str | None, typer.Option("--status", metavar="STATUS", help="active or terminated.")] = None,
    limit: Limit = None,
) -> None:
    """List the participants, newest last."""
    call = session(ctx)
    if standing is not None and standing.upper() not in Standing.__members__:
        raise typer.BadParameter(f"{standing!r} is neither active nor terminated.", param_hint="--status")
    wanted = Standing[standing.upper()] if standing is not None else None
    lists = {}
    with call.store() as store:
        for site in call.sites():
            with store.read(site) as state:
                lists[site] = state.lists.people(call.limit(limit), wanted)
    call.answer(
        lambda: {
            "people": [api_shapes.people.participant(view) for listing in lists.values() for view in listing.items]
        },
        lambda console: print_people(console, lists),
    )


def show_person(ctx: typer.Context, who: Id) -> None:
    """Show one participant and their pending requests."""
    call = session(ctx)
    site = call.only_site()
    with call.store() as store:
        _show(ctx, store, site, number_of(store, site, who))


def edit(
    ctx: typer.Context,
    who: Id,
    fields: Annotated[
        list[str],
        typer.Option(
            "--set", metavar="FIELD=VALUE", help="FIELD= clears the field; FIELD=- prompts for a hidden value."
        ),
    ],
    reason: Reason,
    actor: Actor = None,
) -> None:
    """Set fields of a participant. HR is not changed."""
    changed = dict(field_of(text) for text in fields)
    _correct(ctx, who, actor, lambda actions, number: actions.correct(number, changed, reason))


def correct_ssn(
    ctx: typer.Context,
    who: Id,
    reason: Reason,
    actor: Actor = None,
) -> None:
    """Give a participant another SSN, after two people entered the same one. HR is not changed.

    The SSN is asked for and not shown. A second person must enter the same within a day. Each attempt is audited and
    reported to the administrators.
    """
    ssn = typer.prompt("New SSN", hide_input=True, err=True)
    _correct(ctx, who, actor, lambda actions, number: actions.correct_ssn(number, ssn, reason))


def terminate(
    ctx: typer.Context,
    who: Id,
    on: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], metavar="DATE", help="The termination date.")],
    reason: Reason,
    confirm: Annotated[bool, typer.Option("--confirm", help="Accept that it ends all benefits of the person.")] = False,
    actor: Actor = None,
) -> None:
    """Terminate a participant. HR is not changed.

    If HR disagrees, the next run opens a request about it.
    """
    _correct(ctx, who, actor, lambda actions, number: actions.terminate(number, on.date(), reason, confirmed=confirm))


def reinstate(ctx: typer.Context, who: Id, reason: Reason, actor: Actor = None) -> None:
    """Make a terminated participant active again. Ended coverage stays ended."""
    _correct(ctx, who, actor, lambda actions, number: actions.reinstate(number, reason))


def _correct(ctx: typer.Context, who: str, actor: str | None, change: Callable[[SiteActions, int], None]) -> None:
    call = session(ctx)
    site = call.only_site()
    with call.store() as store:
        number = number_of(store, site, who)
        # The action checks rights and reason, so that no interface can forget to.
        change(call.actions(store, actor), number)
        _show(ctx, store, site, number)


def _show(ctx: typer.Context, store: Store, site: str, number: int) -> None:
    with store.read(site) as state:
        detail = state.lists.person(number)
        pending = state.lists.pending_of(number)
    if detail is None:
        raise no_participant(f"p{number}")
    call = session(ctx)
    call.answer(
        lambda: {"person": api_shapes.people.participant_detail(detail, pending)},
        lambda console: print_person(console, detail, pending, call.catalogue(site)),
    )
