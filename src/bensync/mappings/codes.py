"""Code tables: translate the source's values, and decide on a value that a table does not list (S0-05)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

import msgspec

from bensync.mappings.catalogue import FieldType, normaliser


class Unknown(StrEnum):
    """The treatment of a value that the table does not list."""

    HOLD = "hold"
    """The person is blocked until the table or HR is fixed."""
    REJECT = "reject"
    """The run is refused: the source speaks another language than the table."""
    DEFAULT = "default"
    """The default stands in for it."""


class CodeTable(msgspec.Struct, frozen=True):
    """The values of one field: the source's -> ours. An empty text of ours is no value.

    ``default`` stands in for what is not listed where ``unknown`` says so; an empty source is never looked up.
    """

    values: Mapping[str, str]
    unknown: Unknown = Unknown.HOLD
    default: str = ""


class UnlistedError(ValueError):
    """A value that the table does not list, which the error does not repeat."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__("holds a value that its code table does not list")
        self.unknown = unknown


def normalised(table: CodeTable, kind: FieldType) -> CodeTable:
    """Return the table with both sides normalized as values of this type.

    Raises:
        ValueError: an entry is not of the type, is empty on the source's side, or contradicts another one.
    """
    normalise = normaliser(kind)
    values: dict[str, str] = {}
    for theirs, ours in table.values.items():
        key = _side(normalise, theirs)
        if not key:
            raise ValueError("an empty value of the source is never looked up")
        value = _side(normalise, ours)
        # Two spellings of one value ("FT", "ft ") may both be listed, as long as they agree.
        if values.setdefault(key, value) != value:
            raise ValueError(f"{theirs!r} is listed twice, with different values")
    return CodeTable(values, table.unknown, _side(normalise, table.default))


def translator(kind: FieldType, table: CodeTable | None) -> Callable[[str], str | None]:
    """Return the normalizer of a type, followed by the look-up in a `normalised` table if there is one.

    The function raises ValueError for text that is not of the type, and UnlistedError for what is held or rejected.
    """
    normalise = normaliser(kind)
    if table is None:
        return normalise
    values = {theirs: ours or None for theirs, ours in table.values.items()}
    default = table.default or None

    def translate(raw: str) -> str | None:
        value = normalise(raw)
        # An empty source value is never translated, so a default cannot fill in a field that HR left empty.
        if value is None:
            return None
        if value in values:
            return values[value]
        if table.unknown is Unknown.DEFAULT:
            return default
        raise UnlistedError(table.unknown)

    return translate


def _side(normalise: Callable[[str], str | None], text: str) -> str:
    try:
        return normalise(text) or ""
    except ValueError as error:
        raise ValueError(f"{text!r} {error}") from None
