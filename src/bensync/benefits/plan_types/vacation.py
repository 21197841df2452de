"""Vacation plans (9x): hours that are bought out of the pay, or sold (S3-172)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from bensync.benefits.plan_types.elected import Elected
from bensync.benefits.values.costs import CENT, MONTHS


def hours_faults(elected: Elected) -> Iterator[str]:
    """Yield the codes of what is wrong with an election of vacation hours."""
    details, option = elected.entered, elected.option
    if details.hours_bought is not None and details.hours_sold is not None:
        yield "hours_bought_and_sold"
    elif details.hours_bought is None and details.hours_sold is None:
        yield "hours_missing"
    elif elected.salary is None:
        yield "salary_missing"
    for hours, most in ((details.hours_bought, option.hours_to_buy), (details.hours_sold, option.hours_to_sell)):
        if hours is not None and not (most is not None and 0 < hours <= most):
            yield "hours_out_of_range"


def hours_cost(elected: Elected, salary: Decimal) -> Decimal:
    """Return what the hours cost the employee in a month, below zero for hours that are sold.

    An hour is the yearly salary divided by the hours of a year of work.
    """
    details = elected.entered
    hours = (details.hours_bought or Decimal(0)) - (details.hours_sold or Decimal(0))
    return (hours * salary / elected.plan.hours_per_year / MONTHS).quantize(CENT, ROUND_HALF_UP)
