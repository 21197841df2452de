"""What a retention run would delete: counts, days and keys by table, with a fingerprint that binds an approval."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import msgspec

from bensync.retention.former import KeepReason
from bensync.retention.kinds import Kind

_LENGTH = 12


class DeletedRows(msgspec.Struct, frozen=True):
    """Rows of one table that one kind deletes.

    Attributes:
        kind: which kind.
        table: the name of the table.
        rows: how many.
        first: the earliest day of the rows; None where they have no day.
        last: the latest day.
        named_by: the column whose values `keys` holds, such as ``id`` or ``run_id``.
        keys: the values of that column as ranges: ``3, 7-9``.
    """

    kind: Kind
    table: str
    rows: int
    first: date | None
    last: date | None
    named_by: str
    keys: str


class RetentionPlan(msgspec.Struct, frozen=True):
    """Everything that one retention run of a site deletes.

    Attributes:
        site: the site.
        today: the UTC date that the periods are counted from.
        deleted: the rows, by kind and table.
        kept: how many former employees whose period is over are kept, by reason.
        employees: the HR employee ids of the deleted people, sorted.
        holds: how many legal holds are in force.
        shared_kept: whether records that mix people are kept because of a legal hold.
    """

    site: str
    today: date
    deleted: tuple[DeletedRows, ...] = ()
    kept: Mapping[KeepReason, int] = {}
    employees: tuple[str, ...] = ()
    holds: int = 0
    shared_kept: bool = False

    @property
    def rows(self) -> int:
        """How many rows are deleted."""
        return sum(part.rows for part in self.deleted)

    def fingerprint(self) -> str:
        """Return twelve hexadecimal digits that change with any row that is deleted, and not with the day."""
        content = msgspec.json.encode([self.site, self.deleted, self.employees])
        return hashlib.sha256(content).hexdigest()[:_LENGTH]


class Ranges:
    """Ascending numbers as ranges, in memory that does not grow with a run of consecutive ones."""

    def __init__(self) -> None:
        self._ranges: list[tuple[int, int]] = []

    def add(self, numbers: Iterable[int]) -> None:
        """Add numbers that are not below those that were added before; a repeated one counts once."""
        for number in numbers:
            if self._ranges and number <= self._ranges[-1][1] + 1:
                self._ranges[-1] = (self._ranges[-1][0], max(number, self._ranges[-1][1]))
            else:
                self._ranges.append((number, number))

    def __str__(self) -> str:
        """Return the ranges as people read them: ``3, 7-9``."""
        return ", ".join(self._texts())

    def _texts(self) -> Iterator[str]:
        for first, last in self._ranges:
            yield str(first) if first == last else f"{first}-{last}"
