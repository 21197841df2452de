"""Flexible spending accounts (6x): the pledge of a year, its limit by law, and the worksheet of deductions (S3-170)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from bensync.benefits.plan_types.elected import Elected
from bensync.benefits.rulebook.pay_calendars import PayCalendar
from bensync.benefits.values.costs import CENT, Spread, spread_year


def pledge_faults(elected: Elected, calendar: PayCalendar | None) -> Iterator[str]:
    """Yield the codes of what is wrong with an election of a spending account; the calendar is that of its plan."""
    pledge, each = elected.contribution, elected.entered.per_deduction
    if pledge is None:
        yield "pledge_missing"
        return
    limit = elected.legal_limit
    if limit is not None and pledge > limit:
        yield "pledge_over_limit"
    if each is None:
        # Where no payroll divides the pledge, the statement must say what is taken from each pay.
        if not elected.book.payroll:
            yield "deduction_missing"
    elif calendar and each * len(deductions_left(calendar, elected.plan_year, elected.deduction_begin)) > pledge:
        yield "deduction_over_pledge"


def deductions_left(calendar: PayCalendar, plan_year: date, begin: date) -> Sequence[date]:
    """Return the deductions of a plan year that are left from a day on."""
    return [day for day in calendar.deduction_dates(plan_year) if day >= begin]


def worksheet(
    pledge: Decimal, calendar: PayCalendar, plan_year: date, begin: date, each: Decimal | None = None
) -> Spread:
    """Return what a pledge takes from each of the deductions that are left of its plan year, and from a month.

    Args:
        pledge: the amount of the year.
        calendar: the pay calendar of the plan.
        plan_year: its first day.
        begin: the first day of deductions.
        each: what is taken instead of equal parts.
    """
    dates = deductions_left(calendar, plan_year, begin)
    months = len({(day.year, day.month) for day in dates})
    equal = spread_year(pledge, len(dates), (pledge / months).quantize(CENT) if months else Decimal(0))
    if each is None:
        return equal
    taken = each * len(dates)
    monthly = (taken / months).quantize(CENT) if months else Decimal(0)
    return Spread(taken, monthly, len(dates), each, 0)
