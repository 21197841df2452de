"""The lists of runs, deliveries, issues and audit entries; each shows one entry more closely, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bensync.cli.commands.upkeep import audit as trail
from bensync.cli.commands.upkeep.maintenance import caught_up
from bensync.cli.session import Actor, Limit, actor_name, now, session
from bensync.errors import StateError

if TYPE_CHECKING:
    from rich.console import Console

    from bensync.core.runs import Delivery
    from bensync.state.site_state import SiteState

Number = Annotated[int, typer.Argument(metavar="ID")]
OfDeployment = Annotated[bool, typer.Option("--deployment", help="Of the trail of the deployment, not of a site.")]
Resolved = Annotated[bool, typer.Option("--resolved", help="Those of the past, too.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(_group("The runs of a site.", runs, show_run), name="runs")
    deliveries_group = _group("The files of a site.", deliveries, show_delivery)
    deliveries_group.command()(retry)
    deliveries_group.command()(confirm)
    deliveries_group.command()(caught_up)
    app.add_typer(deliveries_group, name="deliveries")
    app.add_typer(_group("The people kept back.", issues, show_issue), name="issues")
    audit_group = _group("Who did what when.", audit, show_audit)
    trail.add_to(audit_group)
    app.add_typer(audit_group, name="audit")


def runs(ctx: typer.Context, limit: Limit = None) -> None:
    """The runs, newest last."""
    from bensync.cli.render import shapes, show

    lists = _of_every_site(ctx, lambda work: work.lists.runs(session(ctx).limit(limit)))
    shape = {"runs": [shapes.run(view) for found in lists.values() for view in found.items]}
    session(ctx).answer(shape, lambda console: show.runs(console, lists))


def show_run(ctx: typer.Context, number: Number) -> None:
    """One run with everything that is known of it."""
    from bensync.cli.render import shapes, show

    view = _one(ctx, "run", number, lambda work: work.lists.run(number))
    session(ctx).answer({"run": shapes.run(view)}, lambda console: show.run(console, view))


def deliveries(ctx: typer.Context, limit: Limit = None) -> None:
    """The deliveries, newest last."""
    from bensync.cli.render import cards, shapes

    lists = _of_every_site(ctx, lambda work: work.lists.deliveries(session(ctx).limit(limit)))
    shape = {"deliveries": [shapes.delivery(one, site) for site, found in lists.items() for one in found.items]}
    session(ctx).answer(shape, lambda console: cards.deliveries(console, lists))


def show_delivery(ctx: typer.Context, number: Number) -> None:
    """One delivery, and whom it told about."""
    from bensync.cli.render import cards, shapes

    site = session(ctx).only_site()
    found, rows = _one(ctx, "delivery", number, lambda work: _delivery(work, number))
    shape = {"delivery": shapes.delivery(found, site, rows)}
    session(ctx).answer(shape, lambda console: cards.delivery(console, site, found, rows))


def retry(ctx: typer.Context, number: Number, actor: Actor = None) -> None:
    """Send a delivery in trouble again: the same bytes under the same name."""
    from bensync.pipeline import runs

    _decide(ctx, number, actor, runs.retry)


def confirm(ctx: typer.Context, number: Number, actor: Actor = None) -> None:
    """Count a delivery as arrived, when its receiver says so; nothing is sent."""
    from bensync.pipeline import runs

    _decide(ctx, number, actor, runs.confirm)


def _decide(ctx: typer.Context, number: int, actor: str | None, how: Callable[..., Delivery]) -> None:
    from bensync.cli.render import cards, shapes

    here = session(ctx)
    site = here.only_site()
    with here.store() as store:
        found = how(here.deployment().tools(site, store), number, actor_name(actor), now)
        with store.read(site) as work:
            rows = work.lists.delivery_rows(number)
    shape = {"delivery": shapes.delivery(found, site)}
    here.answer(shape, lambda console: cards.delivery(console, site, found, rows))


def issues(ctx: typer.Context, resolved: Resolved = False, limit: Limit = None) -> None:
    """The people kept back now, newest last."""
    from bensync.cli.render import cards, shapes

    lists = _of_every_site(ctx, lambda work: work.lists.issues(session(ctx).limit(limit), resolved=resolved))
    shape = {"issues": [shapes.issue(view) for found in lists.values() for view in found.items]}
    session(ctx).answer(shape, lambda console: cards.issues(console, lists))


def show_issue(ctx: typer.Context, number: Number) -> None:
    """One person kept back."""
    from bensync.cli.render import cards, shapes

    view = _one(ctx, "issue", number, lambda work: work.lists.issue(number))
    session(ctx).answer({"issue": shapes.issue(view)}, lambda console: cards.issue(console, view))


def audit(ctx: typer.Context, limit: Limit = None) -> None:
    """The audit trail, newest last."""
    from bensync.cli.render import cards, shapes

    lists = trail.lists(ctx, limit)
    shape = {"audit": [shapes.audit(view) for found in lists.values() for view in found.items]}
    session(ctx).answer(shape, lambda console: cards.audit(console, lists))


def show_audit(ctx: typer.Context, number: Number, deployment: OfDeployment = False) -> None:
    """One audit entry with what it changed."""
    from bensync.cli.render import cards, shapes
    from bensync.mappings.catalogue import Field, FieldType
    from bensync.state.db.transaction import DEPLOYMENT

    here = session(ctx)
    site = DEPLOYMENT if deployment else here.only_site()
    view = _one(ctx, "audit entry", number, lambda work: work.lists.audit_entry(number), site)

    def tell(console: Console) -> None:
        settings = {one.field: Field(one.field, FieldType.TEXT, one.field) for one in view.changes}
        cards.audit_entry(console, view, settings if deployment else here.catalogue(site))

    here.answer({"audit": shapes.audit(view)}, tell)


def _group(words: str, listing: Callable[..., None], showing: Callable[..., None]) -> typer.Typer:
    """`NAME` and `NAME list` list, `NAME show ID` shows one."""
    group = typer.Typer(help=words)

    def alone(ctx: typer.Context) -> None:
        if ctx.invoked_subcommand is None:
            listing(ctx)

    group.callback(invoke_without_command=True)(alone)
    group.command("list")(listing)
    group.command("show")(showing)
    return group


def _of_every_site(ctx: typer.Context, read: Callable[[SiteState], Any]) -> dict[str, Any]:
    here = session(ctx)
    lists = {}
    with here.store() as store:
        for site in here.sites():
            with store.read(site) as work:
                lists[site] = read(work)
    return lists


def _one(ctx: typer.Context, noun: str, number: int, read: Callable[[SiteState], Any], site: str = "") -> Any:
    here = session(ctx)
    with here.store() as store, store.read(site or here.only_site()) as work:
        found = read(work)
    if found is None:
        raise StateError(f"There is no {noun} {number}", "this site has none of that number", "look at the list")
    return found


def _delivery(work: SiteState, number: int) -> Any:
    found = work.deliveries.get(number)
    return (found, work.lists.delivery_rows(number)) if found is not None else None
