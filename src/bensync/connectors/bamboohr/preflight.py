"""Checks field by field whether BambooHR shows everything that is mapped. It raises nothing and shows no values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec

from bensync.connectors.bamboohr.api import MOST_FIELDS, Api
from bensync.connectors.bamboohr.columns import ResolvedFields, WantedColumn, WantedTable, resolve
from bensync.core.ports import FieldSelection, PreflightFinding
from bensync.errors import SourceError

T = TypeVar("T")
SAMPLE = 3
"""Employees whose answers are checked."""

_rows: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any], float_hook=str)
_GRANT = "Correct the name in the mapping, or give the owner of the API key access to it."


def findings(api: Api, wanted: FieldSelection) -> Iterator[PreflightFinding]:
    """Yield a finding for the sign-in, one for the employees, one for each wanted field and wanted table column."""
    resolved = _attempt(lambda: resolve(wanted, api))
    if isinstance(resolved, SourceError):
        yield _failed("sign-in", resolved)
        return
    yield PreflightFinding("sign-in", True, "the API key is accepted")
    for name in resolved.unknown:
        yield PreflightFinding(name, False, "BambooHR does not show it", _GRANT)
    people = _attempt(lambda: api.everybody()[:SAMPLE])
    if isinstance(people, SourceError):
        yield _failed("employees", people)
        return
    yield PreflightFinding(
        "employees", bool(people), "visible" if people else "none is visible", "" if people else _GRANT
    )
    if people:
        yield from _fields(api, resolved, people)
        for sheet in resolved.sheets:
            yield from _table(api, sheet, people)


def _fields(api: Api, resolved: ResolvedFields, people: Sequence[str]) -> Iterator[PreflightFinding]:
    asks = [column.ask for column in resolved.fields]
    present = {"id"}
    for start in range(0, len(asks), MOST_FIELDS):
        report = _attempt(partial(api.report, asks[start : start + MOST_FIELDS], people))
        if isinstance(report, SourceError):
            yield _failed("fields", report)
            return
        present |= report.columns()
    for column in resolved.fields:
        yield _seen(column.wanted, column, ok=column.key(present) is not None)


def _table(api: Api, sheet: WantedTable, people: Iterable[str]) -> Iterator[PreflightFinding]:
    rows = _attempt(lambda: [row for person in people for row in api.rows(sheet.alias, _rows, person)])
    if isinstance(rows, SourceError):
        yield _failed(f"table {sheet.wanted}", rows)
        return
    present = {key for row in rows for key in row}
    # Without any row of the sample nobody can see whether a column is hidden, so it passes.
    for column in sheet.columns:
        yield _seen(f"{sheet.wanted}.{column.wanted}", column, ok=column.ask in present or not rows)


def _seen(subject: str, column: WantedColumn, *, ok: bool) -> PreflightFinding:
    if ok:
        return PreflightFinding(subject, True, f"read as {column.ask}")
    return PreflightFinding(
        subject, False, "field_restricted: described by BambooHR, but left out of its answers", _GRANT
    )


def _failed(subject: str, error: SourceError) -> PreflightFinding:
    return PreflightFinding(subject, False, str(error), error.fix)


def _attempt(call: Callable[[], T]) -> T | SourceError:
    try:
        return call()
    except SourceError as error:
        return error
