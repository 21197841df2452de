"""Sentences of the requirements that no other table of situations shows (docs/reference/requirements.md)."""

from __future__ import annotations

from msgspec.structs import replace

from bensync.benefits.engine.activity_queue import insert
from bensync.benefits.engine.approval_activities import Approval, activities_of
from bensync.benefits.engine.event_order import mark_final
from bensync.benefits.engine.event_stages import RunContext
from bensync.benefits.engine.row_diff import compare
from bensync.benefits.engine.run import RunMode, process_case
from bensync.benefits.rulebook import programs
from bensync.benefits.rulebook.rulebook import read
from bensync.benefits.values.enrollments import program_on
from bensync.core.changes import ChangeKind
from bensync.core.people import DatedRow
from tests.unit.benefits.cases import (
    BOOK,
    activity,
    after_run,
    case,
    flags,
    person,
    posted,
    run_context,
    statuses,
    with_activities,
    with_participant,
)
from tests.unit.builders import TODAY, day

EXAMPLE = read(programs.load("example"))


def test_S3_133_a_row_that_comes_back_brings_a_new_event_beside_the_disconnected_one():
    row = DatedRow("job", day("06-01"), {"grade": "B"})
    with_it, without = person(rows=(row,), grade="B"), person()
    begun = with_activities(case(with_it, "medical"), activity("MSC", rows=(row,)))
    begun = after_run(begun)

    def approved(story, before, after):
        changes = ()
        edits = compare(before.profile.rows, after.profile.rows)
        assert edits
        told_of = activities_of(Approval(ChangeKind.CORRECTION, before, after, changes, TODAY, TODAY), BOOK)
        return after_run(with_activities(with_participant(story, after), *told_of))

    gone = approved(begun, with_it, without)
    assert flags(gone) >= {"disconnected"}
    back = approved(gone, without, with_it)
    assert [(event.number, event.event_class, event.disconnected) for event in back.events] == [
        (1, "MSC", True),
        (2, "MSC", False),
    ]


def test_S3_122_an_event_is_added_manually_while_another_is_in_process():
    begun = after_run(with_activities(case(None, "medical"), activity("MSC", "05-01"), activity("FSC", "06-01")))
    after = after_run(insert(begun, "BIR", day("06-05"), BOOK))
    assert [event.event_class for event in after.events] == ["MSC", "FSC", "BIR"]
    assert len([event for event in after.events if event.status == "OPEN"]) == 1


def test_S3_124_what_was_processed_waits_no_longer():
    after = after_run(with_activities(case(), activity("HIR"), activity("INFO")))
    assert [str(item.state) for item in after.activities] == ["PROCESSED", "INFO"]
    assert len(after_run(after).events) == 1


def test_S3_20_the_usual_event_takes_two_runs():
    first = after_run(with_activities(case(), activity("HIR")))
    assert statuses(first) == ("PR", "OPEN")
    assert statuses(after_run(mark_final(first, 1))) == ("FE", "CLOSED")


def test_S3_180_what_begins_later_is_written_down_at_once():
    begun = after_run(with_activities(case(), activity("HIR", "06-25")))
    rows = after_run(mark_final(begun, 1)).enrollments
    assert [(row.plan_type, row.effective_date) for row in rows] == [("vision", day("06-25"))]
    assert rows[0].effective_date > TODAY


def test_S4_22_a_raise_for_everybody_is_one_job_change_each():
    raised = [person(number, pay_rate="52000.00 USD") for number in range(1, 6)]
    actual = [after_run(with_activities(case(who, "life"), activity("MSC", "06-01"))) for who in raised]
    assert [[event.event_class for event in item.events] for item in actual] == [["MSC"]] * 5


def test_S3_47_S3_57_a_mark_on_a_loss_of_everything_ends_each_coverage():
    begun = after_run(with_activities(case(person(fte="0.2"), "medical", "vision"), activity("MSC", "06-01")))
    assert (statuses(begun), posted(begun)) == (("PR", "OPEN"), [])
    done = after_run(mark_final(begun, 1))
    assert statuses(done) == ("FE", "CLOSED")
    assert posted(done) == [("STOP", "medical", "TERM", "2026-07-01"), ("STOP", "vision", "TERM", "2026-06-02")]


def test_S3_181_the_row_that_ends_a_coverage_leaves_the_one_that_began_it():
    before = case(person(fte="0.2"), "medical")
    done = after_run(mark_final(after_run(with_activities(before, activity("MSC", "06-01"))), 1))
    assert done.enrollments[:1] == before.enrollments
    assert not any("end" in name for name in done.enrollments[0].__struct_fields__)


def test_S3_05_a_run_more_does_nothing_more():
    first = process_case(
        with_activities(case(None, "life"), activity("MSC", "05-01"), activity("FSC", "06-01")), run_context()
    )
    again = process_case(first.case, run_context())
    assert again.case == first.case
    assert (again.posted, again.reversed, again.cobra, again.events) == ((), (), (), ())


def test_S4_15_the_example_offers_no_life_insurance_to_somebody_whose_gender_is_not_known():
    existing, unknown = (
        process_case(
            with_activities(case(person(gender=gender, employment_status="Full-Time")), activity("HIR")),
            RunContext(EXAMPLE, TODAY),
        )
        for gender in ("Female", None)
    )
    plans = [
        {option.terms.plan for offer in item.case.event(1).prepared.offers for option in offer.options}
        for item in (existing, unknown)
    ]
    assert plans[0] - plans[1] == {"LIFE"}


def test_S4_02_every_record_is_of_employment_0():
    done = after_run(mark_final(after_run(with_activities(case(person(fte="0.2"), "medical"), activity("MSC"))), 1))
    assert [record.employment_record for record in done.cobra] == [0]


def test_S3_38_S3_40_after_a_run_nothing_in_process_stands_where_a_program_was_looked_for():
    begun = with_activities(
        case(None, "medical"), activity("FSC", "05-01"), activity("MSC", "06-01"), activity("FSC", "06-05")
    )
    after = after_run(begun)
    assert [statuses(after, number) for number in (1, 2, 3)] == [("PR", "OPEN"), ("AS", "CLOSED"), ("AS", "CLOSED")]
    lost = replace(begun, participant=person(fte="0.2"))
    behind = after_run(lost)
    assert [statuses(behind, number) for number in (2, 3)] == [("AS", "CLOSED"), ("AS", "CLOSED")]
    assert {behind.event(number).program for number in (2, 3)} == {""}
    alone = after_run(with_activities(case(person(fte="0.2")), activity("MSC")), mode=RunMode.ALL)
    assert statuses(alone) == ("FA", "CLOSED")


def test_S4_28_the_program_of_a_hire_begins_on_the_hire_date():
    done = after_run(mark_final(after_run(with_activities(case(), activity("HIR", "06-05"))), 1))
    assert [program_on(done.assignments, day(on)) for on in ("06-04", "06-05")] == ["NOB", "FULL"]
