"""The mapping on the command line: show it, and try it on one employee. Changes nothing."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from bensync import api_shapes
from bensync.cli.invocation import now
from bensync.cli.render.console import table
from bensync.cli.session import session
from bensync.config.loading import connector
from bensync.connectors import registry
from bensync.errors import EXIT_HELD
from bensync.mappings.reader import Reader
from bensync.pipeline import mapping_preview as trial
from bensync.pipeline.mapping_preview import MappingPreview
from bensync.wording.sync import CHANGE_ROUTES

if TYPE_CHECKING:
    from bensync.api_shapes.setup import MappedField, SiteMapping


def try_mapping(
    ctx: typer.Context,
    employee: Annotated[str, typer.Argument(metavar="EMPLOYEE", help="The HR employee id.")],
) -> None:
    """Show what the mapping makes of one employee."""
    call = session(ctx)
    name = call.only_site()
    deployment = call.deployment()
    site = deployment.sender(name)
    with call.store() as store, store.read(name) as state:
        since = state.runs.memory().watermark
    # A row dated today takes effect by the calendar of the site, not by UTC.
    as_of = now().astimezone(ZoneInfo(site.effective_timezone)).date()
    reader = Reader(deployment.mapping(name))
    preview = trial.preview_mapping(deployment.source(name), reader, site.status.options(), employee, since, as_of)
    call.answer(
        lambda: {"trial": api_shapes.setup.mapping_trial(preview, name, as_of)},
        lambda console: _show_trial(console, preview, as_of),
    )
    if preview.issue is not None:
        # The same code as a run that leaves this employee out.
        raise typer.Exit(EXIT_HELD)


def show(ctx: typer.Context) -> None:
    """Show the mapping in force, and where each entry comes from."""
    call = session(ctx)
    deployment = call.deployment()
    shapes = []
    for name in call.senders():
        site = deployment.sender(name)
        # Everything else comes from the preset; a reader of the mapping looks for what this site changed.
        columns = (field for entry in site.tables.values() for field in entry.fields)
        own = {**dict.fromkeys((*site.mapping, *columns), "site"), **dict.fromkeys(site.custom_fields, "custom")}
        mapping = deployment.mapping(name)
        # The class is asked, not an instance: to show the mapping needs no secret.
        routes = registry.load(connector(site.source)).routes(mapping.wanted())
        shapes.append(api_shapes.setup.mapping(mapping, own, name, routes))

    def show_all(console: Console) -> None:
        for shape in shapes:
            _show_mapping(console, shape)

    call.answer({"mappings": shapes}, show_all)


def _show_trial(console: Console, trial: MappingPreview, as_of: date) -> None:
    rows = [
        (
            traced.field,
            traced.source if traced.date is None else f"{traced.source} of {traced.date or 'no date'}",
            traced.raw,
            traced.steps,
            traced.value if not traced.problem else f"! {traced.problem}",
        )
        for traced in trial.traced
    ]
    title = f"HR employee {trial.employee_id}"
    table(
        console,
        title,
        ("Our field", "Source", "Source value", "Steps", "Result"),
        rows,
        wrap=("Source value", "Result"),
    )
    if trial.issue is not None:
        console.print(f"Would be blocked by a data issue ({trial.issue.code}): {trial.issue.detail}.", soft_wrap=True)
    else:
        console.print(f"Would be read as {trial.status} on {as_of}. Nothing was stored.")


def _show_mapping(console: Console, mapping: SiteMapping) -> None:
    rows = [
        (
            entry.field,
            entry.source,
            entry.type,
            entry.dated_by,
            entry.from_,
            CHANGE_ROUTES[entry.changes],
            _code_table(entry),
        )
        for entry in mapping.fields
    ]
    columns = ("Our field", "Source", "Type", "Dated by", "From", "Changes found by", "Code table")
    table(console, f"Mapping of {mapping.site}, hash {mapping.hash}", columns, rows, wrap=("Code table",))


def _code_table(entry: MappedField) -> str:
    if entry.codes is None:
        return ""
    pairs = ", ".join(f"{theirs} = {ours or '(no value)'}" for theirs, ours in entry.codes.items())
    other = entry.unknown if entry.unknown != "default" else entry.default or "(no value)"
    return f"{pairs}; others: {other}"
