"""The mapping on the command line: show it, and try it on one employee. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console

from bensync.cli.invocation import now
from bensync.cli.render.console import table
from bensync.cli.session import session
from bensync.config.loading import connector
from bensync.connectors import registry
from bensync.core.ports import ChangeRoute
from bensync.errors import EXIT_HELD
from bensync.mappings.reader import Reader
from bensync.mappings.source import SourceMapping
from bensync.pipeline import mapping_preview as trial
from bensync.pipeline.mapping_preview import MappingPreview
from bensync.wording.sync import CHANGE_ROUTES


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
    call.answer({"trial": _trial_shape(preview, name, as_of)}, lambda console: _show_trial(console, preview, as_of))
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
        shapes.append(_mapping_shape(mapping, own, name, routes))

    def show_all(console: Console) -> None:
        for shape in shapes:
            _show_mapping(console, shape)

    call.answer({"mappings": shapes}, show_all)


def _trial_shape(trial: MappingPreview, site: str, as_of: date) -> dict[str, Any]:
    issue = trial.issue
    return {
        "site": site,
        "employee_id": trial.employee_id,
        "as_of": as_of,
        "status": trial.status,
        "issue": {"code": issue.code, "detail": issue.detail} if issue is not None else None,
        "fields": [msgspec.structs.asdict(traced) for traced in trial.traced],
    }


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


def _mapping_shape(
    source_mapping: SourceMapping, own: Mapping[str, str], site: str, routes: Mapping[str, ChangeRoute]
) -> dict[str, Any]:
    return {"site": site, "hash": source_mapping.fingerprint(), "fields": list(_entries(source_mapping, own, routes))}


def _entries(
    source_mapping: SourceMapping, own: Mapping[str, str], routes: Mapping[str, ChangeRoute]
) -> Iterator[dict[str, Any]]:
    for name, theirs, dated_by in _sources(source_mapping):
        field = source_mapping.catalogue[name]
        codes = source_mapping.codes.get(name)
        yield {
            "field": name,
            "label": field.label,
            "type": field.type,
            "source": theirs,
            "dated_by": dated_by,
            "from": own.get(name, "preset"),
            "changes": routes[theirs],
            "codes": dict(codes.values) if codes is not None else None,
            "unknown": codes.unknown if codes is not None else None,
            "default": codes.default or None if codes is not None else None,
        }


def _sources(source_mapping: SourceMapping) -> Iterator[tuple[str, str, str | None]]:
    for name, theirs in source_mapping.fields.items():
        yield name, theirs, None
    for dated in source_mapping.tables.values():
        for name, column in dated.fields.items():
            yield name, f"{dated.source}.{column}", f"{dated.source}.{dated.date}"


def _show_mapping(console: Console, shape: Mapping[str, Any]) -> None:
    rows = [
        (
            entry["field"],
            entry["source"],
            entry["type"],
            entry["dated_by"],
            entry["from"],
            CHANGE_ROUTES[entry["changes"]],
            _code_table(entry),
        )
        for entry in shape["fields"]
    ]
    columns = ("Our field", "Source", "Type", "Dated by", "From", "Changes found by", "Code table")
    table(console, f"Mapping of {shape['site']}, hash {shape['hash']}", columns, rows, wrap=("Code table",))


def _code_table(entry: Mapping[str, Any]) -> str:
    if entry["codes"] is None:
        return ""
    pairs = ", ".join(f"{theirs} = {ours or '(no value)'}" for theirs, ours in entry["codes"].items())
    other = entry["unknown"] if entry["unknown"] != "default" else entry["default"] or "(no value)"
    return f"{pairs}; others: {other}"
