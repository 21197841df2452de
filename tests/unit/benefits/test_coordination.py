"""Which event is in process: order, merging, interruption, flags, disconnection, and hands (A-64 to A-67, A-75 to A-78)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bensync.benefits.engine.coordination import clear_flag, mark_final, set_indicator, set_status
from bensync.benefits.engine.elections import enter, notify
from bensync.benefits.engine.run import RunMode, process_case
from bensync.benefits.values.activities import ActivitySource, RowChange, RowEdit
from bensync.benefits.values.events import EventStatus, Flag, Indicator, Process
from bensync.benefits.values.offers import Choice
from bensync.core.people import DatedRow
from bensync.errors import DecisionError
from tests.unit.benefits.cases import (
    activity,
    after_run,
    book,
    case,
    flags,
    person,
    posted,
    run_context,
    statuses,
    with_activities,
    with_participant,
)
from tests.unit.builders import day


def status(found):
    return {event.number: (event.event_class, *statuses(found, event.number)) for event in found.events}


def finished(found, number=1):
    """An event worked off by a final mark."""
    return after_run(mark_final(found, number))


# Order


def test_A_64_of_one_day_the_lower_priority_number_goes_first():
    found = after_run(with_activities(case(), activity("ADR", source=ActivitySource.ADDRESS), activity("HIR")))
    assert status(found) == {1: ("ADR", "AS", "CLOSED"), 2: ("HIR", "PR", "OPEN")}
    done = finished(found, 2)
    assert status(done) == {1: ("ADR", "FP", "CLOSED"), 2: ("HIR", "FE", "CLOSED")}
    assert flags(done, 1) == flags(done, 2) == set()


@pytest.mark.parametrize(
    ("waiting", "first"),
    [
        ([activity("FSC", "06-01"), activity("FSC", "05-01")], 2),
        ([activity("TER", "06-01"), activity("HIR", "06-01")], 2),
        ([activity("TER", "06-01", rank=-1), activity("HIR", "06-01")], 1),
        ([activity("OE", "06-01"), activity("FSC", "06-01")], 2),
        ([activity("FSC", "06-01"), activity("FSC", "06-02")], 1),
    ],
    ids=["date", "priority", "terminated and rehired on one day", "open enrollment last", "the older one"],
)
def test_S3_60_the_earlier_date_goes_first_then_the_lower_priority_number(waiting, first):
    found = after_run(with_activities(case(person(), "medical"), *waiting), mode=RunMode.SCHEDULE)
    assert found.open is not None
    assert found.open.number == first


def test_S3_66_one_event_is_open_at_a_time():
    found = after_run(with_activities(case(), *(activity("FSC", f"05-{number:02}") for number in range(1, 6))))
    assert [event.number for event in found.events if event.status is EventStatus.OPEN] == [1]
    assert [str(event.process) for event in found.events] == ["PR", "AS", "AS", "AS", "AS"]


# Merging


def test_A_65_activities_of_one_day_and_class_make_one_event():
    found = after_run(
        with_activities(case(), activity(source=ActivitySource.ADDRESS), activity(final=True, rank=-1)),
        mode=RunMode.SCHEDULE,
    )
    (event,) = found.events
    assert (event.activities, event.source, event.final, event.rank) == ((1, 2), ActivitySource.ADDRESS, True, -1)
    assert flags(found) == {"multi_activity"}


def test_A_65_an_event_that_is_final_stays_and_gets_the_flag():
    done = finished(after_run(with_activities(case(), activity("FSC"))))
    assert statuses(done) == ("FE", "CLOSED")
    found = after_run(with_activities(done, activity("FSC")))
    assert status(found) == {1: ("FSC", "FE", "CLOSED"), 2: ("FSC", "PR", "OPEN")}
    assert (flags(found, 1), flags(found, 2)) == ({"elig_job"}, set())


def test_an_activity_that_joins_a_prepared_event_flags_it():
    found = after_run(with_activities(case(), activity("FSC")))
    joined = after_run(with_activities(found, activity("FSC", source=ActivitySource.ADDRESS)))
    assert status(joined) == {1: ("FSC", "PR", "OPEN")}
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
    found = after_run(with_activities(after_run(with_activities(case(), activity("FSC"))), activity("MSC", on, source)))
    assert flags(found) - {"out_of_sequence"} == (flag if reaches else set())


# Interruption


def test_A_66_an_earlier_event_interrupts_and_the_interrupted_one_reopens_where_it_stood():
    wide = book(add_rules=[{"types": ["medical"], "begin": {"base": "event_date"}}])
    found = after_run(with_activities(case(), activity("MSC", "07-01")), wide)
    assert status(found) == {1: ("MSC", "PR", "OPEN")}
    found = after_run(with_activities(found, activity("ADR", "06-15", ActivitySource.ADDRESS)), wide)
    assert status(found) == {1: ("MSC", "PR", "CLOSED"), 2: ("ADR", "PR", "OPEN")}
    assert flags(found) == {"out_of_sequence", "elig_addr"}
    done = after_run(mark_final(found, 2), wide)
    assert status(done) == {1: ("MSC", "PR", "OPEN"), 2: ("ADR", "FE", "CLOSED")}
    assert flags(done) == {"out_of_sequence", "elig_addr"}


def test_an_event_that_was_not_prepared_yet_is_interrupted_without_a_flag():
    both = book(programs=[{"code": code, "eligibility": "full_time", "plans": ["MED"]} for code in "AB"])
    found = after_run(with_activities(case(), activity("FSC", "07-01")), both)
    found = after_run(with_activities(found, activity("FSC", "06-15")), both)
    assert status(found) == {1: ("FSC", "AE", "CLOSED"), 2: ("FSC", "AE", "OPEN")}
    assert flags(found) == set()


def test_A_67_a_retroactive_event_flags_a_final_one_and_leaves_its_coverage():
    after = person(pay_rate="60000.00 USD")
    begun = with_activities(case(after, "life"), activity("MSC", "07-01"))
    done = finished(after_run(begun))
    assert statuses(done) == ("FE", "CLOSED")
    rows = posted(done)
    found = after_run(with_activities(done, activity("FSC", "06-01")))
    assert posted(found) == rows
    assert flags(found) == {"out_of_sequence", "elig_job"}
    found = finished(found, 2)
    again = after_run(set_indicator(found, 1, Indicator.ASSIGN))
    assert statuses(again) == ("PR", "OPEN")
    assert posted(again) == []
    assert {"out_of_sequence", "elig_job"} <= flags(again)


def test_a_snapshot_is_never_stale():
    begun = replace(after_run(with_activities(case(), activity("FSC"))).event(1), event_class="SNP", process=Process.FE)
    snapshot = case().put(replace(begun, status=EventStatus.CLOSED))
    assert flags(after_run(with_activities(snapshot, activity("MSC", "05-01")))) == set()


def test_S3_121_a_class_that_the_rulebook_lost_waits_with_a_remark():
    waiting = with_activities(case(), replace(activity(), event_class="OLD"))
    found = process_case(waiting, run_context())
    assert found.case == waiting
    assert [line.code for line in found.remarks] == ["event_class_unknown"]


# Edits of rows


ROW = DatedRow("status", day("06-01"), {"benetrac_status": "Active"})
LATER = DatedRow("status", day("06-08"), {"benetrac_status": "Active"})
HIRED = person(rows=(ROW,), hire_date="2026-06-01")


def edit(kind, old=ROW, new=None, source=ActivitySource.JOB):
    change = RowChange(kind, old, new)
    return activity("", str((new or old).date)[5:], source, change=change, rows=(new,) if new else ())


def hire(*kinds):
    """A hire of 1 June at PR, tied to its status row."""
    return after_run(with_activities(case(HIRED, *kinds), activity("HIR", "06-01", rows=(ROW,))))


def test_A_75_a_moved_row_disconnects_the_old_event_and_brings_a_new_one():
    begun = hire()
    assert statuses(begun) == ("PR", "OPEN")
    after = person(rows=(LATER,), hire_date="2026-06-08")
    found = after_run(with_activities(with_participant(begun, after), edit(RowEdit.REDATE, ROW, LATER)))
    assert flags(found, 1) == {"disconnected", "elig_job"}
    assert status(found) == {1: ("HIR", "PR", "CLOSED"), 2: ("HIR", "PR", "OPEN")}
    assert (found.event(2).event_date, found.event(2).rows) == (day("06-08"), (LATER,))


def test_a_row_and_a_date_that_move_together_bring_one_event():
    hired, later = (DatedRow("hire", day(on), {}) for on in ("06-01", "06-08"))
    begun = after_run(with_activities(case(HIRED), activity("HIR", "06-01", rows=(ROW, hired))))
    after = person(rows=(LATER,), hire_date="2026-06-08")
    found = after_run(
        with_activities(
            with_participant(begun, after), edit(RowEdit.REDATE, ROW, LATER), edit(RowEdit.REDATE, hired, later)
        )
    )
    assert [event.event_class for event in found.events] == ["HIR", "HIR"]


@pytest.mark.parametrize(
    ("new", "flag", "classes"),
    [
        (DatedRow("status", day("05-01"), ROW.values), {"elig_job"}, ["FSC"]),
        (DatedRow("status", day("06-15"), ROW.values), {"elig_job"}, ["FSC"]),
        (DatedRow("status", day("06-21"), ROW.values), {"elig_job", "disconnected"}, ["FSC"]),
    ],
    ids=["earlier", "later, still before it", "past it"],
)
def test_a_used_row_that_moves_past_an_event_disconnects_it(new, flag, classes):
    begun = after_run(with_activities(case(HIRED), activity("FSC", "06-20")))
    found = after_run(with_activities(begun, edit(RowEdit.REDATE, ROW, new)))
    assert flags(found) == flag
    assert [event.event_class for event in found.events] == classes
    assert (new in found.event(1).used) is ("disconnected" not in flag)


def test_S3_129_a_corrected_row_flags_what_used_it_and_is_followed():
    right = DatedRow("status", day("06-01"), {"benetrac_status": "Leave"})
    found = after_run(with_activities(hire(), edit(RowEdit.CORRECT, ROW, right)))
    assert flags(found) == {"elig_job"}
    assert found.event(1).rows == (right,)
    gone = after_run(with_activities(found, edit(RowEdit.DELETE, right)))
    assert flags(gone) == {"elig_job", "disconnected"}


def test_an_edited_row_that_no_event_rests_on_changes_none():
    begun = hire()
    other = DatedRow("status", day("05-01"), {})
    found = after_run(with_activities(begun, edit(RowEdit.DELETE, other), edit(RowEdit.REDATE, other, LATER)))
    assert found.events == begun.events


def test_an_edit_without_a_flag_of_its_own_still_disconnects():
    found = after_run(with_activities(hire(), edit(RowEdit.DELETE, source=ActivitySource.MANUAL)))
    assert flags(found) == {"disconnected"}


@pytest.mark.parametrize("kind", [RowEdit.CORRECT, RowEdit.DELETE])
def test_a_snapshot_rests_on_no_row(kind):
    begun = hire()
    snapshot = begun.put(replace(begun.event(1), event_class="SNP", process=Process.FE, status=EventStatus.CLOSED))
    right = DatedRow("status", day("06-01"), {"benetrac_status": "Leave"})
    new = right if kind is RowEdit.CORRECT else None
    assert flags(after_run(with_activities(snapshot, edit(kind, ROW, new)))) == set()


def test_S3_131_a_disconnected_event_can_only_be_voided():
    gone = after_run(with_activities(hire(), edit(RowEdit.DELETE)))
    assert status(gone) == {1: ("HIR", "PR", "CLOSED")}
    for indicator in (Indicator.ASSIGN, Indicator.PREPARE, Indicator.ELECT, Indicator.RE_ENTER):
        with pytest.raises(DecisionError) as caught:
            set_indicator(gone, 1, indicator)
        assert caught.value.why == "it is disconnected"
    for refused in (
        lambda: set_status(gone, 1, EventStatus.OPEN),
        lambda: mark_final(gone, 1),
        lambda: enter(gone, 1, [Choice("vision", "VIS", "EE")], day("06-10")),
    ):
        with pytest.raises(DecisionError):
            refused()
    assert statuses(after_run(set_indicator(gone, 1, Indicator.VOID))) == ("RE", "VOID")


def test_an_indicator_is_lost_with_the_row_but_not_the_one_that_voids():
    for indicator, then in ((Indicator.PREPARE, ("PR", "CLOSED")), (Indicator.VOID, ("RE", "VOID"))):
        marked = set_indicator(hire(), 1, indicator)
        assert statuses(after_run(with_activities(marked, edit(RowEdit.DELETE)))) == then


def test_a_voided_event_whose_row_is_gone_cannot_come_back():
    voided = after_run(set_indicator(hire(), 1, Indicator.VOID))
    gone = after_run(with_activities(voided, edit(RowEdit.DELETE)))
    assert statuses(gone) == ("RE", "VOID")
    with pytest.raises(DecisionError):
        set_indicator(gone, 1, Indicator.ASSIGN)


# Pending corrections


PENDING = (RowChange(RowEdit.DELETE, ROW, None),)


def test_A_76_an_event_whose_row_awaits_a_decision_is_skipped_with_the_reason():
    begun = mark_final(hire(), 1)
    found = process_case(begun, run_context(), PENDING)
    assert found.case == begun
    assert [(line.code, line.event) for line in found.remarks] == [("pending_correction", 1)]
    assert statuses(after_run(begun)) == ("FE", "CLOSED")


def test_A_76_its_void_waits_too_and_others_behind_it_keep_the_order():
    begun = with_activities(set_indicator(hire(), 1, Indicator.VOID), activity("FSC", "06-05"))
    found = process_case(begun, run_context(), PENDING)
    assert status(found.case) == {1: ("HIR", "PR", "OPEN"), 2: ("FSC", "AS", "CLOSED")}
    assert [(line.code, line.event) for line in found.remarks][:1] == [("pending_correction", 1)]


def test_a_pending_edit_of_another_row_blocks_nothing():
    begun = mark_final(hire(), 1)
    assert statuses(after_run(begun, pending=(RowChange(RowEdit.DELETE, LATER, None),))) == ("FE", "CLOSED")
    assert statuses(after_run(begun, pending=(RowChange(RowEdit.INSERT, None, ROW),))) == ("FE", "CLOSED")


# By hand


def two():
    return after_run(with_activities(case(), activity("FSC", "05-01"), activity("FSC", "06-01")))


def test_A_77_another_event_opens_only_once_the_open_one_is_closed():
    found = two()
    with pytest.raises(DecisionError) as caught:
        set_status(found, 2, EventStatus.OPEN)
    assert (caught.value.why, caught.value.fix) == ("event 1 is open", "close that one first")
    found = set_status(set_status(found, 1, EventStatus.CLOSED), 2, EventStatus.OPEN)
    assert status(found) == {1: ("FSC", "PR", "CLOSED"), 2: ("FSC", "AS", "OPEN")}
    assert (flags(found, 1), flags(found, 2)) == ({"out_of_sequence"}, set())


def test_S3_70_an_event_prepared_ahead_of_an_earlier_one_is_flagged_too():
    found = set_status(set_status(two(), 1, EventStatus.CLOSED), 2, EventStatus.OPEN)
    found = after_run(found)
    assert status(found) == {1: ("FSC", "PR", "CLOSED"), 2: ("FSC", "PR", "OPEN")}
    assert flags(found, 2) == {"out_of_sequence"}
    done = finished(found, 2)
    assert status(done) == {1: ("FSC", "PR", "OPEN"), 2: ("FSC", "FE", "CLOSED")}


def test_an_event_closed_and_opened_again_was_never_overtaken():
    found = set_status(set_status(two(), 1, EventStatus.CLOSED), 1, EventStatus.OPEN)
    found = set_status(set_status(found, 1, EventStatus.CLOSED), 2, EventStatus.OPEN)
    assert flags(found, 1) == {"out_of_sequence"}
    assert flags(set_status(set_status(two(), 1, EventStatus.CLOSED), 1, EventStatus.OPEN), 1) == set()


@pytest.mark.parametrize(
    ("number", "wanted", "why"),
    [
        (1, EventStatus.VOID, "void is never set by hand"),
        (1, EventStatus.OPEN, "it is open already"),
        (2, EventStatus.CLOSED, "it is closed already"),
    ],
)
def test_A_78_what_a_hand_may_not_do_is_refused(number, wanted, why):
    with pytest.raises(DecisionError) as caught:
        set_status(two(), number, wanted)
    assert caught.value.why == why


def test_A_78_void_is_an_indicator_that_the_next_run_carries_out_even_on_a_closed_event():
    marked = set_indicator(two(), 2, Indicator.VOID)
    assert statuses(marked, 2) == ("AS", "CLOSED")
    done = after_run(marked)
    assert status(done) == {1: ("FSC", "PR", "OPEN"), 2: ("FSC", "RE", "VOID")}
    for refused in (
        lambda: set_indicator(done, 2, Indicator.VOID),
        lambda: set_status(done, 2, EventStatus.OPEN),
        lambda: mark_final(done, 2),
        lambda: enter(done, 2, [], day("06-10")),
        lambda: notify(done, 2, day("06-10")),
    ):
        with pytest.raises(DecisionError):
            refused()


def test_an_indicator_can_be_taken_back():
    found = set_indicator(set_indicator(two(), 1, Indicator.VOID), 1, Indicator.NORMAL)
    assert statuses(after_run(found)) == ("PR", "OPEN")


def test_S3_72_reprocessing_waits_for_its_turn():
    done = finished(two())
    assert status(done) == {1: ("FSC", "FE", "CLOSED"), 2: ("FSC", "PR", "OPEN")}
    queued = after_run(set_indicator(done, 1, Indicator.ASSIGN))
    assert status(queued) == {1: ("FSC", "FE", "CLOSED"), 2: ("FSC", "PR", "OPEN")}
    assert status(finished(queued, 2)) == {1: ("FSC", "PR", "OPEN"), 2: ("FSC", "FE", "CLOSED")}


def test_a_finished_event_that_was_opened_by_hand_keeps_nobody_waiting():
    done = finished(after_run(with_activities(case(), activity("FSC", "05-01"))))
    opened = with_activities(set_status(done, 1, EventStatus.OPEN), activity("FSC", "06-01"))
    assert status(after_run(opened)) == {1: ("FSC", "FE", "CLOSED"), 2: ("FSC", "PR", "OPEN")}
    assert statuses(after_run(set_indicator(set_status(done, 1, EventStatus.OPEN), 1, Indicator.ASSIGN))) == (
        "PR",
        "OPEN",
    )


def test_S3_193_flags_stay_until_a_person_clears_them():
    found = set_status(set_status(two(), 1, EventStatus.CLOSED), 2, EventStatus.OPEN)
    assert "out_of_sequence" in flags(after_run(finished(after_run(found), 2)))
    assert flags(clear_flag(found, 1, Flag.OUT_OF_SEQUENCE)) == set()
    for flag in (Flag.DISCONNECTED, Flag.MULTI_ACTIVITY):
        with pytest.raises(DecisionError):
            clear_flag(found, 1, flag)


def test_nobody_reprocesses_a_snapshot():
    begun = two()
    snapshot = begun.put(replace(begun.event(1), event_class="SNP", process=Process.FE, status=EventStatus.CLOSED))
    with pytest.raises(DecisionError) as caught:
        set_indicator(snapshot, 1, Indicator.VOID)
    assert caught.value.why == "a snapshot decided nothing"


def test_an_event_that_is_not_there_is_not_found():
    with pytest.raises(KeyError):
        two().event(9)


# Modes


def test_S3_76_scheduling_alone_processes_nothing():
    found = after_run(with_activities(case(), activity("FSC")), mode=RunMode.SCHEDULE)
    assert statuses(found) == ("AS", "OPEN")


def test_S3_77_processing_alone_makes_no_event():
    waiting = with_activities(case(), activity("FSC"))
    assert after_run(waiting, mode=RunMode.PROCESS) == waiting
    assert statuses(after_run(after_run(waiting, mode=RunMode.SCHEDULE), mode=RunMode.PROCESS)) == ("PR", "OPEN")
