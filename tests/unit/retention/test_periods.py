"""Retention periods: the texts of the configuration, the day before which data is old, and which of two is shorter."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bensync.retention.periods import KEEP, Period

PERIODS = st.one_of(
    st.just(KEEP),
    st.integers(1, 100).map(lambda years: Period(years=years)),
    st.integers(1, 9999).map(lambda days: Period(days=days)),
)
DAYS = st.dates(date(2000, 1, 1), date(2150, 12, 31))


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("8 years", Period(years=8)),
        ("1 year", Period(years=1)),
        ("90 days", Period(days=90)),
        ("1 day", Period(days=1)),
        ("keep", KEEP),
    ],
)
def test_a_period_is_read_and_written_in_the_same_words(text, period):
    assert Period.parse(text) == period
    assert str(period) == text


@pytest.mark.parametrize("text", ["", "8", "years", "0 days", "-1 years", "8 months", "8  years", "101 years", "Keep"])
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match="must be a number of years or days"):
        Period.parse(text)


@pytest.mark.parametrize(
    ("period", "today", "cutoff"),
    [
        ("8 years", date(2026, 11, 30), date(2018, 11, 30)),
        ("90 days", date(2026, 11, 30), date(2026, 9, 1)),
        ("1 year", date(2028, 2, 29), date(2027, 2, 28)),
        ("4 years", date(2028, 2, 29), date(2024, 2, 28)),
        ("keep", date(2026, 11, 30), None),
    ],
)
def test_data_of_an_earlier_day_than_the_cutoff_is_old(period, today, cutoff):
    assert Period.parse(period).cutoff(today) == cutoff


@given(PERIODS, DAYS)
def test_the_cutoff_moves_with_the_day_and_never_back(period, today):
    first, next_day = period.cutoff(today), period.cutoff(today + timedelta(days=1))
    assert (first is None) == (next_day is None) == (not period.ends)
    assert first is None or (first <= next_day and first < today)


@given(PERIODS, PERIODS, DAYS)
def test_a_period_that_is_not_shorter_deletes_nothing_earlier(period, minimum, today):
    if not period.is_shorter_than(minimum):
        cutoff, least = period.cutoff(today), minimum.cutoff(today)
        assert cutoff is None or (least is not None and cutoff <= least)


@given(PERIODS)
def test_no_period_is_shorter_than_itself_and_every_end_is_shorter_than_none(period):
    assert not period.is_shorter_than(period)
    assert period.is_shorter_than(KEEP) == period.ends
    assert Period.parse(str(period)) == period
