"""Decisions about deliveries in trouble: send again, confirm, and catch up after a restore."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console

from bensync import api_shapes
from bensync.cli.invocation import Actor, UsageError, now
from bensync.cli.render.deliveries import print_delivery
from bensync.cli.session import session
from bensync.core.runs import Delivery
from bensync.pipeline import runs
from bensync.state.upkeep.after_restore import ReceiverReport, catch_up
from bensync.wording.sync import count

Number = Annotated[int, typer.Argument(metavar="ID")]
Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="The reason, for the audit trail. Do not name a person in it.")
]


def retry(ctx: typer.Context, number: Number, actor: Actor = None) -> None:
    """Send a delivery in trouble again: same bytes, same name."""
    _decide(ctx, number, actor, runs.retry)


def confirm(ctx: typer.Context, number: Number, actor: Actor = None) -> None:
    """Record that the receiver has a delivery. Nothing is sent."""
    _decide(ctx, number, actor, runs.confirm)


def _decide(ctx: typer.Context, number: int, actor: str | None, how: Callable[..., Delivery]) -> None:
    call = session(ctx)
    site = call.only_site()
    with call.store() as store:
        delivery = how(call.deployment().sender_context(site, store), number, call.actor_name(actor), now)
        with store.read(site) as state:
            rows = state.lists.delivery_rows(number)
    call.answer(
        lambda: {"delivery": api_shapes.sync.delivery(delivery, site)},
        lambda console: print_delivery(console, site, delivery, rows),
    )


def caught_up(
    ctx: typer.Context,
    last: Annotated[
        int, typer.Option("--last", min=0, metavar="N", help="The highest file number that the receiver has.")
    ],
    reason: Reason,
    sha256: Annotated[
        str,
        typer.Option(
            "--sha256", metavar="HEX", help="The SHA-256 of that file as it was sent, if the receiver reports it."
        ),
    ] = "",
    actor: Actor = None,
) -> None:
    """After a restore, record which files the receiver has, so that sending can continue."""
    call = session(ctx)
    site = call.only_site()
    # Before the database is touched: a hash that was cut off while copying would never match any file.
    if sha256 and (len(sha256) != 64 or set(sha256.lower()) - set("0123456789abcdef")):
        raise UsageError("The hash is not valid.", "A SHA-256 has 64 hexadecimal digits.", "Copy it unchanged.")
    deployment = call.deployment()
    feed = deployment.feed(site)
    with call.store() as store:
        # The sent log survives a restore, and knows files that the restored database does not. So does the receiver, as
        # long as the files lie there.
        log = deployment.sent_log(store)
        sent = log.last(site, feed) if log is not None else None
        # HR is not asked, so that its key need not be there yet.
        seen = runs.highest_at_receiver(deployment.sender(site).id, deployment.courier(site))
        receiver = ReceiverReport(feed, last, reason, sha256.lower(), sent, seen)
        with store.write(site, "delivery.catch_up") as state:
            done = catch_up(state, receiver, call.actor_name(actor), now())
    call.answer(
        lambda: {"caught_up": api_shapes.sync.caught_up(done, site, last)},
        lambda console: _show_caught_up(console, site, last, len(done.void)),
    )


def _show_caught_up(console: Console, site: str, last: int, void: int) -> None:
    console.print(f"{site}: the next file has the number {last + 1:06}.")
    if void:
        console.print(
            f"The receiver has {count(void, 'file')} that this database does not have.\n"
            # The receiver has changes that this database has forgotten; only a whole file makes both agree again.
            "Review the plan, then send everyone again:\n"
            "  bensync plan --active --inactive\n  bensync resync --active --inactive"
        )
