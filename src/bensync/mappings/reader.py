"""Reads source records as employees. A bad record becomes an issue, not an exception."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from operator import itemgetter

from bensync.core.changes import Issue, IssueCode
from bensync.core.people import DatedRow, Employee
from bensync.core.ports import RawRow, Record
from bensync.errors import ASK_OPERATOR, GuardTripped
from bensync.mappings.catalogue import DAYS, FieldType, normaliser
from bensync.mappings.codes import Unknown, UnlistedError, translator
from bensync.mappings.source import SourceMapping

Translate = Callable[[str], str | None]
"""Turns source text into normalized text, None for empty; its ValueError never holds the text."""


class Reader:
    """Reads records by one mapping, prepared once per run.

    Args:
        mapping: which field of the source feeds which of ours.
    """

    def __init__(self, mapping: SourceMapping) -> None:
        self.mapping = mapping
        self._fields = self._plan(mapping.fields)
        # By name, because the rows of a profile are ordered by table, whatever the order of the mapping is.
        self._tables = sorted(
            (name, table.source, table.date, self._plan(table.fields)) for name, table in mapping.tables.items()
        )

    def read(self, record: Record) -> Employee | Issue:
        """Return the employee behind a record, or the issue that blocks them.

        A field or table that is absent from the answer is an issue, not an empty value (sync-rules 3.2, 3.14).

        Raises:
            GuardTripped: a code table that rejects does not list a value; the source speaks another language.
        """
        rows: list[DatedRow] = []
        try:
            values = _values(record.fields, self._fields)
            for name, source, day, plan in self._tables:
                rows += _dated(name, record.tables[source], day, plan)
        except KeyError as absent:
            # BambooHR leaves out a field that the key may not see, and does not say so. Read as empty, one lost
            # permission would clear that field for everybody (sync-rules 3.2).
            return Issue(record.id, IssueCode.FIELD_RESTRICTED, f"HR's answer lacks {absent.args[0]}")
        except _BadFieldError as bad:
            return _issue(record.id, bad)
        except ValueError as error:
            return Issue(record.id, IssueCode.FIELD_INVALID, str(error))
        return Employee(record.id, values, tuple(rows))

    def readable(self, record: Record) -> Employee:
        """Return the part of a blocked record that can be read, to judge its scope.

        A table of which anything cannot be read is left out whole: the row that cannot be read may be the current one.
        """
        values = _readable(record.fields, self._fields)
        rows: list[DatedRow] = []
        for name, source, day, plan in self._tables:
            with contextlib.suppress(KeyError, ValueError, _BadFieldError):
                rows += _dated(name, record.tables[source], day, plan)
        return Employee(record.id, values, tuple(rows))

    def translate(self, field: str) -> Translate:
        """Return the function that turns source text into a value of this field."""
        return translator(self.mapping.catalogue[field].type, self.mapping.codes.get(field))

    def _plan(self, fields: Mapping[str, str]) -> _Plan:
        return [(name, theirs, self.translate(name)) for name, theirs in fields.items()]


plain = normaliser(FieldType.TEXT)

_Plan = list[tuple[str, str, Translate]]


class _BadFieldError(Exception):
    """A value that cannot be read: the field, and why without the value."""

    def __init__(self, field: str, error: ValueError) -> None:
        super().__init__(f"{field} {error}")
        self.field = field
        self.error = error


def _issue(employee_id: str, bad: _BadFieldError) -> Issue:
    if not isinstance(bad.error, UnlistedError):
        return Issue(employee_id, IssueCode.FIELD_INVALID, str(bad))
    # The only exception: the table says that an unlisted value means another mapping, so no other record is trusted.
    if bad.error.unknown is Unknown.REJECT:
        raise GuardTripped(
            f"HR speaks another language than the code table of {bad.field} (value_unknown).",
            f"Employee {employee_id} has a value of {bad.field} that the table does not list, and the table "
            "rejects it.",
            f"Look with `bensync mapping try {employee_id}`, then list the value or set `unknown` to hold or default.",
            remedy=ASK_OPERATOR,
        ) from bad.error
    return Issue(employee_id, IssueCode.VALUE_UNKNOWN, str(bad))


def _values(raw: Mapping[str, str | None], plan: _Plan) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, theirs, translate in plan:
        text = raw[theirs]
        if text:
            if translate is plain and text.isascii() and text.isprintable() and text[0] != " " and text[-1] != " ":
                values[name] = text  # nothing to normalise: most texts are like this
                continue
            try:
                value = translate(text)
            except ValueError as error:
                raise _BadFieldError(name, error) from error
            if value is not None:
                values[name] = value
    return values


def _readable(raw: Mapping[str, str | None], plan: _Plan) -> dict[str, str]:
    """Return the values that can be read; a field that the answer lacks, or whose text is wrong, is left out."""
    values: dict[str, str] = {}
    for step in plan:
        with contextlib.suppress(KeyError, _BadFieldError):
            values.update(_values(raw, [step]))
    return values


def _dated(table: str, rows: Sequence[RawRow], day: str, plan: _Plan) -> list[DatedRow]:
    if len(rows) == 1:
        (row,) = rows
        return [DatedRow(table, row_date(table, day, row[day]), _values(row, plan))]
    dated_rows = [
        (row_date(table, day, row[day]), _entry(row, number), _values(row, plan)) for number, row in enumerate(rows)
    ]
    dated_rows.sort(key=itemgetter(0, 1))
    return [DatedRow(table, when, values) for when, _, values in dated_rows]


_parse_day = normaliser(FieldType.DATE)


def row_date(table: str, column: str, raw: str | None) -> date:
    """Return the date of a row.

    Args:
        table: our name of the table.
        column: the source's name of the column with the date.
        raw: the text of the source.

    Raises:
        ValueError: it is empty, or no date; the text names table and column.
    """
    try:
        day = _day(raw) if raw else None
    except ValueError as error:
        raise ValueError(f"{column} of a row of table {table} {error}") from None
    if day is None:
        raise ValueError(f"a row of table {table} has no date")
    return day


@lru_cache(DAYS)
def _day(raw: str) -> date | None:
    text = _parse_day(raw)
    return None if text is None else date.fromisoformat(text)


def _entry(row: RawRow, number: int) -> int:
    """Return the order of entry of a row, for two rows of one date: its row id (A-30), otherwise its place."""
    row_id = row.get("id")
    return int(row_id) if row_id is not None and row_id.isdecimal() else number
