"""Paging: which page of a list an address names."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bensync.core.values.limits import HIGHEST_PAGE, PAGE_SIZE


class Paging(msgspec.Struct, frozen=True):
    """One page of a list: its number, from 1, and how many rows it shows."""

    number: int = 1
    size: int = PAGE_SIZE

    @property
    def rows(self) -> slice:
        """The rows of this page in a list that holds all of them."""
        return slice((self.number - 1) * self.size, self.number * self.size)


def paging(query: Mapping[str, str], size: int = PAGE_SIZE) -> Paging:
    """Return the page that the query of an address names; the first one where the number makes no sense."""
    text = query.get("page", "1")
    number = int(text) if text.isdecimal() and 0 < len(text) < 8 else 1
    return Paging(min(max(number, 1), HIGHEST_PAGE), size)
