"""What an event means for every plan type before anybody chooses (S3-41)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from bensync.benefits.engine.elections import enter
from bensync.benefits.engine.postings import override_salary
from bensync.benefits.engine.run import RunMode
from bensync.benefits.values.offers import Choice, CoverageOutcome
from tests.unit.benefits.cases import (
    BOOK,
    CONTENT,
    activity,
    after_run,
    book,
    case,
    coverage,
    covered,
    flags,
    person,
    posted,
    statuses,
    with_activities,
)
from tests.unit.benefits.situations import (
    AMBIGUOUS,
    CAUGHT,
    RICHER,
    VISION,
    case_marked_final,
    finish_events,
    processed_case,
    scheduled_case,
)
from tests.unit.builders import TODAY, day


def rules_with(**tables):
    """The usual tables with more rules behind them."""
    return book(**{name: [*CONTENT[name], *more] for name, more in tables.items()})


def test_S2_19_without_a_rule_what_would_change_is_listed_and_left():
    rules = book(change_rules=[], termination_rules=[])
    after = finish_events(case(person(state="NV", **RICHER), "dental", "life"), activity("FSC"), rules=rules)
    assert posted(after) == []
    remarks = {(line.code, line.plan) for line in after.event(1).prepared.remarks}
    assert remarks == {("no_termination_rule", "DEN"), ("no_change_rule", "LIFE")}


def test_a_lost_plan_that_the_rulebook_does_not_know_any_more_is_listed():
    row = covered("medical")[0]
    old = replace(row, terms=replace(row.terms, plan="OLD"))
    after = finish_events(replace(case(), enrollments=(old,)), activity("FSC"))
    assert statuses(after) == ("FE", "CLOSED")
    assert [(line.code, line.plan) for line in after.event(1).prepared.remarks] == [("no_termination_rule", "OLD")]
    assert "medical" in coverage(after, "07-01")


def test_a_salary_set_manually_counts_for_the_options_of_that_plan_too():
    begun = override_salary(case(person(), "life"), "life", Decimal(30000), day("06-01"), BOOK)
    rules = rules_with(
        change_rules=[{"plans": ["LIFE"], "events": ["OE"], "begin": {"base": "event_date"}, "elect": True}]
    )
    after = finish_events(begun, activity("OE", "06-05"), rules=rules, choices=[Choice("life", "LIFE", "2X")])
    assert (statuses(after), posted(after)) == (("FE", "CLOSED"), [])


def test_a_missing_salary_matters_only_where_a_rule_would_use_it():
    poor = case(person(pay_rate=None), "life")
    plain = finish_events(poor, activity("BIR"))
    assert (statuses(plain), plain.event(1).prepared.faults) == (("FP", "CLOSED"), ())
    changed = finish_events(poor, activity("MSC"))
    assert statuses(changed) == ("PE", "OPEN")
    assert {line.code for line in changed.event(1).prepared.faults} == {"salary_missing"}


@pytest.mark.parametrize(("event_class", "added"), [("MSC", []), ("HIR", ["vision"])])
def test_who_waived_is_asked_again_only_when_hired_anew(event_class, added):
    rules = book(add_rules=[{**VISION, "events": [], "auto_add": True}])
    begun = after_run(with_activities(case(), activity("FSC", "05-01")), rules)
    waived = after_run(enter(begun, 1, [Choice("vision")], TODAY), rules)
    after = finish_events(waived, activity(event_class), rules=rules)
    assert [row[1] for row in posted(after, 2)] == added


FLEX = {
    "plans": [
        {"code": "FLEX", "type": "flex", "eligibility": "coast", "options": [{"code": "STD", "company": "50"}]},
        {"code": "FSA", "type": "fsa", "flex": "FLEX", "options": [{"code": "H"}]},
        {"code": "MED", "type": "medical", "options": [{"code": "EE"}]},
    ],
    "programs": [{"code": "FULL", "eligibility": "full_time", "plans": ["FLEX", "FSA", "MED"]}],
    "add_rules": [{"begin": {"base": "event_date"}}],
    "change_rules": [],
    "termination_rules": [
        {"plans": ["FLEX"], "stop": {"base": "end_of_month"}},
        {"plans": ["FSA"], "stop": {"base": "last_day"}},
        {"plans": ["MED"], "stop": {"base": "last_day"}},
    ],
}


@pytest.mark.parametrize("fsa_lost", [False, True])
def test_S2_25_a_lost_flex_plan_takes_its_benefits_along_by_its_own_rule(fsa_lost):
    content = {
        **FLEX,
        "plans": [
            {**plan, "eligibility": "coast"} if plan["code"] == "FSA" and fsa_lost else plan for plan in FLEX["plans"]
        ],
    }
    rules = book(**content)
    choices = [Choice("flex", "FLEX", "STD"), Choice("fsa", "FSA", "H"), Choice("medical", "MED", "EE")]
    begun = finish_events(case(), activity("HIR", "05-01"), rules=rules, choices=choices)
    assert set(coverage(begun, "06-01")) == {"flex", "fsa", "medical"}
    after = finish_events(replace(begun, participant=person(state="NV")), activity("ADR", "06-05"), rules=rules)
    assert posted(after, 2) == [("STOP", "flex", "TERM", "2026-07-01"), ("STOP", "fsa", "TERM", "2026-07-01")]


def test_S2_25_a_flex_plan_without_a_rule_keeps_its_benefits():
    rules = book(**{**FLEX, "termination_rules": FLEX["termination_rules"][1:]})
    choices = [Choice("flex", "FLEX", "STD"), Choice("fsa", "FSA", "H")]
    begun = finish_events(case(), activity("HIR", "05-01"), rules=rules, choices=choices)
    after = finish_events(replace(begun, participant=person(state="NV")), activity("ADR", "06-05"), rules=rules)
    assert posted(after, 2) == []


def test_S2_21_AS_with_rules_of_several_groups_is_an_error():
    after = processed_case(scheduled_case(AMBIGUOUS, person(**CAUGHT)), AMBIGUOUS)
    assert statuses(after) == ("PE", "OPEN")
    (fault,) = after.event(1).prepared.faults
    assert (fault.code, fault.plan, fault.detail) == ("several_groups", "LIFE", "The groups are senior, union.")


def test_S3_42_what_cannot_be_prepared_says_why():
    gone = processed_case(scheduled_case(), book(programs=[]))
    assert [line.code for line in gone.event(1).prepared.faults] == ["program_unknown"]
    poor = processed_case(scheduled_case(None, person(pay_rate=None)))
    assert {line.code for line in poor.event(1).prepared.faults} == {"salary_missing"}
    plans = [{**plan, "options": [{"code": "NEW"}]} if plan["code"] == "MED" else plan for plan in CONTENT["plans"]]
    old = processed_case(scheduled_case(None, None, "medical"), book(plans=plans))
    assert [line.code for line in old.event(1).prepared.faults] == ["option_unknown"]


def test_A_68_a_plan_without_a_rule_is_left_though_the_program_is_lost():
    rules = book(termination_rules=[])
    after = processed_case(scheduled_case(rules, person(fte="0.2"), "medical"), rules)
    done = case_marked_final(after, rules)
    assert (statuses(done), posted(done)) == (("FE", "CLOSED"), [])
    assert [line.code for line in done.event(1).prepared.remarks] == ["no_termination_rule"]


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
    after = processed_case(
        after_run(
            with_activities(replace(begun, enrollments=tuple(rows)), activity("FSC")), rules, mode=RunMode.SCHEDULE
        ),
        rules,
    )
    (offer,) = after.event(1).prepared.offers
    assert offer.held is fate
    assert flags(after) == set()
