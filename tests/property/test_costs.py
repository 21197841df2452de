"""Laws of deductions: they add up to the year, none differs by more than a cent, and pay dates are evenly spaced."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bensync.benefits.rulebook.pay_calendars import PayCalendar
from bensync.benefits.values.calendar import plus
from bensync.benefits.values.costs import spread

days = st.dates(date(2000, 1, 1), date(2060, 12, 31))
calendars = st.one_of(
    st.builds(PayCalendar, code=st.just("C"), frequency=st.sampled_from(["weekly", "biweekly"]), first=days),
    st.builds(PayCalendar, code=st.just("C"), frequency=st.just("monthly"), days=st.tuples(st.integers(1, 31))),
    st.builds(
        PayCalendar,
        code=st.just("C"),
        frequency=st.just("semimonthly"),
        days=st.lists(st.integers(1, 31), min_size=2, max_size=2, unique=True).map(tuple),
    ),
)


@given(st.decimals(0, 100_000, places=2), st.integers(1, 53))
def test_the_deductions_of_a_year_add_up_to_it_exactly(month, count):
    cost = spread(month, count)
    assert cost.higher * (cost.each + Decimal("0.01")) + (count - cost.higher) * cost.each == month * 12
    assert 0 <= cost.higher < count
    assert cost.each >= 0


@given(calendars, days)
def test_pay_dates_of_two_halves_are_those_of_the_whole(calendar, begin):
    middle, end = begin + timedelta(days=100), plus(begin, months=12)
    whole = list(calendar.pay_dates(begin, end))
    assert whole == [*calendar.pay_dates(begin, middle), *calendar.pay_dates(middle, end)]
    assert whole == sorted(set(whole))
    assert len(whole) in range(11, 54)


@given(calendars, days, st.integers(1, 3))
def test_no_month_has_more_deductions_than_the_calendar_allows(calendar, begin, most):
    limited = calendar.model_copy(update={"most_per_month": most}).deduction_dates(begin)
    by_month = [(day.year, day.month) for day in limited]
    assert max(by_month.count(month) for month in by_month) <= most
    assert set(limited) <= set(calendar.deduction_dates(begin))
