"""Writes profiles as the lines of a file and reads them back; the same rows give the same bytes (sync-rules 3.15)."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import repeat

import msgspec

from bensync.core.people import DatedRow, Profile, Status
from bensync.mappings import presets

FIXED = ("EMPLOYEE_ID", "STATUS", "STATUS_DATE", "LEFT_DATE")
"""The columns that every file begins with."""
# The file is sealed while it is rendered: one page is all the plain text that memory holds at a time.
_ROWS_PER_PAGE = 1000


class Layout(msgspec.Struct, frozen=True):
    """The columns of a file: its version, (field, column name) in order, and whether it carries dated rows too."""

    version: str
    columns: tuple[tuple[str, str], ...]
    dated_rows: bool = False


class Header(msgspec.Struct, frozen=True):
    """The first line of a file; ``previous`` is the SHA-256 of the sealed file before it, empty for the first file."""

    layout: str
    site: str
    kind: str
    sequence: int
    created: datetime
    as_of: date
    previous: str = ""


class Unreadable(ValueError):
    """A file fails a check. The text says which one, and holds nothing of the file's content."""


class Parsed(msgspec.Struct, frozen=True):
    """A file that was read back whole."""

    header: Header
    profiles: tuple[Profile, ...]


def load(preset: str, synced: Sequence[str], *, dated_rows: bool = False) -> Layout:
    """Return the layout of a preset for the fields that a site maps.

    Args:
        preset: its name.
        synced: the mapped fields; those without a column in the preset follow at the end, in upper case.
        dated_rows: whether the file carries the history of dated rows too.
    """
    content = presets.load(preset)
    named: Mapping[str, str] = content["columns"]
    listed = [(field, column) for field, column in named.items() if field in synced]
    added = [(field, field.upper()) for field in synced if field not in named]
    return Layout(content["version"], (*listed, *added), dated_rows)


def render(layout: Layout, header: Header, profiles: Iterable[Profile]) -> Iterator[bytes]:
    """Yield the bytes of a file, a page at a time: lines H, C, one E per profile (its D rows behind it), T.

    T holds the number of profiles and the SHA-256 of all lines before it.
    """
    fields = [field for field, _ in layout.columns]
    digest = hashlib.sha256()
    count = 0
    opening = _lines([_header(header), ["C", *FIXED, *(column for _, column in layout.columns)]])
    digest.update(opening)
    yield opening
    page: list[list[str]] = []
    for profile in profiles:
        count += 1
        page.extend(_employee(fields, profile, dated_rows=layout.dated_rows))
        if len(page) >= _ROWS_PER_PAGE:
            lines = _lines(page)
            digest.update(lines)
            yield lines
            page = []
    lines = _lines(page)
    digest.update(lines)
    yield lines + _lines([["T", str(count), digest.hexdigest()]])


def parse(layout: Layout, content: bytes) -> Parsed:
    """Read a file back and check it whole: layout, columns, count and hash.

    Raises:
        Unreadable: it fails a check; nothing of it may be applied then (sync-rules 3.15).
    """
    try:
        return _parse(layout, content)
    except Unreadable:
        raise
    except (csv.Error, IndexError, ValueError) as error:
        # These errors may quote what they could not read; the text of Unreadable holds none of it.
        raise Unreadable("A line is broken, or cut short.") from error


def columns(content: bytes) -> list[str]:
    """Return the columns of a file behind the fixed ones, as its second line names them.

    Raises:
        Unreadable: it has no such line.
    """
    lines = csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8", newline=""), strict=True)
    try:
        _, row = next(lines), next(lines)
    except (StopIteration, csv.Error, ValueError) as error:
        raise Unreadable("The file lacks its header or its columns.") from error
    if row[: 1 + len(FIXED)] != ["C", *FIXED]:
        raise Unreadable("The file has another layout.")
    return row[1 + len(FIXED) :]


def _parse(layout: Layout, content: bytes) -> Parsed:
    # strict: a stray quotation mark must refuse the file, not move values into other columns.
    rows = list(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))
    if len(rows) < 3 or rows[0][:1] != ["H"] or rows[1][:1] != ["C"] or rows[-1][:1] != ["T"]:
        raise Unreadable("The file lacks its header, its columns or its trailer.")
    header = _read_header(rows[0])
    if header.layout != layout.version or rows[1][1:] != [*FIXED, *(column for _, column in layout.columns)]:
        raise Unreadable("The file has another layout.")
    profiles = _read_profiles(layout, rows[2:-1])
    # The last such line: a quoted value may hold the same bytes earlier in the file.
    body = content[: content.rindex(b"\r\nT,") + 2]
    if rows[-1][1:] != [str(len(profiles)), hashlib.sha256(body).hexdigest()]:
        raise Unreadable("The trailer's count or hash does not fit the lines before it.")
    return Parsed(header, tuple(profiles))


def _header(header: Header) -> list[str]:
    created = header.created.isoformat().replace("+00:00", "Z")
    fixed = [header.layout, header.site, header.kind, str(header.sequence)]
    return ["H", *fixed, created, header.as_of.isoformat(), header.previous]


def _read_header(row: Sequence[str]) -> Header:
    layout, site, kind, sequence, created, as_of, previous = row[1:]
    return Header(
        layout, site, kind, int(sequence), datetime.fromisoformat(created), date.fromisoformat(as_of), previous
    )


def _employee(fields: Sequence[str], profile: Profile, *, dated_rows: bool) -> Iterator[list[str]]:
    # In C from end to end: a full file has a few million cells.
    cells = map(profile.values.get, fields, repeat(""))
    left = profile.left_date.isoformat() if profile.left_date else ""
    fixed = [profile.employee_id, profile.status.value, profile.status_date.isoformat(), left]
    yield ["E", *fixed, *cells]
    if dated_rows:
        for row in profile.rows:
            pairs = [text for pair in row.values.items() for text in pair]
            yield ["D", profile.employee_id, row.table, row.date.isoformat(), *pairs]


def _read_profiles(layout: Layout, rows: Sequence[Sequence[str]]) -> list[Profile]:
    profiles: list[Profile] = []
    history: list[list[DatedRow]] = []
    for row in rows:
        if row[0] == "E":
            # An empty cell is no value at all (sync-rules 3.14); strict refuses a row with a cell too many or too few.
            texts = zip(layout.columns, row[5:], strict=True)
            values = {field: text for (field, _), text in texts if text}
            left = date.fromisoformat(row[4]) if row[4] else None
            profiles.append(Profile(row[1], Status(row[2]), date.fromisoformat(row[3]), values, (), left))
            history.append([])
        # A dated row belongs to the employee right before it; elsewhere it might be given to somebody else.
        elif row[0] == "D" and profiles and profiles[-1].employee_id == row[1]:
            pairs = dict(zip(row[4::2], row[5::2], strict=True))
            history[-1].append(DatedRow(row[2], date.fromisoformat(row[3]), pairs))
        else:
            raise Unreadable("A line stands where it has no place.")
    return [
        msgspec.structs.replace(profile, rows=tuple(dated)) for profile, dated in zip(profiles, history, strict=True)
    ]


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    # CRLF as in RFC 4180.
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8")
