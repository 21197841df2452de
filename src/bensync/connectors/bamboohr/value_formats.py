"""Turns BambooHR's ways of writing a value into text, or None for empty. It validates nothing and trims nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

EMPTY = frozenset({"", "0000-00-00"})
"""Texts that mean an empty value; the date is BambooHR's zero date, as for people who were never terminated."""
_USUAL = re.compile(r"(?:0|[1-9]\d{0,11})\.\d\d [A-Z]{3}", re.ASCII)
_MONEY = re.compile(r"\s*(?P<number>-?[\d,]+(?:\.\d+)?|)\s*(?P<currency>[A-Z]{3})?\s*", re.ASCII)


def text(value: Any, *, money: bool = False) -> str | None:
    """Return a value of an answer as text, None for empty.

    Args:
        value: decoded JSON, with fractional numbers as the text that was sent.
        money: whether the column has the type currency: at least two decimals, then the currency.
    """
    if isinstance(value, str):
        if value in EMPTY:
            return None
        return _money(value) if money else value
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return _unwrap(value, money=money)
    if isinstance(value, list):
        return ", ".join(part for part in map(text, value) if part) or None
    return _money(str(value)) if money else str(value)


def rows_of(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table answer, also if they come one level deeper than documented, or not at all."""
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from rows_of(part)


def _unwrap(value: dict[str, Any], *, money: bool) -> str | None:
    # Tables write an amount as {"value", "currency"}, reports write the same one as "75000.00 USD".
    if "value" not in value:
        return msgspec.json.encode(value).decode()
    if "currency" not in value:
        return text(value["value"], money=money)
    number, currency = text(value["value"]), text(value["currency"])
    return _money(f"{number or ''} {currency or ''}")


def _money(written: str) -> str | None:
    """Return ``75000.00 USD`` for ``75000 USD``, None for `` USD``, and a text that is not an amount unchanged."""
    # One form for both endpoints: otherwise an amount read from the other one would look like a change.
    if _USUAL.fullmatch(written):
        return written
    match = _MONEY.fullmatch(written)
    if match is None:
        return written
    if not match["number"]:
        return None
    try:
        number = Decimal(match["number"].replace(",", ""))
    except InvalidOperation:
        return written
    decimals = max(2, -int(number.normalize().as_tuple().exponent))
    return f"{number:.{decimals}f} {match['currency'] or ''}".rstrip()
