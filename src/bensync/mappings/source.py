"""The mapping of source fields to ours: a preset with a site's own entries over it. Reads no record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from bensync.core.ports import FieldSelection, PreflightFinding
from bensync.core.status import STATUS_FIELD, STATUS_TABLE
from bensync.core.values.plausibility import HIRES
from bensync.errors import ConfigError
from bensync.mappings import presets
from bensync.mappings.catalogue import Catalogue, Field, FieldType, extended, forbidden, nameable
from bensync.mappings.codes import CodeTable, normalised


class TableMapping(msgspec.Struct, frozen=True):
    """One dated table: the source's name of it, its date column, and our field -> its column."""

    source: str
    date: str
    fields: Mapping[str, str]


class CustomField(msgspec.Struct, frozen=True):
    """A field that the catalogue does not know: the source's name of it, and what it is on our side."""

    source: str
    field: Field


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
                fix = "" if meant else "map each date to a field of its own"
                yield PreflightFinding("mapping", meant, detail, fix)

    def fingerprint(self) -> str:
        """Return a name for exactly this mapping; another one refuses the daily run until a resync (decision 13).

        Labels do not count: they change no value.
        """
        kinds = {name: self.catalogue[name].type for name in self.fields}
        parts = (self.fields, self.tables, kinds, self.codes)
        return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()[:16]


def load(
    preset: str | Mapping[str, Any],
    overrides: Mapping[str, str],
    custom: Mapping[str, CustomField] | None = None,
    codes: Mapping[str, CodeTable] | None = None,
    *,
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
        site: whose entries these are, for the paths of problems.

    Raises:
        ConfigError: naming every problem with its path: unknown or forbidden fields, code tables that do not fit, or
            a mapping without SSN or status.
    """
    content = presets.load(preset) if isinstance(preset, str) else preset
    added = custom or {}
    catalogue = extended({name: entry.field for name, entry in added.items()})
    fields, tables = _laid(content, {**overrides, **{name: entry.source for name, entry in added.items()}})
    mapping = SourceMapping(
        _ordered(fields, catalogue),
        {
            name: TableMapping(table["source"], table["date"], _ordered(table["fields"], catalogue))
            for name, table in tables.items()
        },
        {**_preset_codes(content), **(codes or {})},
        catalogue,
    )
    tidy, misfits = _tidied(mapping)
    problems = [*_field_faults(mapping, overrides, added), *_whole_faults(mapping), *misfits]
    if problems:
        raise ConfigError(
            "The mapping cannot be used",
            fix="fix these entries; docs/reference/fields.md lists the fields that we know",
            problems=[f"sites.{site}.{problem}" for problem in problems],
        )
    return msgspec.structs.replace(mapping, codes=tidy)


def _laid(content: Mapping[str, Any], entries: Mapping[str, str]) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """Return the preset's plain fields and dated tables, with each entry where the preset reads that field."""
    # Copies: the preset is cached and shared by all sites.
    fields: dict[str, str] = dict(content["fields"])
    tables: dict[str, dict[str, Any]] = {name: dict(table) for name, table in content["tables"].items()}
    homes = {field: table for table in tables.values() for field in table["fields"]}
    for field, theirs in entries.items():
        home = homes.get(field)
        if home is None:
            fields[field] = theirs
        else:
            home["fields"] = {**home["fields"], field: theirs}
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
    mapping: SourceMapping, overrides: Mapping[str, str], custom: Mapping[str, CustomField]
) -> Iterator[str]:
    """Yield the names that may not be mapped, on either side (S0-14, S0-16)."""
    entries = {**mapping.fields, **overrides}
    for table in mapping.tables.values():
        entries.update(table.fields)
    for name, theirs in entries.items():
        path = f"custom_fields.{name}" if name in custom else f"mapping.{name}"
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
