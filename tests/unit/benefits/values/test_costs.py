"""Costs per deduction: the deductions of a year add up to it, and none differs by more than a cent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bensync.benefits.values.costs import spread, spread_year


@pytest.mark.parametrize(
    ("month", "count", "each", "higher"),
    [
        ("80.00", 26, "36.92", 8),
        ("80.00", 24, "40.00", 0),
        ("80.00", 12, "80.00", 0),
        ("0.01", 26, "0.00", 12),
        ("0.00", 26, "0.00", 0),
        ("80.00", 0, "0", 0),
    ],
)
def test_S2_27_a_monthly_cost_is_spread_over_the_deductions_of_a_year(month, count, each, higher):
    actual = spread(Decimal(month), count)
    assert (actual.month, actual.year) == (Decimal(month), Decimal(month) * 12)
    assert (actual.count, str(actual.each), actual.higher) == (count, each, higher)


def test_an_amount_of_a_year_has_a_monthly_amount():
    assert spread_year(Decimal("1000.00"), 26).month == Decimal("83.33")
