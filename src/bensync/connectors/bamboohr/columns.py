"""Finds BambooHR's names for the fields and tables of the mapping, in BambooHR's own list of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from bensync.connectors.bamboohr.api import Api, Meta, MetaTable
from bensync.core.ports import FieldSelection
from bensync.errors import SourceError

ALWAYS = frozenset({"id", "employeeId"})
"""Columns that answers contain although BambooHR does not list them as fields."""


class WantedColumn(msgspec.Struct, frozen=True):
    """One wanted field or table column.

    Attributes:
        wanted: its name in the mapping.
        ask: its name in requests: the alias, or the numeric id of a field without an alias.
        money: whether it contains an amount with a currency.
    """

    wanted: str
    ask: str
    money: bool = False

    def key(self, present: set[str]) -> str | None:
        """Return its name in an answer, where a numeric id comes back as ``<id>.N``; None if it is absent."""
        if self.ask in present:
            return self.ask
        stem = f"{self.ask}."
        return next((name for name in sorted(present) if name.startswith(stem) and name[len(stem) :].isdecimal()), None)


class WantedTable(msgspec.Struct, frozen=True):
    """One wanted table: its name in the mapping and in addresses, its columns, and the key of its effective date."""

    wanted: str
    alias: str
    columns: tuple[WantedColumn, ...]
    dated: str | None


class ResolvedFields(msgspec.Struct, frozen=True):
    """The fields and tables to request, and the names in the mapping that BambooHR does not know."""

    fields: tuple[WantedColumn, ...]
    sheets: tuple[WantedTable, ...]
    unknown: tuple[str, ...]


def resolve(wanted: FieldSelection, api: Api) -> ResolvedFields:
    """Find every wanted field and column, by alias, else by id, else by name."""
    unknown: list[str] = []
    fields = _columns(wanted.fields, api.fields(), unknown, "{}")
    tables = api.tables() if wanted.tables else []
    sheets = []
    for name, columns in wanted.tables.items():
        table = _find_table(name, tables)
        if table is None:
            unknown.append(f"table {name}")
        else:
            wanted_columns = _columns(columns, table.fields, unknown, f"{name}.{{}}")
            sheets.append(WantedTable(name, table.alias, wanted_columns, _effective_date(table)))
    return ResolvedFields(fields, tuple(sheets), tuple(unknown))


def must_resolve(wanted: FieldSelection, api: Api) -> ResolvedFields:
    """Return the same as :func:`resolve`.

    Raises:
        SourceError: some names are unknown; the error lists all of them.
    """
    resolved = resolve(wanted, api)
    if resolved.unknown:
        raise SourceError(
            f"BambooHR does not show {len(resolved.unknown)} mapped field(s).",
            f"The API key sees no fields with these names: {', '.join(resolved.unknown)}.",
            "Correct these names in the mapping, or give the owner of the API key access to the fields.",
        )
    return resolved


def _columns(names: Iterable[str], metas: Sequence[Meta], unknown: list[str], label: str) -> tuple[WantedColumn, ...]:
    columns = []
    for name in names:
        matches = _find(name, metas)
        if len(matches) == 1:
            columns.append(WantedColumn(name, _ask(matches[0]), matches[0].type == "currency"))
        elif not matches and name in ALWAYS:
            columns.append(WantedColumn(name, name))
        else:
            unknown.append(label.format(name) + (" (several fields have this name)" if matches else ""))
    return tuple(columns)


def _find(name: str, metas: Sequence[Meta]) -> list[Meta]:
    """Return the fields that a name can mean, by the first rule that finds any; the caller refuses more than one."""
    folded = name.casefold()
    by_alias = [meta for meta in metas if meta.alias == name]
    by_id = [meta for meta in metas if str(meta.id) == name]
    if by_alias or by_id:
        return (by_alias or by_id)[:1]
    exact = [meta for meta in metas if meta.name == name]
    named = exact or [meta for meta in metas if meta.name.casefold() == folded]
    current = [meta for meta in named if not meta.deprecated] or named
    # Entries with one name in requests are one field, however often they are listed.
    return list({_ask(meta): meta for meta in current}.values())


def _ask(meta: Meta) -> str:
    return meta.alias or str(meta.id)


def _find_table(name: str, tables: Sequence[MetaTable]) -> MetaTable | None:
    return next((table for table in tables if table.alias == name), None)


def _effective_date(table: MetaTable) -> str | None:
    """Return the name of the first date column, which is the effective date of a row."""
    return next((_ask(meta) for meta in table.fields if meta.type == "date"), None)
