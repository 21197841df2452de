"""Decodes only the wanted cells of the rows of one answer, and turns them into text only when they are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from bensync.connectors.bamboohr.columns import WantedColumn
from bensync.connectors.bamboohr.value_formats import EMPTY, text
from bensync.core.ports import RawRow

Cells = msgspec.Struct
"""A row of an answer: one attribute for each wanted key, UNSET if the answer lacks the key."""


class RowDecoder:
    """Decodes rows with these wanted columns.

    Args:
        columns: the wanted columns, each with its key in this answer.
        owner: the key of the person's id.
    """

    def __init__(self, columns: Iterable[tuple[WantedColumn, str]], owner: str) -> None:
        named = list(columns)
        keys = tuple(dict.fromkeys((*(key for _, key in named), owner)))
        self.type = _cells(keys)
        self.decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(self.type, float_hook=str)
        self._owner = f"cell{keys.index(owner)}"
        self._kept = any(key == owner for _, key in named)
        self._names = [column.wanted for column, _ in named]
        self._places = [keys.index(key) for _, key in named]
        # True unless two wanted names share a key; then the cells can be cut instead of picked one by one.
        self._straight = self._places == list(range(len(named)))
        self._money = [number for number, (column, _) in enumerate(named) if column.money]

    def owner(self, row: Cells) -> str | None:
        """Return the id of the person of a row."""
        owner = getattr(row, self._owner)
        return owner if type(owner) is str and owner not in EMPTY else _present(owner)

    def disown(self, row: Cells) -> Cells:
        """Return the row without its person's id, unless that is wanted: stored rows are stored by that id already."""
        if not self._kept:
            setattr(row, self._owner, msgspec.UNSET)
        return row

    def missing(self, row: Cells) -> set[str]:
        """Return the wanted columns that a row lacks."""
        cells = msgspec.structs.astuple(row)
        return {name for name, place in zip(self._names, self._places, strict=True) if cells[place] is msgspec.UNSET}

    def open(self, row: Cells) -> dict[str, str | None]:
        """Return the wanted cells as text, without the ones that the answer lacked."""
        cells: Sequence[Any] = msgspec.structs.astuple(row)
        cells = cells[: len(self._names)] if self._straight else [cells[place] for place in self._places]
        # Nearly every cell is a text or null, and is settled here without a call: this runs for each cell of a pull.
        texts = [
            (None if cell in EMPTY else cell) if type(cell) is str else None if cell is None else _present(cell)
            for cell in cells
        ]
        for number in self._money:
            texts[number] = _present(cells[number], money=True)
        texts_by_name = dict(zip(self._names, texts, strict=True))
        if msgspec.UNSET in cells:
            lacked = {name for name, cell in zip(self._names, cells, strict=True) if cell is msgspec.UNSET}
            return {name: value for name, value in texts_by_name.items() if name not in lacked}
        return texts_by_name

    def open_lines(self, lines: bytes) -> list[RawRow]:
        """Return the rows of a store."""
        return [self.open(row) for row in self.decoder.decode_lines(lines)] if lines else []


def agreed(decoder: RowDecoder, first_row: Cells, second_row: Cells) -> Cells:
    """Return a row with the values on which two rows of one person agree; the others are UNSET."""
    both = zip(msgspec.structs.astuple(first_row), msgspec.structs.astuple(second_row), strict=True)
    return decoder.type(*(first if first == second else msgspec.UNSET for first, second in both))


def _present(cell: Any, *, money: bool = False) -> str | None:
    return None if cell is msgspec.UNSET else text(cell, money=money)


@lru_cache(maxsize=64)
def _cells(keys: tuple[str, ...]) -> type[Cells]:
    # Numbered attributes, renamed in JSON: keys such as "4020.1" are no Python names. gc=False: rows form no cycles,
    # and the collector would go through all of them again and again.
    names = [f"cell{number}" for number in range(len(keys))]
    fields = [(name, Any, msgspec.UNSET) for name in names]
    return msgspec.defstruct("Cells", fields, rename=dict(zip(names, keys, strict=True)), gc=False)
