"""The rows of one dated table, stored per person as compact bytes so that a large company fits into memory.

It knows no source and no rule; rows come back in the order in which they were stored.
"""

from __future__ import annotations

import msgspec

from bensync.errors import SourceError

_encode = msgspec.json.Encoder().encode
ROW_ID = "id"
SEAM = b"\x00"
"""Separates the parts of a person's record; JSON never contains this byte."""


class RowStore:
    """Rows of one table by person, each a line of JSON."""

    # One bytes object per person: a dictionary per row takes several times the memory.
    def __init__(self) -> None:
        self._lines: dict[str, bytes] = {}

    def put(self, person: str, row: object) -> None:
        """Append a row of a person."""
        line = _encode(row) + b"\n"
        held = self._lines.get(person)
        self._lines[person] = line if held is None else held + line

    def take(self, person: str) -> bytes:
        """Remove and return all lines of a person; empty if there are none."""
        return self._lines.pop(person, b"")


def restricted(where: str, missing: list[str]) -> SourceError:
    """Return the error for wanted columns that are absent from a whole answer (A-84)."""
    return SourceError(
        f"field_restricted: {len(missing)} wanted column(s) are absent from {where}.",
        f"Not in the answer: {', '.join(missing)}; the source may hide them, which does not mean that they are empty.",
        "Give the reader access to these fields again, or take them out of the mapping.",
    )
