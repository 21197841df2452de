"""People on the benefits side: look at them, and correct them by hand, with a reason. HR is not touched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bensync.cli.session import Actor, Limit, now, session
from bensync.errors import DecisionError

if TYPE_CHECKING:
    from bensync.core import access
    from bensync.state.site_state import SiteState
    from bensync.state.store import Store

people = typer.Typer(help="People on the benefits side. ID is the HR employee id, or pN for participant number N.")
Id = Annotated[str, typer.Argument(metavar="ID", help="The HR employee id, or pN for participant number N.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept in the audit trail.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(people, name="people")


@people.callback(invoke_without_command=True)
def _alone(ctx: typer.Context) -> None:
    if ctx.invoked_subcommand is None:
        list_people(ctx)


@people.command("list")
def list_people(
    ctx: typer.Context,
    standing: Annotated[str | None, typer.Option("--status", metavar="STATUS", help="active or terminated.")] = None,
    limit: Limit = None,
) -> None:
    """The participants, newest last."""
    from bensync.cli.render import cards, shapes
    from bensync.core.people import Standing

    here = session(ctx)
    if standing is not None and standing.upper() not in Standing.__members__:
        raise typer.BadParameter(f"{standing!r} is neither active nor terminated", param_hint="--status")
    wanted = Standing[standing.upper()] if standing is not None else None
    lists = {}
    with here.store() as store:
        for site in here.sites():
            with store.read(site) as work:
                lists[site] = work.lists.people(here.limit(limit), wanted)
    here.answer(
        {"people": [shapes.person(view) for listing in lists.values() for view in listing.items]},
        lambda console: cards.people(console, lists),
    )


@people.command("show")
def show_person(ctx: typer.Context, who: Id) -> None:
    """One participant: what was approved, what waits, what it led to."""
    here = session(ctx)
    site = here.only_site()
    with here.store() as store:
        _show(ctx, store, site, number_of(store, site, who))


@people.command()
def edit(
    ctx: typer.Context,
    who: Id,
    fields: Annotated[
        list[str],
        typer.Option("--set", metavar="FIELD=VALUE", help="FIELD= clears it; FIELD=- asks for it without showing it."),
    ],
    reason: Reason,
    actor: Actor = None,
) -> None:
    """Set fields of a participant."""
    from bensync.actions import corrections

    here = session(ctx)
    changed = dict(_field(text) for text in fields)
    _correct(
        ctx,
        who,
        actor,
        lambda store, site, number, by: corrections.edit(
            store,
            site,
            number,
            changed,
            reason,
            by,
            now(),
            catalogue=here.catalogue(site),
            book=here.deployment().rulebook(site),
        ),
    )


@people.command()
def terminate(
    ctx: typer.Context,
    who: Id,
    on: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], metavar="DATE", help="The last day.")],
    reason: Reason,
    actor: Actor = None,
) -> None:
    """End a participant. If HR says otherwise, the next run asks about it."""
    from bensync.actions import corrections

    day: date = on.date()
    _correct(
        ctx,
        who,
        actor,
        lambda store, site, number, by: corrections.terminate(
            store, site, number, day, reason, by, now(), book=session(ctx).deployment().rulebook(site)
        ),
    )


@people.command()
def reinstate(ctx: typer.Context, who: Id, reason: Reason, actor: Actor = None) -> None:
    """Make a terminated participant active again; ended coverages stay ended."""
    from bensync.actions import corrections

    _correct(
        ctx,
        who,
        actor,
        lambda store, site, number, by: corrections.reinstate(
            store, site, number, reason, by, now(), book=session(ctx).deployment().rulebook(site)
        ),
    )


def _correct(
    ctx: typer.Context, who: str, actor: str | None, change: Callable[[Store, str, int, access.Actor], None]
) -> None:
    here = session(ctx)
    site = here.only_site()
    with here.store() as store:
        decider = here.admitted(store, site, actor)
        number = number_of(store, site, who)
        change(store, site, number, decider)
        _show(ctx, store, site, number)


def _show(ctx: typer.Context, store: Store, site: str, number: int) -> None:
    from bensync.cli.render import cards, shapes

    with store.read(site) as work:
        detail = work.lists.person(number)
        pending = work.lists.pending_of(number)
    if detail is None:
        raise _nobody(f"p{number}")
    here = session(ctx)
    here.answer(
        {"person": shapes.person_detail(detail, pending)},
        lambda console: cards.person(console, detail, pending, here.catalogue(site)),
    )


def number_of(store: Store, site: str, who: str) -> int:
    """The participant that is meant by an HR employee id, or by pN.

    Raises:
        DecisionError: nobody is meant, or several are.
    """
    with store.read(site) as work:
        found = _participants(work, who)
    if not found:
        raise _nobody(who)
    if len(found) > 1:
        several = " or ".join(f"p{number}" for number in found)
        why = "each was approved for this HR employee, under another SSN"
        raise DecisionError(f"HR employee {who} stands for several participants", why, f"say which one: {several}")
    return found[0]


def _participants(work: SiteState, who: str) -> list[int]:
    if who[:1] == "p" and who[1:].isdecimal():
        return list(work.participants.by_ids([int(who[1:])]))
    return work.lists.participants_of(who)


def _nobody(who: str) -> DecisionError:
    fix = "`bensync people list` shows everybody"
    return DecisionError(f"There is no participant {who}", "nobody was approved for this HR employee", fix)


def _field(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter("write FIELD=VALUE", param_hint="--set")
    return name.strip(), typer.prompt(name, hide_input=True, err=True) if value == "-" else value
