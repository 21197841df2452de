"""Whole stories from an approval to its coverage: A-69, A-73 to A-75, A-79, A-83, and the employer of the example."""

from __future__ import annotations

from copy import deepcopy

import msgspec
import pytest
from msgspec.structs import replace

from bensync.benefits.engine.approval_activities import Approval, activities_of, effects, row_edits, touches
from bensync.benefits.engine.coordination import mark_final, set_indicator, void
from bensync.benefits.engine.elections import enter
from bensync.benefits.engine.passive import Search, flagged, search
from bensync.benefits.engine.run import case_result, initial_case, process_case
from bensync.benefits.engine.stages import RunContext
from bensync.benefits.rulebook import programs
from bensync.benefits.rulebook.rulebook import read
from bensync.benefits.values.cases import Case
from bensync.benefits.values.enrollments import program_on
from bensync.benefits.values.events import Flag, Indicator, Process
from bensync.benefits.values.offers import Choice
from bensync.core.changes import ChangeKind
from bensync.core.intake import apply, classify
from bensync.core.people import DatedRow, Standing
from bensync.errors import DecisionError
from tests.unit.benefits.cases import (
    BOOK,
    activity,
    after_run,
    book,
    case,
    coverage,
    covered,
    flags,
    person,
    posted,
    run_context,
    statuses,
    with_activities,
    with_participant,
)
from tests.unit.builders import RULES, TODAY, day, profile, status_row

FACTS = {"fte": "1", "pay_rate": "50000.00 USD", "pay_per": "Year"}
HIRED = status_row("2024-02-01")
LEFT = status_row("05-20", "Inactive")


def approve(before, row, rules=BOOK, *, voiding=False):
    """What approving a row does to a case; with ``voiding`` the events it touches are voided first."""
    found = classify(row, before.participant, None, TODAY, RULES)
    assert found is not None
    after = apply(found.kind, row, before.participant.key, before.participant, found.effective_date)
    edits = row_edits(found.kind, before.participant, after)
    for effect in effects(before, edits) if voiding else ():
        before = void(before, effect.event.number)
    approval = Approval(found.kind, before.participant, after, found.changes, found.effective_date, TODAY)
    return with_activities(with_participant(before, after), *activities_of(approval, rules))


def employed(*kinds):
    """Somebody with coverage and a status row in HR."""
    return case(person(rows=(HIRED,)), *kinds)


def terminated():
    """A-16 approved and worked off: HR wrote a row that ends the employment on 20 May."""
    row = profile(active=False, since="05-20", rows=(HIRED, LEFT), **FACTS)
    return process_case(approve(employed("medical", "dental"), row), run_context())


def test_A_69_an_approved_termination_finishes_by_itself():
    found = terminated()
    assert statuses(found.case) == ("FE", "CLOSED")
    assert posted(found.case) == [
        ("STOP", "medical", "TERM", "2026-06-01"),
        ("STOP", "dental", "TERM", "2026-06-01"),
    ]
    assert found.carriers == ("bright", "north")
    assert [(str(record.state), record.occurrence_date) for record in found.cobra] == [("OPEN", day("06-01"))]
    assert program_on(found.case.assignments, TODAY) == "NOB"
    assert coverage(found.case, "05-31") == {"medical": "EE", "dental": "EE"}


def test_A_69_one_who_had_no_coverage_is_done_without_a_row():
    row = profile(active=False, since="05-20", rows=(HIRED, LEFT), **FACTS)
    found = process_case(approve(employed(), row), run_context())
    assert (statuses(found.case), found.posted, found.cobra) == (("FA", "CLOSED"), (), ())


def test_an_approved_termination_that_waits_for_an_earlier_event_is_reported():
    begun = after_run(with_activities(employed("medical"), activity("FSC", "05-01")))
    row = profile(active=False, since="05-20", rows=(HIRED, LEFT), **FACTS)
    found = process_case(approve(begun, row), run_context())
    assert statuses(found.case, 2) == ("AN", "CLOSED")
    assert [(line.event, line.detail) for line in found.remarks if line.code == "waits_behind"] == [(2, "1")]
    done = process_case(mark_final(found.case, 1), run_context())
    assert [statuses(done.case, number)[0] for number in (1, 2)] == ["FE", "FE"]
    assert not [line for line in done.remarks if line.code == "waits_behind"]


def test_A_73_the_report_is_that_of_the_real_run_and_nothing_has_changed():
    row = profile(active=False, since="05-20", rows=(HIRED, LEFT), **FACTS)
    before = approve(employed("medical", "dental"), row)
    kept = deepcopy(before)
    report = process_case(before, run_context())
    assert before == kept
    assert process_case(before, run_context()) == report
    assert report.posted


# the row of a termination is deleted


BACK = profile(rows=(HIRED,), **FACTS)


def test_A_74_the_request_names_the_event_and_what_voiding_would_reverse():
    before = terminated().case
    found = classify(BACK, before.participant, None, TODAY, RULES)
    assert found is not None
    assert found.kind is ChangeKind.REACTIVATE
    after = person(rows=(HIRED,))
    (effect,) = effects(before, row_edits(found.kind, before.participant, after))
    assert (effect.event.number, effect.disconnects) == (1, True)
    assert [(row.plan_type, str(row.coverage)) for row in effect.rows] == [("medical", "TERM"), ("dental", "TERM")]
    assert (
        effects(before, row_edits(ChangeKind.UPDATE, person(rows=(HIRED,)), person(rows=(status_row("2023-01-01"),))))
        == ()
    )


def test_a_request_touches_what_rests_on_its_rows_once_that_is_past_PR():
    before = terminated().case
    edits = row_edits(ChangeKind.REACTIVATE, before.participant, person(rows=(HIRED,)))
    assert touches(before.events, edits)
    assert not touches(before.events, [])
    assert not touches(void(before, 1).events, edits)
    prepared = [replace(event, process=Process.PR) for event in before.events]
    assert not touches(prepared, edits)


def test_A_74_approved_with_void_the_earlier_coverages_stand_again():
    before = terminated().case
    found = approve(before, BACK, voiding=True)
    assert statuses(found) == ("RE", "VOID")
    assert coverage(found, "06-10") == {"medical": "EE", "dental": "EE"}
    assert [str(record.state) for record in found.cobra] == ["VOID"]
    assert found.participant.standing is Standing.ACTIVE
    assert case_result(before, found, BOOK).carriers == ("bright", "north")
    done = after_run(found)
    assert statuses(done) == ("RE", "VOID")
    assert coverage(done, "06-10") == {"medical": "EE", "dental": "EE"}


def test_A_74_approved_without_it_the_event_is_disconnected_and_its_rows_stay():
    found = after_run(approve(terminated().case, BACK))
    assert found.participant.standing is Standing.ACTIVE
    assert statuses(found) == ("FE", "CLOSED")
    assert flags(found) == {"disconnected", "elig_job"}
    assert coverage(found, "06-10") == {}
    with pytest.raises(DecisionError):
        set_indicator(found, 1, Indicator.ASSIGN)
    voided = after_run(set_indicator(found, 1, Indicator.VOID))
    assert coverage(voided, "06-10") == {"medical": "EE", "dental": "EE"}


def test_A_74_a_deleted_row_of_the_past_is_a_correction_that_disconnects_as_well():
    old, new = DatedRow("job", day("01-01"), {"grade": "A"}), DatedRow("job", day("05-01"), {"grade": "B"})
    facts = {**FACTS, "grade": "B"}
    before = after_run(
        with_activities(case(person(rows=(HIRED, old, new), grade="B")), activity("FSC", "02-01", rows=(old,)))
    )
    found = after_run(approve(before, profile(rows=(HIRED, new), **facts)))
    assert flags(found) == {"disconnected", "elig_job"}
    assert statuses(found) == ("PR", "CLOSED")


def test_A_75_a_moved_hire_brings_the_event_anew_on_its_right_day():
    row, later = status_row("06-01"), status_row("06-08")
    hire = profile(since="06-01", rows=(row,), hire_date="2026-06-01", **FACTS)
    made = apply(ChangeKind.NEW, hire, b"k", None, day("06-01"))
    begun = after_run(
        with_activities(Case(made), *activities_of(Approval(ChangeKind.NEW, None, made, (), day("06-01"), TODAY), BOOK))
    )
    assert statuses(begun) == ("PR", "OPEN")
    found = after_run(approve(begun, profile(since="06-08", rows=(later,), hire_date="2026-06-08", **FACTS)))
    assert [(str(event.event_date), event.disconnected, event.event_class) for event in found.events] == [
        ("2026-06-01", True, "HIR"),
        ("2026-06-08", False, "HIR"),
    ]
    assert statuses(found, 2) == ("PR", "OPEN")


def test_A_20_who_left_and_came_back_has_a_gap():
    row = profile(
        rows=(HIRED, status_row("05-01", "Inactive"), status_row("06-01")),
        left="05-01",
        rehire_date="2026-06-01",
        **FACTS,
    )
    found = after_run(approve(employed("medical"), row))
    assert [(event.event_class, *statuses(found, event.number)) for event in found.events] == [
        ("TER", "FE", "CLOSED"),
        ("HIR", "PR", "OPEN"),
    ]
    assert posted(found) == [("STOP", "medical", "TERM", "2026-06-01")]
    done = after_run(enter(found, 2, [Choice("medical", "MED", "EE")], TODAY))
    assert coverage(done, "06-10") == {"medical": "EE"}


def test_a_termination_and_a_rehire_of_one_day_are_each_judged_by_what_they_bring():
    row = profile(termination_date="2026-06-01", rehire_date="2026-06-01", rows=(HIRED,), **FACTS)
    found = after_run(approve(employed("medical"), row))
    assert [(event.event_class, event.program) for event in found.events] == [("TER", ""), ("HIR", "FULL")]
    assert [statuses(found, number)[0] for number in (1, 2)] == ["FE", "PR"]


# Snapshot


@pytest.mark.parametrize(
    ("who", "process", "program"),
    [(person(), "FE", "FULL"), (person(fte="0.2"), "FA", ""), (person(ended="05-01"), "FA", "")],
)
def test_A_83_a_snapshot_leaves_one_closed_event_and_no_coverage(who, process, program):
    found = initial_case(Case(who), run_context())
    (event,) = found.events
    assert (event.event_class, *statuses(found), event.program, event.priority) == (
        "SNP",
        process,
        "CLOSED",
        program,
        50,
    )
    assert found.enrollments == ()
    assert program_on(found.assignments, TODAY) == (program or "NOB")
    assert after_run(found) == found
    with pytest.raises(DecisionError):
        initial_case(found, run_context())


def test_A_83_a_snapshot_is_closed_though_several_programs_fit():
    both = book(programs=[{"code": code, "eligibility": "full_time", "plans": ["MED"]} for code in "AB"])
    assert statuses(initial_case(Case(person()), run_context(both))) == ("FE", "CLOSED")


# Passive events


TEN_YEARS = book(passive=[{"code": "TEN", "measure": "service_years", "reaches": 10}]).passive[0]
SIXTY_FIVE = book(passive=[{"code": "OLD", "measure": "age", "reaches": 65, "event": "ADR"}]).passive[0]


def people():
    hired = {1: "2016-05-10", 2: "2016-05-20", 3: "2016-06-05", 4: "2016-07-01", 5: None}
    return [person(number, number_of=number, hire_date=on) for number, on in hired.items()]


def test_A_79_a_search_finds_whoever_reaches_the_measure_within_the_range():
    hits = search(TEN_YEARS, people(), day("05-01"), day("05-31"), [])
    assert [(number, one.event_class, str(one.event_date)) for number, one in hits.activities] == [
        (1, "MSC", "2026-05-10"),
        (2, "MSC", "2026-05-20"),
    ]
    assert hits.overlaps == ()
    assert hits.search == Search("TEN", day("05-01"), day("05-31"), (1, 2))


def test_A_79_a_search_that_overlaps_warns_and_finds_only_the_others():
    first = search(TEN_YEARS, people(), day("05-01"), day("05-31"), []).search
    hits = search(TEN_YEARS, people(), day("05-15"), day("06-15"), [first])
    assert hits.overlaps == (first,)
    assert [number for number, _ in hits.activities] == [3]
    other = search(SIXTY_FIVE, people(), day("05-15"), day("06-15"), [first])
    assert other.overlaps == ()


def test_a_passive_activity_becomes_an_event_of_its_day():
    _, found = search(TEN_YEARS, people(), day("05-01"), day("05-31"), []).activities[0]
    done = after_run(with_activities(Case(people()[0]), found))
    assert (done.event(1).event_class, done.event(1).event_date, done.event(1).action) == (
        "MSC",
        day("05-10"),
        "passive",
    )


def test_a_search_looks_at_ages_and_at_nobody_who_left():
    born = {1: "1961-06-02", 2: "1961-06-02", 3: None}
    old = [
        person(number, number_of=number, birth_date=on, ended="06-01" if number == 2 else None)
        for number, on in born.items()
    ]
    hits = search(SIXTY_FIVE, old, day("06-02"), day("06-02"), [])
    assert [(number, one.event_class) for number, one in hits.activities] == [(1, "ADR")]


def test_a_range_that_ends_before_it_begins_is_refused():
    with pytest.raises(DecisionError):
        search(TEN_YEARS, [], day("06-02"), day("06-01"), [])


# Lists


def test_S3_148_flagged_events_are_listed_newest_first():
    found = after_run(with_activities(case(), activity("FSC", "05-01"), activity("FSC", "06-01")))
    for number in (1, 2):
        found = after_run(mark_final(found, number))
    found = after_run(with_activities(found, activity("FSC", "04-01")))
    assert [event.number for _, event in flagged([found])] == [2, 1]
    assert list(flagged([found], frozenset({Flag.DISCONNECTED}))) == []
    assert list(flagged([case()])) == []


# What the state room must be able to keep


def test_a_case_survives_being_written_and_read():
    found = terminated().case
    assert found.cobra
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=Case) == found
    waiting = after_run(with_activities(case(person(), "medical"), activity("FSC")))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(waiting), type=Case) == waiting


# The employer of the example


EXAMPLE = RunContext(read(programs.load("example")), TODAY)


def somebody(**values):
    return person(**{"employment_status": "Full-Time", **values})


def test_the_example_hires_somebody():
    begun = process_case(with_activities(Case(somebody()), activity("HIR", "06-05")), EXAMPLE)
    offers = {offer.plan_type: offer for offer in begun.case.event(1).prepared.offers}
    assert list(offers) == ["medical", "dental", "vision", "life", "flex", "fsa", "savings"]
    assert {option.terms.plan for option in offers["medical"].options} == {"PPO", "HMO"}
    choices = [Choice("medical", "HMO", "FAM"), Choice("dental")]
    done = process_case(enter(begun.case, 1, choices, TODAY), EXAMPLE)
    assert statuses(done.case) == ("FE", "CLOSED")
    assert coverage(done.case, "07-10") == {"medical": "FAM", "vision": "EE", "life": "1X"}
    assert done.carriers == ("harbor", "northstar")


def test_the_example_lets_an_academic_begin_in_october():
    found = process_case(with_activities(Case(somebody(pay_group="ACD")), activity("HIR", "08-15")), EXAMPLE).case
    ppo = [option for offer in found.event(1).prepared.offers for option in offer.options if option.terms.plan == "PPO"]
    assert {option.begin for option in ppo} == {day("10-01")}


def test_the_example_raises_life_insurance_with_the_salary_and_asks_nobody():
    begun = process_case(
        mark_final(process_case(with_activities(Case(somebody()), activity("HIR", "01-05")), EXAMPLE).case, 1), EXAMPLE
    )
    richer = with_participant(begun.case, somebody(pay_rate="60500.00 USD"))
    found = process_case(with_activities(richer, activity("MSC", "06-05")), EXAMPLE)
    assert statuses(found.case, 2) == ("FE", "CLOSED")
    assert [(str(row.step), row.plan_type, str(row.terms.amount)) for row in found.posted] == [
        ("CHANGE", "life", "50000"),
        ("CHANGE", "life", "61000"),
    ]


def test_the_example_keeps_coverage_on_paid_leave_and_cancels_it_on_medical_leave():
    for reason, held, event_class in (("", {"medical": "EE"}, "MSC"), ("Medical", {}, "LVE")):
        row = DatedRow("status", day("06-01"), {"employment_status": "Leave", "action_reason": reason})
        who = somebody(rows=(row,), employment_status="Leave")
        rows = [replace(one, terms=replace(one.terms, plan="PPO")) for one in covered("medical")]
        start = replace(Case(who), enrollments=tuple(rows))
        found = process_case(with_activities(start, activity(event_class, "06-01", final=True)), EXAMPLE).case
        assert {kind: option for kind, option in coverage(found, "07-01").items() if kind == "medical"} == held
