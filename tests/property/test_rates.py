"""Laws of prices: a table that passes its checks has one price for everybody within it, and shares add up to it."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bensync.benefits.rulebook.pricing import split
from bensync.benefits.rulebook.rates import Grade, Range, RateTable, Rounding

numbers = st.integers(0, 6)
ranges = st.tuples(st.none() | numbers, st.none() | numbers).filter(
    lambda pair: any(bound is not None for bound in pair) and (None in pair or pair[0] < pair[1])
)
tests_of_age = st.none() | ranges.map(lambda pair: {"at_least": pair[0], "below": pair[1]})
tests_of_option = st.none() | st.lists(st.sampled_from("AB"), min_size=1, max_size=2, unique=True)
grades = st.tuples(tests_of_age, tests_of_option).map(
    lambda pair: {"when": {name: test for name, test in zip(("age", "option"), pair, strict=True) if test is not None}}
)
tables = st.lists(grades, min_size=1, max_size=6).map(
    lambda content: RateTable.model_validate({"code": "T", "grades": content})
)
PEOPLE = [{"age": str(age), "option": option} for age in range(-1, 8) for option in "ABC"]


def fits(grade, values):
    """Read one grade by itself, as its words say."""
    for name, test in grade.when.items():
        if isinstance(test, Range):
            value = Decimal(values[name])
            low = test.at_least is None or value >= test.at_least
            if not (low and (test.below is None or value < test.below)):
                return False
        elif values[name] not in test:
            return False
    return True


@given(tables)
def test_a_person_has_a_grade_that_fits_and_one_only_where_no_overlap_is_reported(table):
    pairs = set()
    for values in PEOPLE:
        fitting = [place for place, grade in enumerate(table.grades) if fits(grade, values)]
        assert table.grade(values) is (table.grades[fitting[0]] if fitting else None)
        pairs |= {(fitting[0], place) for place in fitting[1:]}
    # The people stand for every cell: between two bounds there is an age, and one below and above them all.
    assert pairs == set(table.overlaps())


@given(tables)
def test_a_gap_is_reported_exactly_where_somebody_between_the_grades_lacks_a_price(table):
    named = [test for grade in table.grades for name, test in grade.when.items() if name == "age"]
    lows = [test.at_least for test in named if test.at_least is not None] if all_bounded(named, "at_least") else [-1]
    highs = [test.below for test in named if test.below is not None] if all_bounded(named, "below") else [8]
    codes = {text for grade in table.grades for text in grade.when.get("option", ())} or {"A", "B"}
    within = [
        values
        for values in PEOPLE
        if (not named or min(lows) <= int(values["age"]) < max(highs)) and values["option"] in codes
    ]
    assert bool(table.gap()) == any(table.grade(values) is None for values in within)


def all_bounded(tests, bound):
    return all(getattr(test, bound) is not None for test in tests)


money = st.decimals(0, 100_000, places=4)
percents = st.decimals(0, 100, places=2)
shared = st.one_of(
    st.tuples(money, st.sampled_from(["employee_percent", "company_percent"]), percents),
    st.tuples(money, st.sampled_from(["employee", "company"]), percents).map(
        lambda entry: (entry[0], entry[1], entry[0] * entry[2] / 100)
    ),
)
roundings = st.builds(
    Rounding,
    mode=st.sampled_from(["half_up", "half_even", "up", "down"]),
    digits=st.integers(0, 2),
    when=st.just("total"),
)


@given(shared, st.decimals(0, 1000, places=2), roundings)
def test_the_shares_of_a_price_are_its_rounded_total_and_never_negative(entry, units, rounding):
    rate, name, share = entry
    grade = Grade.model_validate({"rate": rate, name: share})
    employee, company = split(grade, units, rounding)
    assert employee + company == rounding.rounded(rate * units)
    assert min(employee, company) >= 0
