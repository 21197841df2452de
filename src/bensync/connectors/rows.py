"""The rows of one dated table, kept per person as compact bytes so that a large company fits into memory.

It knows no source and no rule; rows come back in the order in which they were put in.
"""

from __future__ import annotations

import msgspec

from bensync.errors import SourceError

_encode = msgspec.json.Encoder().encode
ROW_ID = "id"
SEAM = b"\x00"
"""Between two parts of what a source says of a person; JSON holds no such byte."""


class RowStore:
    """Rows of one table by person, each a line of JSON."""

    def __init__(self) -> None:
        self._lines: dict[str, bytes] = {}

    def put(self, person: str, row: object) -> None:
        """Append one row of a person."""
        line = _encode(row) + b"\n"
        held = self._lines.get(person)
        self._lines[person] = line if held is None else held + line

    def take(self, person: str) -> bytes:
        """Take all lines of a person off the shelf; empty when there are none."""
        return self._lines.pop(person, b"")


def restricted(where: str, missing: list[str]) -> SourceError:
    """The error for wanted columns that are absent from a whole answer (A-84)."""
    return SourceError(
        f"field_restricted: {len(missing)} wanted column(s) are absent from {where}",
        f"not in the answer: {', '.join(missing)}; the source may hide them, which does not mean that they are empty",
        "Give the reader access to these fields again, or take them out of the mapping.",
    )
