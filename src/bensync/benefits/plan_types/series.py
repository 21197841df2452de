"""The rules of each series of plan types, by the first digit of their code: the details they take, and their faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from bensync.benefits.plan_types.elected import Elected
from bensync.benefits.plan_types.savings import percent_faults, savings_faults
from bensync.benefits.plan_types.spending_accounts import pledge_faults
from bensync.benefits.plan_types.vacation import hours_cost, hours_faults
from bensync.benefits.rulebook.rules import pay_calendar
from bensync.benefits.values.enrollments import Terms

HEALTH, LIFE, SAVINGS, ACCOUNTS, PENSION, VACATION = "124689"
"""The first digits of the codes of plan types (S3-166)."""

TAKEN: Mapping[str, frozenset[str]] = {
    HEALTH: frozenset({"provider", "previously_seen"}),
    LIFE: frozenset(),
    SAVINGS: frozenset({"percent", "after_tax", "after_tax_percent", "rollover", "funds"}),
    ACCOUNTS: frozenset({"per_deduction"}),
    PENSION: frozenset({"percent"}),
    VACATION: frozenset({"hours_bought", "hours_sold"}),
}
"""The details that the elections of each series take; those of a type without a code take none."""


def series(elected: Elected) -> str:
    """Return the first digit of the code of the plan type; empty without a code."""
    return elected.book.type_code(elected.plan.type)[:1]


def detail_faults(elected: Elected) -> Iterator[tuple[str, str]]:
    """Yield code and detail of everything that is wrong with what was entered besides the option."""
    digit = series(elected)
    taken = TAKEN.get(digit, frozenset())
    for name in elected.entered.given:
        if name not in taken:
            yield "detail_not_taken", name
    for code in _faults(digit, elected):
        yield code, ""


def _faults(digit: str, elected: Elected) -> Iterator[str]:
    if digit == HEALTH and elected.plan.provider and not elected.entered.provider:
        yield "provider_missing"
    if digit == SAVINGS:
        yield from savings_faults(elected)
    if digit == ACCOUNTS:
        yield from pledge_faults(elected, pay_calendar(elected.plan, elected.facts, elected.book))
    if digit == PENSION:
        yield from _pension_faults(elected)
    if digit == VACATION:
        yield from hours_faults(elected)


def _pension_faults(elected: Elected) -> Iterator[str]:
    """Yield what is wrong with a voluntary contribution to a pension, which the option must allow (S3-171)."""
    if not elected.option.voluntary and (elected.contribution is not None or elected.entered.percent is not None):
        yield "voluntary_not_offered"
    yield from percent_faults(elected)


def detailed(terms: Terms, elected: Elected) -> Terms | None:
    """Return terms with the contribution and the details of an election, and with the costs that follow from them.

    None if the costs need a salary that is not known.
    """
    details = elected.details if elected.entered.given else None
    new = msgspec.structs.replace(terms, contribution=elected.contribution, details=details)
    if series(elected) != VACATION:
        return new
    salary = elected.salary
    return None if salary is None else msgspec.structs.replace(new, employee=hours_cost(elected, salary))
