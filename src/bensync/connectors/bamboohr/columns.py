"""What the mapping wants -> how BambooHR names it, from BambooHR's own description of its fields and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from bensync.connectors.bamboohr.api import Api, Meta, MetaTable
from bensync.core.ports import FieldSelection
from bensync.errors import SourceError

ALWAYS = frozenset({"id", "employeeId"})
"""Columns that answers have although they are not described as fields."""


class WantedColumn(msgspec.Struct, frozen=True):
    """One wanted field or table column.

    Attributes:
        wanted: its name in the mapping.
        ask: its name in requests: the alias, or the numeric id of a field that has none.
        money: whether it holds an amount with a currency.
    """

    wanted: str
    ask: str
    money: bool = False

    def key(self, present: set[str]) -> str | None:
        """Its name in an answer, where a numeric id comes back as ``<id>.N``; None when it is absent."""
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
    """Everything to ask for, and what of the mapping BambooHR does not know."""

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
            found = _columns(columns, table.fields, unknown, f"{name}.{{}}")
            sheets.append(WantedTable(name, table.alias, found, _effective_date(table)))
    return ResolvedFields(fields, tuple(sheets), tuple(unknown))


def must_resolve(wanted: FieldSelection, api: Api) -> ResolvedFields:
    """Like :func:`resolve`.

    Raises:
        SourceError: something is unknown; all of it is listed.
    """
    resolved = resolve(wanted, api)
    if resolved.unknown:
        raise SourceError(
            f"BambooHR does not show {len(resolved.unknown)} mapped field(s)",
            ", ".join(resolved.unknown),
            "Correct these names in the mapping, or give the owner of the API key access to the fields.",
        )
    return resolved


def _columns(names: Iterable[str], metas: Sequence[Meta], unknown: list[str], label: str) -> tuple[WantedColumn, ...]:
    columns = []
    for name in names:
        found = _find(name, metas)
        if len(found) == 1:
            columns.append(WantedColumn(name, _ask(found[0]), found[0].type == "currency"))
        elif not found and name in ALWAYS:
            columns.append(WantedColumn(name, name))
        else:
            unknown.append(label.format(name) + (" (several fields have this name)" if found else ""))
    return tuple(columns)


def _find(name: str, metas: Sequence[Meta]) -> list[Meta]:
    """The fields that a name can mean, by the first rule that finds any; more than one is never guessed between."""
    folded = name.casefold()
    by_alias = [meta for meta in metas if meta.alias == name]
    by_id = [meta for meta in metas if str(meta.id) == name]
    if by_alias or by_id:
        return (by_alias or by_id)[:1]
    exact = [meta for meta in metas if meta.name == name]
    named = exact or [meta for meta in metas if meta.name.casefold() == folded]
    current = [meta for meta in named if not meta.deprecated] or named
    return list({_ask(meta): meta for meta in current}.values())


def _ask(meta: Meta) -> str:
    return meta.alias or str(meta.id)


def _find_table(name: str, tables: Sequence[MetaTable]) -> MetaTable | None:
    return next((table for table in tables if table.alias == name), None)


def _effective_date(table: MetaTable) -> str | None:
    """The key of the first date column, which says from when on a row holds."""
    return next((_ask(meta) for meta in table.fields if meta.type == "date"), None)
