"""Runs of one schedule, and results of eligibility that are recorded on request."""

from __future__ import annotations

import pytest

from bensync.benefits.engine.coordination import set_indicator
from bensync.benefits.engine.run import RunMode, process_case
from bensync.benefits.engine.stages import RunContext
from bensync.benefits.values.events import Indicator
from tests.unit.benefits.cases import (
    BOOK,
    CONTENT,
    activity,
    after_run,
    book,
    case,
    person,
    statuses,
    with_activities,
    with_participant,
)
from tests.unit.builders import TODAY

TWO = book(
    eligibility={**CONTENT["eligibility"], "north": {"all": [{"field": "location", "one_of": ["Erie"]}]}},
    schedules=[
        {"code": "HIRES", "events": ["HIR"], "eligibility": "north"},
        {"code": "NORTH", "eligibility": "north"},
        {"code": "REST", "events": ["MSC", "ADR", "TER"]},
    ],
)


@pytest.mark.parametrize(
    ("location", "event_class", "schedule"),
    [("Erie", "HIR", "HIRES"), ("Erie", "MSC", "NORTH"), ("Reno", "MSC", "REST"), ("Reno", "HIR", "")],
)
def test_S3_121_an_event_goes_to_the_first_schedule_that_fits(location, event_class, schedule):
    found = after_run(
        with_activities(case(person(location=location)), activity(event_class)), TWO, mode=RunMode.SCHEDULE
    )
    assert found.event(1).schedule == schedule
    assert statuses(found) == ("AS", "OPEN")


def test_S3_74_a_run_of_one_schedule_makes_all_events_and_processes_its_own():
    begun = with_activities(case(person(location="Erie")), activity("HIR", "05-01"))
    left = after_run(begun, TWO, only="NORTH")
    assert statuses(left) == ("AS", "OPEN")
    assert statuses(after_run(left, TWO, only="HIRES")) == ("PR", "OPEN")
    assert statuses(after_run(left, TWO)) == ("PR", "OPEN")


def test_S3_81_an_event_of_another_schedule_that_stands_first_is_not_overtaken():
    begun = with_activities(
        case(person(location="Erie"), "medical"), activity("HIR", "05-01"), activity("MSC", "06-01")
    )
    found = after_run(begun, TWO, only="NORTH")
    assert [statuses(found, number) for number in (1, 2)] == [("AS", "OPEN"), ("AS", "CLOSED")]


def test_a_run_of_one_schedule_voids_events_of_its_own_only():
    begun = set_indicator(
        after_run(with_activities(case(person(location="Erie")), activity("HIR")), TWO), 1, Indicator.VOID
    )
    assert statuses(after_run(begun, TWO, only="REST")) == ("PR", "OPEN")
    assert statuses(after_run(begun, TWO, only="HIRES")) == ("RE", "VOID")


def test_S3_187_an_event_keeps_its_schedule_when_its_program_is_looked_for_again():
    begun = after_run(with_activities(case(person(location="Erie")), activity("HIR")), TWO)
    elsewhere = with_participant(set_indicator(begun, 1, Indicator.ASSIGN), person(location="Reno"))
    assert after_run(elsewhere, TWO).event(1).schedule == "HIRES"


def test_results_of_eligibility_are_recorded_on_request():
    begun = with_activities(case(person(fte="0.6", state="NY")), activity("HIR"))
    assert after_run(begun).event(1).findings == ()
    found = process_case(begun, RunContext(BOOK, TODAY, record=True)).case.event(1).findings
    assert {(one.program, one.plan): one.against for one in found}["FULL", "DEN"] == ("state",)
    assert {(one.program, one.plan): one.against for one in found}["PART", ""] == ()


def test_what_keeps_several_programs_from_being_told_apart_is_recorded_too():
    rules = book(programs=[{"code": code, "eligibility": "full_time", "plans": ["VIS"]} for code in ("A", "B")])
    found = process_case(with_activities(case(), activity("HIR")), RunContext(rules, TODAY, record=True)).case
    assert statuses(found) == ("AE", "OPEN")
    assert [one.against for one in found.event(1).findings] == [()] * 4
