"""Every transition of the process status (model 2.3), and what stands behind it (A-63, A-68, A-80 to A-82)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from bensync.benefits.engine.coordination import REPROCESSING, mark_final, set_indicator
from bensync.benefits.engine.elections import enter, notify
from bensync.benefits.engine.passive import terminations
from bensync.benefits.engine.run import RunMode, process_case
from bensync.benefits.values.enrollments import program_on
from bensync.benefits.values.events import EventStatus, Indicator, Process
from bensync.benefits.values.offers import Choice, CoverageOutcome
from bensync.errors import DecisionError
from tests.unit.benefits.cases import (
    CONTENT,
    activity,
    after_run,
    automatic,
    book,
    case,
    coverage,
    flags,
    person,
    posted,
    run_context,
    statuses,
    with_activities,
    with_participant,
)
from tests.unit.builders import TODAY, day

BOTH = book(programs=[{"code": code, "eligibility": "full_time", "plans": ["MED"]} for code in ("A", "B")])
GROUPS = [
    {"types": ["life"], "events": ["HIR", "FSC"], "begin": {"base": "event_date"}, "group": group}
    for group in ("union", "senior")
]
AMBIGUOUS = book(add_rules=GROUPS)
CAUGHT = {"union_code": "U1", "grade": "S"}
MEDICAL, FAMILY, NONSENSE = Choice("medical", "MED", "EE"), Choice("medical", "MED", "FAM"), Choice("medical", "X", "Y")


def scheduled(rules=None, who=None, *kinds, event_class="FSC", **fields):
    return after_run(
        with_activities(case(who, *kinds), activity(event_class, **fields)), rules or book(), mode=RunMode.SCHEDULE
    )


def processed(found, rules=None):
    return after_run(found, rules or book(), mode=RunMode.PROCESS)


def prepared(*kinds, who=None):
    return processed(scheduled(None, who, *kinds))


def entered(*choices):
    return enter(prepared(), 1, choices, TODAY)


def final(found, rules=None):
    return processed(mark_final(found, 1), rules)


# Looking for a program


@pytest.mark.parametrize(
    ("fte", "rules", "process"), [("1", None, "AS"), ("0.2", None, "AN"), ("1", BOTH, "AE")], ids=["AS", "AN", "AE"]
)
def test_A_63_scheduling_gives_AS_AN_or_AE(fte, rules, process):
    assert statuses(scheduled(rules, person(fte=fte))) == (process, "OPEN")


def test_A_63_AE_stays_until_the_rules_are_mended():
    found = processed(scheduled(BOTH), BOTH)
    assert statuses(found) == ("AE", "OPEN")
    assert [line.code for line in process_case(found, run_context(BOTH)).remarks] == ["several_programs"]
    assert statuses(after_run(found, mode=RunMode.SCHEDULE)) == ("AS", "OPEN")
    assert statuses(processed(found)) == ("PR", "OPEN")


def test_AE_becomes_AN_where_no_program_is_left():
    assert statuses(processed(scheduled(BOTH), book(programs=[]))) == ("FA", "CLOSED")
    assert statuses(after_run(scheduled(BOTH), book(programs=[]), mode=RunMode.SCHEDULE)) == ("AN", "OPEN")


def test_a_queued_event_is_looked_at_again_before_its_turn():
    found = after_run(with_activities(case(), activity("FSC", "05-01"), activity("FSC", "06-01")))
    assert (statuses(found, 2), found.event(2).program) == (("AS", "CLOSED"), "FULL")
    found = after_run(with_participant(found, person(fte="0.5")))
    assert found.event(2).program == "PART"


def test_A_63_S3_37_AN_without_coverage_ends():
    found = processed(scheduled(None, person(fte="0.2")))
    assert statuses(found) == ("FA", "CLOSED")
    assert found.event(1).finished == TODAY


def test_S3_37_AN_with_coverage_waits_for_a_mark():
    found = processed(scheduled(None, person(fte="0.2"), "medical"))
    assert statuses(found) == ("PR", "OPEN")
    assert found.event(1).loss_of_all
    assert posted(found) == []


# Preparing


def test_AS_with_options_is_prepared():
    found = prepared()
    assert statuses(found) == ("PR", "OPEN")
    assert [offer.plan_type for offer in found.event(1).prepared.offers] == ["medical", "dental", "life", "vision"]
    assert [offer.electable for offer in found.event(1).prepared.offers] == [True, True, True, False]


def test_AS_with_nothing_to_elect_ends():
    found = processed(scheduled(event_class="MAR"))
    assert statuses(found) == ("FP", "CLOSED")
    assert program_on(found.assignments, TODAY) == "FULL"


def test_S2_21_AS_with_rules_of_several_groups_is_an_error():
    found = processed(scheduled(AMBIGUOUS, person(**CAUGHT)), AMBIGUOUS)
    assert statuses(found) == ("PE", "OPEN")
    (fault,) = found.event(1).prepared.faults
    assert (fault.code, fault.plan, fault.detail) == ("several_groups", "LIFE", "the groups are senior, union")


def test_PE_is_prepared_again_in_every_run():
    found = processed(scheduled(AMBIGUOUS, person(**CAUGHT)), AMBIGUOUS)
    assert processed(found, AMBIGUOUS) == found
    assert statuses(processed(found)) == ("PR", "OPEN")
    assert statuses(processed(found, book(add_rules=[]))) == ("FP", "CLOSED")


def test_S3_42_what_cannot_be_prepared_says_why():
    gone = processed(scheduled(), book(programs=[]))
    assert [line.code for line in gone.event(1).prepared.faults] == ["program_unknown"]
    poor = processed(scheduled(None, person(pay_rate=None)))
    assert {line.code for line in poor.event(1).prepared.faults} == {"salary_missing"}
    plans = [{**plan, "options": [{"code": "NEW"}]} if plan["code"] == "MED" else plan for plan in CONTENT["plans"]]
    old = processed(scheduled(None, None, "medical"), book(plans=plans))
    assert [line.code for line in old.event(1).prepared.faults] == ["option_unknown"]


def test_A_68_a_program_under_which_every_coverage_ends_waits():
    found = processed(scheduled(None, person(fte="0.5"), "medical", event_class="MSC"))
    event = found.event(1)
    assert (statuses(found), event.program, event.loss_of_all) == (("PR", "OPEN"), "PART", True)
    assert list(terminations([found, prepared("medical")])) == [(found.participant, event)]
    assert coverage(found, "07-01") == {"medical": "EE"}
    assert process_case(scheduled(None, person(fte="0.5"), "medical", event_class="MSC"), run_context()).remarks[
        -1
    ].code == ("loss_of_all")
    done = final(found)
    assert statuses(done) == ("FE", "CLOSED")
    assert posted(done) == [("STOP", "medical", "TERM", "2026-07-01")]
    assert list(terminations([done])) == []


def test_A_68_not_even_an_automatic_class_ends_every_coverage():
    rules = automatic()
    found = processed(scheduled(rules, person(fte="0.5"), "medical", event_class="MSC"), rules)
    assert statuses(found) == ("PR", "OPEN")


def test_A_68_a_plan_without_a_rule_is_left_though_the_program_is_lost():
    rules = book(termination_rules=[])
    found = processed(scheduled(rules, person(fte="0.2"), "medical"), rules)
    done = final(found, rules)
    assert (statuses(done), posted(done)) == (("FE", "CLOSED"), [])
    assert [line.code for line in done.event(1).prepared.remarks] == ["no_termination_rule"]


def test_S4_10_a_leave_waives_every_coverage_once_somebody_says_so():
    found = processed(scheduled(None, None, "medical", "life", event_class="LVE"))
    assert (statuses(found), found.event(1).loss_of_all, found.event(1).prepared.offers) == (("PR", "OPEN"), True, ())
    done = final(found)
    assert posted(done) == [("STOP", "medical", "WAIVE", "2026-07-01"), ("STOP", "life", "WAIVE", "2026-06-02")]


# Statements


def test_S3_154_a_statement_makes_PR_NT():
    found = notify(prepared(), 1, TODAY)
    assert (statuses(found), found.event(1).notified) == (("NT", "OPEN"), TODAY)
    assert processed(found) == found
    assert notify(found, 1, day("06-11")).event(1).notified == day("06-11")
    assert statuses(final(found)) == ("FE", "CLOSED")


def test_A_82_entered_elections_keep_their_status_when_the_statement_is_made():
    found = notify(entered(MEDICAL), 1, TODAY)
    assert (statuses(found), found.event(1).notified) == (("ET", "OPEN"), TODAY)
    wrong = notify(processed(entered(NONSENSE)), 1, TODAY)
    assert statuses(wrong) == ("EE", "OPEN")


def test_a_statement_needs_an_open_event_that_is_prepared():
    for found in (scheduled(), final(prepared())):
        with pytest.raises(DecisionError):
            notify(found, 1, TODAY)


# Elections


def test_valid_elections_make_ET_FE():
    found = entered(MEDICAL)
    assert (statuses(found), found.event(1).entered) == (("ET", "OPEN"), TODAY)
    done = processed(found)
    assert (statuses(done), posted(done)) == (("FE", "CLOSED"), [("ADD", "medical", "ELECT", "2026-06-01")])


def test_elections_after_a_statement_make_NT_ET():
    assert statuses(enter(notify(prepared(), 1, TODAY), 1, [MEDICAL], TODAY)) == ("ET", "OPEN")


def test_A_80_one_wrong_election_makes_EE_and_nothing_is_posted():
    found = processed(entered(MEDICAL, Choice("dental", "DEN", "FAM")))
    assert (statuses(found), posted(found)) == (("EE", "OPEN"), [])
    assert [(line.code, line.plan_type) for line in found.event(1).messages] == [("proof_missing", "dental")]
    assert processed(found) == found
    fixed = enter(found, 1, [Choice("dental", "DEN", "FAM", proof=True)], TODAY)
    assert statuses(fixed) == ("EE", "OPEN")
    done = processed(fixed)
    assert (statuses(done), coverage(done, "06-10")) == (("FE", "CLOSED"), {"medical": "EE", "dental": "FAM"})
    assert done.event(1).messages == ()


def test_A_81_a_final_mark_loads_the_valid_ones_and_the_default_for_the_others():
    rules = book(
        add_rules=[
            {"plans": ["MED"], "begin": {"base": "event_date"}, "default": "EE"},
            {"types": ["dental"], "begin": {"base": "event_date"}},
        ]
    )
    begun = processed(scheduled(rules), rules)
    found = processed(enter(begun, 1, [NONSENSE, Choice("dental", "DEN", "EE")], TODAY), rules)
    assert statuses(found) == ("EE", "OPEN")
    done = final(found, rules)
    assert (statuses(done), coverage(done, "06-10")) == (("FE", "CLOSED"), {"medical": "EE", "dental": "EE"})
    assert [line.code for line in done.event(1).messages] == ["not_offered"]
    assert statuses(final(enter(begun, 1, [NONSENSE], TODAY), rules)) == ("FE", "CLOSED")


@pytest.mark.parametrize(
    ("choice", "fault"),
    [
        (Choice("legal", "L", "EE"), "not_offered"),
        (Choice("legal"), "not_offered"),
        (NONSENSE, "not_offered"),
        (Choice("vision", "VIS", "EE"), "not_offered"),
        (Choice("dental", "DEN", "FAM"), "proof_missing"),
    ],
    ids=["no such plan type", "waiving nothing", "no such option", "history only", "proof"],
)
def test_S3_52_a_wrong_election_says_why(choice, fault):
    found = processed(entered(choice))
    assert [line.code for line in found.event(1).messages] == [fault]


@pytest.mark.parametrize(
    ("contribution", "valid"), [(None, False), ("119", False), ("120", True), ("3300", True), ("3301", False)]
)
def test_a_contribution_keeps_within_its_limits(contribution, valid):
    rules = book(
        plans=[{"code": "FSA", "type": "fsa", "options": [{"code": "H", "minimum": "120", "maximum": "3300"}]}],
        programs=[{"code": "FULL", "eligibility": "full_time", "plans": ["FSA"]}],
        add_rules=[{"begin": {"base": "event_date"}, "tax": "before", "account": "A1"}],
        change_rules=[],
        termination_rules=[],
    )
    given = None if contribution is None else Decimal(contribution)
    begun = processed(scheduled(rules), rules)
    done = processed(enter(begun, 1, [Choice("fsa", "FSA", "H", given)], TODAY), rules)
    assert statuses(done)[0] == ("FE" if valid else "EE")
    if valid:
        (row,) = done.enrollments
        assert (row.terms.contribution, row.terms.tax, row.terms.account) == (given, "before", "A1")


def test_coverage_that_no_rule_lets_go_cannot_be_waived():
    rules = book(change_rules=[])
    begun = processed(scheduled(rules, None, "medical"), rules)
    found = processed(enter(begun, 1, [Choice("medical")], TODAY), rules)
    assert [line.code for line in found.event(1).messages] == ["not_waivable"]


def test_elections_are_not_taken_before_the_event_is_prepared_or_after_it_is_over():
    for found in (scheduled(), final(prepared())):
        with pytest.raises(DecisionError):
            enter(found, 1, [MEDICAL], TODAY)


# The final mark


@pytest.mark.parametrize(
    ("found", "rules"),
    [(scheduled(BOTH), BOTH), (processed(scheduled(AMBIGUOUS, person(**CAUGHT)), AMBIGUOUS), AMBIGUOUS)],
    ids=["AE", "PE"],
)
def test_a_final_mark_waits_until_there_is_something_to_finish(found, rules):
    waiting = final(found, rules)
    assert waiting.event(1).final
    assert statuses(waiting) == statuses(found)
    done = processed(waiting)
    assert (statuses(done), done.event(1).final) == (("FE", "CLOSED"), False)


def test_a_final_mark_on_PR_loads_defaults_and_keeps_what_is_there():
    done = final(processed(scheduled(None, None, "medical", event_class="HIR")))
    assert (statuses(done), posted(done)) == (("FE", "CLOSED"), [("ADD", "vision", "ELECT", "2026-06-01")])


@pytest.mark.parametrize("found", [final(prepared()), processed(scheduled(event_class="MAR"))], ids=["FE", "FP"])
def test_what_is_finished_takes_no_mark(found):
    with pytest.raises(DecisionError):
        mark_final(found, 1)


# Reprocessing

STATES = {
    Process.PR: prepared,
    Process.NT: lambda: notify(prepared(), 1, TODAY),
    Process.ET: lambda: entered(FAMILY),
    Process.EE: lambda: processed(entered(NONSENSE)),
    Process.FE: lambda: processed(entered(FAMILY)),
    Process.FP: lambda: processed(scheduled(event_class="MAR")),
    Process.FA: lambda: processed(scheduled(None, person(fte="0.2"))),
    Process.RE: lambda: processed(set_indicator(processed(entered(FAMILY)), 1, Indicator.RE_ENTER)),
    Process.AS: scheduled,
    Process.AN: lambda: scheduled(None, person(fte="0.2")),
    Process.AE: lambda: processed(scheduled(BOTH), BOTH),
    Process.PE: lambda: processed(scheduled(AMBIGUOUS, person(**CAUGHT)), AMBIGUOUS),
}


@pytest.mark.parametrize("process", STATES)
def test_each_status_of_this_table_is_what_it_says(process):
    assert statuses(STATES[process]())[0] == process


@pytest.mark.parametrize("indicator", REPROCESSING)
@pytest.mark.parametrize("process", STATES)
def test_S3_185_an_event_goes_back_to_earlier_stages_only(process, indicator):
    found = STATES[process]()
    if process not in REPROCESSING[indicator]:
        with pytest.raises(DecisionError) as caught:
            set_indicator(found, 1, indicator)
        assert caught.value.why == f"it stands at {process}"
        return
    done = processed(set_indicator(found, 1, indicator))
    offered = "FP" if process is Process.FP else "FA" if process is Process.FA else "PR"
    wanted = {Indicator.ASSIGN: offered, Indicator.PREPARE: offered, Indicator.ELECT: "FE", Indicator.RE_ENTER: "RE"}
    assert statuses(done)[0] == wanted[indicator]
    kept = indicator in (Indicator.ELECT, Indicator.RE_ENTER)
    assert done.event(1).choices == (found.event(1).choices if kept else ())
    assert done.event(1).indicator is Indicator.NORMAL
    assert coverage(done, "06-10") == ({"medical": "FAM"} if indicator is Indicator.ELECT else {})


def test_Assign_Pgm_looks_for_the_program_again():
    done = processed(entered(FAMILY))
    poor = processed(set_indicator(with_participant(done, person(fte="0.2")), 1, Indicator.ASSIGN))
    assert statuses(poor) == ("FA", "CLOSED")
    assert coverage(poor, "06-10") == {}
    assert program_on(poor.assignments, TODAY) == "NOB"
    again = processed(set_indicator(done, 1, Indicator.ASSIGN), BOTH)
    assert statuses(again) == ("AE", "OPEN")


def test_Prep_Optn_keeps_the_program():
    done = with_participant(processed(entered(FAMILY)), person(fte="0.2"))
    found = processed(set_indicator(done, 1, Indicator.PREPARE))
    assert (statuses(found), found.event(1).program) == (("PR", "OPEN"), "FULL")
    assert statuses(processed(set_indicator(done, 1, Indicator.PREPARE), book(add_rules=[]))) == ("FP", "CLOSED")
    caught = with_participant(done, person(**CAUGHT))
    assert statuses(processed(set_indicator(caught, 1, Indicator.PREPARE), AMBIGUOUS)) == ("PE", "OPEN")


def test_Elect_Optn_judges_the_kept_elections_again():
    done = processed(entered(FAMILY))
    wrong = done.put(replace(done.event(1), choices=(NONSENSE,)))
    assert statuses(processed(set_indicator(wrong, 1, Indicator.ELECT))) == ("EE", "OPEN")


def test_Elect_Optn_loads_the_defaults_again_that_a_final_mark_had_loaded():
    done = final(processed(scheduled(None, None, event_class="HIR")))
    again = processed(set_indicator(done, 1, Indicator.ELECT))
    assert coverage(again, "06-10") == coverage(done, "06-10") == {"vision": "EE"}
    assert [row.reversed for row in again.enrollments] == [True, False]


def test_elections_entered_again_leave_the_defaults_of_a_final_mark_in_place():
    done = final(processed(scheduled(None, None, event_class="HIR")))
    again = processed(set_indicator(done, 1, Indicator.RE_ENTER))
    assert (statuses(again), coverage(again, "06-10")) == (("RE", "CLOSED"), {})
    done = processed(enter(again, 1, [MEDICAL], TODAY))
    assert (statuses(done), coverage(done, "06-10")) == (("FE", "CLOSED"), {"vision": "EE", "medical": "EE"})


def test_RE_is_not_touched_until_elections_come_or_a_final_mark():
    found = STATES[Process.RE]()
    assert processed(found) == found
    assert statuses(enter(found, 1, [MEDICAL], TODAY)) == ("ET", "CLOSED")
    done = final(found)
    assert (statuses(done), coverage(done, "06-10")) == (("FE", "CLOSED"), {"medical": "FAM"})
    opened = found.put(replace(found.event(1), status=EventStatus.OPEN))
    assert processed(opened) == opened


@pytest.mark.parametrize("process", STATES)
def test_S3_192_every_status_can_be_voided(process):
    done = processed(set_indicator(STATES[process](), 1, Indicator.VOID))
    assert statuses(done) == ("RE", "VOID")
    assert coverage(done, "06-10") == {}
    assert processed(done) == done


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
    voided = processed(set_indicator(STATES[process](), 1, Indicator.VOID))
    if then is None:
        with pytest.raises(DecisionError):
            set_indicator(voided, 1, indicator)
        return
    marked = set_indicator(voided, 1, indicator)
    assert statuses(marked) == ("RE", "CLOSED")
    assert statuses(processed(marked))[0] == then


def test_S3_137_no_run_moves_what_waits_for_somebody():
    for process in (Process.PR, Process.NT, Process.EE, Process.RE):
        assert processed(STATES[process]()) == STATES[process]()


# What becomes of present coverage (S3-112)


@pytest.mark.parametrize(
    ("since", "state", "fate"),
    [
        ("2024-03-01", "CA", CoverageOutcome.YES),
        ("2024-03-01", "NV", CoverageOutcome.ONLY),
        ("2026-08-01", "NV", CoverageOutcome.FUTURE),
        (None, "CA", CoverageOutcome.NO),
    ],
)
def test_S3_112_an_offer_says_what_becomes_of_the_present_coverage(since, state, fate):
    plans = [*CONTENT["plans"], {"code": "DEN2", "type": "dental", "options": [{"code": "EE"}]}]
    programs = [{"code": "FULL", "eligibility": "full_time", "plans": ["DEN", "DEN2"]}]
    rules = book(plans=plans, programs=programs)
    who = person(state=state)
    begun = case(who, "dental") if since else case(who)
    rows = [replace(row, effective_date=day(since)) for row in begun.enrollments]
    found = processed(
        after_run(
            with_activities(replace(begun, enrollments=tuple(rows)), activity("FSC")), rules, mode=RunMode.SCHEDULE
        ),
        rules,
    )
    (offer,) = found.event(1).prepared.offers
    assert offer.held is fate
    assert flags(found) == set()
