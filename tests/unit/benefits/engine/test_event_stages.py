"""How far an event in process gets in one run, status by status (model 2.3)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bensync.benefits.engine.elections import enter, notify
from bensync.benefits.engine.event_order import REPROCESSING, mark_final, set_indicator
from bensync.benefits.engine.event_stages import RunContext
from bensync.benefits.engine.passive_events import terminations
from bensync.benefits.engine.run import RunMode, process_case
from bensync.benefits.values.enrollments import program_on
from bensync.benefits.values.events import EventStatus, Indicator, Process
from bensync.benefits.values.offers import Choice
from bensync.errors import DecisionError
from tests.unit.benefits.cases import (
    BOOK,
    activity,
    after_run,
    automatic,
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
from tests.unit.benefits.situations import (
    AMBIGUOUS,
    CAUGHT,
    FAMILY,
    MEDICAL,
    NONSENSE,
    SCHEDULES,
    case_marked_final,
    case_with_elections,
    prepared_case,
    processed_case,
    scheduled_case,
)
from tests.unit.builders import TODAY


def test_S3_187_an_event_keeps_its_schedule_when_its_program_is_looked_for_again():
    begun = after_run(with_activities(case(person(location="Erie")), activity("HIR")), SCHEDULES)
    elsewhere = with_participant(set_indicator(begun, 1, Indicator.ASSIGN), person(location="Reno"))
    assert after_run(elsewhere, SCHEDULES).event(1).schedule == "HIRES"


def test_results_of_eligibility_are_recorded_on_request():
    begun = with_activities(case(person(fte="0.6", state="NY")), activity("HIR"))
    assert after_run(begun).event(1).findings == ()
    actual = process_case(begun, RunContext(BOOK, TODAY, record=True)).case.event(1).findings
    assert {(item.program, item.plan): item.against for item in actual}["FULL", "DEN"] == ("state",)
    assert {(item.program, item.plan): item.against for item in actual}["PART", ""] == ()


def test_S3_138_checks_that_an_event_is_past_are_not_made_again():
    recording = RunContext(BOOK, TODAY, record=True)
    hire = with_activities(case(person(state="NY")), activity("HIR"))
    waiting = after_run(hire, mode=RunMode.SCHEDULE)
    assert statuses(waiting) == ("AS", "OPEN")
    prepared = process_case(waiting, recording, mode=RunMode.PROCESS).case
    assert {finding.plan for finding in prepared.event(1).findings} == {"MED", "DEN", "LIFE", "VIS"}
    later = process_case(case_marked_final(after_run(hire)), recording).case
    assert later.event(1).findings == ()
    whole = process_case(hire, recording).case
    again = process_case(set_indicator(whole, 1, Indicator.PREPARE), recording).case
    assert {*again.event(1).findings} == {*whole.event(1).findings}
    assert len(again.event(1).findings) == len(whole.event(1).findings)
    anew = process_case(set_indicator(after_run(hire), 1, Indicator.ASSIGN), recording).case
    assert {finding.plan for finding in anew.event(1).findings} >= {"", "MED"}


def test_what_makes_several_programs_ambiguous_is_recorded_too():
    rules = book(programs=[{"code": code, "eligibility": "full_time", "plans": ["VIS"]} for code in ("A", "B")])
    actual = process_case(with_activities(case(), activity("HIR")), RunContext(rules, TODAY, record=True)).case
    assert statuses(actual) == ("AE", "OPEN")
    assert [finding.against for finding in actual.event(1).findings] == [()] * 4


BOTH = book(programs=[{"code": code, "eligibility": "full_time", "plans": ["MED"]} for code in ("A", "B")])


@pytest.mark.parametrize(
    ("fte", "rules", "process"), [("1", None, "AS"), ("0.2", None, "AN"), ("1", BOTH, "AE")], ids=["AS", "AN", "AE"]
)
def test_A_63_scheduling_gives_AS_AN_or_AE(fte, rules, process):
    assert statuses(scheduled_case(rules, person(fte=fte))) == (process, "OPEN")


def test_A_63_AE_stays_until_the_rules_are_fixed():
    after = processed_case(scheduled_case(BOTH), BOTH)
    assert statuses(after) == ("AE", "OPEN")
    assert [line.code for line in process_case(after, run_context(BOTH)).remarks] == ["several_programs"]
    assert statuses(after_run(after, mode=RunMode.SCHEDULE)) == ("AS", "OPEN")
    assert statuses(processed_case(after)) == ("PR", "OPEN")


def test_AE_becomes_AN_where_no_program_is_left():
    assert statuses(processed_case(scheduled_case(BOTH), book(programs=[]))) == ("FA", "CLOSED")
    assert statuses(after_run(scheduled_case(BOTH), book(programs=[]), mode=RunMode.SCHEDULE)) == ("AN", "OPEN")


def test_a_queued_event_is_looked_at_again_before_its_turn():
    after = after_run(with_activities(case(), activity("FSC", "05-01"), activity("FSC", "06-01")))
    assert (statuses(after, 2), after.event(2).program) == (("AS", "CLOSED"), "FULL")
    after = after_run(with_participant(after, person(fte="0.5")))
    assert after.event(2).program == "PART"


def test_A_63_S3_37_AN_without_coverage_ends():
    after = processed_case(scheduled_case(None, person(fte="0.2")))
    assert statuses(after) == ("FA", "CLOSED")
    assert after.event(1).finished == TODAY


def test_S3_37_AN_with_coverage_waits_for_a_mark():
    after = processed_case(scheduled_case(None, person(fte="0.2"), "medical"))
    assert statuses(after) == ("PR", "OPEN")
    assert after.event(1).loss_of_all
    assert posted(after) == []


def test_AS_with_options_is_prepared():
    after = prepared_case()
    assert statuses(after) == ("PR", "OPEN")
    assert [offer.plan_type for offer in after.event(1).prepared.offers] == ["medical", "dental", "life", "vision"]
    assert [offer.electable for offer in after.event(1).prepared.offers] == [True, True, True, False]


def test_AS_with_nothing_to_elect_ends():
    after = processed_case(scheduled_case(event_class="MAR"))
    assert statuses(after) == ("FP", "CLOSED")
    assert program_on(after.assignments, TODAY) == "FULL"


def test_PE_is_prepared_again_in_every_run():
    after = processed_case(scheduled_case(AMBIGUOUS, person(**CAUGHT)), AMBIGUOUS)
    assert processed_case(after, AMBIGUOUS) == after
    assert statuses(processed_case(after)) == ("PR", "OPEN")
    assert statuses(processed_case(after, book(add_rules=[]))) == ("FP", "CLOSED")


def test_A_68_a_program_under_which_every_coverage_ends_waits():
    after = processed_case(scheduled_case(None, person(fte="0.5"), "medical", event_class="MSC"))
    event = after.event(1)
    assert (statuses(after), event.program, event.loss_of_all) == (("PR", "OPEN"), "PART", True)
    assert list(terminations([after, prepared_case("medical")])) == [(after.participant, event)]
    assert coverage(after, "07-01") == {"medical": "EE"}
    assert process_case(scheduled_case(None, person(fte="0.5"), "medical", event_class="MSC"), run_context()).remarks[
        -1
    ].code == ("loss_of_all")
    done = case_marked_final(after)
    assert statuses(done) == ("FE", "CLOSED")
    assert posted(done) == [("STOP", "medical", "TERM", "2026-07-01")]
    assert list(terminations([done])) == []


def test_A_68_not_even_an_automatic_class_ends_every_coverage():
    rules = automatic()
    after = processed_case(scheduled_case(rules, person(fte="0.5"), "medical", event_class="MSC"), rules)
    assert statuses(after) == ("PR", "OPEN")


def test_S4_10_a_leave_waives_every_coverage_once_somebody_says_so():
    after = processed_case(scheduled_case(None, None, "medical", "life", event_class="LVE"))
    assert (statuses(after), after.event(1).loss_of_all, after.event(1).prepared.offers) == (("PR", "OPEN"), True, ())
    done = case_marked_final(after)
    assert posted(done) == [("STOP", "medical", "WAIVE", "2026-07-01"), ("STOP", "life", "WAIVE", "2026-06-02")]


def test_valid_elections_make_ET_FE():
    after = case_with_elections(MEDICAL)
    assert (statuses(after), after.event(1).entered) == (("ET", "OPEN"), TODAY)
    done = processed_case(after)
    assert (statuses(done), posted(done)) == (("FE", "CLOSED"), [("ADD", "medical", "ELECT", "2026-06-01")])


def test_elections_after_a_statement_make_NT_ET():
    assert statuses(enter(notify(prepared_case(), 1, TODAY), 1, [MEDICAL], TODAY)) == ("ET", "OPEN")


def test_A_80_one_wrong_election_makes_EE_and_nothing_is_posted():
    after = processed_case(case_with_elections(MEDICAL, Choice("dental", "DEN", "FAM")))
    assert (statuses(after), posted(after)) == (("EE", "OPEN"), [])
    assert [(line.code, line.plan_type) for line in after.event(1).messages] == [("proof_missing", "dental")]
    assert processed_case(after) == after
    fixed = enter(after, 1, [Choice("dental", "DEN", "FAM", proof=True)], TODAY)
    assert statuses(fixed) == ("EE", "OPEN")
    done = processed_case(fixed)
    assert (statuses(done), coverage(done, "06-10")) == (("FE", "CLOSED"), {"medical": "EE", "dental": "FAM"})
    assert done.event(1).messages == ()


def test_A_81_a_final_mark_loads_the_valid_ones_and_the_default_for_the_others():
    rules = book(
        add_rules=[
            {"plans": ["MED"], "begin": {"base": "event_date"}, "default": "EE"},
            {"types": ["dental"], "begin": {"base": "event_date"}},
        ]
    )
    begun = processed_case(scheduled_case(rules), rules)
    after = processed_case(enter(begun, 1, [NONSENSE, Choice("dental", "DEN", "EE")], TODAY), rules)
    assert statuses(after) == ("EE", "OPEN")
    done = case_marked_final(after, rules)
    assert (statuses(done), coverage(done, "06-10")) == (("FE", "CLOSED"), {"medical": "EE", "dental": "EE"})
    assert [line.code for line in done.event(1).messages] == ["not_offered"]
    assert statuses(case_marked_final(enter(begun, 1, [NONSENSE], TODAY), rules)) == ("FE", "CLOSED")


@pytest.mark.parametrize(
    ("event", "rules"),
    [(scheduled_case(BOTH), BOTH), (processed_case(scheduled_case(AMBIGUOUS, person(**CAUGHT)), AMBIGUOUS), AMBIGUOUS)],
    ids=["AE", "PE"],
)
def test_a_final_mark_waits_until_there_is_something_to_finish(event, rules):
    waiting = case_marked_final(event, rules)
    assert waiting.event(1).final
    assert statuses(waiting) == statuses(event)
    done = processed_case(waiting)
    assert (statuses(done), done.event(1).final) == (("FE", "CLOSED"), False)


def test_a_final_mark_on_PR_loads_defaults_and_keeps_what_is_there():
    done = case_marked_final(processed_case(scheduled_case(None, None, "medical", event_class="HIR")))
    assert (statuses(done), posted(done)) == (("FE", "CLOSED"), [("ADD", "vision", "ELECT", "2026-06-01")])


@pytest.mark.parametrize(
    "event", [case_marked_final(prepared_case()), processed_case(scheduled_case(event_class="MAR"))], ids=["FE", "FP"]
)
def test_what_is_finished_takes_no_mark(event):
    with pytest.raises(DecisionError):
        mark_final(event, 1)


STATES = {
    Process.PR: prepared_case,
    Process.NT: lambda: notify(prepared_case(), 1, TODAY),
    Process.ET: lambda: case_with_elections(FAMILY),
    Process.EE: lambda: processed_case(case_with_elections(NONSENSE)),
    Process.FE: lambda: processed_case(case_with_elections(FAMILY)),
    Process.FP: lambda: processed_case(scheduled_case(event_class="MAR")),
    Process.FA: lambda: processed_case(scheduled_case(None, person(fte="0.2"))),
    Process.RE: lambda: processed_case(
        set_indicator(processed_case(case_with_elections(FAMILY)), 1, Indicator.RE_ENTER)
    ),
    Process.AS: scheduled_case,
    Process.AN: lambda: scheduled_case(None, person(fte="0.2")),
    Process.AE: lambda: processed_case(scheduled_case(BOTH), BOTH),
    Process.PE: lambda: processed_case(scheduled_case(AMBIGUOUS, person(**CAUGHT)), AMBIGUOUS),
}


@pytest.mark.parametrize("process", STATES)
def test_each_status_of_this_table_is_what_it_says(process):
    assert statuses(STATES[process]())[0] == process


@pytest.mark.parametrize("indicator", REPROCESSING)
@pytest.mark.parametrize("process", STATES)
def test_S3_185_an_event_goes_back_to_earlier_stages_only(process, indicator):
    actual = STATES[process]()
    if process not in REPROCESSING[indicator]:
        with pytest.raises(DecisionError) as caught:
            set_indicator(actual, 1, indicator)
        assert caught.value.why == f"It stands at {process}."
        return
    done = processed_case(set_indicator(actual, 1, indicator))
    offered = "FP" if process is Process.FP else "FA" if process is Process.FA else "PR"
    wanted = {Indicator.ASSIGN: offered, Indicator.PREPARE: offered, Indicator.ELECT: "FE", Indicator.RE_ENTER: "RE"}
    assert statuses(done)[0] == wanted[indicator]
    kept = indicator in (Indicator.ELECT, Indicator.RE_ENTER)
    assert done.event(1).choices == (actual.event(1).choices if kept else ())
    assert done.event(1).indicator is Indicator.NORMAL
    assert coverage(done, "06-10") == ({"medical": "FAM"} if indicator is Indicator.ELECT else {})


def test_Assign_Pgm_looks_for_the_program_again():
    done = processed_case(case_with_elections(FAMILY))
    poor = processed_case(set_indicator(with_participant(done, person(fte="0.2")), 1, Indicator.ASSIGN))
    assert statuses(poor) == ("FA", "CLOSED")
    assert coverage(poor, "06-10") == {}
    assert program_on(poor.assignments, TODAY) == "NOB"
    again = processed_case(set_indicator(done, 1, Indicator.ASSIGN), BOTH)
    assert statuses(again) == ("AE", "OPEN")


def test_Prep_Optn_keeps_the_program():
    done = with_participant(processed_case(case_with_elections(FAMILY)), person(fte="0.2"))
    after = processed_case(set_indicator(done, 1, Indicator.PREPARE))
    assert (statuses(after), after.event(1).program) == (("PR", "OPEN"), "FULL")
    assert statuses(processed_case(set_indicator(done, 1, Indicator.PREPARE), book(add_rules=[]))) == ("FP", "CLOSED")
    caught = with_participant(done, person(**CAUGHT))
    assert statuses(processed_case(set_indicator(caught, 1, Indicator.PREPARE), AMBIGUOUS)) == ("PE", "OPEN")


def test_Elect_Optn_judges_the_kept_elections_again():
    done = processed_case(case_with_elections(FAMILY))
    wrong = done.put(replace(done.event(1), choices=(NONSENSE,)))
    assert statuses(processed_case(set_indicator(wrong, 1, Indicator.ELECT))) == ("EE", "OPEN")


def test_Elect_Optn_loads_the_defaults_again_that_a_final_mark_had_loaded():
    done = case_marked_final(processed_case(scheduled_case(None, None, event_class="HIR")))
    again = processed_case(set_indicator(done, 1, Indicator.ELECT))
    assert coverage(again, "06-10") == coverage(done, "06-10") == {"vision": "EE"}
    assert [row.reversed for row in again.enrollments] == [True, False]


def test_elections_entered_again_leave_the_defaults_of_a_final_mark_in_place():
    done = case_marked_final(processed_case(scheduled_case(None, None, event_class="HIR")))
    again = processed_case(set_indicator(done, 1, Indicator.RE_ENTER))
    assert (statuses(again), coverage(again, "06-10")) == (("RE", "CLOSED"), {})
    done = processed_case(enter(again, 1, [MEDICAL], TODAY))
    assert (statuses(done), coverage(done, "06-10")) == (("FE", "CLOSED"), {"vision": "EE", "medical": "EE"})


def test_RE_is_not_touched_until_elections_come_or_a_final_mark():
    actual = STATES[Process.RE]()
    assert processed_case(actual) == actual
    assert statuses(enter(actual, 1, [MEDICAL], TODAY)) == ("ET", "CLOSED")
    done = case_marked_final(actual)
    assert (statuses(done), coverage(done, "06-10")) == (("FE", "CLOSED"), {"medical": "FAM"})
    opened = actual.put(replace(actual.event(1), status=EventStatus.OPEN))
    assert processed_case(opened) == opened


@pytest.mark.parametrize("process", STATES)
def test_S3_192_every_status_can_be_voided(process):
    done = processed_case(set_indicator(STATES[process](), 1, Indicator.VOID))
    assert statuses(done) == ("RE", "VOID")
    assert coverage(done, "06-10") == {}
    assert processed_case(done) == done


@pytest.mark.parametrize(
    ("process", "indicator", "then"),
    [
        (Process.FE, Indicator.ASSIGN, "PR"),
        (Process.FE, Indicator.PREPARE, "PR"),
        (Process.FE, Indicator.ELECT, "FE"),
        (Process.AS, Indicator.ASSIGN, "PR"),
        (Process.AS, Indicator.ELECT, None),
        (Process.FE, Indicator.RE_ENTER, None),
    ],
)
def test_S3_69_a_void_event_comes_back_by_reprocessing(process, indicator, then):
    voided = processed_case(set_indicator(STATES[process](), 1, Indicator.VOID))
    if then is None:
        with pytest.raises(DecisionError):
            set_indicator(voided, 1, indicator)
        return
    marked = set_indicator(voided, 1, indicator)
    assert statuses(marked) == ("RE", "CLOSED")
    assert statuses(processed_case(marked))[0] == then


def test_S3_137_no_run_moves_what_waits_for_somebody():
    for process in (Process.PR, Process.NT, Process.EE, Process.RE):
        assert processed_case(STATES[process]()) == STATES[process]()
