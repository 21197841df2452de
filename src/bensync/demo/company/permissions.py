"""The fields and columns that the API key may see."""

from __future__ import annotations

from collections.abc import Iterable

from bensync.demo.company.catalogue import FakeField, FakeTable
from bensync.errors import BensyncError


class Permissions:
    """The forbidden fields and columns; a field that follows a dated row is one thing with its column."""

    def __init__(self) -> None:
        self._forbidden: set[str] = set()

    def forbid(self, names: set[str]) -> None:
        """Hide fields and columns; the names are those of ``guarded``."""
        self._forbidden |= names

    def allow(self, names: set[str]) -> None:
        """Show fields and columns again."""
        self._forbidden -= names

    def shows(self, field: FakeField) -> bool:
        """Return whether a field may be seen."""
        return _place(field) not in self._forbidden

    def shows_column(self, table: str, column: str) -> bool:
        """Return whether a column of a table may be seen."""
        return f"{table}.{column}" not in self._forbidden


def guarded(name: str, field: FakeField | None, tables: Iterable[FakeTable]) -> set[str]:
    """Return what a name means: a field, a ``table.column``, or a column in every table that has one of that name.

    Args:
        field: the field of that name; None if there is none.

    Raises:
        BensyncError: nothing has that name.
    """
    if field:
        return {_place(field)}
    columns = {f"{table.alias}.{column.alias}" for table in tables for column in table.columns}
    matches = {column for column in columns if name in (column, column.partition(".")[2])}
    if not matches:
        raise BensyncError(f"The company knows no field or column {name!r}.")
    return matches


def _place(field: FakeField) -> str:
    return ".".join(field.source) if field.source else field.key
