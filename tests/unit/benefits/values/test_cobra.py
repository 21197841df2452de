"""COBRA records and the deadlines of their steps (A-70)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bensync.benefits.values.cobra import (
    Clocks,
    CobraState,
    Loss,
    Milestone,
    deadlines,
    in_effect,
    open_record,
    with_step,
)
from bensync.benefits.values.cobra import (
    void as void_records,
)
from tests.unit.benefits.situations import RECORD
from tests.unit.builders import day

CLOCKS = Clocks()


def lost(text: str) -> Loss:
    """A coverage that began in June 2024 and is lost from a day on."""
    return Loss(day(text), day("2024-06-01"))


def due(record, clocks):
    return {str(deadline.step): str(deadline.due) for deadline in deadlines(record, clocks)}


def test_A_70_two_benefits_that_end_on_one_day_make_one_record_from_the_day_after():
    record = open_record([], 3, day("05-20"), "TERMINATION", [lost("06-01"), lost("06-01")], CLOCKS)
    assert record == RECORD


def test_the_first_benefit_that_ends_sets_the_occurrence():
    record = open_record([], 3, day("05-20"), "X", [lost("07-01"), lost("06-01")], CLOCKS)
    assert record is not None
    assert record.occurrence_date == day("06-01")


@pytest.mark.parametrize(
    ("record", "arises"),
    [
        (replace(RECORD, event=1), False),
        (replace(RECORD, event=1, occurrence_date=day("2025-01-01"), until=day("06-01")), False),
        (replace(RECORD, event=1, occurrence_date=day("2024-12-01"), until=day("05-31")), True),
        (replace(RECORD, event=1, occurrence_date=day("06-02")), True),
        (replace(RECORD, event=1, state=CobraState.VOID), True),
        (replace(RECORD, event=1, state=CobraState.CLOSED), True),
        (replace(RECORD, event=1, occurrence_date=day("2025-01-01")), False),
        (replace(RECORD, event=1, occurrence_date=day("2024-01-01")), True),
    ],
    ids=["same day", "until that day", "over the day before", "begins later", "void", "closed", "before", "anew"],
)
def test_A_70_a_record_in_effect_keeps_another_from_arising(record, arises):
    actual = open_record([record], 3, day("05-20"), "TERMINATION", [lost("06-01")], CLOCKS)
    assert (actual is not None) is arises
    assert in_effect(record, lost("06-01")) is not arises


def test_nothing_lost_makes_no_record():
    assert open_record([], 3, day("05-20"), "TERMINATION", [], CLOCKS) is None


def test_the_months_run_from_the_event_where_the_employer_says_so():
    record = open_record([], 3, day("05-20"), "X", [lost("06-01")], Clocks(from_loss=False, months=36))
    assert record is not None
    assert record.until == day("2029-05-19")


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
    done = {str(deadline.step): str(deadline.done) for deadline in deadlines(record, CLOCKS)}
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
    assert [record.state for record in void_records([RECORD, other], 3)] == [CobraState.VOID, CobraState.OPEN]
