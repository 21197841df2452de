"""The facts of one day that eligibility and prices rest on."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bensync.benefits.engine.eligibility import assign
from bensync.benefits.engine.eligibility_facts import active_on, facts
from bensync.core.people import DatedRow
from tests.unit.benefits.cases import BOOK, CONTENT, book, person
from tests.unit.benefits.situations import TWO_JOBS
from tests.unit.builders import TODAY, day, status_row


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
    day_facts = facts(person(), TODAY, BOOK, employment)
    assert (day_facts.values["standing"], day_facts.values["benefits_status"]) == (standing, standing)


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


def test_a_manual_edit_counts_while_its_row_is_the_newest():
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
    actual = {on: facts(who, day(on), rules).values["benefits_status"] for on in ("02-01", "04-15", "06-10")}
    assert actual == {"02-01": "ACTIVE", "04-15": "LEAVE", "06-10": "ACTIVE"}
    assert facts(who, day("04-15"), BOOK).values["benefits_status"] == "ACTIVE"


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
    day_facts = facts(person(**changes), TODAY, rules)
    assert day_facts.values.get("all_fte") == total
    assert assign(day_facts, rules)[1] == program


SHORT = book(appointment={"months": 6})


@pytest.mark.parametrize(
    ("end", "rules", "expected"),
    [("2026-07-01", SHORT, "Y"), ("2026-06-30", SHORT, "N"), (None, SHORT, "Y"), ("2026-07-01", BOOK, None)],
)
def test_S4_14_the_length_of_an_appointment_makes_eligibility_1(end, rules, expected):
    who = person(hire_date="2026-01-01", expected_end_date=end)
    assert facts(who, TODAY, rules).values.get("eligibility1") == expected


HOURS = [DatedRow("hours", day(f"2025-{month:02}-15"), {"hours": "140"}) for month in range(1, 13)]


@pytest.mark.parametrize(
    ("rows", "hired", "expected", "value"),
    [
        pytest.param(HOURS, "2020-01-01", "", "Y", id="measured"),
        pytest.param(HOURS[:6], "2020-01-01", "full", "N", id="a measurement goes before the expectation"),
        pytest.param((), "2026-03-01", "full", "Y", id="expected of a new hire"),
        pytest.param((), "2026-03-01", "", None, id="nothing known"),
    ],
)
def test_S4_14_measured_hours_make_eligibility_3(rows, hired, expected, value):
    full = {"all": [{"field": "standard_hours", "at_least": "30"}]}
    rules = book(aca={"hours": "hours", "expected": expected}, eligibility={**CONTENT["eligibility"], "full": full})
    who = person(rows=tuple(rows), hire_date=hired, standard_hours="30")
    assert facts(who, TODAY, rules).values.get("eligibility3") == value
