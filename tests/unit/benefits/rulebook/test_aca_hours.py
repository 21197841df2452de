"""Who counts as full-time by the hours that were measured (26 CFR 54.4980H-3(d))."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bensync.benefits.rulebook.aca_hours import full_time
from bensync.benefits.rulebook.tables import Aca
from bensync.core.people import DatedRow

YEAR = Aca(hours="hours")
AUTUMN = Aca(hours="hours", months=6, administrative_days=60, stability_begins="10-15")


def months(hours, begin, count):
    """One row of hours at the end of each month from the given one on."""
    rows = []
    for number in range(count):
        month = begin.month - 1 + number
        rows.append(DatedRow("hours", date(begin.year + month // 12, month % 12 + 1, 28), {"hours": hours}))
    return rows


@pytest.mark.parametrize(
    ("hours", "expected"), [("130", True), ("129.99", False), ("160", True), ("0.5", False), ("", None)]
)
def test_S4_14_the_hours_of_the_year_before_decide(hours, expected):
    rows = months(hours, date(2025, 1, 1), 12)
    assert full_time(rows, date(2020, 3, 1), date(2026, 6, 10), YEAR) is expected


def test_hours_outside_of_the_measurement_period_do_not_count():
    rows = [
        *months("500", date(2024, 1, 1), 12),
        *months("100", date(2025, 1, 1), 12),
        *months("500", date(2026, 1, 1), 5),
    ]
    assert full_time(rows, date(2020, 3, 1), date(2026, 6, 10), YEAR) is False
    assert full_time(rows, None, date(2025, 12, 31), YEAR) is True


def test_days_for_administration_lie_between_the_measurement_and_what_it_decides():
    # The stability period begins on 15 October 2025, so that 16 February to 15 August 2025 are measured.
    inside = [DatedRow("hours", day, {"hours": "390"}) for day in (date(2025, 2, 16), date(2025, 8, 15))]
    outside = [DatedRow("hours", day, {"hours": "390"}) for day in (date(2025, 2, 15), date(2025, 8, 16))]
    assert full_time(inside, date(2020, 1, 1), date(2026, 6, 10), AUTUMN) is True
    assert full_time(outside, date(2020, 1, 1), date(2026, 6, 10), AUTUMN) is None


@pytest.mark.parametrize(
    ("hired", "on", "expected"),
    [
        pytest.param(date(2025, 5, 2), date(2026, 5, 31), None, id="first period not over"),
        pytest.param(date(2025, 5, 2), date(2026, 6, 1), True, id="measured from the next month on"),
        pytest.param(date(2025, 6, 1), date(2026, 6, 1), True, id="hired on a first"),
        pytest.param(date(2025, 1, 1), date(2026, 1, 1), True, id="the standard period covers all"),
    ],
)
def test_somebody_hired_within_the_standard_period_is_measured_on_their_own(hired, on, expected):
    rows = months("140", date(2025, 1, 1), 24)
    assert full_time(rows, hired, on, YEAR) is expected


@given(
    hours=st.lists(st.decimals(0, 300, places=2), min_size=12, max_size=12),
    more=st.decimals("0.01", 50, places=2),
)
def test_more_hours_never_make_anybody_less_than_full_time(hours, more):
    rows = [DatedRow("hours", date(2025, month + 1, 5), {"hours": str(entry)}) for month, entry in enumerate(hours)]
    again = [*rows, DatedRow("hours", date(2025, 6, 6), {"hours": str(more)})]
    fewer, richer = (full_time(listed, None, date(2026, 1, 1), YEAR) for listed in (rows, again))
    assert fewer is (sum(hours) >= Decimal(1560)) or fewer is None
    assert richer or not fewer
