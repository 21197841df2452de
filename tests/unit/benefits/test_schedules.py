"""Runs of one schedule, and results of eligibility that are recorded on request."""

from __future__ import annotations

import pytest

from bensync.benefits.engine.coordination import set_indicator
from bensync.benefits.engine.run import RunMode, process_case
from bensync.benefits.engine.stages import RunContext
from bensync.benefits.values.events import Indicator
from tests.unit.benefits.cases import BOOK, CONTENT, activity, book, case, moved, person, ran, stand, told
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
    found = ran(told(case(person(location=location)), activity(event_class)), TWO, mode=RunMode.SCHEDULE)
    assert found.event(1).schedule == schedule
    assert stand(found) == ("AS", "OPEN")


def test_S3_74_a_run_of_one_schedule_makes_all_events_and_processes_its_own():
    begun = told(case(person(location="Erie")), activity("HIR", "05-01"))
    left = ran(begun, TWO, only="NORTH")
    assert stand(left) == ("AS", "OPEN")
    assert stand(ran(left, TWO, only="HIRES")) == ("PR", "OPEN")
    assert stand(ran(left, TWO)) == ("PR", "OPEN")


def test_S3_81_an_event_of_another_schedule_that_stands_first_is_not_overtaken():
    begun = told(case(person(location="Erie"), "medical"), activity("HIR", "05-01"), activity("MSC", "06-01"))
    found = ran(begun, TWO, only="NORTH")
    assert [stand(found, number) for number in (1, 2)] == [("AS", "OPEN"), ("AS", "CLOSED")]


def test_a_run_of_one_schedule_voids_events_of_its_own_only():
    begun = set_indicator(ran(told(case(person(location="Erie")), activity("HIR")), TWO), 1, Indicator.VOID)
    assert stand(ran(begun, TWO, only="REST")) == ("PR", "OPEN")
    assert stand(ran(begun, TWO, only="HIRES")) == ("RE", "VOID")


def test_S3_187_an_event_keeps_its_schedule_when_its_program_is_looked_for_again():
    begun = ran(told(case(person(location="Erie")), activity("HIR")), TWO)
    elsewhere = moved(set_indicator(begun, 1, Indicator.ASSIGN), person(location="Reno"))
    assert ran(elsewhere, TWO).event(1).schedule == "HIRES"


def test_results_of_eligibility_are_recorded_on_request():
    begun = told(case(person(fte="0.6", state="NY")), activity("HIR"))
    assert ran(begun).event(1).findings == ()
    found = process_case(begun, RunContext(BOOK, TODAY, record=True)).case.event(1).findings
    assert {(one.program, one.plan): one.against for one in found}["FULL", "DEN"] == ("state",)
    assert {(one.program, one.plan): one.against for one in found}["PART", ""] == ()


def test_what_keeps_several_programs_from_being_told_apart_is_recorded_too():
    rules = book(programs=[{"code": code, "eligibility": "full_time", "plans": ["VIS"]} for code in ("A", "B")])
    found = process_case(told(case(), activity("HIR")), RunContext(rules, TODAY, record=True)).case
    assert stand(found) == ("AE", "OPEN")
    assert [one.against for one in found.event(1).findings] == [()] * 4
