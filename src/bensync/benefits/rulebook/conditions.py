"""Evaluates a rule of eligibility: returns the fields whose conditions do not hold, and works on values alone."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bensync.benefits.rulebook.tables import Condition, Eligibility


def failing_fields(rule: Eligibility, values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the fields that keep a rule from holding; none if it holds.

    Each condition of ``all`` must hold, and one of ``any`` where there are some.
    """
    missed = [condition.field for condition in rule.all if not passes(condition, values)]
    if rule.any and not any(passes(condition, values) for condition in rule.any):
        # Any of them would have been enough, so all of them are named.
        missed += [condition.field for condition in rule.any]
    return tuple(dict.fromkeys(missed))


def number(text: str) -> Decimal | None:
    """Return the number at the beginning of a text such as ``1234.50 USD``; None if there is none."""
    try:
        value = Decimal(text.partition(" ")[0])
    except InvalidOperation:
        return None
    # Decimal also reads "NaN" and "Infinity", which a text field of HR may hold and no comparison should see.
    return value if value.is_finite() else None


def passes(condition: Condition, values: Mapping[str, str]) -> bool:
    """Return whether the fact of a condition passes its tests."""
    text = values.get(condition.field)
    # A blank fact passes no other test, `none_of` included: nobody becomes eligible because HR lacks a value.
    if text is None:
        return condition.present is False
    if condition.present is False or text in condition.none_of:
        return False
    if condition.one_of and text not in condition.one_of:
        return False
    if condition.starts_with and not text.startswith(condition.starts_with):
        return False
    return _in_range(condition, text)


def _in_range(condition: Condition, text: str) -> bool:
    if condition.at_least is None and condition.below is None:
        return True
    value = number(text)
    if value is None or (condition.at_least is not None and value < condition.at_least):
        return False
    return condition.below is None or value < condition.below
