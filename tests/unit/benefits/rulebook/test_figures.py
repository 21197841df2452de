"""Figures of a coverage for its person: deductions by their pay calendar, imputed income, and ledger accounts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from bensync.benefits.rulebook.figures import PersonFigures
from bensync.benefits.values.costs import CoverageFigures
from bensync.benefits.values.election_details import ElectionDetails
from bensync.benefits.values.enrollments import Terms
from tests.unit.benefits.cases import OPTIONS, activity, book, case, person
from tests.unit.benefits.situations import RICHER, finish_events
from tests.unit.builders import TODAY, day

CALENDARS = [
    {"code": "UNION", "frequency": "weekly", "first": day("2026-01-02"), "group": "union"},
    {"code": "ALL", "frequency": "semimonthly", "days": [15, 31]},
]
LIFE = replace(OPTIONS["life"], amount=Decimal(150000), employee=Decimal(4))


def of(kind, terms, who=None, **tables):
    figures = PersonFigures(who or person(), TODAY, book(**tables))
    return figures.of(kind, terms, TODAY)


@pytest.mark.parametrize(("union", "code", "count"), [("U1", "UNION", 52), (None, "ALL", 24)])
def test_S3_23_the_first_pay_calendar_of_the_persons_group_counts(union, code, count):
    actual = of("medical", OPTIONS["medical"], person(union_code=union), calendars=CALENDARS)
    assert (actual.calendar, actual.employee.count, actual.company.count) == (code, count, count)
    assert actual.employee.year == 960


def test_without_a_pay_calendar_no_deduction_is_known():
    assert of("medical", OPTIONS["medical"]) == CoverageFigures()


@pytest.mark.parametrize(
    ("tables", "changes", "who", "income"),
    [
        ({"types": {"life": {"code": "20"}}}, {}, {}, "10.00"),
        ({"types": {"life": {"code": "20"}}}, {"tax": "after"}, {}, "6.00"),
        ({"types": {"life": {"code": "20"}}}, {"tax": "before"}, {}, "10.00"),
        ({"types": {"life": {"code": "20"}}}, {"amount": None}, {}, None),
        ({"types": {"life": {"code": "20"}}}, {}, {"birth_date": None}, None),
        ({"types": {"life": {"code": "22"}}}, {}, {}, None),
        ({}, {}, {}, None),
    ],
)
def test_group_life_has_imputed_income_and_other_plan_types_have_none(tables, changes, who, income):
    actual = of("life", replace(LIFE, **changes), person(**{"birth_date": "1984-02-29", **who}), **tables)
    assert actual.imputed_income == (Decimal(income) if income else None)


def test_a_plan_type_that_is_named_by_its_code_needs_no_entry():
    rules = book(types={"life": {"code": "20"}})
    assert [rules.type_code(name) for name in ("life", "60", "medical", "6")] == ["20", "60", "", ""]


ACCOUNTS = [
    {"company": "6000"},
    {"types": ["life"], "company": "6100", "employee": "2100"},
    {"plans": ["LIFE"], "company": "6110"},
    {"plans": ["LIFE"], "company": "6120", "since": day("2026-06-01")},
    {"plans": ["LIFE"], "company": "6130", "since": day("2027-01-01")},
    {"options": ["2X"], "plans": ["LIFE"], "locations": ["Erie"], "company": "6140"},
    {"plans": ["MED"], "options": ["FAM"], "company": "6200"},
]


@pytest.mark.parametrize(
    ("accounts", "who", "expected"),
    [
        (ACCOUNTS, {}, ("", "6120")),
        (ACCOUNTS[:2], {}, ("2100", "6100")),
        (ACCOUNTS[:1], {}, ("", "6000")),
        (ACCOUNTS, {"location": "Erie"}, ("", "6140")),
        (ACCOUNTS[-1:], {}, ("", "")),
    ],
)
def test_S2_13_the_narrowest_ledger_account_is_posted(accounts, who, expected):
    rules = book(gl_codes=accounts, change_rules=[{"begin": {"base": "event_date"}}])
    row = finish_events(case(person(**RICHER, **who), "life"), activity("FSC"), rules=rules).enrollments[-1]
    assert (row.terms.gl_employee, row.terms.gl_company) == expected


def test_S2_13_another_ledger_account_alone_changes_a_coverage():
    rules = book(gl_codes=[{"company": "6000"}], change_rules=[{"begin": {"base": "event_date"}}])
    after = finish_events(case(None, "medical"), activity("FSC"), rules=rules)
    assert [str(row.step) for row in after.enrollments[1:]] == ["CHANGE", "CHANGE"]
    assert after.enrollments[-1].terms == replace(OPTIONS["medical"], gl_company="6000")


FSA = Terms("FSA", "A", contribution=Decimal("1200.00"))
PLANS = [{"code": "FSA", "type": "60", "calendar": "M", "options": [{"code": "A"}]}]
MONTHS = [*CALENDARS, {"code": "M", "frequency": "monthly", "days": [15]}]


def pledge(terms, begin, plans=None):
    rulebook = book(
        calendars=MONTHS,
        plans=plans or PLANS,
        programs=[],
        add_rules=[],
        change_rules=[],
        termination_rules=[],
    )
    cost = PersonFigures(person(), TODAY, rulebook).of("60", terms, TODAY, begin).contribution
    return str(cost.year), str(cost.month), cost.count, str(cost.each), cost.higher


@pytest.mark.parametrize(
    ("begin", "each", "expected"),
    [
        ("01-01", None, ("1200.00", "100.00", 12, "100.00", 0)),
        ("06-10", None, ("1200.00", "171.43", 7, "171.42", 6)),
        ("06-10", "50", ("350", "50.00", 7, "50", 0)),
        ("2027-01-01", None, ("1200.00", "0", 0, "0", 0)),
        ("2027-01-01", "50", ("0", "0", 0, "50", 0)),
    ],
)
def test_S3_170_a_pledge_is_divided_by_the_deductions_of_its_plan_that_are_left(begin, each, expected):
    details = ElectionDetails(per_deduction=Decimal(each)) if each else None
    assert pledge(replace(FSA, details=details), day(begin)) == expected


def test_S3_170_without_a_calendar_of_its_own_a_plan_follows_the_person():
    plain = [{"code": "FSA", "type": "60", "options": [{"code": "A"}]}]
    assert pledge(FSA, day("01-01"), plain) == ("1200.00", "100.00", 24, "50.00", 0)


def test_S3_169_a_contribution_of_a_year_is_spread_over_all_its_deductions():
    cost = of("savings", replace(FSA, plan="SAVE"), calendars=CALENDARS).contribution
    assert (cost.count, cost.each) == (24, Decimal("50.00"))


def test_S3_46_credits_are_known_only_where_the_employer_gives_some():
    assert PersonFigures(person(), TODAY, book()).credits([OPTIONS["medical"]]) is None
    given = PersonFigures(person(), TODAY, book(credits=[{"code": "ALL", "amount": "100"}]))
    assert given.credits([OPTIONS["medical"]]).left == 20
