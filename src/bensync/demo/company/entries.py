"""The values that can be entered into a company: their stored text, and the dated rows that some belong to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from bensync.demo.company.catalogue import FakeField, FakeTable
from bensync.errors import BensyncError

Value = str | int | bool | Decimal | date | None


def as_text(value: Value) -> str | None:
    """Return the stored text of a value: money for a decimal, ISO for a date; None if it is empty."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value:.2f} USD"
    if isinstance(value, date):
        return value.isoformat()
    return None if value is None or value == "" else str(value)


def parted(
    fields: Mapping[str, Value], find: Callable[[str], FakeField | None]
) -> tuple[dict[str, str | None], dict[str, dict[str, Value]]]:
    """Split values into an employee's own and, by table, those that belong in a dated row.

    Args:
        find: finds a field by alias or id.

    Raises:
        BensyncError: a field is unknown or computed.
    """
    own: dict[str, str | None] = {}
    dated: dict[str, dict[str, Value]] = {}
    for name, value in fields.items():
        field = find(name)
        if field is None or field.derived:
            raise BensyncError(f"No field {name!r} can be written.", fix="Use an alias or id of the catalogue.")
        if field.source:
            table, column = field.source
            dated.setdefault(table, {})[column] = value
        else:
            own[field.key] = as_text(value)
    return own, dated


def row_texts(table: FakeTable, columns: Mapping[str, Value]) -> dict[str, str]:
    """Return the columns of a row that are not empty.

    Raises:
        BensyncError: the table has no such column.
    """
    unknown = [column for column in columns if table.column(column) is None]
    if unknown:
        raise BensyncError(f"Table {table.alias!r} has no column {unknown[0]!r}.")
    texts = ((column, as_text(value)) for column, value in columns.items())
    return {column: text for column, text in texts if text is not None}
