"""Source records -> employees. A bad record is a value (an issue), never an exception."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import msgspec

from bensync.core.model import DatedRow, Employee, Issue, IssueCode
from bensync.core.ports import RawRow, Record, Wanted
from bensync.core.status import STATUS_FIELD, STATUS_TABLE
from bensync.errors import ConfigError
from bensync.mappings import presets
from bensync.mappings.catalogue import FIELDS, FieldType, forbidden, normaliser


class TableMapping(msgspec.Struct, frozen=True):
    """One dated table: the source's name of it, its date column, and our field -> its column."""

    source: str
    date: str
    fields: Mapping[str, str]


class SourceMapping(msgspec.Struct, frozen=True):
    """Which source field feeds which field of ours: plain ones, and those of dated tables."""

    fields: Mapping[str, str]
    tables: Mapping[str, TableMapping]

    def wanted(self) -> Wanted:
        """What a source must be asked for."""
        tables = {table.source: (table.date, *table.fields.values()) for table in self.tables.values()}
        return Wanted(tuple(dict.fromkeys(self.fields.values())), tables)

    def synced(self) -> tuple[str, ...]:
        """The names of all mapped fields, in catalogue order."""
        mapped = {*self.fields, *(name for table in self.tables.values() for name in table.fields)}
        return tuple(name for name in FIELDS if name in mapped)

    def fingerprint(self) -> str:
        """A name for exactly this mapping; another one calls for a reviewed resync."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()[:16]


def load(preset: str | Mapping[str, Any], overrides: Mapping[str, str]) -> SourceMapping:
    """A preset, by name or as data of the same shape, with single entries of a site laid over it.

    An override of a field that the preset reads from a dated table names another column of that table; an empty
    text leaves the field out.

    Raises:
        ConfigError: naming every problem: unknown or forbidden fields, or a mapping without SSN or status.
    """
    content = presets.load(preset) if isinstance(preset, str) else preset
    fields: dict[str, str] = dict(content["fields"])
    tables: dict[str, dict[str, Any]] = {name: dict(table) for name, table in content["tables"].items()}
    homes = {field: table for name, table in tables.items() for field in table["fields"]}
    for field, theirs in overrides.items():
        home = homes.get(field)
        if home is None:
            fields[field] = theirs
        else:
            home["fields"] = {**home["fields"], field: theirs}
    mapping = SourceMapping(
        _ordered(fields),
        {
            name: TableMapping(table["source"], table["date"], _ordered(table["fields"]))
            for name, table in tables.items()
        },
    )
    _refuse_faults(mapping, overrides)
    return mapping


def _ordered(fields: Mapping[str, str]) -> dict[str, str]:
    kept = {name: theirs for name, theirs in fields.items() if theirs}
    known = {name: kept[name] for name in FIELDS if name in kept}
    return {**known, **{name: theirs for name, theirs in kept.items() if name not in FIELDS}}


def _refuse_faults(mapping: SourceMapping, overrides: Mapping[str, str]) -> None:
    entries = {**mapping.fields, **overrides}
    for table in mapping.tables.values():
        entries.update(table.fields)
    problems = [f"{name}: fields about dependents and spouses never sync" for name in entries if forbidden(name)]
    problems += [
        f"{name}: {theirs!r} is about dependents or spouses" for name, theirs in entries.items() if forbidden(theirs)
    ]
    problems += [f"{name}: not a field that we know" for name in entries if name not in FIELDS and not forbidden(name)]
    if "ssn" not in mapping.fields:
        problems.append("ssn: people are matched by it, so it must be mapped")
    status = mapping.tables.get(STATUS_TABLE)
    if status is None or STATUS_FIELD not in status.fields:
        problems.append(f"{STATUS_FIELD}: it decides who is active, so it must be mapped")
    if problems:
        raise ConfigError(
            "The mapping cannot be used",
            "; ".join(problems),
            "mend these entries under [sites.<name>.mapping]; docs/reference/fields.md lists the fields that we know",
        )


class Reader:
    """Reads records by one mapping, prepared once per run."""

    def __init__(self, mapping: SourceMapping) -> None:
        self._fields = [(name, theirs, _normaliser(name)) for name, theirs in mapping.fields.items()]
        self._tables = [
            (
                name,
                table.source,
                table.date,
                [(field, column, _normaliser(field)) for field, column in table.fields.items()],
            )
            for name, table in mapping.tables.items()
        ]
        self._tables.sort()

    def read(self, record: Record) -> Employee | Issue:
        """The employee behind a record, or the issue that keeps them back.

        A field or table that is absent from the answer is an issue, not an empty value (sync-rules 3.2, 3.14).
        """
        try:
            values = _values(record.fields, self._fields)
            rows = tuple(
                row
                for name, source, day, fields in self._tables
                for row in _dated(name, record.tables[source], day, fields)
            )
        except KeyError as absent:
            return Issue(record.id, IssueCode.FIELD_RESTRICTED, f"HR's answer lacks {absent.args[0]}")
        except ValueError as error:
            return Issue(record.id, IssueCode.FIELD_INVALID, str(error))
        return Employee(record.id, values, rows)


_Normalise = Callable[[str], str | None]
_Plan = list[tuple[str, str, _Normalise]]


def _normaliser(field: str) -> _Normalise:
    return normaliser(FIELDS[field].type)


def _values(raw: Mapping[str, str | None], plan: _Plan) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, theirs, normalise in plan:
        text = raw[theirs]
        if text is None:
            continue
        try:
            value = normalise(text)
        except ValueError as error:
            raise ValueError(f"{name} {error}") from None
        if value is not None:
            values[name] = value
    return values


def _dated(table: str, rows: Any, day: str, plan: _Plan) -> list[DatedRow]:
    found = [(_day(table, row[day]), _entry(row, number), _values(row, plan)) for number, row in enumerate(rows)]
    found.sort(key=lambda entry: entry[:2])
    return [DatedRow(table, when, values) for when, _, values in found]


_parse_day = normaliser(FieldType.DATE)


def _day(table: str, raw: str | None) -> date:
    text = _parse_day(raw) if raw else None
    if text is None:
        raise ValueError(f"a row of table {table} has no date")
    return date.fromisoformat(text)


def _entry(row: RawRow, number: int) -> int:
    """Which row was entered later, where two have one date: the greater row id (A-30), else the later place."""
    row_id = row.get("id")
    return int(row_id) if row_id is not None and row_id.isdecimal() else number
