"""Arithmetic of coverage dates (S2-20)."""

from __future__ import annotations

from datetime import date

import pytest

from bensync.benefits.values.calendar import (
    Begin,
    Stop,
    capped,
    end_of_month,
    first_day,
    full_months,
    full_years,
    last_day,
    plus,
)
from tests.unit.builders import day


@pytest.mark.parametrize(
    ("base", "event", "months", "days", "begins"),
    [
        (Begin.EVENT_DATE, "06-10", 0, 0, "06-10"),
        (Begin.NEXT_DAY, "06-30", 0, 0, "07-01"),
        (Begin.FIRST_OF_MONTH, "06-10", 0, 0, "07-01"),
        (Begin.FIRST_OF_MONTH, "06-01", 0, 0, "06-01"),
        (Begin.FIRST_OF_NEXT_MONTH, "06-01", 0, 0, "07-01"),
        (Begin.FIRST_OF_NEXT_MONTH, "12-31", 0, 0, "2027-01-01"),
        (Begin.FIRST_OF_MONTH, "06-10", 0, 60, "09-01"),
        (Begin.FIRST_OF_NEXT_MONTH, "08-15", 1, 0, "10-01"),
        (Begin.EVENT_DATE, "01-31", 1, 0, "02-28"),
        (Begin.EVENT_DATE, "01-31", 1, 1, "03-01"),
    ],
)
def test_coverage_begins_on_its_day(base, event, months, days, begins):
    assert first_day(base, day(event), months, days) == day(begins)


@pytest.mark.parametrize(
    ("base", "event", "months", "days", "ends"),
    [
        (Stop.LAST_DAY, "06-10", 0, 0, "06-10"),
        (Stop.DAY_BEFORE, "06-01", 0, 0, "05-31"),
        (Stop.END_OF_MONTH, "06-10", 0, 0, "06-30"),
        (Stop.END_OF_MONTH, "05-31", 0, 0, "05-31"),
        (Stop.END_OF_MONTH, "06-01", 0, 0, "06-30"),
        (Stop.END_OF_MONTH, "01-31", 1, 0, "02-28"),
        (Stop.END_OF_MONTH, "2024-01-15", 1, 0, "2024-02-29"),
        (Stop.LAST_DAY, "06-10", 3, 15, "09-25"),
        (Stop.END_OF_MONTH, "06-10", 0, 15, "07-15"),
        (Stop.DAY_BEFORE, "06-10", 1, 0, "07-09"),
    ],
)
def test_S2_20_coverage_ends_on_its_last_day(base, event, months, days, ends):
    assert last_day(base, day(event), months, days) == day(ends)


@pytest.mark.parametrize(
    ("base", "last", "cap", "stays"),
    [
        (Stop.LAST_DAY, "01-05", None, "01-05"),
        (Stop.LAST_DAY, "01-05", 60, "04-11"),
        (Stop.LAST_DAY, "06-05", 60, "06-05"),
        (Stop.END_OF_MONTH, "01-31", 60, "04-30"),
        (Stop.END_OF_MONTH, "07-31", 60, "07-31"),
    ],
)
def test_a_stop_reaches_back_no_further_than_its_cap(base, last, cap, stays):
    assert capped(day(last), base, day("06-10"), cap) == day(stays)


@pytest.mark.parametrize(
    ("begin", "end", "months"),
    [
        ("2024-01-31", "2024-02-28", 0),
        ("2024-01-31", "2024-02-29", 1),
        ("2016-02-29", "2026-02-28", 120),
        ("2016-02-29", "2026-02-27", 119),
        ("2026-06-10", "2026-06-10", 0),
        ("2026-06-10", "2024-06-10", 0),
    ],
)
def test_a_length_is_counted_in_whole_months(begin, end, months):
    assert full_months(day(begin), day(end)) == months
    assert full_years(day(begin), day(end)) == months // 12


@pytest.mark.parametrize(
    ("start", "months", "days", "then"),
    [
        (date.max, 1, 0, date.max),
        (date.max, 0, 1, date.max),
        (date.min, -1, 0, date.min),
        (date.min, 0, -1, date.min),
        (date(2026, 12, 31), -10, 0, date(2026, 2, 28)),
    ],
)
def test_no_date_leaves_the_calendar(start, months, days, then):
    assert plus(start, months, days) == then


def test_the_end_of_the_last_month_is_known():
    assert end_of_month(date.max) == date.max
    assert first_day(Begin.FIRST_OF_NEXT_MONTH, date.max) == date.max
