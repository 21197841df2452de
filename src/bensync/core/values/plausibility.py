"""Values that cannot be, or hardly: one table of rules (sync-rules 3.16).

A rule blocks the person, or it marks the request with a warning. No text of a rule holds a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

import msgspec

from bensync.core.changes import Issue, IssueCode
from bensync.core.people import Employee, Values
from bensync.core.requests import WarningCode

HIRES = ("hire_date", "original_hire_date", "rehire_date")

_YEAR = 365.25  # days
_EVER_SINCE = 80  # years that a working life can reach back
_OLDEST, _YOUNGEST = 110, 14  # years of age
_HIRED_AHEAD, _ENDED_AHEAD = 2, 5  # years that HR plans ahead
ROW_TEXT = f"is dated more than {_EVER_SINCE} years ago or {_ENDED_AHEAD} years ahead"
"""What is wrong with a dated row, to stand behind its name."""
_POSTAL_CODE = re.compile(r"\d{5}(-?\d{4})?", re.ASCII)
_AMERICAN = frozenset({"US", "USA", "U.S.", "U.S.A.", "UNITED STATES", "UNITED STATES OF AMERICA"})
# Numbers that can exist, so they may be somebody's; in most cases they were typed because a form asked for a number.
_TYPED_SSNS = frozenset({"012345678", "111223333", "112233445", "121212121", "123121234", "123123123"})


class Verdict(StrEnum):
    """The consequence of a rule."""

    BLOCK = "block"
    """The issue `value_implausible` blocks the person."""
    HIGH = "high"
    """The request has a warning and is of high risk."""
    WARN = "warn"
    """The request has a warning."""


class Bounds(msgspec.Struct, frozen=True):
    """The limits on one day, as ISO dates, which sort as text."""

    today: str
    oldest_birth: str
    oldest_work: str
    latest_hire: str
    latest_end: str


class PlausibilityRule(msgspec.Struct, frozen=True):
    """One rule of the table.

    Attributes:
        verdict: the consequence.
        fields: the fields that it looks at.
        text: what is wrong, to stand behind the name of a field.
        finds: returns the field that breaks the rule, or None.
        warning: the warning of the request; None if the rule blocks.
    """

    verdict: Verdict
    fields: tuple[str, ...]
    text: str
    finds: Callable[[Values, Bounds], str | None]
    warning: WarningCode | None = None


def check_plausible(employee: Employee, as_of: date) -> Issue | None:
    """Return an issue if a value of an employee cannot be true, or a dated row lies in another age; otherwise None."""
    bounds = bounds_on(as_of)
    for rule in _BLOCKING:
        field = rule.finds(employee.values, bounds)
        if field is not None:
            return Issue(employee.id, IssueCode.VALUE_IMPLAUSIBLE, f"{field} {rule.text}")
    for row in employee.rows:
        if not bounds.oldest_work <= row.date.isoformat() <= bounds.latest_end:
            return Issue(employee.id, IssueCode.VALUE_IMPLAUSIBLE, f"a row of table {row.table} {ROW_TEXT}")
    return None


def broken_rules(values: Values, fields: Collection[str], as_of: date) -> Iterator[PlausibilityRule]:
    """Yield the rules that values break, of those that look at one of these fields."""
    bounds = bounds_on(as_of)
    for rule in RULES:
        if not set(rule.fields).isdisjoint(fields) and rule.finds(values, bounds) is not None:
            yield rule


def wrong_event_day(values: Values, on: date, as_of: date) -> str:
    """Return what is wrong with the date of an event in the life of a person; empty for a date that can be true."""
    bounds, day = bounds_on(as_of), on.isoformat()
    if not bounds.oldest_work <= day <= bounds.latest_end:
        return f"is more than {_EVER_SINCE} years ago or {_ENDED_AHEAD} years ahead"
    # Without an employment there was no coverage that the event could change.
    return "is before the first hire date" if day < min((hired for _, hired in _hires(values)), default="") else ""


def ends_on_hire(values: Values) -> bool:
    """Return whether the termination date is the hire date, as a mapping of one source field to both makes it."""
    ended = values.get("termination_date")
    return ended is not None and ended == values.get("hire_date")


@lru_cache(16)
def bounds_on(as_of: date) -> Bounds:
    """Return the limits on one day."""
    return Bounds(
        as_of.isoformat(),
        _years(as_of, -_OLDEST),
        _years(as_of, -_EVER_SINCE),
        _years(as_of, _HIRED_AHEAD),
        _years(as_of, _ENDED_AHEAD),
    )


def _years(day: date, years: int) -> str:
    return (day + timedelta(days=years * _YEAR)).isoformat()


def _hires(values: Values) -> list[tuple[str, str]]:
    return [(name, values[name]) for name in HIRES if name in values]


def _born_later(values: Values, bounds: Bounds) -> str | None:
    return "birth_date" if values.get("birth_date", "") > bounds.today else None


def _born_long_ago(values: Values, bounds: Bounds) -> str | None:
    return "birth_date" if values.get("birth_date", bounds.today) < bounds.oldest_birth else None


def _worked_long_ago(values: Values, bounds: Bounds) -> str | None:
    ended = values.get("termination_date")
    days = [*_hires(values), *([("termination_date", ended)] if ended else [])]
    return next((name for name, day in days if day < bounds.oldest_work), None)


def _hired_far_ahead(values: Values, bounds: Bounds) -> str | None:
    return next((name for name, day in _hires(values) if day > bounds.latest_hire), None)


def _ended_far_ahead(values: Values, bounds: Bounds) -> str | None:
    return "termination_date" if values.get("termination_date", "") > bounds.latest_end else None


def _hired_before_birth(values: Values, _: Bounds) -> str | None:
    born = values.get("birth_date", "")
    return next((name for name, day in _hires(values) if day <= born), None)


def _hired_as_a_child(values: Values, _: Bounds) -> str | None:
    born = values.get("birth_date")
    if born is None:
        return None
    grown = f"{int(born[:4]) + _YOUNGEST:04}{born[4:]}"
    return next((name for name, day in _hires(values) if day < grown), None)


def _ended_before_hire(values: Values, _: Bounds) -> str | None:
    ended = values.get("termination_date")
    days = [day for _, day in _hires(values)]
    return "termination_date" if ended is not None and days and ended < min(days) else None


def _ended_on_hire(values: Values, _: Bounds) -> str | None:
    return "termination_date" if ends_on_hire(values) else None


def _paid_less_than_nothing(values: Values, _: Bounds) -> str | None:
    return "pay_rate" if values.get("pay_rate", "").startswith("-") else None


def _unknown_postal_code(values: Values, _: Bounds) -> str | None:
    code, country = values.get("postal_code"), values.get("country", "").upper()
    if code is None or _POSTAL_CODE.fullmatch(code):
        return None
    # Without a country, a code with letters is not American.
    return "postal_code" if country in _AMERICAN or (not country and code.isdecimal()) else None


def _typed_ssn(values: Values, _: Bounds) -> str | None:
    return "ssn" if values.get("ssn") in _TYPED_SSNS else None


RULES = (
    PlausibilityRule(Verdict.BLOCK, ("birth_date",), "lies in the future", _born_later),
    PlausibilityRule(Verdict.BLOCK, ("birth_date",), f"is more than {_OLDEST} years ago", _born_long_ago),
    PlausibilityRule(
        Verdict.BLOCK, (*HIRES, "termination_date"), f"is more than {_EVER_SINCE} years ago", _worked_long_ago
    ),
    PlausibilityRule(Verdict.BLOCK, HIRES, f"is more than {_HIRED_AHEAD} years ahead", _hired_far_ahead),
    PlausibilityRule(
        Verdict.BLOCK, ("termination_date",), f"is more than {_ENDED_AHEAD} years ahead", _ended_far_ahead
    ),
    PlausibilityRule(Verdict.BLOCK, (*HIRES, "birth_date"), "is not after the birth date", _hired_before_birth),
    PlausibilityRule(
        Verdict.HIGH,
        (*HIRES, "birth_date"),
        f"is before the age of {_YOUNGEST}",
        _hired_as_a_child,
        WarningCode.HIRED_AS_A_CHILD,
    ),
    PlausibilityRule(
        Verdict.WARN,
        ("termination_date", "hire_date"),
        "is the hire date",
        _ended_on_hire,
        WarningCode.ENDED_ON_HIRE,
    ),
    PlausibilityRule(Verdict.HIGH, ("pay_rate",), "is negative", _paid_less_than_nothing, WarningCode.NEGATIVE_PAY),
    PlausibilityRule(Verdict.HIGH, ("ssn",), "looks like a placeholder", _typed_ssn, WarningCode.PLACEHOLDER_SSN),
    PlausibilityRule(
        Verdict.WARN,
        ("termination_date", *HIRES),
        "is before the first hire date",
        _ended_before_hire,
        WarningCode.ENDED_BEFORE_HIRE,
    ),
    PlausibilityRule(
        Verdict.WARN,
        ("postal_code", "country"),
        "is not a US postal code of five or nine digits",
        _unknown_postal_code,
        WarningCode.POSTAL_CODE,
    ),
)
"""Every rule; of the rules that block, the first one that is broken names the issue."""

_BLOCKING = tuple(rule for rule in RULES if rule.verdict is Verdict.BLOCK)
