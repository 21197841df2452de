"""The mapping of source fields to ours: a preset with a site's own entries over it. Reads no record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from bensync.core.people import EMPLOYMENT_TABLES
from bensync.core.ports import FieldSelection, PreflightFinding
from bensync.core.status import STATUS_FIELD, STATUS_TABLE
from bensync.core.values.plausibility import HIRES
from bensync.errors import ConfigError
from bensync.mappings import presets
from bensync.mappings.catalogue import FIELDS, Catalogue, Field, FieldType, extended, forbidden, nameable
from bensync.mappings.codes import CodeTable, normalised

ONE_PER_PERSON = frozenset({"ssn", "birth_date", "termination_date", *HIRES})
"""Fields that no dated table may bring."""


class TableMapping(msgspec.Struct, frozen=True):
    """One dated table: the source's name of it, its date column, and our field -> its column."""

    source: str
    date: str
    fields: Mapping[str, str]


class TableEntry(msgspec.Struct, frozen=True):
    """A site's entry for one dated table: a new table, or columns over those of the preset.

    Attributes:
        source: the source's name of the table; empty keeps that of the preset.
        date: its date column; empty keeps that of the preset.
        fields: our field -> the column; an empty text leaves the field out.
    """

    source: str = ""
    date: str = ""
    fields: Mapping[str, str] = {}


class CustomField(msgspec.Struct, frozen=True):
    """A field that the catalogue does not know.

    Attributes:
        source: the source's name of it.
        field: the field as the catalogue of the site has it.
        table: our name of the dated table whose column it is; empty for a field of the person.
    """

    source: str
    field: Field
    table: str = ""


class SourceMapping(msgspec.Struct, frozen=True):
    """The mapping of a site: the source field of each field of ours, plain or in a dated table.

    Attributes:
        fields: our field -> the source's; custom fields are among them.
        tables: the dated tables by our name.
        codes: our field -> its code table, written as the field's type is.
        catalogue: the fields that this site knows, its custom ones included.
    """

    fields: Mapping[str, str]
    tables: Mapping[str, TableMapping]
    codes: Mapping[str, CodeTable]
    catalogue: Catalogue

    def wanted(self) -> FieldSelection:
        """Return the fields and tables that a source must be asked for."""
        tables = {table.source: (table.date, *table.fields.values()) for table in self.tables.values()}
        # Two of our fields may share a field of the source, which is requested once.
        return FieldSelection(tuple(dict.fromkeys(self.fields.values())), tables)

    def synced(self) -> tuple[str, ...]:
        """Return the names of all mapped fields, in catalogue order."""
        mapped = {*self.fields, *(name for table in self.tables.values() for name in table.fields)}
        return tuple(name for name in self.catalogue if name in mapped)

    def sources(self) -> Iterator[tuple[str, str, str | None]]:
        """Yield each field with the source's field or column, and the column that dates it; None for plain fields."""
        for name, theirs in self.fields.items():
            yield name, theirs, None
        for dated in self.tables.values():
            for name, column in dated.fields.items():
                yield name, f"{dated.source}.{column}", f"{dated.source}.{dated.date}"

    def check(self) -> Iterator[PreflightFinding]:
        """Preflight: yield a question for each source field that feeds two dates.

        A termination date that is a hire date would end everybody's coverage.
        """
        dates = [name for name in self.fields if self.catalogue[name].type is FieldType.DATE]
        for theirs in dict.fromkeys(self.fields[name] for name in dates):
            fed = [name for name in dates if self.fields[name] == theirs]
            if len(fed) > 1:
                # A source with one hire date may feed all of ours with it; no other two dates are ever the same.
                meant = {*fed} <= {*HIRES}
                detail = f"{theirs} feeds {' and '.join(fed)}: should one of them be another field?"
                fix = "" if meant else "Map each date to a field of its own."
                yield PreflightFinding("mapping", meant, detail, fix)

    def fingerprint(self) -> str:
        """Return a name for exactly this mapping; another one refuses the daily run until a resync (decision 13).

        Labels do not count: they change no value.
        """
        own = [name for table in self.tables.values() for name in table.fields if name not in FIELDS]
        kinds = {name: self.catalogue[name].type for name in (*self.fields, *own)}
        parts = (self.fields, self.tables, kinds, self.codes)
        return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()[:16]


def load(
    preset: str | Mapping[str, Any],
    overrides: Mapping[str, str],
    custom: Mapping[str, CustomField] | None = None,
    codes: Mapping[str, CodeTable] | None = None,
    *,
    tables: Mapping[str, TableEntry] | None = None,
    site: str = "NAME",
) -> SourceMapping:
    """Return a preset, given by name or as data of the same shape, with a site's own entries over it.

    An override of a field that the preset reads from a dated table names another column of that table; an empty
    text leaves the field out.

    Args:
        preset: its name, or its content.
        overrides: our field -> the source's field, instead of the preset's.
        custom: fields that the catalogue does not know, by our name.
        codes: our field -> its code table, instead of the preset's.
        tables: dated tables by our name: columns that they get, or tables that the preset lacks. A field that such
            an entry names is read from that table alone.
        site: whose entries these are, for the paths of problems.

    Raises:
        ConfigError: naming every problem with its path: unknown or forbidden fields, code tables that do not fit, or
            a mapping without SSN or status.
    """
    content = presets.load(preset) if isinstance(preset, str) else preset
    added = custom or {}
    entries = tables or {}
    catalogue = extended({name: entry.field for name, entry in added.items()})
    fields, dated = _laid(content, overrides, added, entries)
    mapping = SourceMapping(
        _ordered(fields, catalogue),
        {
            name: TableMapping(entry.source, entry.date, _ordered(entry.fields, catalogue))
            for name, entry in dated.items()
        },
        {**_preset_codes(content), **(codes or {})},
        catalogue,
    )
    tidy, misfits = _tidied(mapping)
    problems = [
        *_field_faults(mapping, overrides, added, entries),
        *_table_faults(mapping, overrides, added, entries),
        *_whole_faults(mapping),
        *misfits,
    ]
    if problems:
        raise ConfigError(
            "The mapping cannot be used.",
            fix="Fix these entries; docs/reference/fields.md lists the fields that we know.",
            problems=[f"sites.{site}.{problem}." for problem in problems],
        )
    return msgspec.structs.replace(mapping, codes=tidy)


def _laid(
    content: Mapping[str, Any],
    overrides: Mapping[str, str],
    custom: Mapping[str, CustomField],
    entries: Mapping[str, TableEntry],
) -> tuple[dict[str, str], dict[str, TableEntry]]:
    """Return the preset's plain fields and dated tables, with the site's entries over them."""
    own: dict[str, dict[str, str]] = {name: dict(entry.fields) for name, entry in entries.items()}
    for name, added in custom.items():
        if added.table:
            own.setdefault(added.table, {})[name] = added.source
    moved = {name for columns in own.values() for name in columns}
    # Copies: the preset is cached and shared by all sites.
    fields = {name: theirs for name, theirs in content["fields"].items() if name not in moved}
    preset: Mapping[str, Any] = content["tables"]
    tables: dict[str, TableEntry] = {}
    for name in dict.fromkeys((*preset, *own)):
        shipped = msgspec.convert(preset.get(name, {}), TableEntry)
        site = entries.get(name, TableEntry())
        kept = {column: theirs for column, theirs in shipped.fields.items() if column not in moved}
        tables[name] = TableEntry(
            site.source or shipped.source, site.date or shipped.date, {**kept, **own.get(name, {})}
        )
    plain = {name: added.source for name, added in custom.items() if not added.table}
    homes = {field: name for name, table in tables.items() for field in table.fields}
    for name, theirs in {**overrides, **plain}.items():
        home = homes.get(name)
        if home is None:
            fields[name] = theirs
        else:
            tables[home] = msgspec.structs.replace(tables[home], fields={**tables[home].fields, name: theirs})
    return fields, tables


def _ordered(fields: Mapping[str, str], catalogue: Catalogue) -> dict[str, str]:
    kept = {name: theirs for name, theirs in fields.items() if theirs}
    listed = {name: kept[name] for name in catalogue if name in kept}
    return {**listed, **{name: theirs for name, theirs in kept.items() if name not in catalogue}}


def _preset_codes(content: Mapping[str, Any]) -> dict[str, CodeTable]:
    return msgspec.convert(content.get("codes", {}), dict[str, CodeTable])


def _tidied(mapping: SourceMapping) -> tuple[dict[str, CodeTable], list[str]]:
    """Return the normalized code tables, and the problems of those that do not fit."""
    tidy: dict[str, CodeTable] = {}
    misfits: list[str] = []
    for name, table in mapping.codes.items():
        try:
            tidy[name] = _fitting(mapping, name, table)
        except ValueError as error:
            misfits.append(f"codes.{name}: {error}")
    return tidy, misfits


def _fitting(mapping: SourceMapping, name: str, table: CodeTable) -> CodeTable:
    if name not in mapping.synced():
        raise ValueError("no field of this name is mapped")
    kind = mapping.catalogue[name].type
    if kind is FieldType.SSN:
        raise ValueError("people are matched by the SSN, so it is never translated")
    return normalised(table, kind)


def _field_faults(
    mapping: SourceMapping,
    overrides: Mapping[str, str],
    custom: Mapping[str, CustomField],
    entries: Mapping[str, TableEntry],
) -> Iterator[str]:
    """Yield the names that may not be mapped, on either side (S0-14, S0-16)."""
    sources = {**mapping.fields, **overrides}
    paths = {
        **{name: f"custom_fields.{name}" for name in custom},
        **{name: f"tables.{table}.fields.{name}" for table, entry in entries.items() for name in entry.fields},
    }
    for table in mapping.tables.values():
        sources.update(table.fields)
    for name, theirs in sources.items():
        path = paths.get(name, f"mapping.{name}")
        if forbidden(name):
            yield f"{path}: fields about dependents and spouses never sync"
        elif name not in mapping.catalogue:
            yield f"{path}: not a field that we know"
        if forbidden(theirs):
            yield f"{path}: {theirs!r} is about dependents or spouses"
    for name, entry in custom.items():
        if not nameable(name):
            yield f"custom_fields.{name}: a name of its own is needed: a-z, 0-9 and _, and not one of the catalogue"
        if entry.field.type is FieldType.SSN:
            yield f"custom_fields.{name}: people have one SSN, which is mapped already"


def _table_faults(
    mapping: SourceMapping,
    overrides: Mapping[str, str],
    custom: Mapping[str, CustomField],
    entries: Mapping[str, TableEntry],
) -> Iterator[str]:
    """Yield what a site's entries for dated tables lack, and fields that two of them bring."""
    homes: dict[str, str] = {}
    for name, entry in entries.items():
        if not nameable(name) or name in EMPLOYMENT_TABLES:
            yield f"tables.{name}: a table is named by a-z, 0-9 and _, and not {', '.join(EMPLOYMENT_TABLES)}"
        if not (mapping.tables[name].source and mapping.tables[name].date):
            yield f"tables.{name}: the preset has no such table: name its `source` and its `date` column"
        for field in entry.fields:
            if field in overrides or field in custom:
                yield f"tables.{name}.fields.{field}: it is mapped outside of the table, too; keep one of the entries"
            elif field in homes:
                yield f"tables.{name}.fields.{field}: table {homes[field]} brings it, too; keep one of the entries"
            homes[field] = name
    for field, added in custom.items():
        if added.table and added.table not in entries and not mapping.tables[added.table].source:
            yield f"custom_fields.{field}.table: there is no dated table {added.table!r}"
    tables_by_source: dict[str, str] = {}
    for name, table in mapping.tables.items():
        # HR is asked for a table once, so that two of ours would share one list of columns and one date.
        if table.source and table.source in tables_by_source:
            other = tables_by_source[table.source]
            yield f"tables.{name}.source: {table.source!r} is table {other} already; add the fields to that one"
        tables_by_source[table.source] = name
        for field in table.fields:
            # A person has one of each; the date of a row must not decide which one holds.
            if field in ONE_PER_PERSON:
                yield f"tables.{name}.fields.{field}: it is a field of the person, so map it outside of dated tables"


def _whole_faults(mapping: SourceMapping) -> Iterator[str]:
    """Yield what is missing from the mapping as a whole, and what no preset may bring."""
    for name, table in mapping.tables.items():
        for word in (table.source, table.date):
            if forbidden(word):
                yield f"mapping: table {name}: {word!r} is about dependents or spouses"
    if "ssn" not in mapping.fields:
        yield "mapping.ssn: people are matched by it, so it must be mapped"
    for name, theirs in mapping.fields.items():
        # Only the field `ssn` is masked; under another name the number would be shown in full.
        if name != "ssn" and theirs == mapping.fields.get("ssn"):
            yield f"mapping.{name}: {theirs!r} is the SSN, which no other field may show"
    status = mapping.tables.get(STATUS_TABLE)
    if status is None or STATUS_FIELD not in status.fields:
        yield f"mapping.{STATUS_FIELD}: it decides who is active, so it must be mapped"
