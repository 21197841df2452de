"""Costs of a coverage per deduction, month and year, such that the deductions of a year add up to it exactly."""

from __future__ import annotations

from decimal import Decimal

import msgspec

MONTHS = 12
CENT = Decimal("0.01")


class Spread(msgspec.Struct, frozen=True):
    """An amount of a year in equal deductions, of which the first ``higher`` ones are one cent more.

    Attributes:
        year: what all deductions add up to.
        month: the amount of a month.
        count: the number of deductions; 0 where none is taken.
        each: the amount of a deduction that is not one cent more.
        higher: how many are one cent more.
    """

    year: Decimal
    month: Decimal
    count: int
    each: Decimal
    higher: int


class CoverageFigures(msgspec.Struct, frozen=True):
    """The figures of a coverage that follow from its costs and from the person.

    Attributes:
        calendar: the code of the pay calendar; empty where none fits, and no deduction is known.
        employee: the costs of the employee; ``company`` those of the employer.
        contribution: what the employee puts in: the contribution of a year, or the pledge over the deductions left.
        imputed_income: of group life, taxable per month (26 CFR 1.79-3); None where the rule does not apply.
    """

    calendar: str = ""
    frequency: str = ""
    employee: Spread | None = None
    company: Spread | None = None
    contribution: Spread | None = None
    imputed_income: Decimal | None = None


def spread(month: Decimal, count: int) -> Spread:
    """Return what a monthly cost is for each of the deductions of a year."""
    return spread_year(month * MONTHS, count, month)


def spread_year(year: Decimal, count: int, month: Decimal | None = None) -> Spread:
    """Return what an amount of a year is for each of its deductions, and for a month."""
    monthly = month if month is not None else (year / MONTHS).quantize(CENT)
    if not count:
        return Spread(year, monthly, 0, Decimal(0), 0)
    # Whole cents are divided, and the rest goes one cent each to the first deductions: none differs by more.
    cents, higher = divmod(int(year / CENT), count)
    return Spread(year, monthly, count, cents * CENT, higher)
