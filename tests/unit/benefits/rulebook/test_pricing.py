"""What an option of a plan costs one person, and the sum that it insures."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bensync.benefits.engine.eligibility_facts import facts
from bensync.benefits.rulebook.pricing import PriceBasis, Unpriced, terms
from bensync.core.people import DatedRow
from tests.unit.benefits.cases import (
    activity,
    after_run,
    book,
    case,
    person,
    statuses,
    with_activities,
)
from tests.unit.benefits.situations import finish_events
from tests.unit.builders import day


@pytest.mark.parametrize(
    ("option", "salary", "amount", "employee"),
    [
        ({"multiple": "2", "round_up_to": "1000"}, "50400.00", "101000", "0.00"),
        ({"multiple": "2", "round_up_to": "1000", "cap": "90000"}, "50400.00", "90000", "0.00"),
        ({"multiple": "1.5"}, "50000.00", "75000", "0.00"),
        ({"amount": "25000", "employee": "0.12", "per_thousand": True}, "1.00", "25000", "3.00"),
        ({"employee": "0.12", "per_thousand": True}, "1.00", None, "0.12"),
        ({"employee": "10.005"}, "1.00", None, "10.01"),
    ],
)
def test_an_option_is_priced_for_its_person(option, salary, amount, employee):
    plans = [{"code": "P", "type": "t", "options": [{"code": "A", **option}]}]
    rules = book(
        plans=plans,
        programs=[{"code": "FULL", "eligibility": "full_time", "plans": ["P"]}],
        add_rules=[{"plans": ["P"], "begin": {"base": "event_date"}, "default": "A"}],
        change_rules=[],
        termination_rules=[],
    )
    (row,) = finish_events(case(person(pay_rate=f"{salary} USD")), activity("FSC"), rules=rules).enrollments
    assert row.terms.amount == (Decimal(amount) if amount else None)
    assert row.terms.employee == Decimal(employee)


def priced(*grades, option=None, who=None, base=None, on="2026-06-01", **fields):
    """What one option costs somebody through an event; the table is graded as given."""
    tables = [{"code": "T", "grades": list(grades), **fields}]
    plan = {"code": "P", "type": "t", "rates": "T", "options": [{"code": "A", **(option or {})}]}
    rules = book(
        rates=tables,
        bases={"b": base} if base else {},
        plan_year={"month": 4, "day": 1},
        plans=[{**plan, "base": "b"} if base else plan],
        programs=[{"code": "FULL", "eligibility": "full_time", "plans": ["P"]}],
        add_rules=[{"plans": ["P"], "begin": {"base": "first_of_month"}, "default": "A"}],
        change_rules=[],
        termination_rules=[],
    )
    day_facts = facts(who or person(), day(on), rules)
    basis = PriceBasis(who or person(), day_facts, rules)
    return terms(rules.plan["P"], rules.plan["P"].options[0], basis, day(on))


def shares(figures):
    return str(figures.employee), str(figures.company)


@pytest.mark.parametrize(
    ("grade", "fields", "expected"),
    [
        ({"employee": "80", "company": "420"}, {}, ("80.00", "420.00")),
        ({"company": "420"}, {}, ("0.00", "420.00")),
        ({"rate": "500", "employee": "80"}, {}, ("80.00", "420.00")),
        ({"rate": "500", "company": "420"}, {}, ("80.00", "420.00")),
        ({"rate": "500", "employee_percent": "16"}, {}, ("80.00", "420.00")),
        ({"rate": "500", "company_percent": "100"}, {}, ("0.00", "500.00")),
        ({"rate": "10.01", "employee_percent": "50"}, {}, ("5.01", "5.00")),
        ({"rate": "10.01", "employee_percent": "50"}, {"rounding": {"when": "shares"}}, ("5.01", "5.01")),
        (
            {"rate": "10.01", "company_percent": "50"},
            {"rounding": {"when": "shares", "mode": "down"}},
            ("5.00", "5.00"),
        ),
        ({"rate": "0.40", "company": "0.10"}, {"per": "100", "of": "monthly_salary"}, ("12.50", "4.17")),
        ({"rate": "0.40", "company": "0.10"}, {"per": "100", "of": "annual_salary"}, ("150.00", "50.00")),
    ],
)
def test_S2_13_a_rate_is_shared_by_amount_or_percent_and_rounded_once(grade, fields, expected):
    assert shares(priced(grade, **fields)) == expected


def test_a_rate_per_thousand_prices_the_sum_insured():
    assert shares(priced({"employee": "0.10"}, per="1000", option={"amount": "25000"})) == ("2.50", "0.00")


BY_AGE = [{"when": {"age": {"below": "40"}}, "employee": "1"}, {"when": {"age": {"at_least": "40"}}, "employee": "2"}]


@pytest.mark.parametrize(
    ("as_of", "employee"),
    [
        ("event_date", "1.00"),
        ("coverage_begin", "1.00"),
        ("first_of_month", "1.00"),
        ("plan_year_start", "1.00"),
        ("year_end", "2.00"),
    ],
)
def test_S2_27_the_age_counts_on_the_day_that_the_table_names(as_of, employee):
    # Becomes 40 on 15 December 2026; the plan year begins on 1 April.
    who = person(birth_date="1986-12-15")
    assert str(priced(*BY_AGE, as_of={"age": as_of}, who=who).employee) == employee


def test_a_blank_fact_is_a_fault_and_never_a_price_of_zero():
    grades = [{"when": {"smoker": ["Y"]}, "employee": "1"}, {"when": {"smoker": ["N"]}, "employee": "2"}]
    assert priced(*grades) == Unpriced("rate_fact_missing", "smoker")
    assert priced(*grades, who=person(smoker="maybe")) == Unpriced("rate_not_found", "T")
    assert (
        priced({"when": {"smoker": ["Y"]}, "employee": "1"}, {"when": {"smoker": [""]}, "employee": "2"}).employee == 2
    )


def test_a_table_that_is_not_in_force_yet_has_no_price():
    assert priced({"employee": "1"}, since=day("2027-01-01")) == Unpriced("rate_not_found", "T")


def test_a_rate_of_the_salary_needs_one():
    assert priced({"employee": "1"}, per="100", of="annual_salary", who=person(pay_rate=None)) == Unpriced(
        "salary_missing"
    )


RAISED = DatedRow("job", day("2026-05-01"), {"pay_rate": "60000.00 USD"})
BEFORE = DatedRow("job", day("2024-01-01"), {"pay_rate": "50000.00 USD"})


@pytest.mark.parametrize(
    ("base", "amount"),
    [
        ({}, 120000),
        ({"as_of": "plan_year_start"}, 100000),
        ({"as_of": "plan_year_start", "minimum": "55000"}, 110000),
        ({"maximum": "40000"}, 80000),
        ({"field": "benefit_salary1"}, None),
    ],
)
def test_S3_168_a_multiple_is_one_of_the_benefit_base_as_of_its_day(base, amount):
    who = person(rows=(BEFORE, RAISED), pay_rate="60000.00 USD", hire_date="2024-01-01")
    actual = priced({"employee": "1"}, base={"as_of": "event_date", **base}, option={"multiple": "2"}, who=who)
    assert actual == Unpriced("salary_missing") if amount is None else actual.amount == amount


def test_facts_before_the_hire_are_those_of_the_day_of_hire():
    row = DatedRow("job", day("2026-05-04"), {"pay_rate": "70000.00 USD"})
    who = person(rows=(row,), pay_rate="70000.00 USD", hire_date="2026-05-04")
    actual = priced({"employee": "1"}, base={"as_of": "plan_year_start"}, option={"multiple": "1"}, who=who)
    assert actual.amount == 70000


def test_S3_168_a_multiple_and_a_flat_amount_are_added():
    assert priced({"employee": "1"}, option={"multiple": "1", "amount": "5000"}).amount == 55000
    assert priced({"employee": "1"}, option={"multiple": "1", "amount": "5000", "cap": "52000"}).amount == 52000


def test_the_version_in_force_on_the_first_day_of_coverage_prices_it():
    versions = [
        {"code": "T", "grades": [{"employee": "1"}]},
        {"code": "T", "since": day("2026-07-01"), "grades": [{"employee": "2"}]},
        {"code": "T", "since": day("2027-01-01"), "grades": [{"employee": "3"}]},
    ]
    rules = book(
        rates=versions,
        plans=[{"code": "P", "type": "t", "rates": "T", "options": [{"code": "A"}]}],
        programs=[{"code": "FULL", "eligibility": "full_time", "plans": ["P"]}],
        add_rules=[{"plans": ["P"], "begin": {"base": "first_of_next_month"}, "default": "A"}],
        change_rules=[],
        termination_rules=[],
    )
    (row,) = finish_events(case(), activity("FSC"), rules=rules).enrollments
    assert (row.effective_date, row.terms.employee) == (day("2026-07-01"), 2)


def test_a_price_that_is_missing_is_a_fault_of_the_event_and_nothing_is_posted():
    rules = book(
        rates=[{"code": "T", "grades": BY_AGE}],
        plans=[{"code": "P", "type": "t", "rates": "T", "options": [{"code": "A"}]}],
        programs=[{"code": "FULL", "eligibility": "full_time", "plans": ["P"]}],
        fields={"required": []},
        add_rules=[{"plans": ["P"], "begin": {"base": "event_date"}, "default": "A"}],
        change_rules=[],
        termination_rules=[],
    )
    after = after_run(with_activities(case(person(birth_date=None)), activity("FSC")), rules)
    assert [(fault.code, fault.detail) for fault in after.event(1).prepared.faults] == [("rate_fact_missing", "age")]
    assert statuses(after) == ("PE", "OPEN")
    assert after.enrollments == ()
