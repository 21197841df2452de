"""Reads whole dated tables in one request each, and keeps only what is wanted of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from bensync.connectors.bamboohr.api import Api
from bensync.connectors.bamboohr.columns import Sheet
from bensync.connectors.bamboohr.quirks import text
from bensync.connectors.rows import ROW_ID, Shelf, restricted
from bensync.core.ports import RawRow


def shelve_all(sheet: Sheet, api: Api, people: Iterable[str]) -> Shelf:
    """All rows of the given people, from the table of everybody.

    Raises:
        SourceError: the table cannot be read, or hides a wanted column.
    """
    shelf, columns = _shelf(sheet), _Seen(sheet)
    # The same text object for a person on all shelves; each row brings a new one.
    own = {person: person for person in people}
    for raw in api.rows(sheet.alias):
        columns.note(raw)
        if person := own.get(text(raw.get("employeeId")) or ""):
            shelf.put(person, columns.pick(raw))
    columns.must_be_complete()
    return shelf


def shelve_changed(sheet: Sheet, api: Api, people: Collection[str], since: str) -> tuple[Shelf, set[str]]:
    """All rows of the given changed people, and those of them whose rows must be read with their row ids.

    These are the people the answer knows nothing of, and the people with two rows of the same date: without row ids
    nobody can tell which of the two was entered later (sync-rules 3.3).

    Raises:
        SourceError: the table cannot be read, or hides a wanted column.
    """
    shelf, columns, doubtful = _shelf(sheet), _Seen(sheet), set(people)
    for person, raws in api.changed_rows(sheet.alias, since):
        believed = person in doubtful and not _is_tied(sheet, raws)
        if believed:
            doubtful.discard(person)
        for raw in raws:
            columns.note(raw)
            if believed:
                shelf.put(person, columns.pick(raw))
    columns.must_be_complete()
    return shelf, doubtful


def _shelf(sheet: Sheet) -> Shelf:
    return Shelf(tuple(column.wanted for column in sheet.columns))


def _is_tied(sheet: Sheet, rows: list[dict[str, Any]]) -> bool:
    if sheet.dated is None or all(ROW_ID in row for row in rows):
        return False
    return len({row.get(sheet.dated) for row in rows}) < len(rows)


class _Seen:
    """Picks the wanted columns out of rows, and remembers which of them it has ever seen."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._rows = 0
        self._unseen = {column.wanted: column.ask for column in sheet.columns}

    def note(self, raw: Mapping[str, Any]) -> None:
        self._rows += 1
        if self._unseen:
            self._unseen = {wanted: ask for wanted, ask in self._unseen.items() if ask not in raw}

    def pick(self, raw: Mapping[str, Any]) -> RawRow:
        row = {
            column.wanted: text(raw[column.ask], money=column.money)
            for column in self._sheet.columns
            if column.ask in raw
        }
        if ROW_ID in raw:
            row[ROW_ID] = text(raw[ROW_ID])
        return row

    def must_be_complete(self) -> None:
        if self._rows and self._unseen:
            raise restricted(f"the table {self._sheet.wanted}", sorted(self._unseen))
