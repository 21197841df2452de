"""What was so on a day, who is eligible by it, and which program fits (A-63)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from bensync.benefits.engine.eligibility import assign, findings, programs, rule_holds
from bensync.benefits.engine.eligibility_facts import Facts, active_on, facts
from bensync.benefits.rulebook.conditions import number
from bensync.benefits.values.enrollments import Assignment, program_on
from bensync.benefits.values.events import Process
from bensync.core.people import DatedRow
from tests.unit.benefits.cases import BOOK, CONTENT, book, person
from tests.unit.builders import TODAY, day, status_row


def condition_passes(condition, **values):
    rules = book(
        eligibility={"x": {"all": [{"field": "f", **condition}]}, "full_time": {}, "part_time": {}},
        plans=[],
        programs=[],
        add_rules=[],
        change_rules=[],
        termination_rules=[],
    )
    return rule_holds("x", Facts(TODAY, values, ()), rules)


@pytest.mark.parametrize(
    ("condition", "value", "passes"),
    [
        ({"one_of": ["a", "b"]}, "b", True),
        ({"one_of": ["a", "b"]}, "c", False),
        ({"one_of": ["a"]}, None, False),
        ({"none_of": ["a"]}, "a", False),
        ({"none_of": ["a"]}, "b", True),
        ({"none_of": ["a"]}, None, False),
        ({"starts_with": ["90", "91"]}, "91234", True),
        ({"starts_with": ["90", "91"]}, "81234", False),
        ({"at_least": "0.75"}, "0.75", True),
        ({"at_least": "0.75"}, "0.74", False),
        ({"at_least": "0.75"}, "a lot", False),
        ({"at_least": "0.75"}, "NaN", False),
        ({"below": "10"}, "9.99", True),
        ({"below": "10"}, "10", False),
        ({"at_least": "5", "below": "10"}, "4", False),
        ({"at_least": "50000"}, "52000.00 USD", True),
        ({"present": True}, "x", True),
        ({"present": True}, None, False),
        ({"present": False}, None, True),
        ({"present": False}, "x", False),
    ],
)
def test_a_condition_tests_one_fact(condition, value, passes):
    assert condition_passes(condition, **({"f": value} if value is not None else {})) is passes


@pytest.mark.parametrize(
    ("values", "fits"),
    [({"a": "1", "b": "1"}, True), ({"a": "1", "c": "1"}, True), ({"a": "1"}, False), ({"b": "1"}, False)],
)
def test_all_must_hold_and_one_of_any(values, fits):
    present = {name: {"field": name, "present": True} for name in "abc"}
    rules = book(
        eligibility={
            **{
                name: {"all": [{"field": "fte", "present": True}]}
                for name in ("full_time", "part_time", "coast", "union", "senior")
            },
            "x": {"all": [present["a"]], "any": [present["b"], present["c"]]},
        }
    )
    assert rule_holds("x", Facts(TODAY, values, ()), rules) is fits
    assert rule_holds("", Facts(TODAY, values, ()), rules)


# Programs


@pytest.mark.parametrize(
    ("fte", "process", "program"),
    [("0.2", Process.AN, ""), ("1", Process.AS, "FULL"), ("0.5", Process.AS, "PART")],
)
def test_A_63_no_program_or_one_fits(fte, process, program):
    assert assign(facts(person(fte=fte), TODAY, BOOK), BOOK) == (process, program)


def test_A_63_several_programs_are_an_error():
    both = [{"code": code, "eligibility": "full_time", "plans": ["MED"]} for code in ("A", "B")]
    assert assign(facts(person(), TODAY, BOOK), book(programs=both)) == (Process.AE, "")


def test_S4_26_a_blank_birth_date_means_no_program():
    assert programs(facts(person(birth_date=None), TODAY, BOOK), BOOK) == ()


def test_only_a_program_for_everybody_takes_somebody_who_left():
    gone = facts(person(ended="06-01"), TODAY, BOOK)
    assert programs(gone, BOOK) == ()
    retired = book(programs=[{"code": "OLD", "eligibility": "full_time", "plans": ["MED"], "active_only": False}])
    assert programs(gone, retired) == ("OLD",)


def test_S4_28_somebody_without_any_program_has_none_until_one_is_assigned():
    assert program_on([], TODAY) == "NOB"
    rows = [Assignment(1, "A", day("06-01")), Assignment(2, "B", day("06-01")), Assignment(3, "C", day("06-11"))]
    assert program_on(rows, TODAY) == "B"
    assert program_on([replace(row, reversed=True) for row in rows], TODAY) == "NOB"


# Facts


@pytest.mark.parametrize(
    ("who", "on", "active"),
    [
        (person(), "06-01", True),
        (person(ended="06-01"), "05-31", True),
        (person(ended="06-01"), "06-01", False),
        (person(termination_date="2026-05-01", rehire_date="2026-06-01"), "04-30", True),
        (person(termination_date="2026-05-01", rehire_date="2026-06-01"), "05-15", False),
        (person(termination_date="2026-05-01", rehire_date="2026-06-01"), "06-01", True),
        (person(termination_date="2026-05-01", hire_date=None), "05-15", True),
    ],
)
def test_the_day_of_an_end_belongs_to_no_employment(who, on, active):
    assert active_on(who, day(on)) is active


def test_a_termination_without_a_date_was_always_one():
    assert not active_on(replace(person(ended="06-01"), termination_date=None), TODAY)


@pytest.mark.parametrize(("employment", "standing"), [("begins", "ACTIVE"), ("ends", "TERMINATED"), ("", "ACTIVE")])
def test_an_event_that_ends_employment_is_judged_as_after_it(employment, standing):
    found = facts(person(), TODAY, BOOK, employment)
    assert (found.values["standing"], found.values["benefits_status"]) == (standing, standing)


def test_a_day_in_the_past_has_the_rows_of_that_day():
    rows = (
        DatedRow("job", day("01-01"), {"grade": "A", "job_title": "Clerk"}),
        DatedRow("job", day("06-01"), {"grade": "B"}),
        DatedRow("pay", day("02-01"), {"pay_rate": "50000.00 USD"}),
    )
    who = person(rows=rows, grade="B", job_title=None)
    assert facts(who, day("06-01"), BOOK).values["grade"] == "B"
    before = facts(who, day("05-31"), BOOK)
    assert (before.values["grade"], before.values["job_title"]) == ("A", "Clerk")
    assert rows[0] in before.rows
    assert rows[1] not in before.rows
    assert "grade" not in facts(who, day("2025-12-31"), BOOK).values


def test_an_edit_by_hand_counts_while_its_row_is_the_newest():
    who = person(rows=(DatedRow("job", day("01-01"), {"grade": "A"}),), grade="C")
    assert facts(who, TODAY, BOOK).values["grade"] == "C"


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({"birth_date": "1990-06-11"}, "age", "35"),
        ({"birth_date": "1990-06-10"}, "age", "36"),
        ({"birth_date": None}, "age", None),
        ({"hire_date": "2016-06-10"}, "service_years", "10"),
        ({"hire_date": "2016-06-10", "rehire_date": "2025-01-01"}, "service_years", "1"),
        ({"hire_date": "2016-06-10", "rehire_date": "2026-07-01"}, "service_years", "10"),
        ({"hire_date": None}, "service_years", None),
        ({"hire_date": "2026-01-01", "expected_end_date": "2026-07-01"}, "appointment_months", "6"),
        ({"hire_date": None, "expected_end_date": "2026-09-10"}, "appointment_months", "3"),
        ({}, "appointment_months", None),
        ({"pay_rate": "25.50 USD", "pay_per": "Hour"}, "annual_salary", "53040.00"),
        ({"pay_per": "Fortnight"}, "annual_salary", None),
        ({"pay_rate": None}, "annual_salary", None),
    ],
)
def test_a_derived_fact_is_that_of_the_day(changes, name, value):
    rules = book(salary={"periods": {"Year": "1", "Hour": "2080"}})
    assert facts(person(**changes), TODAY, rules).values.get(name) == value


def test_S4_09_the_benefits_status_follows_the_last_mapped_action():
    rules = book(
        actions=[
            {"action": "Leave", "status": "LEAVE"},
            {"action": "Back", "status": "ACTIVE"},
            {"action": "Moved", "event": "MSC"},
        ]
    )
    rows = [
        DatedRow("status", day(on), {"employment_status": action})
        for on, action in (("03-01", "Leave"), ("04-01", "Moved"), ("05-01", "Back"), ("05-20", "Unheard of"))
    ]
    who = person(rows=(*rows, status_row("05-25")))
    found = {on: facts(who, day(on), rules).values["benefits_status"] for on in ("02-01", "04-15", "06-10")}
    assert found == {"02-01": "ACTIVE", "04-15": "LEAVE", "06-10": "ACTIVE"}
    assert facts(who, day("04-15"), BOOK).values["benefits_status"] == "ACTIVE"


@pytest.mark.parametrize(("text", "found"), [("1.5 USD", Decimal("1.5")), ("", None), ("x", None), ("Infinity", None)])
def test_a_number_is_read_without_its_currency(text, found):
    assert number(text) == found


# Sums, what speaks against, schedules

TWO_JOBS = {
    "sums": {"all_fte": {"of": [{"field": "fte"}, {"field": "second_fte", "when": "second_counts"}]}},
    "eligibility": {
        "full_time": {"all": [{"field": "all_fte", "at_least": "0.75"}]},
        "part_time": {"all": [{"field": "all_fte", "below": "0.75"}]},
        "second_counts": {"all": [{"field": "second_job", "none_of": ["casual"]}]},
        "coast": {},
    },
}


@pytest.mark.parametrize(
    ("changes", "total", "program"),
    [
        ({"fte": "0.5"}, "0.5", "PART"),
        ({"fte": "0.5", "second_fte": "0.25", "second_job": "clerk"}, "0.75", "FULL"),
        ({"fte": "0.5", "second_fte": "0.25", "second_job": "casual"}, "0.5", "PART"),
        ({"fte": None, "second_fte": "0.8", "second_job": "clerk"}, "0.8", "FULL"),
        ({"fte": None}, None, ""),
    ],
    ids=["one job alone", "two eligible jobs", "a job that does not count", "the other job alone", "none"],
)
def test_S4_29_the_FTEs_of_eligible_jobs_are_added(changes, total, program):
    rules = book(**TWO_JOBS)
    found = facts(person(**changes), TODAY, rules)
    assert found.values.get("all_fte") == total
    assert assign(found, rules)[1] == program


def test_a_field_that_a_tested_sum_adds_is_a_trigger():
    rules = book(**TWO_JOBS)
    assert rules.trigger("second_fte").event == "MSC"
    assert book().trigger("second_fte") is None


def test_what_speaks_against_a_program_and_a_plan_is_named_without_values():
    found = findings(facts(person(fte="0.6", state="NY", birth_date=None), TODAY, BOOK), BOOK)
    told = {(one.program, one.plan): one.against for one in found}
    assert told["FULL", ""] == ("birth_date", "fte")
    assert told["PART", ""] == ("birth_date",)
    assert told["FULL", "DEN"] == ("state",)
    assert told["FULL", "MED"] == ()


def test_who_left_is_out_of_programs_for_the_active():
    found = findings(facts(person(ended="03-01"), TODAY, BOOK), BOOK)
    assert all("standing" in one.against for one in found if not one.plan)


def test_where_one_of_several_would_do_all_of_them_are_named():
    rules = book(
        eligibility={
            **CONTENT["eligibility"],
            "coast": {"any": [{"field": "state", "one_of": ["CA"]}, {"field": "grade", "one_of": ["A"]}]},
        }
    )
    found = findings(facts(person(state="NY"), TODAY, rules), rules)
    assert next(one.against for one in found if one.plan == "DEN") == ("state", "grade")
