"""Explains the values of one person: source value, steps, result. For people to read; runs do not use it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from bensync.core.people import masked_ssn
from bensync.core.ports import RawRow, Record
from bensync.mappings.catalogue import FieldType
from bensync.mappings.codes import UnlistedError
from bensync.mappings.reader import Reader, row_date
from bensync.mappings.source import TableMapping

STEPS: Mapping[FieldType, str] = {
    FieldType.TEXT: "trim",
    FieldType.CODE: "trim, upper case",
    FieldType.DATE: "date",
    FieldType.MONEY: "amount",
    FieldType.NUMBER: "number",
    FieldType.SSN: "without separators",
}
"""The steps of normalization of each type, in words."""


class Traced(msgspec.Struct, frozen=True):
    """One field of one person, or of one of their dated rows; an SSN is masked.

    Attributes:
        field: our name of it.
        label: what lists call it.
        source: the source's field, or table and column.
        date: the date of the row as the source wrote it; None for plain fields.
        raw: the source's value; None where it is empty or absent.
        steps: what is done with it.
        value: what comes of it; None for empty.
        problem: why it cannot be read; empty where it can.
    """

    field: str
    label: str
    source: str
    date: str | None
    raw: str | None
    steps: str
    value: str | None
    problem: str


def trace(reader: Reader, record: Record) -> tuple[Traced, ...]:
    """Return every mapped field of a record: plain ones first, then the dated rows in the order of the source."""
    return (*_plain(reader, record), *_dated(reader, record))


def steps(reader: Reader, field: str) -> str:
    """Return the steps from source text to the value of a field, in words."""
    looked_up = ", code table" if field in reader.mapping.codes else ""
    return STEPS[reader.mapping.catalogue[field].type] + looked_up


def _plain(reader: Reader, record: Record) -> Iterator[Traced]:
    for field, theirs in reader.mapping.fields.items():
        yield _traced(reader, field, theirs, record.fields, theirs)


def _dated(reader: Reader, record: Record) -> Iterator[Traced]:
    for name, table in reader.mapping.tables.items():
        rows = record.tables.get(table.source)
        # A table that the source left out blocks the person in a run, so each of its fields shows that problem.
        if rows is None:
            for field, column in table.fields.items():
                yield _traced(reader, field, f"{table.source}.{column}", {}, table.source)
        for row in rows or ():
            yield from _row(reader, name, table, row)


def _row(reader: Reader, name: str, table: TableMapping, row: RawRow) -> Iterator[Traced]:
    day = row.get(table.date)
    try:
        row_date(name, table.date, day)
        undated = ""
    except ValueError as error:
        undated = str(error)
    for field, column in table.fields.items():
        traced = _traced(reader, field, f"{table.source}.{column}", row, column)
        yield msgspec.structs.replace(traced, date=day or "", problem=traced.problem or undated)


def _traced(reader: Reader, field: str, source: str, row: Mapping[str, str | None], key: str) -> Traced:
    definition = reader.mapping.catalogue[field]
    raw = row.get(key) or None
    value, problem = None, "" if key in row else f"HR's answer lacks {key}"
    done = steps(reader, field)
    if raw:
        try:
            value = reader.translate(field)(raw)
        except UnlistedError as error:
            problem = f"{error} ({error.unknown})"
        except ValueError as error:
            problem = str(error)
    if definition.type is FieldType.SSN:
        raw, value = _masked(raw), masked_ssn(value)
    return Traced(field, definition.label, source, None, raw, done, value, problem)


def _masked(raw: str | None) -> str | None:
    """Return a source's SSN masked by its digits: a source may separate them in its own way."""
    return masked_ssn("".join(filter(str.isdecimal, raw))) if raw else None
