"""Values that cannot be, or hardly (sync-rules 3.16)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bensync.core.changes import Issue, IssueCode
from bensync.core.requests import WARNING_WORDS, WarningCode
from bensync.core.values.plausibility import (
    RULES,
    Verdict,
    bounds_on,
    broken_rules,
    check_plausible,
    ends_on_hire,
    wrong_event_day,
)
from tests.unit.builders import TODAY, day, employee, status_row, values

TOMORROW = (TODAY + timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        pytest.param({}, None, id="the usual values"),
        pytest.param({"birth_date": TOMORROW}, "birth_date lies in the future", id="born tomorrow"),
        pytest.param({"birth_date": "2068-01-10"}, "birth_date lies in the future", id="a completed year"),
        pytest.param({"birth_date": "0068-01-10"}, "birth_date is more than 110 years ago", id="a year of two digits"),
        pytest.param({"birth_date": "1916-07-01", "hire_date": "1950-01-01"}, None, id="an old pensioner"),
        pytest.param({"hire_date": "1900-01-01"}, "hire_date is more than 80 years ago", id="hired in 1900"),
        pytest.param({"hire_date": "0019-03-04"}, "hire_date is more than 80 years ago", id="hired in the year 19"),
        pytest.param({"original_hire_date": "1901-01-01"}, "original_hire_date is more than 80 years ago", id="first"),
        pytest.param({"termination_date": "1900-01-01"}, "termination_date is more than 80 years ago", id="ended 1900"),
        pytest.param(
            {"hire_date": "9999-12-31"}, "hire_date is more than 2 years ahead", id="hired at the end of time"
        ),
        pytest.param({"rehire_date": "2036-01-01"}, "rehire_date is more than 2 years ahead", id="hired again in 2036"),
        pytest.param({"hire_date": "2028-01-01"}, None, id="hired in advance"),
        pytest.param({"termination_date": "2206-06-01"}, "termination_date is more than 5 years ahead", id="in 2206"),
        pytest.param({"termination_date": "2030-06-01"}, None, id="a term that HR knows"),
        pytest.param({"hire_date": "1990-01-31"}, "hire_date is not after the birth date", id="hired at birth"),
        pytest.param({"birth_date": "2025-01-01"}, "hire_date is not after the birth date", id="born after hire"),
        pytest.param({"birth_date": None, "hire_date": None}, None, id="no dates at all"),
    ],
)
def test_A_91_a_value_that_cannot_be_blocks_the_person(changes, detail):
    issue = check_plausible(employee(1, **changes), TODAY)
    assert issue == (Issue("1", IssueCode.VALUE_IMPLAUSIBLE, detail) if detail else None)


@pytest.mark.parametrize(
    ("when", "blocked"), [("1900-01-01", True), ("1990-01-01", False), ("2030-01-01", False), ("2206-06-01", True)]
)
def test_A_91_a_dated_row_of_another_age_blocks_the_person(when, blocked):
    issue = check_plausible(employee(1, [status_row("2024-02-01"), status_row(when, "Inactive")]), TODAY)
    assert (issue is not None) is blocked
    if issue is not None:
        assert issue.detail == "a row of table status is dated more than 80 years ago or 5 years ahead"


@pytest.mark.parametrize(
    ("changes", "warnings"),
    [
        pytest.param({}, set(), id="the usual values"),
        pytest.param({"birth_date": "2012-01-01"}, {WarningCode.HIRED_AS_A_CHILD}, id="hired at twelve"),
        pytest.param({"birth_date": "2009-01-01"}, set(), id="hired at fifteen"),
        pytest.param({"birth_date": None}, set(), id="an unknown age"),
        pytest.param({"termination_date": "2024-02-01"}, {WarningCode.ENDED_ON_HIRE}, id="ended on the hire date"),
        pytest.param({"termination_date": "2024-01-31"}, {WarningCode.ENDED_BEFORE_HIRE}, id="ended before hire"),
        pytest.param({"termination_date": "2024-03-01", "rehire_date": "2025-01-01"}, set(), id="hired again"),
        pytest.param({"termination_date": "2024-03-01", "hire_date": None}, set(), id="no hire date"),
        pytest.param({"pay_rate": "-3.00 USD"}, {WarningCode.NEGATIVE_PAY}, id="negative pay"),
        pytest.param({"pay_rate": "0.00 USD"}, set(), id="no pay"),
        pytest.param({"postal_code": "9001", "country": "US"}, {WarningCode.POSTAL_CODE}, id="four digits"),
        pytest.param({"postal_code": "9001"}, {WarningCode.POSTAL_CODE}, id="four digits of no country"),
        pytest.param({"postal_code": "9001", "country": "Norway"}, set(), id="four digits elsewhere"),
        pytest.param({"postal_code": "SW1A 1AA"}, set(), id="letters of no country"),
        pytest.param({"postal_code": "SW1A 1AA", "country": "United States"}, {WarningCode.POSTAL_CODE}, id="letters"),
        pytest.param({"postal_code": "90001-1234", "country": "usa"}, set(), id="nine digits"),
        pytest.param({"postal_code": None}, set(), id="no postal code"),
        pytest.param({"ssn": "111223333"}, {WarningCode.PLACEHOLDER_SSN}, id="a typed SSN"),
    ],
)
def test_A_91_a_value_that_can_hardly_be_is_a_warning(changes, warnings):
    new = values(changes)
    rules = broken_rules(new, new.keys(), TODAY)
    assert {rule.warning for rule in rules if rule.verdict is not Verdict.BLOCK} == warnings


def test_only_rules_about_the_given_fields_are_asked():
    assert list(broken_rules(values({"pay_rate": "-3.00 USD"}), {"city"}, TODAY)) == []


def test_every_rule_either_blocks_or_has_a_warning_with_words():
    for rule in RULES:
        assert (rule.warning is None) is (rule.verdict is Verdict.BLOCK)
        assert rule.warning is None or WARNING_WORDS[rule.warning]


@pytest.mark.parametrize(
    ("ended", "hired", "same"),
    [
        ("2024-02-01", "2024-02-01", True),
        ("2024-02-02", "2024-02-01", False),
        (None, "2024-02-01", False),
        (None, None, False),
    ],
)
def test_a_termination_on_the_hire_date_is_seen(ended, hired, same):
    assert ends_on_hire(values({"termination_date": ended, "hire_date": hired})) is same


DATES = ("birth_date", "hire_date", "original_hire_date", "rehire_date", "termination_date")


@pytest.mark.parametrize(
    ("on", "wrong"),
    [
        ("2020-05-01", ""),
        ("2019-12-31", "is before the first hire date"),
        ("1930-01-01", "is more than 80 years ago or 5 years ahead"),
        ("2199-01-01", "is more than 80 years ago or 5 years ahead"),
    ],
)
def test_an_event_cannot_lie_in_another_age_or_before_the_first_hire(on, wrong):
    hires = {"hire_date": "2024-01-01", "original_hire_date": "2020-01-01"}
    assert wrong_event_day(hires, date.fromisoformat(on), TODAY) == wrong


def test_without_a_hire_date_no_event_lies_before_it():
    assert wrong_event_day({}, date(1999, 1, 1), TODAY) == ""


@given(
    st.fixed_dictionaries(dict.fromkeys(DATES, st.none() | st.dates(date(1, 1, 1)))),
    st.dates(date(200, 1, 1), day("9000-01-01")),
)
def test_no_dates_break_the_rules_themselves(dates, as_of):
    person = employee(1, **{name: when.isoformat() if when else None for name, when in dates.items()})
    issue = check_plausible(person, as_of)
    blocking = [rule for rule in broken_rules(person.values, DATES, as_of) if rule.verdict is Verdict.BLOCK]
    assert (issue is not None) is bool(blocking)
    assert issue is None or not any(when and when.isoformat() in issue.detail for when in dates.values())
    bounds = bounds_on(as_of)
    assert bounds.oldest_birth < bounds.oldest_work < bounds.today < bounds.latest_hire < bounds.latest_end
