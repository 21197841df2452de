"""COBRA records: when one arises, by when each step is due, and what ends it (S2-22 to S2-24, S3-9 to S3-12)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bensync.benefits.engine.postings import reach_step
from bensync.benefits.values.cases import Case
from bensync.benefits.values.cobra import (
    Clocks,
    CobraRecord,
    CobraState,
    Milestone,
    deadlines,
    in_effect,
    open_record,
    void,
    with_step,
)
from bensync.errors import DecisionError
from tests.unit.benefits.cases import person
from tests.unit.builders import day

CLOCKS = Clocks()
RECORD = CobraRecord(3, day("05-20"), "TERMINATION", day("06-01"), day("2027-11-30"))


def due(record, clocks):
    return {str(one.step): str(one.due) for one in deadlines(record, clocks)}


def test_A_70_two_benefits_that_end_on_one_day_make_one_record_from_the_day_after():
    found = open_record([], 3, day("05-20"), "TERMINATION", [day("06-01"), day("06-01")], CLOCKS)
    assert found == RECORD


def test_the_first_benefit_that_ends_sets_the_occurrence():
    found = open_record([], 3, day("05-20"), "X", [day("07-01"), day("06-01")], CLOCKS)
    assert found is not None
    assert found.occurrence_date == day("06-01")


@pytest.mark.parametrize(
    ("record", "arises"),
    [
        (replace(RECORD, event=1), False),
        (replace(RECORD, event=1, occurrence_date=day("2025-01-01"), until=day("06-01")), False),
        (replace(RECORD, event=1, occurrence_date=day("2024-12-01"), until=day("05-31")), True),
        (replace(RECORD, event=1, occurrence_date=day("06-02")), True),
        (replace(RECORD, event=1, state=CobraState.VOID), True),
    ],
    ids=["same day", "until that day", "over the day before", "begins later", "void"],
)
def test_A_70_a_record_in_effect_keeps_another_from_arising(record, arises):
    found = open_record([record], 3, day("05-20"), "TERMINATION", [day("06-01")], CLOCKS)
    assert (found is not None) is arises
    assert in_effect(record, day("06-01")) is not arises


def test_nothing_lost_makes_no_record():
    assert open_record([], 3, day("05-20"), "TERMINATION", [], CLOCKS) is None


def test_the_months_run_from_the_event_where_the_employer_says_so():
    found = open_record([], 3, day("05-20"), "X", [day("06-01")], Clocks(from_loss=False, months=36))
    assert found is not None
    assert found.until == day("2029-05-19")


def test_thirty_fourteen_sixty_and_forty_five_days_follow_each_other():
    assert due(RECORD, CLOCKS) == {
        "administrator_told": "2026-07-01",
        "notice_sent": "2026-07-15",
        "elected": "2026-09-13",
        "paid": "2026-10-28",
    }


def test_an_employer_who_administers_has_forty_four_days_in_all():
    clocks = Clocks(employer_administers=True)
    assert due(RECORD, clocks) == {"notice_sent": "2026-07-15", "elected": "2026-09-13", "paid": "2026-10-28"}
    assert due(RECORD, Clocks(employer_administers=True, from_loss=False))["notice_sent"] == "2026-07-03"


def test_the_first_clock_runs_from_the_event_where_the_employer_says_so():
    assert due(RECORD, Clocks(from_loss=False))["administrator_told"] == "2026-06-19"


def test_a_step_taken_starts_the_next_clock():
    record = with_step(RECORD, Milestone.ADMINISTRATOR_TOLD, day("06-03"))
    assert due(record, CLOCKS)["notice_sent"] == "2026-06-17"
    record = with_step(record, Milestone.NOTICE_SENT, day("06-10"))
    assert due(record, CLOCKS)["elected"] == "2026-08-09"
    record = with_step(record, Milestone.ELECTED, day("06-20"))
    assert due(record, CLOCKS)["paid"] == "2026-08-04"
    done = {str(one.step): str(one.done) for one in deadlines(record, CLOCKS)}
    assert done == {
        "administrator_told": "2026-06-03",
        "notice_sent": "2026-06-10",
        "elected": "2026-06-20",
        "paid": "None",
    }


def test_the_election_runs_from_the_loss_where_the_notice_came_before_it():
    record = with_step(RECORD, Milestone.NOTICE_SENT, day("05-25"))
    assert due(record, CLOCKS)["elected"] == "2026-07-31"


def test_a_step_taken_again_counts_from_the_new_day():
    record = with_step(with_step(RECORD, Milestone.PAID, day("06-03")), Milestone.PAID, day("06-04"))
    assert record.milestones == ((Milestone.PAID, day("06-04")),)


def test_L13_only_the_record_of_the_voided_event_is_void():
    other = replace(RECORD, event=4)
    assert [record.state for record in void([RECORD, other], 3)] == [CobraState.VOID, CobraState.OPEN]


def test_a_step_of_a_case_is_that_of_the_open_record_of_its_event():
    before = Case(person(), cobra=(RECORD, replace(RECORD, event=4, state=CobraState.VOID)))
    after = reach_step(before, 3, Milestone.NOTICE_SENT, day("06-20"), day("06-20"))
    assert [dict(record.milestones) for record in after.cobra] == [{Milestone.NOTICE_SENT: day("06-20")}, {}]
    for number in (4, 5):
        with pytest.raises(DecisionError) as caught:
            reach_step(before, number, Milestone.PAID, day("06-20"), day("06-20"))
        assert caught.value.why == "the event has no COBRA record that is open"


def test_no_step_is_written_down_before_its_day():
    before = Case(person(), cobra=(RECORD,))
    with pytest.raises(DecisionError) as caught:
        reach_step(before, 3, Milestone.PAID, day("06-20"), day("06-19"))
    assert caught.value.why == "the day lies ahead"
