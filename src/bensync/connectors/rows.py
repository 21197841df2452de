"""The rows of one dated table, kept per person as compact bytes so that a large company fits into memory.

It knows no source and no rule; rows come back in the order in which they were put in.
"""

from __future__ import annotations

import msgspec

from bensync.core.ports import RawRow
from bensync.errors import SourceError

_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(list[str | bool | None])
_ABSENT = False
ROW_ID = "id"


class Shelf:
    """Rows of one table by person.

    Args:
        columns: the columns to keep; a row id is kept besides where the source has one.
    """

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = tuple(dict.fromkeys((*columns, ROW_ID)))
        self._lines: dict[str, bytes] = {}

    def put(self, person: str, row: RawRow) -> None:
        """Append one row of a person."""
        line = _encode([row.get(column, _ABSENT) for column in self.columns]) + b"\n"
        self._lines[person] = self._lines.get(person, b"") + line

    def take(self, person: str) -> list[RawRow]:
        """Take all rows of a person off the shelf; an empty list when there are none."""
        lines = _decoder.decode_lines(self._lines.pop(person, b""))
        return [
            {column: cell for column, cell in zip(self.columns, line, strict=True) if not isinstance(cell, bool)}
            for line in lines
        ]


def restricted(where: str, missing: list[str]) -> SourceError:
    """The error for wanted columns that are absent from a whole answer (A-84)."""
    return SourceError(
        f"field_restricted: {len(missing)} wanted column(s) are absent from {where}",
        f"not in the answer: {', '.join(missing)}; the source may hide them, which does not mean that they are empty",
        "Give the reader access to these fields again, or take them out of the mapping.",
    )
