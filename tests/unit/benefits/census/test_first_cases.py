"""The first case of a participant: a closed snapshot event, with or without coverage."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from bensync.benefits.census.first_cases import initial_case, keeps_hire, loaded_case
from bensync.benefits.census.judgment import PresentCoverage
from bensync.benefits.engine.event_order import set_indicator
from bensync.benefits.values.activities import ActivitySource, ActivityState
from bensync.benefits.values.cases import Case
from bensync.benefits.values.enrollments import Terms, program_on
from bensync.benefits.values.events import Indicator
from bensync.errors import DecisionError
from tests.unit.benefits.cases import (
    OPTIONS,
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
    with_participant,
)
from tests.unit.builders import TODAY

MEDICAL = PresentCoverage("medical", OPTIONS["medical"], date(2024, 3, 1), TODAY)
OLD_HIRE, NEW_HIRE = activity("HIR", "2024-02-01"), activity("HIR", "05-01")


def loaded(before=None, *rows):
    return loaded_case(before or case(), rows or (MEDICAL,), run_context())


@pytest.mark.parametrize(
    ("who", "process", "program"),
    [(person(), "FE", "FULL"), (person(fte="0.2"), "FA", ""), (person(ended="05-01"), "FA", "")],
)
def test_A_83_a_snapshot_leaves_one_closed_event_and_no_coverage(who, process, program):
    after = initial_case(Case(who), run_context())
    (event,) = after.events
    assert (event.event_class, *statuses(after), event.program, event.priority) == (
        "SNP",
        process,
        "CLOSED",
        program,
        50,
    )
    assert after.enrollments == ()
    assert program_on(after.assignments, TODAY) == (program or "NOB")
    assert after_run(after) == after
    with pytest.raises(DecisionError):
        initial_case(after, run_context())


def test_A_83_a_snapshot_is_closed_though_several_programs_fit():
    both = book(programs=[{"code": code, "eligibility": "full_time", "plans": ["MED"]} for code in "AB"])
    assert statuses(initial_case(Case(person()), run_context(both))) == ("FE", "CLOSED")


def test_a_hire_of_long_ago_is_part_of_the_snapshot():
    waiting = [OLD_HIRE, activity("MSC", "06-10"), activity("MSC", "06-11")]
    manual = activity("BIR", "06-01", ActivitySource.MANUAL)
    after = initial_case(with_activities(case(), *waiting, manual), run_context())
    assert [str(entry.state) for entry in after.activities] == ["PROCESSED", "PROCESSED", "WAITING", "WAITING"]
    assert after.event(1).activities == (1, 2)
    assert [event.event_class for event in after_run(after).events] == ["SNP", "MSC", "BIR"]


def test_only_a_hire_of_the_last_days_that_waits_is_kept():
    assert keeps_hire(with_activities(case(), NEW_HIRE), TODAY)
    assert not keeps_hire(with_activities(case(), OLD_HIRE), TODAY)
    assert not keeps_hire(with_activities(case(), activity("MSC", "05-01")), TODAY)
    held = with_activities(case(), replace(NEW_HIRE, state=ActivityState.HELD))
    assert not keeps_hire(held, TODAY)


def test_loaded_coverage_belongs_to_the_snapshot_and_keeps_its_day():
    after = loaded(with_activities(case(), NEW_HIRE))
    assert posted(after) == [("LOAD", "medical", "ELECT", "2024-03-01")]
    assert (statuses(after), after.enrollments[0].deduction_begin) == (("FE", "CLOSED"), TODAY)
    assert coverage(after, TODAY) == {"medical": "EE"}
    assert after_run(after) == after


def test_coverage_is_loaded_into_a_snapshot_that_is_there():
    before = initial_case(Case(person(fte="0.1")), run_context())
    assert statuses(before) == ("FA", "CLOSED")
    after = loaded(before)
    assert [event.number for event in after.events] == [1]
    assert statuses(after) == ("FE", "CLOSED")


def test_a_termination_right_after_the_load_ends_what_was_loaded():
    vision = PresentCoverage("vision", Terms("VIS", "EE", company=Decimal(9)), date(2024, 3, 1), TODAY)
    gone = with_participant(loaded(case(), MEDICAL, vision), person(ended="06-05"))
    after = after_run(with_activities(gone, activity("TER", "06-05", final=True)))
    assert posted(after, 2) == [("STOP", "medical", "TERM", "2026-07-01"), ("STOP", "vision", "TERM", "2026-06-06")]
    assert [str(record.occurrence_date) for record in after.cobra] == ["2026-07-01"]


def test_wrong_coverage_is_taken_back_by_voiding_its_snapshot_and_loaded_anew():
    marked = set_indicator(loaded(), 1, Indicator.VOID)
    voided = after_run(marked)
    assert (posted(voided), coverage(voided, TODAY)) == ([], {})
    again = loaded(voided)
    assert (posted(again, 2), again.event(2).event_class) == ([("LOAD", "medical", "ELECT", "2024-03-01")], "SNP")
    with pytest.raises(DecisionError):
        set_indicator(again, 2, Indicator.PREPARE)
    with pytest.raises(DecisionError):
        set_indicator(initial_case(Case(person()), run_context()), 1, Indicator.VOID)
