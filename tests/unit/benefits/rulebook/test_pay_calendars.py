"""Pay calendars: pay dates of each frequency, and those without deductions."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from bensync.benefits.rulebook.pay_calendars import PayCalendar
from bensync.benefits.rulebook.rulebook import read
from bensync.errors import ConfigError
from tests.unit.builders import day

YEAR = day("2026-01-01")
BIWEEKLY = {"frequency": "biweekly", "first": day("2026-01-09")}


def calendar(**fields):
    return PayCalendar.model_validate({"code": "C", **fields})


@pytest.mark.parametrize(
    ("fields", "count", "first", "last"),
    [
        (BIWEEKLY, 26, "01-09", "12-25"),
        ({**BIWEEKLY, "first": day("2026-01-02")}, 26, "01-02", "12-18"),
        ({**BIWEEKLY, "first": day("2027-03-05")}, 26, "01-09", "12-25"),
        ({"frequency": "weekly", "first": day("2026-01-01")}, 53, "01-01", "12-31"),
        ({"frequency": "semimonthly", "days": [15, 31]}, 24, "01-15", "12-31"),
        ({"frequency": "monthly", "days": [30]}, 12, "01-30", "12-30"),
        ({**BIWEEKLY, "most_per_month": 2}, 24, "01-09", "12-25"),
        ({**BIWEEKLY, "skip": [day("2026-12-25")]}, 25, "01-09", "12-11"),
    ],
)
def test_S3_23_a_calendar_has_the_deductions_of_a_plan_year(fields, count, first, last):
    dates = calendar(**fields).deduction_dates(YEAR)
    assert (len(dates), dates[0], dates[-1]) == (count, day(first), day(last))


def test_a_short_month_pays_on_its_last_day_once():
    dates = calendar(frequency="semimonthly", days=[30, 31]).deduction_dates(YEAR)
    assert [when for when in dates if when.month in (2, 3)] == [day("02-28"), day("03-30"), day("03-31")]


def test_a_skipped_date_uses_up_none_of_the_month():
    third = calendar(**BIWEEKLY, most_per_month=2, skip=[day("2026-05-01")])
    assert [when for when in third.deduction_dates(YEAR) if when.month == 5] == [day("05-15"), day("05-29")]


def test_a_plan_year_that_begins_in_a_month_counts_whole_months_from_there():
    assert calendar(frequency="monthly", days=[10]).deduction_dates(date(2026, 6, 15))[0] == day("07-10")


@pytest.mark.parametrize(
    "fields",
    [
        {"frequency": "weekly"},
        {**BIWEEKLY, "days": [1]},
        {"frequency": "monthly", "days": [1, 15]},
        {"frequency": "semimonthly", "days": [15, 15]},
        {"frequency": "semimonthly", "days": [1, 15], "first": day("2026-01-01")},
        {"frequency": "monthly", "days": [32]},
    ],
)
def test_a_calendar_that_does_not_fit_its_frequency_is_refused(fields):
    with pytest.raises(ValidationError):
        calendar(**fields)


def test_a_calendar_may_skip_one_of_its_pay_dates():
    assert read({"calendars": [{"code": "C", **BIWEEKLY, "skip": [day("2026-01-23")]}]}).calendars[0].skip


PLANS = {"plans": [{"code": "P", "type": "t", "options": [{"code": "A"}]}]}


@pytest.mark.parametrize(
    ("tables", "problem"),
    [
        ({"calendars": [{"code": "C", **BIWEEKLY, "skip": [day("2026-01-10")]}]},
         "calendars[0].skip[0]: skip_no_pay_date: 2026-01-10 is no pay date"),
        ({"calendars": [{"code": "C", **BIWEEKLY, "group": "x"}]}, "calendars[0].group: there is no rule of elig"),
        ({"calendars": [{"code": "C", **BIWEEKLY}] * 2}, "calendars: 'C' is there more than once"),
        ({"gl_codes": [{"company": "1", "plans": ["X"]}]}, "gl_codes[0].plans: there is no plan 'X'"),
        ({"gl_codes": [{"company": "1", "options": ["X"]}], **PLANS}, "gl_codes[0].options: there is no option 'X'"),
        ({"gl_codes": [{"types": ["t"]}], **PLANS}, "gl_codes[0]: gl_empty: it names no account"),
        ({"gl_codes": [{"company": "1"}, {"employee": "2"}]}, "gl_codes[1]: gl_twice: another entry"),
        ({"types": {"u": {"code": "20"}}, **PLANS}, "types: there is no plan of the type 'u'"),
        ({"plans": [{**PLANS["plans"][0], "calendar": "X"}]}, "plans[0].calendar: there is no pay calendar 'X'"),
        ({"plans": [{**PLANS["plans"][0], "funds": ["F", "F"]}]}, "plans[0].funds: 'F' is there more than once"),
        ({"plans": [{**PLANS["plans"][0], "controlled_by": {"type": "t"}}]},
         "plans[0].controlled_by.type: controls_itself: another plan type"),
        ({"plans": [{**PLANS["plans"][0], "controlled_by": {"type": "u", "plan": "X"}}]},
         "plans[0].controlled_by.type: there is no plan of the type 'u'; plans[0].controlled_by.plan: there is no plan"),
        ({"plans": [{"code": "P", "type": "t", "options": [{"code": "A", "limit": "wine"}]}]},
         "plans[0].options[0].limit: there is no limit of the law 'wine'"),
        ({"plans": [{"code": "P", "type": "t", "options": [{"code": "A", "proof": True, "guaranteed_issue": "1"}]}]},
         "plans[0].options[0]: guaranteed_and_proof: one of"),
        ({"types": {"t": {"code": "2"}}, **PLANS}, "types.t.code: "),
    ],
)  # fmt: skip
def test_a_wrong_calendar_account_or_type_is_named_with_its_path(tables, problem):
    with pytest.raises(ConfigError) as caught:
        read(tables)
    assert problem in caught.value.why
