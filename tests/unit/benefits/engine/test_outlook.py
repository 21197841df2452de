"""What an approval would bring about, before anybody approves it."""

from __future__ import annotations

from msgspec.structs import replace

from bensync.benefits.engine import activity_queue
from bensync.benefits.engine.approval_activities import Approval, activities_of, effects
from bensync.benefits.engine.elections import enter
from bensync.benefits.engine.event_order import mark_final
from bensync.benefits.engine.outlook import Outlook, outlook
from bensync.benefits.engine.row_diff import row_edits
from bensync.benefits.engine.run import RunMode, process_case
from bensync.benefits.values.cases import Case
from bensync.benefits.values.events import Flag, Process
from bensync.benefits.values.offers import Choice
from bensync.core.intake.proposals import apply, classify
from bensync.core.people import DatedRow
from tests.unit.benefits.cases import (
    BOOK,
    activity,
    after_run,
    automatic,
    book,
    case,
    person,
    run_context,
    with_activities,
    with_participant,
)
from tests.unit.builders import RULES, TODAY, day, profile, status_row

FACTS = {"fte": "1", "pay_rate": "50000.00 USD", "pay_per": "Year"}


HIRED = status_row("2024-02-01")


LEFT = status_row("05-20", "Inactive")


LEAVING = profile(active=False, since="05-20", rows=(HIRED, LEFT), **FACTS)


def approval_of(row, before):
    """A row as a request for it would be applied."""
    proposal = classify(row, before, None, TODAY, RULES)
    assert proposal is not None
    after = apply(proposal.kind, row, b"k", before, proposal.effective_date)
    return Approval(proposal.kind, before, after, proposal.changes, proposal.effective_date, TODAY)


def foreseen(row, now: Case | None, rules=BOOK) -> Outlook:
    return outlook(now, approval_of(row, now.participant if now else None), run_context(rules))


def employed(*kinds, **facts) -> Case:
    """Somebody with coverage and a status row in HR."""
    return case(person(rows=(HIRED,), **facts), *kinds)


def staying(rows=(HIRED,), **changes):
    """Somebody of whom HR says something else than before."""
    return profile(rows=rows, **{**FACTS, **changes})


def shifts(foreseen):
    """Each shift, short."""
    return [
        (shift.plan_type, str(shift.begin), str(shift.until or ""), shift.before and shift.before.option,
         shift.after and shift.after.option)
        for shift in foreseen
    ]  # fmt: skip


def test_A_69_a_termination_ends_each_coverage_and_opens_cobra_on_the_day_after():
    actual = foreseen(LEAVING, employed("medical", "vision"))
    assert {shift.plan_type: shift.last_day for shift in actual.ends} == {
        "medical": day("05-31"),
        "vision": day("05-20"),
    }
    assert [record.occurrence_date for record in actual.cobra] == [day("06-01")]
    assert actual.carriers == ("north",)
    assert [(event.event_class, event.process) for event in actual.events] == [("TER", Process.FE)]
    assert (actual.begins, actual.changes, actual.offers, actual.stops, actual.spared) == ((), (), (), (), ())


def test_an_outlook_says_what_the_run_does():
    now = employed("medical", "dental")
    approval = approval_of(LEAVING, now.participant)
    result = process_case(
        with_activities(with_participant(now, approval.after), *activities_of(approval, BOOK)), run_context()
    )
    foreseen_outlook = outlook(now, approval, run_context())
    stopped = {(row.plan_type, row.effective_date) for row in result.posted}
    assert {(shift.plan_type, shift.begin) for shift in foreseen_outlook.shifts} == stopped
    assert foreseen_outlook.cobra == result.cobra
    assert foreseen_outlook.carriers == result.carriers


def test_an_outlook_leaves_the_case_as_it_was():
    now = employed("medical")
    before = replace(now)
    foreseen(LEAVING, now)
    assert now == before


def test_a_new_person_is_offered_what_fits_and_gets_what_is_added_by_itself():
    rules = book(
        add_rules=[
            {"types": ["medical"], "events": ["HIR"], "begin": {"base": "first_of_month"}},
            {"plans": ["VIS"], "events": ["HIR"], "begin": {"base": "event_date"}, "default": "EE", "auto_add": True},
        ]
    )
    row = profile(since="06-15", rows=(status_row("06-15"),), hire_date="2026-06-15", **FACTS)
    actual = foreseen(row, None, rules)
    assert [(event.event_class, offer.plan_type) for event, offer in actual.offers] == [
        ("HIR", "medical"),
        ("HIR", "vision"),
    ]
    assert actual.offers[0][1].options[0].begin == day("07-01")
    assert actual.shifts == ()  # somebody must choose the medical plan first


def test_a_coverage_that_a_new_person_gets_by_itself_begins():
    rules = book(
        add_rules=[
            {"plans": ["VIS"], "events": ["HIR"], "begin": {"base": "event_date"}, "default": "EE", "auto_add": True}
        ],
        events={"HIR": {"label": "Hire", "priority": 100, "employment": "begins", "automatic": True}},
    )
    row = profile(since="06-15", rows=(status_row("06-15"),), hire_date="2026-06-15", **FACTS)
    actual = foreseen(row, None, rules)
    assert shifts(actual.begins) == [("vision", "2026-06-15", "", None, "EE")]
    assert actual.offers == ()


def test_A_68_a_move_that_would_end_everything_stops_and_waits_for_a_person():
    actual = foreseen(staying(state="NV", postal_code="89101"), employed("dental"))
    assert [(event.event_class, event.process) for event in actual.stops] == [("ADR", Process.PR)]
    assert actual.shifts == ()
    assert "loss_of_all" in {remark.code for remark in actual.remarks}


def test_other_figures_are_a_change_of_the_coverage():
    actual = foreseen(staying(pay_rate="60000.00 USD"), employed("life"), automatic())
    (shift,) = actual.changes
    assert shift.before is not None
    assert shift.after is not None
    assert (shift.before.amount, shift.after.amount) == (100000, 120000)
    assert (actual.ends, actual.begins) == ((), ())


def test_coverage_that_would_end_anyway_ends_earlier_until_then():
    now = employed("vision")
    ends_in_july = with_activities(now, activity("TER", "07-31", final=True))
    actual = foreseen(LEAVING, ends_in_july)
    assert shifts(actual.ends) == [("vision", "2026-05-21", "2026-07-31", "EE", None)]


def test_what_waits_anyway_is_not_counted_among_what_follows():
    waiting = with_activities(employed("medical"), activity("TER", "05-20", final=True))
    actual = foreseen(staying(city="Dayton"), waiting)
    assert actual == Outlook()


def test_a_change_that_triggers_nothing_has_an_empty_outlook():
    assert foreseen(staying(city="Dayton"), employed("medical")) == Outlook()


def test_A_66_an_earlier_change_flags_the_event_that_was_finished():
    hired = after_run(with_activities(employed(), activity("HIR", "06-01")))
    chosen = enter(hired, 1, [Choice("medical", "MED", "EE")], TODAY)
    finished = after_run(chosen)
    assert finished.event(1).process is Process.FE
    actual = foreseen(staying(rows=(HIRED, DatedRow("address", day("05-20"), {"postal_code": "90002"})),
                             postal_code="90002"), finished)  # fmt: skip
    (disturbed,) = actual.disturbed
    assert disturbed.event.number == 1
    assert disturbed.flags == {Flag.OUT_OF_SEQUENCE, Flag.ELIG_ADDR}
    assert not disturbed.disconnects
    assert [row.plan_type for row in disturbed.rows] == ["medical"]


def test_sync_rules_3_9_4_a_deleted_row_disconnects_its_event_as_effects_say():
    now = employed("medical", "dental")
    left = approval_of(LEAVING, now.participant)
    ended = process_case(
        with_activities(with_participant(now, left.after), *activities_of(left, BOOK)), run_context()
    ).case
    back = approval_of(staying(), ended.participant)
    foreseen_outlook = outlook(ended, back, run_context())
    (disturbed,) = foreseen_outlook.disturbed
    assert disturbed.disconnects
    (effect,) = {item.event.number: item for item in effects(ended, row_edits(back.kind, ended.participant, back.after), BOOK)
                 if item.disconnects}.values()  # fmt: skip
    assert (disturbed.event.number, disturbed.rows) == (effect.event.number, effect.rows)


def test_a_termination_behind_an_open_hire_says_on_what_it_waits():
    hired = after_run(with_activities(employed("medical"), activity("HIR", "05-01")))
    actual = foreseen(LEAVING, hired)
    assert [(remark.code, remark.event, remark.detail) for remark in actual.remarks] == [("waits_behind", 2, "1")]
    assert [event.event_class for event in actual.queued] == ["TER"]
    assert actual.shifts == ()


def test_coverage_that_no_rule_ends_is_reported():
    actual = foreseen(LEAVING, employed("medical", "vision"), book(termination_rules=[
        {"types": ["medical"], "stop": {"base": "end_of_month"}, "cobra": True}]))  # fmt: skip
    assert [(remark.code, remark.plan) for remark in actual.remarks] == [("no_termination_rule", "VIS")]


def test_a_deletion_of_a_termination_that_was_not_processed_spares_its_cobra():
    now = employed("medical")
    left = approval_of(LEAVING, now.participant)
    waiting = activity_queue.add(with_participant(now, left.after), activities_of(left, BOOK))
    scheduled = process_case(waiting, run_context(), mode=RunMode.SCHEDULE).case
    foreseen_outlook = outlook(scheduled, approval_of(staying(), scheduled.participant), run_context())
    assert [record.occurrence_date for record in foreseen_outlook.spared] == [day("06-01")]
    assert shifts(foreseen_outlook.begins) == [("medical", "2026-06-01", "", None, "EE")]


def test_a_loss_that_a_person_marked_final_before_is_no_news():
    stopped = after_run(with_activities(employed("dental", state="NV"), activity("ADR", "06-01")))
    assert stopped.event(1).loss_of_all
    assert foreseen(staying(state="NV", city="Dayton"), mark_final(stopped, 1)) == Outlook()


def test_rows_that_say_the_same_again_are_no_shift_of_their_own():
    now = employed("medical")
    (row,) = now.enrollments
    again = replace(row, number=2, effective_date=day("2025-03-01"))
    actual = foreseen(LEAVING, replace(now, enrollments=(row, again)))
    assert shifts(actual.shifts) == [("medical", "2026-06-01", "", "EE", None)]


def test_coverage_that_would_begin_and_does_not_is_no_end_of_coverage():
    now = employed("vision")
    (row,) = now.enrollments
    actual = foreseen(LEAVING, replace(now, enrollments=(replace(row, effective_date=day("07-01")),)))
    assert [(shift.unbegun, shift.begin) for shift in actual.ends] == [(True, day("07-01"))]
    assert not foreseen(LEAVING, now).ends[0].unbegun
