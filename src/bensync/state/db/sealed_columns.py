"""Sealed columns: the place and the row that each value is bound to, so that it opens nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Table

if TYPE_CHECKING:  # the resting daemon loads no cryptography
    from bensync.state.db.vault import Vault


class SealedColumn:
    """One sealed column, and the columns of its row that are part of each seal (decision 79).

    Args:
        table: where it is.
        name: its name.
        bound: the columns that distinguish the row, and those that move on when the value does; none of them may
            change unless the value is sealed anew.
        place: what stands for table and column in the seal; only columns whose values are copied share one.
    """

    def __init__(self, table: Table, name: str, *bound: str, place: str = "") -> None:
        self.table = table
        self.name = name
        self.bound = bound
        self.place = place or f"{table.name}.{name}"

    @property
    def columns(self) -> tuple[Column[Any], ...]:
        """The columns that a query must name so that `open` can open its rows."""
        return (self.table.c[self.name], *(self.table.c[name] for name in self.bound))

    def seal(self, vault: Vault, plain: bytes, row: Mapping[str, Any]) -> bytes:
        """Return a value sealed for a row with these columns."""
        return vault.seal(plain, self.place, *[row[name] for name in self.bound])

    def open(self, vault: Vault, row: Any) -> bytes:
        """Open the value of a row, or of a struct with the same names.

        Raises:
            StateError: the key does not fit, or the value was not sealed for this row.
        """
        return vault.unseal(getattr(row, self.name), self.place, *[getattr(row, name) for name in self.bound])
