"""Activities become events, join one, flag events or disconnect them (A-65, A-75)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bensync.benefits.engine.event_order import set_indicator
from bensync.benefits.engine.run import RunMode, process_case
from bensync.benefits.engine.scheduling import event_findings
from bensync.benefits.values.activities import ActivitySource, RowEdit
from bensync.benefits.values.events import EventStatus, Indicator, Process
from bensync.core.people import DatedRow
from tests.unit.benefits.cases import (
    BOOK,
    activity,
    after_run,
    book,
    case,
    flags,
    person,
    run_context,
    statuses,
    with_activities,
    with_participant,
)
from tests.unit.benefits.situations import (
    HIRE_ROW,
    HIRED_PERSON,
    MOVED_ROW,
    SCHEDULES,
    edit_activity,
    finish_event,
    hired_case,
    statuses_by_number,
)
from tests.unit.builders import day


@pytest.mark.parametrize(
    ("location", "event_class", "schedule"),
    [("Erie", "HIR", "HIRES"), ("Erie", "MSC", "NORTH"), ("Reno", "MSC", "REST"), ("Reno", "HIR", "")],
)
def test_S3_121_an_event_goes_to_the_first_schedule_that_fits(location, event_class, schedule):
    after = after_run(
        with_activities(case(person(location=location)), activity(event_class)), SCHEDULES, mode=RunMode.SCHEDULE
    )
    assert after.event(1).schedule == schedule
    assert statuses(after) == ("AS", "OPEN")


def test_A_65_activities_of_one_day_and_class_make_one_event():
    after = after_run(
        with_activities(case(), activity(source=ActivitySource.ADDRESS), activity(final=True, rank=-1)),
        mode=RunMode.SCHEDULE,
    )
    (event,) = after.events
    assert (event.activities, event.source, event.final, event.rank) == ((1, 2), ActivitySource.ADDRESS, True, -1)
    assert flags(after) == {"multi_activity"}


def test_A_65_an_event_that_is_final_stays_and_gets_the_flag():
    done = finish_event(after_run(with_activities(case(), activity("FSC"))))
    assert statuses(done) == ("FE", "CLOSED")
    after = after_run(with_activities(done, activity("FSC")))
    assert statuses_by_number(after) == {1: ("FSC", "FE", "CLOSED"), 2: ("FSC", "PR", "OPEN")}
    assert (flags(after, 1), flags(after, 2)) == ({"elig_job"}, set())


def test_an_activity_that_joins_a_prepared_event_flags_it():
    after = after_run(with_activities(case(), activity("FSC")))
    joined = after_run(with_activities(after, activity("FSC", source=ActivitySource.ADDRESS)))
    assert statuses_by_number(joined) == {1: ("FSC", "PR", "OPEN")}
    assert flags(joined) == {"multi_activity", "elig_addr"}


@pytest.mark.parametrize(
    ("source", "flag"),
    [
        (ActivitySource.ADDRESS, {"elig_addr"}),
        (ActivitySource.JOB, {"elig_job"}),
        (ActivitySource.MULTIJOB, {"elig_multi"}),
        (ActivitySource.PASSIVE, set()),
        (ActivitySource.MANUAL, set()),
    ],
)
@pytest.mark.parametrize(("on", "reaches"), [("05-01", True), ("06-01", True), ("06-02", False)])
def test_S3_105_what_comes_before_a_prepared_event_flags_it(source, flag, on, reaches):
    after = after_run(with_activities(after_run(with_activities(case(), activity("FSC"))), activity("MSC", on, source)))
    assert flags(after) - {"out_of_sequence"} == (flag if reaches else set())


def test_S3_121_a_class_that_the_rulebook_lost_waits_with_a_remark():
    waiting = with_activities(case(), replace(activity(), event_class="OLD"))
    result = process_case(waiting, run_context())
    assert result.case == waiting
    assert [line.code for line in result.remarks] == ["event_class_unknown"]


def test_A_75_a_moved_row_disconnects_the_old_event_and_brings_a_new_one():
    begun = hired_case()
    assert statuses(begun) == ("PR", "OPEN")
    after = person(rows=(MOVED_ROW,), hire_date="2026-06-08")
    actual = after_run(
        with_activities(with_participant(begun, after), edit_activity(RowEdit.REDATE, HIRE_ROW, MOVED_ROW))
    )
    assert flags(actual, 1) == {"disconnected", "elig_job"}
    assert statuses_by_number(actual) == {1: ("HIR", "PR", "CLOSED"), 2: ("HIR", "PR", "OPEN")}
    assert (actual.event(2).event_date, actual.event(2).rows) == (day("06-08"), (MOVED_ROW,))


def test_a_row_and_a_date_that_move_together_bring_one_event():
    hired, later = (DatedRow("hire", day(on), {}) for on in ("06-01", "06-08"))
    begun = after_run(with_activities(case(HIRED_PERSON), activity("HIR", "06-01", rows=(HIRE_ROW, hired))))
    after = person(rows=(MOVED_ROW,), hire_date="2026-06-08")
    actual = after_run(
        with_activities(
            with_participant(begun, after),
            edit_activity(RowEdit.REDATE, HIRE_ROW, MOVED_ROW),
            edit_activity(RowEdit.REDATE, hired, later),
        )
    )
    assert [event.event_class for event in actual.events] == ["HIR", "HIR"]


@pytest.mark.parametrize(
    ("new", "flag", "classes"),
    [
        (DatedRow("status", day("05-01"), HIRE_ROW.values), {"elig_job"}, ["FSC"]),
        (DatedRow("status", day("06-15"), HIRE_ROW.values), {"elig_job"}, ["FSC"]),
        (DatedRow("status", day("06-21"), HIRE_ROW.values), {"elig_job", "disconnected"}, ["FSC"]),
    ],
    ids=["earlier", "later, still before it", "past it"],
)
def test_a_used_row_that_moves_past_an_event_disconnects_it(new, flag, classes):
    begun = after_run(with_activities(case(HIRED_PERSON), activity("FSC", "06-20")))
    after = after_run(with_activities(begun, edit_activity(RowEdit.REDATE, HIRE_ROW, new)))
    assert flags(after) == flag
    assert [event.event_class for event in after.events] == classes
    assert (new in after.event(1).used) is ("disconnected" not in flag)


def test_S3_129_a_corrected_row_flags_what_used_it_and_is_followed():
    right = DatedRow("status", day("06-01"), {"benetrac_status": "Leave"})
    after = after_run(with_activities(hired_case(), edit_activity(RowEdit.CORRECT, HIRE_ROW, right)))
    assert flags(after) == {"elig_job"}
    assert after.event(1).rows == (right,)
    gone = after_run(with_activities(after, edit_activity(RowEdit.DELETE, right)))
    assert flags(gone) == {"elig_job", "disconnected"}


LEAVES = book(
    actions=[
        {"action": "Leave", "reason": "Medical", "event": "LVE", "status": "LEAVE"},
        {"action": "Leave", "status": "PAID_LEAVE"},
    ]
)


def leave_row(reason, action="Leave"):
    return DatedRow("status", day("06-01"), {"employment_status": action, "action_reason": reason})


def corrected_leave(event_class, old, new):
    """The case after the row that brought an event of this class was corrected."""
    begun = with_activities(case(person(rows=(old,))), activity(event_class, "06-01", rows=(old,)))
    return after_run(with_activities(after_run(begun, LEAVES), edit_activity(RowEdit.CORRECT, old, new)), LEAVES)


@pytest.mark.parametrize(
    ("event_class", "old", "new", "anew"),
    [
        pytest.param("LVE", leave_row("Medical"), leave_row("Study"), "MSC", id="another reason"),
        pytest.param("MSC", leave_row("Study"), leave_row("Medical"), "LVE", id="a reason with a class"),
        pytest.param("MSC", leave_row("Study"), leave_row("", "Full-time"), "MSC", id="no mapped action any more"),
        pytest.param("HIR", leave_row("", "Full-time"), leave_row("Study"), "HIR", id="a hire stays one"),
    ],
)
def test_S4_16_another_action_or_reason_disconnects_the_event_and_brings_one_anew(event_class, old, new, anew):
    after = corrected_leave(event_class, old, new)
    assert flags(after, 1) == {"elig_job", "disconnected"}
    assert [event.event_class for event in after.events] == [event_class, anew]
    assert after.event(2).rows == (new,)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(leave_row("Study"), leave_row("Travel"), id="both for any reason"),
        pytest.param(leave_row("", "Full-time"), leave_row("", "Full time"), id="neither is mapped"),
    ],
)
def test_a_correction_that_means_the_same_flags_the_event_and_leaves_it(old, new):
    after = corrected_leave("MSC", old, new)
    assert flags(after) == {"elig_job"}
    assert [event.event_class for event in after.events] == ["MSC"]


def test_an_edited_row_that_no_event_rests_on_changes_none():
    begun = hired_case()
    other = DatedRow("status", day("05-01"), {})
    after = after_run(
        with_activities(begun, edit_activity(RowEdit.DELETE, other), edit_activity(RowEdit.REDATE, other, MOVED_ROW))
    )
    assert after.events == begun.events


def test_an_edit_without_a_flag_of_its_own_still_disconnects():
    after = after_run(with_activities(hired_case(), edit_activity(RowEdit.DELETE, source=ActivitySource.MANUAL)))
    assert flags(after) == {"disconnected"}


@pytest.mark.parametrize("kind", [RowEdit.CORRECT, RowEdit.DELETE])
def test_a_snapshot_rests_on_no_row(kind):
    begun = hired_case()
    snapshot = begun.put(replace(begun.event(1), event_class="SNP", process=Process.FE, status=EventStatus.CLOSED))
    right = DatedRow("status", day("06-01"), {"benetrac_status": "Leave"})
    new = right if kind is RowEdit.CORRECT else None
    assert flags(after_run(with_activities(snapshot, edit_activity(kind, HIRE_ROW, new)))) == set()


def test_an_indicator_is_lost_with_the_row_but_not_the_one_that_voids():
    for indicator, then in ((Indicator.PREPARE, ("PR", "CLOSED")), (Indicator.VOID, ("RE", "VOID"))):
        marked = set_indicator(hired_case(), 1, indicator)
        assert statuses(after_run(with_activities(marked, edit_activity(RowEdit.DELETE)))) == then


def test_findings_are_those_that_a_run_recorded_else_those_of_today():
    begun = hired_case()
    today = event_findings(begun, begun.event(1), BOOK)
    assert {finding.plan for finding in today} >= {"", "MED"}
    assert all(finding.tests for finding in today if not finding.plan)
    recorded = replace(begun.event(1), findings=today[:1])
    assert event_findings(begun, recorded, BOOK) == today[:1]
    names_alone = replace(begun.event(1), findings=(replace(today[0], tests=()),))
    assert event_findings(begun, names_alone, BOOK) == today
    lost = replace(begun.event(1), event_class="OLD")
    assert event_findings(begun, lost, BOOK) == ()
