"""Reads each dated table in one request, and stores only the wanted cells."""

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
    """Return the decoder for the rows of a table; it also keeps the row id, if the source gives one."""
    # Of two rows with the same date, the one with the higher row id was entered later (sync-rules 3.3.1).
    columns = [(column, column.ask) for column in sheet.columns]
    if all(column.wanted != ROW_ID for column in sheet.columns):
        columns.append((WantedColumn(ROW_ID, ROW_ID), ROW_ID))
    return RowDecoder(columns, OWNER)


def store_all(sheet: WantedTable, api: Api, people: Iterable[str], store: RowStore) -> RowStore:
    """Store all rows of the given people, from the table of everybody, and return the store.

    Raises:
        SourceError: the table cannot be read, or hides a wanted column.
    """
    reader, columns = form(sheet), _Seen(sheet)
    # One text object per person in all stores; each decoded row brings a new copy of the id.
    own = {person: person for person in people}
    for row in api.rows(sheet.alias, reader.decoder):
        if columns.unseen:
            columns.note(reader, row)
        if person := own.get(reader.owner(row) or ""):
            store.put(person, reader.disown(row))
    columns.must_be_complete()
    return store


def store_changed(sheet: WantedTable, api: Api, people: Collection[str], since: str) -> tuple[RowStore, set[str]]:
    """Return the rows of the changed people, and the people whose rows must be read again with their row ids.

    These are the people that the answer lacks, and the people with two rows of the same date: without row ids it is
    unknown which of the two was entered later (sync-rules 3.3).

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
    """Remembers which of the wanted columns no row has had so far."""

    def __init__(self, sheet: WantedTable) -> None:
        self.unseen = {column.wanted for column in sheet.columns}
        self._table = sheet.wanted
        self._any = False

    def note(self, reader: RowDecoder, row: Cells) -> None:
        self._any = True
        self.unseen &= reader.missing(row)

    def must_be_complete(self) -> None:
        if self._any and self.unseen:  # a table without rows shows of no column that it is hidden
            raise restricted(f"the table {self._table}", sorted(self.unseen))
