"""The sites of the deployment: `bensync sites list`."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import typer

from bensync.cli.render.console import table
from bensync.cli.session import session
from bensync.config.files import Files, of_site
from bensync.wiring import Deployment
from bensync.wording.sync import count


def list_sites(ctx: typer.Context) -> None:
    """List the sites: their file, their source, and any problem."""
    call = session(ctx)
    deployment = call.deployment()
    own = set(Files(deployment.path).sites())
    shape = [_shape(deployment, name, own) for name in deployment.every(call.site)]
    rows = [
        (entry["site"], entry["id"], entry["direction"], entry["source"], entry["file"], _seen(entry))
        for entry in shape
    ]
    title = count(len(rows), "site")
    columns = ("Site", "Site ID", "Direction", "Source", "File", "Seen")
    call.answer({"sites": shape}, lambda console: table(console, title, columns, rows, wrap=("File", "Seen")))


def _shape(deployment: Deployment, name: str, own: Container[str]) -> dict[str, Any]:
    file = of_site(name) if name in own else str(deployment.path)
    # Its settings were never read, so there is nothing else to show.
    if name in deployment.broken:
        error = deployment.broken[name]
        why = {"what": error.what, "why": error.why, "fix": error.fix}
        return {
            "site": name,
            "id": None,
            "file": file,
            "direction": None,
            "source": None,
            "upload_center": None,
            "disabled": why,
        }
    site = deployment.site(name)
    if deployment.receives(name):
        kinds = {"direction": "receives", "source": None, "upload_center": _kind(getattr(site, "intake", None))}
    else:
        source, center = getattr(site, "source", None), getattr(site, "upload_center", None)
        kinds = {"direction": "sends", "source": _kind(source), "upload_center": _kind(center)}
    return {"site": name, "id": site.id, "file": file, **kinds, "disabled": None}


def _kind(table: object) -> str | None:
    return getattr(table, "type", None)


def _seen(shape: dict[str, Any]) -> str:
    why = shape["disabled"]
    return "ready" if why is None else f"disabled: {why['what']} {why['why']}"
