"""The audit trail as a chain: verify it, and print its head, to be kept elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from bensync import api_shapes
from bensync.cli.render.console import table, whose
from bensync.cli.session import session
from bensync.config.references import decoded
from bensync.errors import ConfigError, StateError, reported
from bensync.state.audit.chain import Head, Trail, heads_in
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.read.lists import AuditView, Listing

Against = Annotated[
    Path | None,
    typer.Option(
        "--against",
        metavar="FILE",
        help="A file with heads that were kept elsewhere, one per line. Other lines are ignored.",
    ),
]


def verify(ctx: typer.Context, against: Against = None) -> None:
    """Verify that no audit entry was changed or removed.

    The first entry that does not fit is named.
    """
    anchors = _kept(against) if against is not None else []
    trails = dict(_trails(ctx, anchors))
    for site, trail in trails.items():
        # The first break is the finding: behind it, every entry depends on the changed one.
        if trail.fault is not None:
            raise StateError(
                f"The audit trail of {whose(site)} is broken at entry {trail.fault.id}.",
                trail.fault.why,
                "Keep the database as it is, and find out who could write to it. A backup shows the original entry.",
            )
    rows = [(whose(site), trail.head.id) for site, trail in trails.items()]
    session(ctx).answer(
        lambda: {
            "audit": [
                api_shapes.audit.VerifiedTrail(site=site, entries=trail.head.id) for site, trail in trails.items()
            ]
        },
        lambda console: table(console, "Whole", ("Trail of", "Entries"), rows, right=("Entries",)),
    )


def head(ctx: typer.Context) -> None:
    """Print the last entry of each audit trail, to keep elsewhere.

    Keep these lines where no one who can write to the database can change them.
    """
    heads = list(_heads(ctx))
    lines = "\n".join(each.line() for each in heads)
    session(ctx).answer(
        lambda: {
            "heads": [api_shapes.audit.TrailHead(site=each.site, id=each.id, mac=each.mac.hex()) for each in heads]
        },
        lambda console: console.print(lines, soft_wrap=True),
    )


def lists(ctx: typer.Context, limit: int | None) -> dict[str, Listing[AuditView]]:
    """Return the newest entries of each site, and of the deployment unless one site is named."""
    call = session(ctx)
    listings = {}
    with call.store() as store:
        for site in _sites(ctx):
            with store.read(site) as state:
                listings[site] = state.lists.audit(call.limit(limit))
    # The trail of the deployment is left out while it is empty; an empty site still says so.
    return {site: listing for site, listing in listings.items() if listing.items or site in call.sites()}


def _sites(ctx: typer.Context) -> list[str]:
    call = session(ctx)
    return call.sites() if call.site is not None else [DEPLOYMENT, *call.sites()]


def _trails(ctx: typer.Context, anchors: list[Head]) -> Iterator[tuple[str, Trail]]:
    with session(ctx).store() as store:
        for site in _sites(ctx):
            with store.read(site) as state:
                yield site, state.audit.trail.verify(anchors)


def _heads(ctx: typer.Context) -> Iterator[Head]:
    with session(ctx).store() as store:
        for site in _sites(ctx):
            with store.read(site) as state:
                yield state.audit.trail.head()


def _kept(path: Path) -> list[Head]:
    try:
        heads = heads_in(decoded(path.read_bytes()))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read.", reported(error), "Name a text file.") from error
    # A file without a head would "verify" everything.
    if not heads:
        raise ConfigError(
            f"{path} has no audit head.", "None of its lines has the form SITE NUMBER MAC.", "See `bensync audit head`."
        )
    return heads
