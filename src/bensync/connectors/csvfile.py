"""CSV files in a folder as a source: one with a row per employee, and one for each dated table.

Commas, semicolons or tabs separate the cells; the heading shows which. The watermark is a hash of the files: while it
is the same, nobody has changed. No error quotes a value.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import hashlib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Annotated, ClassVar, TextIO

import msgspec
from pydantic import BaseModel, ConfigDict, Field, field_validator

from bensync.connectors.rows import ROW_ID, SEAM, RowStore, restricted
from bensync.core.ports import ChangeRoute, FieldSelection, PreflightFinding, Pull, RawRow, Record, routed
from bensync.core.values.employee_ids import refuse_bad_id
from bensync.errors import GuardTripped, SourceError, reported

PAGE = 500
"""People per page."""

_encode = msgspec.json.Encoder().encode
_rows: msgspec.json.Decoder[list[str]] = msgspec.json.Decoder(list[str])
_EXPORT_AGAIN = "Export the file again; nothing was planned."
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
# Invisible at the edge of a column name, and no white space for Python: zero-width characters and the byte order mark.
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"


class CsvFileSettings(BaseModel):
    """The files to read."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    folder: Annotated[Path, Field(description="folder that holds all the files")]
    employees: Annotated[str, Field(min_length=1, description="file with one row per employee")] = "employees.csv"
    tables: Annotated[dict[str, str], Field(description="name of a dated table = its file")] = {}
    id_column: Annotated[str, Field(min_length=1, description="column of the employee id in all files")] = "employee_id"
    encoding: Annotated[str, Field(description="how the files are encoded")] = "utf-8-sig"

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str) -> str:
        try:
            codecs.lookup(encoding)
        except LookupError:
            raise ValueError("is not an encoding that Python knows") from None
        return encoding


class CsvSheet(msgspec.Struct, frozen=True):
    """One file, its encoding, and its column with the employee id."""

    path: Path
    encoding: str
    id_column: str

    def read(self, columns: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the employee id and the wanted cells of each row, in the order of `_names`, if the file has them.

        Commas, semicolons or tabs may separate the cells. A row without a single value is skipped.

        Raises:
            SourceError: the file cannot be read, lacks a column, or is damaged.
        """
        lines = self._lines()
        _, heading = next(lines, (0, []))
        header = [_column_name(cell) for cell in heading]
        places = self._places(header, columns)
        cells = itemgetter(*places) if len(places) > 1 else None  # with one place it would return no tuple
        own, width = header.index(self.id_column), len(header)
        for number, row in lines:
            if len(row) != width:
                raise self._damaged(number, f"The row has {len(row)} columns, the heading has {width}.")
            person = row[own].strip()
            if not person:
                raise self._damaged(number, "The employee id is empty.")
            try:
                refuse_bad_id(person)
            except ValueError as error:
                raise self._damaged(number, f"The employee id {error}.") from None
            yield person, cells(row) if cells is not None else tuple(row[place] for place in places)

    def seal(self) -> bytes:
        """Return the SHA-256 of the whole file.

        Raises:
            SourceError: the file cannot be read.
        """
        try:
            with self.path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").digest()
        except OSError as error:
            raise self._unreadable(error) from error

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        number = 0
        try:
            with self.path.open(encoding=self.encoding, newline="") as file:
                # Strict: without it an unclosed quote swallows the rest of the file as one cell.
                lines = csv.reader(file, delimiter=self._delimiter(file), strict=True)
                for row in lines:
                    number = lines.line_num
                    # Spreadsheets leave rows of separators behind where somebody emptied the cells.
                    if any(map(str.strip, row)):
                        yield number, row
                return
        except OSError as error:
            raise self._unreadable(error) from error
        except UnicodeDecodeError:
            bad_byte = True
        except csv.Error:
            bad_byte = False
        # Raised here and without a cause, because both errors can carry a piece of the file.
        raise self._bad_byte() if bad_byte else self._damaged(number + 1, "It is cut off or wrongly quoted.")

    def _delimiter(self, file: TextIO) -> str:
        """Return the delimiter under which the heading has the column of the employee id; a comma where none does."""
        for delimiter in _DELIMITERS:
            file.seek(0)
            rows = (row for row in csv.reader(file, delimiter=delimiter, strict=True) if any(map(str.strip, row)))
            # A heading with quoted names is wrongly quoted for every other delimiter than its own.
            with contextlib.suppress(csv.Error):
                if self.id_column in map(_column_name, next(rows, ())):
                    break
        else:
            delimiter = ","
        file.seek(0)
        return delimiter

    def _places(self, header: list[str], columns: tuple[str, ...]) -> list[int]:
        if self.id_column not in header:
            raise self._without_id(header)
        if len(set(header)) < len(header):
            raise SourceError(
                f"{self.path.name} has two columns of one name.", "The heading names a column twice.", _EXPORT_AGAIN
            )
        if missing := [name for name in dict.fromkeys(columns) if name not in header]:
            raise restricted(self.path.name, missing)
        columns_present = (
            header if self.id_column != ROW_ID or ROW_ID in columns else [name for name in header if name != ROW_ID]
        )
        return [header.index(name) for name in _names(columns) if name in columns_present]

    def _without_id(self, header: list[str]) -> SourceError:
        return SourceError(
            f"The heading of {self.path.name} has no column {self.id_column}.",
            f"{len(header)} column(s) were found with {', '.join(_DELIMITERS.values())} as separators.",
            "Export the file with its heading and with commas between the cells, or set `id_column`.",
        )

    def _bad_byte(self) -> SourceError:
        # The decoder reads ahead by blocks, so its error does not know the line. Reading again finds it.
        with self.path.open(encoding=self.encoding, errors="replace", newline="") as file:
            line = next((number for number, text in enumerate(file, 1) if "\ufffd" in text), 1)
        return SourceError(
            f"{self.path.name} is damaged at line {line}.",
            f"The line holds a byte that is not encoded as {self.encoding}.",
            "Export the file again in one encoding, or set `encoding`; nothing was planned.",
        )

    def _damaged(self, line: int, why: str) -> SourceError:
        return SourceError(f"{self.path.name} is damaged at line {line} or after.", why, _EXPORT_AGAIN)

    def _unreadable(self, error: OSError) -> SourceError:
        return SourceError(
            f"{self.path.name} cannot be read.", reported(error), "Check folder, file name and permissions."
        )


class CsvFile:
    """CSV files as a source; implements :class:`bensync.core.ports.Source`."""

    Settings: ClassVar = CsvFileSettings

    def __init__(self, settings: CsvFileSettings) -> None:
        self._settings = settings

    def pull(
        self,
        wanted: FieldSelection,
        since: str | None,
        also: frozenset[str] = frozenset(),
        *,
        everybody: bool = False,
    ) -> Pull:
        """Read everybody if a file has changed since the watermark, else only those named in ``also``.

        Raises:
            SourceError: a file cannot be read or is damaged, or lacks a wanted column.
        """
        tables = {name: self._table(name) for name in wanted.tables}
        people = self._sheet(self._settings.employees)
        sheets = (people, *tables.values())
        mark = _mark(sheets)
        only = also if since == mark and not everybody else None
        # The tables are kept in memory, because their rows come in any order; the employees' file is only streamed.
        stores = {name: _stored(sheet, wanted.tables[name], only) for name, sheet in tables.items()}
        records = _records(people, wanted, stores, only)
        pages = _steady(_pages(records), sheets, mark)
        return Pull(pages=pages, total=None, deleted=(), watermark=mark, clock=_clock(sheets), everybody=only is None)

    def check(self, wanted: FieldSelection) -> Iterable[PreflightFinding]:
        """Preflight: every file, and every wanted field and table column one by one. Raises nothing."""
        yield from _findings("", lambda: self._sheet(self._settings.employees), wanted.fields)
        for name, columns in wanted.tables.items():
            yield from _findings(f"{name}.", partial(self._table, name), columns)

    @staticmethod
    def routes(wanted: FieldSelection) -> dict[str, ChangeRoute]:
        """Return that every change is found: each run reads the files whole."""
        return routed(wanted, lambda _: ChangeRoute.WHOLE_TABLE, lambda _: ChangeRoute.WHOLE_TABLE)

    def _sheet(self, name: str) -> CsvSheet:
        return CsvSheet(self._settings.folder / name, self._settings.encoding, self._settings.id_column)

    def _table(self, name: str) -> CsvSheet:
        if name not in self._settings.tables:
            raise SourceError(
                f"There is no file for the table {name}.",
                f"Known tables: {', '.join(sorted(self._settings.tables)) or 'none'}.",
                "Name its file under `tables` of the source, or take the table out of the mapping.",
            )
        return self._sheet(self._settings.tables[name])


def _clock(sheets: Iterable[CsvSheet]) -> datetime | None:
    """Return the time at which the newest file was written if that lies ahead of our clock, which is wrong then.

    A folder has no clock of its own. A time behind ours says nothing: the export may be old.
    """
    with contextlib.suppress(OSError):
        newest = datetime.fromtimestamp(max(sheet.path.stat().st_mtime for sheet in sheets), UTC)
        return newest if newest > datetime.now(UTC) else None
    return None


def _mark(sheets: Iterable[CsvSheet]) -> str:
    return "sha256:" + hashlib.sha256(b"".join(sheet.seal() for sheet in sheets)).hexdigest()


def _stored(sheet: CsvSheet, columns: tuple[str, ...], only: frozenset[str] | None) -> RowStore:
    store = RowStore()
    for person, row in sheet.read(columns):
        if only is None or person in only:
            store.put(person, row)
    return store


def _records(
    sheet: CsvSheet, wanted: FieldSelection, stores: Mapping[str, RowStore], only: frozenset[str] | None
) -> Iterator[Record]:
    """Yield everybody, or only the given people; the whole file is read and checked in both cases.

    Raises:
        SourceError: a person comes twice.
        GuardTripped: the file has no row, which looks like an accident.
    """
    seen: set[str] = set()
    names = {table: _names(columns) for table, columns in wanted.tables.items()}
    for person, row in sheet.read(wanted.fields):
        if person in seen:
            raise SourceError(
                f"{sheet.path.name} has the employee id {person} twice.",
                "An id belongs to one employee.",
                _EXPORT_AGAIN,
            )
        seen.add(person)
        if only is None or person in only:
            lines = {table: store.take(person) for table, store in stores.items()}
            # Compared as encoded bytes, before a value is opened: most people are unchanged (decision 41).
            if not wanted.is_unchanged(person, SEAM.join((_encode(row), *lines.values()))):
                values = {name: cell or None for name, cell in zip(wanted.fields, row, strict=False)}
                yield Record(person, values, {table: _open(lines[table], names[table]) for table in names})
    if not seen:
        raise GuardTripped(
            "HR shows no employees at all (source_empty).", f"{sheet.path.name} has a heading only.", _EXPORT_AGAIN
        )


def _column_name(cell: str) -> str:
    """Return the name of a column as a configuration writes it: without anything invisible at its edges."""
    return unicodedata.normalize("NFC", cell).strip().strip(_INVISIBLE).strip()


def _names(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of a row's cells: the wanted columns, then the row id."""
    # Last, so that a file without row ids has shorter rows and the same names before.
    return tuple(dict.fromkeys((*columns, ROW_ID)))


def _open(lines: bytes, names: tuple[str, ...]) -> list[RawRow]:
    rows = _rows.decode_lines(lines) if lines else ()
    return [{name: cell or None for name, cell in zip(names, row, strict=False)} for row in rows]


def _pages(records: Iterator[Record]) -> Iterator[list[Record]]:
    while page := list(islice(records, PAGE)):
        yield page


def _steady(pages: Iterator[list[Record]], sheets: tuple[CsvSheet, ...], mark: str) -> Iterator[list[Record]]:
    """Yield the same pages; raise an error at their end if a file was replaced meanwhile."""
    # At the end, because nothing is planned before the pages have ended; an export may run at any time.
    yield from pages
    if _mark(sheets) != mark:
        raise SourceError(
            "The files changed while they were read.",
            "An export was running.",
            "Run the command again when the export has finished.",
            retry=True,
        )


def _findings(prefix: str, sheet: Callable[[], CsvSheet], columns: tuple[str, ...]) -> Iterator[PreflightFinding]:
    # Column by column, so that one that is missing does not hide the others.
    for column in columns:
        try:
            next(sheet().read((column,)), None)
        except SourceError as error:
            yield PreflightFinding(prefix + column, False, str(error), error.fix)
        else:
            yield PreflightFinding(prefix + column, True, "present")
