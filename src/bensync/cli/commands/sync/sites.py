"""The sites of the deployment: `bensync sites list`."""

from __future__ import annotations

from collections.abc import Container
from functools import partial
from typing import TYPE_CHECKING

import typer

from bensync import api_shapes
from bensync.cli.render.console import table
from bensync.cli.session import session
from bensync.config.files import Files, of_site
from bensync.wiring import Deployment
from bensync.wording.sync import count

if TYPE_CHECKING:
    from bensync.api_shapes.setup import SiteEntry


def list_sites(ctx: typer.Context) -> None:
    """List the sites: their file, their source, and any problem."""
    call = session(ctx)
    deployment = call.deployment()
    own = set(Files(deployment.path).sites())
    entries = [_entry(deployment, name, own) for name in deployment.every(call.site)]
    rows = [(entry.site, entry.id, entry.direction, entry.source, entry.file, _seen(entry)) for entry in entries]
    title = count(len(rows), "site")
    columns = ("Site", "Site ID", "Direction", "Source", "File", "Seen")
    call.answer({"sites": entries}, lambda console: table(console, title, columns, rows, wrap=("File", "Seen")))


def _entry(deployment: Deployment, name: str, own: Container[str]) -> SiteEntry:
    file = of_site(name) if name in own else str(deployment.path)
    shape = partial(api_shapes.setup.SiteEntry, site=name, file=file)
    # Its settings were never read, so there is nothing else to show.
    if name in deployment.broken:
        error = deployment.broken[name]
        why = api_shapes.base.Explained(what=error.what, why=error.why, fix=error.fix)
        return shape(id=None, direction=None, source=None, upload_center=None, disabled=why)
    site = deployment.site(name)
    source, center = _kind(getattr(site, "source", None)), _kind(getattr(site, "upload_center", None))
    direction = "sends"
    if deployment.receives(name):
        direction, center = "receives", _kind(getattr(site, "intake", None))
    return shape(id=site.id, direction=direction, source=source, upload_center=center, disabled=None)


def _kind(table: object) -> str | None:
    return getattr(table, "type", None)


def _seen(entry: SiteEntry) -> str:
    why = entry.disabled
    return "ready" if why is None else f"disabled: {why.what} {why.why}"
