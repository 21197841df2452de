"""Runs of one schedule, results of eligibility that are recorded on request, and what further requirements promise."""

from __future__ import annotations

import pytest

from bensync.benefits.activities import insert
from bensync.benefits.coordination import mark, mark_final
from bensync.benefits.model import Indicator
from bensync.benefits.process import Day
from bensync.benefits.rows import compare
from bensync.benefits.run import Mode, work_off
from bensync.benefits.traces import Approval, traces
from bensync.core.model import DatedRow, Kind
from tests.unit.benefits.cases import BOOK, CONTENT, activity, book, case, flags, moved, person, ran, stand, told
from tests.unit.builders import TODAY, day

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
    found = ran(told(case(person(location=location)), activity(event_class)), TWO, mode=Mode.SCHEDULE)
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
    begun = mark(ran(told(case(person(location="Erie")), activity("HIR")), TWO), 1, Indicator.VOID)
    assert stand(ran(begun, TWO, only="REST")) == ("PR", "OPEN")
    assert stand(ran(begun, TWO, only="HIRES")) == ("RE", "VOID")


def test_S3_187_an_event_keeps_its_schedule_when_its_program_is_looked_for_again():
    begun = ran(told(case(person(location="Erie")), activity("HIR")), TWO)
    elsewhere = moved(mark(begun, 1, Indicator.ASSIGN), person(location="Reno"))
    assert ran(elsewhere, TWO).event(1).schedule == "HIRES"


def test_results_of_eligibility_are_recorded_on_request():
    begun = told(case(person(fte="0.6", state="NY")), activity("HIR"))
    assert ran(begun).event(1).findings == ()
    found = work_off(begun, Day(BOOK, TODAY, record=True)).case.event(1).findings
    assert {(one.program, one.plan): one.against for one in found}["FULL", "DEN"] == ("state",)
    assert {(one.program, one.plan): one.against for one in found}["PART", ""] == ()


def test_what_keeps_several_programs_from_being_told_apart_is_recorded_too():
    rules = book(programs=[{"code": code, "eligibility": "full_time", "plans": ["VIS"]} for code in ("A", "B")])
    found = work_off(told(case(), activity("HIR")), Day(rules, TODAY, record=True)).case
    assert stand(found) == ("AE", "OPEN")
    assert [one.against for one in found.event(1).findings] == [()] * 4


# Further requirements


def test_S3_133_a_row_that_comes_back_brings_a_new_event_beside_the_disconnected_one():
    row = DatedRow("job", day("06-01"), {"grade": "B"})
    with_it, without = person(rows=(row,), grade="B"), person()
    begun = told(case(with_it, "medical"), activity("MSC", rows=(row,)))
    begun = ran(begun)

    def approved(found, before, after):
        changes = ()
        edits = compare(before.profile.rows, after.profile.rows)
        assert edits
        told_of = traces(Approval(Kind.CORRECTION, before, after, changes, TODAY, TODAY), BOOK)
        return ran(told(moved(found, after), *told_of))

    gone = approved(begun, with_it, without)
    assert flags(gone) >= {"disconnected"}
    back = approved(gone, without, with_it)
    assert [(event.number, event.event_class, event.disconnected) for event in back.events] == [
        (1, "MSC", True),
        (2, "MSC", False),
    ]


def test_S3_122_an_event_is_added_by_hand_while_another_is_in_process():
    begun = ran(told(case(None, "medical"), activity("MSC", "05-01"), activity("FSC", "06-01")))
    found = ran(insert(begun, "BIR", day("06-05"), BOOK))
    assert [event.event_class for event in found.events] == ["MSC", "FSC", "BIR"]
    assert len([event for event in found.events if event.status == "OPEN"]) == 1


def test_S3_124_what_was_processed_waits_no_longer():
    found = ran(told(case(), activity("HIR"), activity("INFO")))
    assert [str(one.state) for one in found.activities] == ["PROCESSED", "INFO"]
    assert len(ran(found).events) == 1


def test_S3_20_the_usual_event_takes_two_runs():
    first = ran(told(case(), activity("HIR")))
    assert stand(first) == ("PR", "OPEN")
    assert stand(ran(mark_final(first, 1))) == ("FE", "CLOSED")


def test_S3_180_what_begins_later_is_written_down_at_once():
    begun = ran(told(case(), activity("HIR", "06-25")))
    rows = ran(mark_final(begun, 1)).enrollments
    assert [(row.plan_type, row.effective_date) for row in rows] == [("vision", day("06-25"))]
    assert rows[0].effective_date > TODAY


def test_S4_22_a_raise_for_everybody_is_one_job_change_each():
    raised = [person(number, pay_rate="52000.00 USD") for number in range(1, 6)]
    found = [ran(told(case(who, "life"), activity("MSC", "06-01"))) for who in raised]
    assert [[event.event_class for event in one.events] for one in found] == [["MSC"]] * 5
