"""Figures of the law: limits by year, and imputed income of group life insurance over 50,000."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bensync.benefits.rulebook.law import imputed_income, law

BANDS = {24: "0.05", 25: "0.06", 30: "0.08", 35: "0.09", 40: "0.10", 45: "0.15", 50: "0.23", 55: "0.43", 60: "0.66",
         65: "1.27", 70: "2.06", 99: "2.06"}  # fmt: skip
"""Table I of 26 CFR 1.79-3(d)(2): age at the end of the year -> cost of a month for each 1,000."""


@pytest.mark.parametrize(("age", "cost"), BANDS.items())
def test_the_cost_of_the_first_thousand_over_the_exclusion_is_that_of_table_I(age, cost):
    assert imputed_income(Decimal(51000), Decimal(0), date(2026 - age, 12, 31), 2026) == Decimal(cost)


def test_the_age_is_that_of_the_last_day_of_the_year():
    born = date(1986, 12, 31)
    assert imputed_income(Decimal(150000), Decimal(0), born, 2025) == Decimal("9.00")
    assert imputed_income(Decimal(150000), Decimal(0), born, 2026) == Decimal("10.00")


@pytest.mark.parametrize(
    ("insured", "paid", "income"),
    [("50000", "0", "0.00"), ("20000", "0", "0.00"), ("150000", "4", "6.00"), ("150000", "40", "0.00")],
)
def test_the_exclusion_and_what_the_employee_pays_lower_the_income_to_nothing_at_the_least(insured, paid, income):
    assert imputed_income(Decimal(insured), Decimal(paid), date(1984, 2, 29), 2026) == Decimal(income)


def test_a_year_before_the_table_takes_the_first_one():
    assert imputed_income(Decimal(51000), Decimal(0), date(1960, 1, 1), 1990) == Decimal("0.08")


@pytest.mark.parametrize(
    ("name", "year", "limit"),
    [
        ("health_fsa", 2026, "3400"),
        ("health_fsa", 2031, "3400"),
        ("dependent_care_fsa", 2025, "5000"),
        ("dependent_care_fsa", 2026, "7500"),
        ("health_fsa", 2023, None),
    ],
)
def test_S3_170_a_limit_of_the_law_is_that_of_its_year(name, year, limit):
    assert law().limit(name, year) == (Decimal(limit) if limit else None)


def test_a_limit_that_the_law_does_not_have_is_unknown():
    with pytest.raises(KeyError):
        law().limit("wine", 2026)
