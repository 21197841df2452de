"""Reads whole dated tables in one request each, and keeps only what is wanted of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from bensync.connectors.bamboohr.api import Api
from bensync.connectors.bamboohr.columns import WantedColumn, WantedTable
from bensync.connectors.bamboohr.row_decoding import Cells, RowDecoder
from bensync.connectors.rows import ROW_ID, RowStore, restricted

OWNER = "employeeId"


def form(sheet: WantedTable) -> RowDecoder:
    """How the rows of a table are read; a row id is kept besides where the source has one."""
    columns = [(column, column.ask) for column in sheet.columns]
    if all(column.wanted != ROW_ID for column in sheet.columns):
        columns.append((WantedColumn(ROW_ID, ROW_ID), ROW_ID))
    return RowDecoder(columns, OWNER)


def store_all(sheet: WantedTable, api: Api, people: Iterable[str], store: RowStore) -> RowStore:
    """Put all rows of the given people on a shelf, from the table of everybody.

    Raises:
        SourceError: the table cannot be read, or hides a wanted column.
    """
    reader, columns = form(sheet), _Seen(sheet)
    # The same text object for a person on all shelves; each row brings a new one.
    own = {person: person for person in people}
    for row in api.rows(sheet.alias, reader.decoder):
        if columns.unseen:
            columns.note(reader, row)
        if person := own.get(reader.owner(row) or ""):
            store.put(person, reader.disown(row))
    columns.must_be_complete()
    return store


def store_changed(sheet: WantedTable, api: Api, people: Collection[str], since: str) -> tuple[RowStore, set[str]]:
    """All rows of the given changed people, and those of them whose rows must be read with their row ids.

    These are the people the answer knows nothing of, and the people with two rows of the same date: without row ids
    nobody can tell which of the two was entered later (sync-rules 3.3).

    Raises:
        SourceError: the table cannot be read, or hides a wanted column.
    """
    store, reader, columns, doubtful = RowStore(), form(sheet), _Seen(sheet), set(people)
    for person, raws in api.changed_rows(sheet.alias, since):
        believed = person in doubtful and not _is_tied(sheet, raws)
        if believed:
            doubtful.discard(person)
        for raw in raws:
            row: Cells = msgspec.convert(raw, reader.type)
            if columns.unseen:
                columns.note(reader, row)
            if believed:
                store.put(person, reader.disown(row))
    columns.must_be_complete()
    return store, doubtful


def _is_tied(sheet: WantedTable, rows: list[dict[str, Any]]) -> bool:
    if sheet.dated is None or all(ROW_ID in row for row in rows):
        return False
    return len({row.get(sheet.dated) for row in rows}) < len(rows)


class _Seen:
    """Remembers which of the wanted columns were never seen."""

    def __init__(self, sheet: WantedTable) -> None:
        self.unseen = {column.wanted for column in sheet.columns}
        self._table = sheet.wanted
        self._any = False

    def note(self, reader: RowDecoder, row: Cells) -> None:
        self._any = True
        self.unseen &= reader.missing(row)

    def must_be_complete(self) -> None:
        if self._any and self.unseen:
            raise restricted(f"the table {self._table}", sorted(self.unseen))
