"""Which event is in process, and what an administrator may do with it (A-64, A-66, A-67, A-77, A-78)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bensync.benefits.engine.elections import enter, notify
from bensync.benefits.engine.event_order import clear_flag, held_up, mark_final, set_indicator, set_status
from bensync.benefits.engine.run import RunMode
from bensync.benefits.values.activities import ActivitySource, RowEdit
from bensync.benefits.values.events import EventStatus, Flag, Indicator, Process
from bensync.benefits.values.offers import Choice
from bensync.core.people import Standing
from bensync.errors import DecisionError
from tests.unit.benefits.cases import (
    activity,
    after_run,
    book,
    case,
    flags,
    person,
    posted,
    statuses,
    with_activities,
)
from tests.unit.benefits.situations import (
    edit_activity,
    finish_event,
    hired_case,
    statuses_by_number,
)
from tests.unit.builders import day


def test_A_113_an_approved_termination_behind_an_open_event_is_held_up():
    after = after_run(with_activities(case(), activity("HIR", "05-20"), activity("TER", "06-01")))
    assert after.open is not None
    assert held_up(after) is None
    left = replace(after, participant=replace(after.participant, standing=Standing.TERMINATED))
    assert held_up(left) is None, "nobody approved it"
    (ending,) = [event for event in left.events if event.event_class == "TER"]
    waiting = mark_final(left, ending.number)
    held = held_up(waiting)
    assert held is not None
    assert [event.event_class for event in held] == ["TER", "HIR"]
    assert held_up(finish_event(waiting, held[1].number)) is None


def test_A_64_of_one_day_the_lower_priority_number_goes_first():
    after = after_run(with_activities(case(), activity("ADR", source=ActivitySource.ADDRESS), activity("HIR")))
    assert statuses_by_number(after) == {1: ("ADR", "AS", "CLOSED"), 2: ("HIR", "PR", "OPEN")}
    done = finish_event(after, 2)
    assert statuses_by_number(done) == {1: ("ADR", "FP", "CLOSED"), 2: ("HIR", "FE", "CLOSED")}
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
    after = after_run(with_activities(case(person(), "medical"), *waiting), mode=RunMode.SCHEDULE)
    assert after.open is not None
    assert after.open.number == first


def test_S3_66_one_event_is_open_at_a_time():
    after = after_run(with_activities(case(), *(activity("FSC", f"05-{number:02}") for number in range(1, 6))))
    assert [event.number for event in after.events if event.status is EventStatus.OPEN] == [1]
    assert [str(event.process) for event in after.events] == ["PR", "AS", "AS", "AS", "AS"]


def test_A_66_an_earlier_event_interrupts_and_the_interrupted_one_reopens_where_it_stood():
    wide = book(add_rules=[{"types": ["medical"], "begin": {"base": "event_date"}}])
    after = after_run(with_activities(case(), activity("MSC", "07-01")), wide)
    assert statuses_by_number(after) == {1: ("MSC", "PR", "OPEN")}
    after = after_run(with_activities(after, activity("ADR", "06-15", ActivitySource.ADDRESS)), wide)
    assert statuses_by_number(after) == {1: ("MSC", "PR", "CLOSED"), 2: ("ADR", "PR", "OPEN")}
    assert flags(after) == {"out_of_sequence", "elig_addr"}
    done = after_run(mark_final(after, 2), wide)
    assert statuses_by_number(done) == {1: ("MSC", "PR", "OPEN"), 2: ("ADR", "FE", "CLOSED")}
    assert flags(done) == {"out_of_sequence", "elig_addr"}


def test_an_event_that_was_not_prepared_yet_is_interrupted_without_a_flag():
    both = book(programs=[{"code": code, "eligibility": "full_time", "plans": ["MED"]} for code in "AB"])
    after = after_run(with_activities(case(), activity("FSC", "07-01")), both)
    after = after_run(with_activities(after, activity("FSC", "06-15")), both)
    assert statuses_by_number(after) == {1: ("FSC", "AE", "CLOSED"), 2: ("FSC", "AE", "OPEN")}
    assert flags(after) == set()


def test_A_67_a_retroactive_event_flags_a_final_one_and_leaves_its_coverage():
    after = person(pay_rate="60000.00 USD")
    begun = with_activities(case(after, "life"), activity("MSC", "07-01"))
    done = finish_event(after_run(begun))
    assert statuses(done) == ("FE", "CLOSED")
    rows = posted(done)
    actual = after_run(with_activities(done, activity("FSC", "06-01")))
    assert posted(actual) == rows
    assert flags(actual) == {"out_of_sequence", "elig_job"}
    actual = finish_event(actual, 2)
    again = after_run(set_indicator(actual, 1, Indicator.ASSIGN))
    assert statuses(again) == ("PR", "OPEN")
    assert posted(again) == []
    assert {"out_of_sequence", "elig_job"} <= flags(again)


def test_a_snapshot_is_never_stale():
    begun = replace(after_run(with_activities(case(), activity("FSC"))).event(1), event_class="SNP", process=Process.FE)
    snapshot = case().put(replace(begun, status=EventStatus.CLOSED))
    assert flags(after_run(with_activities(snapshot, activity("MSC", "05-01")))) == set()


def test_S3_131_a_disconnected_event_can_only_be_voided():
    gone = after_run(with_activities(hired_case(), edit_activity(RowEdit.DELETE)))
    assert statuses_by_number(gone) == {1: ("HIR", "PR", "CLOSED")}
    for indicator in (Indicator.ASSIGN, Indicator.PREPARE, Indicator.ELECT, Indicator.RE_ENTER):
        with pytest.raises(DecisionError) as caught:
            set_indicator(gone, 1, indicator)
        assert caught.value.why == "It is disconnected."
    for refused in (
        lambda: set_status(gone, 1, EventStatus.OPEN),
        lambda: mark_final(gone, 1),
        lambda: enter(gone, 1, [Choice("vision", "VIS", "EE")], day("06-10")),
    ):
        with pytest.raises(DecisionError):
            refused()
    assert statuses(after_run(set_indicator(gone, 1, Indicator.VOID))) == ("RE", "VOID")


def test_a_voided_event_whose_row_is_gone_cannot_come_back():
    voided = after_run(set_indicator(hired_case(), 1, Indicator.VOID))
    gone = after_run(with_activities(voided, edit_activity(RowEdit.DELETE)))
    assert statuses(gone) == ("RE", "VOID")
    with pytest.raises(DecisionError):
        set_indicator(gone, 1, Indicator.ASSIGN)


def two():
    return after_run(with_activities(case(), activity("FSC", "05-01"), activity("FSC", "06-01")))


def test_A_77_another_event_opens_only_once_the_open_one_is_closed():
    actual = two()
    with pytest.raises(DecisionError) as caught:
        set_status(actual, 2, EventStatus.OPEN)
    assert (caught.value.why, caught.value.fix) == ("Event 1 is open.", "Close that one first.")
    actual = set_status(set_status(actual, 1, EventStatus.CLOSED), 2, EventStatus.OPEN)
    assert statuses_by_number(actual) == {1: ("FSC", "PR", "CLOSED"), 2: ("FSC", "AS", "OPEN")}
    assert (flags(actual, 1), flags(actual, 2)) == ({"out_of_sequence"}, set())


def test_S3_70_an_event_prepared_ahead_of_an_earlier_one_is_flagged_too():
    after = set_status(set_status(two(), 1, EventStatus.CLOSED), 2, EventStatus.OPEN)
    after = after_run(after)
    assert statuses_by_number(after) == {1: ("FSC", "PR", "CLOSED"), 2: ("FSC", "PR", "OPEN")}
    assert flags(after, 2) == {"out_of_sequence"}
    done = finish_event(after, 2)
    assert statuses_by_number(done) == {1: ("FSC", "PR", "OPEN"), 2: ("FSC", "FE", "CLOSED")}


def test_an_event_closed_and_opened_again_was_never_overtaken():
    after = set_status(set_status(two(), 1, EventStatus.CLOSED), 1, EventStatus.OPEN)
    after = set_status(set_status(after, 1, EventStatus.CLOSED), 2, EventStatus.OPEN)
    assert flags(after, 1) == {"out_of_sequence"}
    assert flags(set_status(set_status(two(), 1, EventStatus.CLOSED), 1, EventStatus.OPEN), 1) == set()


@pytest.mark.parametrize(
    ("number", "wanted", "why"),
    [
        (1, EventStatus.VOID, "Void is never set manually."),
        (1, EventStatus.OPEN, "It is open already."),
        (2, EventStatus.CLOSED, "It is closed already."),
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
    assert statuses_by_number(done) == {1: ("FSC", "PR", "OPEN"), 2: ("FSC", "RE", "VOID")}
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
    after = set_indicator(set_indicator(two(), 1, Indicator.VOID), 1, Indicator.NORMAL)
    assert statuses(after_run(after)) == ("PR", "OPEN")


def test_S3_72_reprocessing_waits_for_its_turn():
    done = finish_event(two())
    assert statuses_by_number(done) == {1: ("FSC", "FE", "CLOSED"), 2: ("FSC", "PR", "OPEN")}
    queued = after_run(set_indicator(done, 1, Indicator.ASSIGN))
    assert statuses_by_number(queued) == {1: ("FSC", "FE", "CLOSED"), 2: ("FSC", "PR", "OPEN")}
    assert statuses_by_number(finish_event(queued, 2)) == {1: ("FSC", "PR", "OPEN"), 2: ("FSC", "FE", "CLOSED")}


def test_a_finished_event_that_was_opened_manually_keeps_nobody_waiting():
    done = finish_event(after_run(with_activities(case(), activity("FSC", "05-01"))))
    opened = with_activities(set_status(done, 1, EventStatus.OPEN), activity("FSC", "06-01"))
    assert statuses_by_number(after_run(opened)) == {1: ("FSC", "FE", "CLOSED"), 2: ("FSC", "PR", "OPEN")}
    assert statuses(after_run(set_indicator(set_status(done, 1, EventStatus.OPEN), 1, Indicator.ASSIGN))) == (
        "PR",
        "OPEN",
    )


def test_S3_193_flags_stay_until_a_person_clears_them():
    after = set_status(set_status(two(), 1, EventStatus.CLOSED), 2, EventStatus.OPEN)
    assert "out_of_sequence" in flags(after_run(finish_event(after_run(after), 2)))
    assert flags(clear_flag(after, 1, Flag.OUT_OF_SEQUENCE)) == set()
    for flag in (Flag.DISCONNECTED, Flag.MULTI_ACTIVITY):
        with pytest.raises(DecisionError):
            clear_flag(after, 1, flag)


def test_nobody_reprocesses_a_snapshot():
    begun = two()
    snapshot = begun.put(replace(begun.event(1), event_class="SNP", process=Process.FE, status=EventStatus.CLOSED))
    with pytest.raises(DecisionError) as caught:
        set_indicator(snapshot, 1, Indicator.VOID)
    assert caught.value.why == "A snapshot decided nothing."


def test_an_event_that_is_not_there_is_not_found():
    with pytest.raises(KeyError):
        two().event(9)
