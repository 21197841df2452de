"""Runs over the events of one participant: modes, schedules, pending corrections, results."""

from __future__ import annotations

from copy import deepcopy

from bensync.benefits.engine.approval_activities import Approval, activities_of
from bensync.benefits.engine.elections import enter
from bensync.benefits.engine.event_order import mark_final, set_indicator
from bensync.benefits.engine.run import RunMode, process_case
from bensync.benefits.values.activities import RowChange, RowEdit
from bensync.benefits.values.cases import Case
from bensync.benefits.values.enrollments import program_on
from bensync.benefits.values.events import Indicator
from bensync.benefits.values.offers import Choice
from bensync.core.changes import ChangeKind
from bensync.core.intake.proposals import apply
from tests.unit.benefits.cases import (
    BOOK,
    CONTENT,
    activity,
    after_run,
    book,
    case,
    coverage,
    person,
    posted,
    run_context,
    statuses,
    with_activities,
)
from tests.unit.benefits.situations import (
    FACTS,
    HIRE_ROW,
    HIRED_ROW,
    LEFT_ROW,
    MOVED_ROW,
    SCHEDULES,
    approve_row,
    employed_case,
    hired_case,
    statuses_by_number,
    termination_result,
)
from tests.unit.builders import TODAY, day, profile, status_row


def test_S3_74_a_run_of_one_schedule_makes_all_events_and_processes_its_own():
    begun = with_activities(case(person(location="Erie")), activity("HIR", "05-01"))
    left = after_run(begun, SCHEDULES, only="NORTH")
    assert statuses(left) == ("AS", "OPEN")
    assert statuses(after_run(left, SCHEDULES, only="HIRES")) == ("PR", "OPEN")
    assert statuses(after_run(left, SCHEDULES)) == ("PR", "OPEN")


def test_S3_81_an_event_of_another_schedule_that_stands_first_is_not_overtaken():
    begun = with_activities(
        case(person(location="Erie"), "medical"), activity("HIR", "05-01"), activity("MSC", "06-01")
    )
    after = after_run(begun, SCHEDULES, only="NORTH")
    assert [statuses(after, number) for number in (1, 2)] == [("AS", "OPEN"), ("AS", "CLOSED")]


def test_a_run_of_one_schedule_voids_events_of_its_own_only():
    begun = set_indicator(
        after_run(with_activities(case(person(location="Erie")), activity("HIR")), SCHEDULES), 1, Indicator.VOID
    )
    assert statuses(after_run(begun, SCHEDULES, only="REST")) == ("PR", "OPEN")
    assert statuses(after_run(begun, SCHEDULES, only="HIRES")) == ("RE", "VOID")


PENDING = (RowChange(RowEdit.DELETE, HIRE_ROW, None),)


def test_A_76_an_event_whose_row_awaits_a_decision_is_skipped_with_the_reason():
    begun = mark_final(hired_case(), 1)
    result = process_case(begun, run_context(), PENDING)
    assert result.case == begun
    assert [(line.code, line.event) for line in result.remarks] == [("pending_correction", 1)]
    assert statuses(after_run(begun)) == ("FE", "CLOSED")


def test_A_76_its_void_waits_too_and_others_behind_it_keep_the_order():
    begun = with_activities(set_indicator(hired_case(), 1, Indicator.VOID), activity("FSC", "06-05"))
    result = process_case(begun, run_context(), PENDING)
    assert statuses_by_number(result.case) == {1: ("HIR", "PR", "OPEN"), 2: ("FSC", "AS", "CLOSED")}
    assert [(line.code, line.event) for line in result.remarks][:1] == [("pending_correction", 1)]


def test_a_pending_edit_of_another_row_blocks_nothing():
    begun = mark_final(hired_case(), 1)
    assert statuses(after_run(begun, pending=(RowChange(RowEdit.DELETE, MOVED_ROW, None),))) == ("FE", "CLOSED")
    assert statuses(after_run(begun, pending=(RowChange(RowEdit.INSERT, None, HIRE_ROW),))) == ("FE", "CLOSED")


def test_S3_76_scheduling_alone_processes_nothing():
    after = after_run(with_activities(case(), activity("FSC")), mode=RunMode.SCHEDULE)
    assert statuses(after) == ("AS", "OPEN")


def test_S3_77_processing_alone_makes_no_event():
    waiting = with_activities(case(), activity("FSC"))
    assert after_run(waiting, mode=RunMode.PROCESS) == waiting
    assert statuses(after_run(after_run(waiting, mode=RunMode.SCHEDULE), mode=RunMode.PROCESS)) == ("PR", "OPEN")


def test_S0_25_every_carrier_whose_members_are_touched_is_named():
    begun = with_activities(case(person(fte="0.2"), "medical", "dental", "life"), activity("TER", "05-20", final=True))
    result = process_case(begun, run_context())
    assert result.carriers == ("bright", "harbor", "north")
    assert [row.plan_type for row in result.posted] == ["medical", "dental", "life"]
    assert [record.event for record in result.cobra] == [1]
    voided = process_case(set_indicator(result.case, 1, Indicator.VOID), run_context())
    assert voided.carriers == result.carriers
    assert [row.number for row in voided.reversed] == [row.number for row in result.posted]
    assert [str(record.state) for record in voided.cobra] == ["VOID"]
    assert process_case(voided.case, run_context()).carriers == ()


def test_a_plan_without_a_carrier_notifies_nobody():
    rules = book(plans=[{**plan, "carrier": ""} for plan in CONTENT["plans"]])
    begun = with_activities(case(person(fte="0.2"), "medical"), activity("TER", "05-20", final=True))
    assert process_case(begun, run_context(rules)).carriers == ()


def test_A_69_an_approved_termination_finishes_by_itself():
    result = termination_result()
    assert statuses(result.case) == ("FE", "CLOSED")
    assert posted(result.case) == [
        ("STOP", "medical", "TERM", "2026-06-01"),
        ("STOP", "dental", "TERM", "2026-06-01"),
    ]
    assert result.carriers == ("bright", "north")
    assert [(str(record.state), record.occurrence_date) for record in result.cobra] == [("OPEN", day("06-01"))]
    assert program_on(result.case.assignments, TODAY) == "NOB"
    assert coverage(result.case, "05-31") == {"medical": "EE", "dental": "EE"}


def test_A_69_one_who_had_no_coverage_is_done_without_a_row():
    row = profile(active=False, since="05-20", rows=(HIRED_ROW, LEFT_ROW), **FACTS)
    result = process_case(approve_row(employed_case(), row), run_context())
    assert (statuses(result.case), result.posted, result.cobra) == (("FA", "CLOSED"), (), ())


def test_an_approved_termination_that_waits_for_an_earlier_event_is_reported():
    begun = after_run(with_activities(employed_case("medical"), activity("FSC", "05-01")))
    row = profile(active=False, since="05-20", rows=(HIRED_ROW, LEFT_ROW), **FACTS)
    result = process_case(approve_row(begun, row), run_context())
    assert statuses(result.case, 2) == ("AS", "CLOSED")
    assert [(line.event, line.detail) for line in result.remarks if line.code == "waits_behind"] == [(2, "1")]
    done = process_case(mark_final(result.case, 1), run_context())
    assert [statuses(done.case, number)[0] for number in (1, 2)] == ["FE", "FE"]
    assert not [line for line in done.remarks if line.code == "waits_behind"]


def test_A_73_the_report_is_that_of_the_real_run_and_nothing_has_changed():
    row = profile(active=False, since="05-20", rows=(HIRED_ROW, LEFT_ROW), **FACTS)
    before = approve_row(employed_case("medical", "dental"), row)
    kept = deepcopy(before)
    report = process_case(before, run_context())
    assert before == kept
    assert process_case(before, run_context()) == report
    assert report.posted


def test_A_75_a_moved_hire_brings_the_event_anew_on_its_right_day():
    row, later = status_row("06-01"), status_row("06-08")
    hire = profile(since="06-01", rows=(row,), hire_date="2026-06-01", **FACTS)
    person_after = apply(ChangeKind.NEW, hire, b"k", None, day("06-01"))
    begun = after_run(
        with_activities(
            Case(person_after),
            *activities_of(Approval(ChangeKind.NEW, None, person_after, (), day("06-01"), TODAY), BOOK),
        )
    )
    assert statuses(begun) == ("PR", "OPEN")
    after = after_run(approve_row(begun, profile(since="06-08", rows=(later,), hire_date="2026-06-08", **FACTS)))
    assert [(str(event.event_date), event.disconnected, event.event_class) for event in after.events] == [
        ("2026-06-01", True, "HIR"),
        ("2026-06-08", False, "HIR"),
    ]
    assert statuses(after, 2) == ("PR", "OPEN")


def test_A_20_who_left_and_came_back_has_a_gap():
    row = profile(
        rows=(HIRED_ROW, status_row("05-01", "Inactive"), status_row("06-01")),
        left="05-01",
        rehire_date="2026-06-01",
        **FACTS,
    )
    after = after_run(approve_row(employed_case("medical"), row))
    assert [(event.event_class, *statuses(after, event.number)) for event in after.events] == [
        ("TER", "FE", "CLOSED"),
        ("HIR", "PR", "OPEN"),
    ]
    assert posted(after) == [("STOP", "medical", "TERM", "2026-06-01")]
    done = after_run(enter(after, 2, [Choice("medical", "MED", "EE")], TODAY))
    assert coverage(done, "06-10") == {"medical": "EE"}


def test_a_termination_and_a_rehire_of_one_day_are_each_judged_by_what_they_bring():
    row = profile(termination_date="2026-06-01", rehire_date="2026-06-01", rows=(HIRED_ROW,), **FACTS)
    after = after_run(approve_row(employed_case("medical"), row))
    assert [(event.event_class, event.program) for event in after.events] == [("TER", ""), ("HIR", "FULL")]
    assert [statuses(after, number)[0] for number in (1, 2)] == ["FE", "PR"]
