"""The rulebooks that ship: their names, and the events of the example employer."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bensync.benefits.engine.elections import enter
from bensync.benefits.engine.event_order import mark_final
from bensync.benefits.engine.event_stages import RunContext
from bensync.benefits.engine.run import process_case
from bensync.benefits.rulebook import programs
from bensync.benefits.rulebook.rulebook import read
from bensync.benefits.values.cases import Case
from bensync.benefits.values.offers import Choice
from bensync.core.people import DatedRow
from tests.unit.benefits.cases import (
    activity,
    coverage,
    covered,
    person,
    statuses,
    with_activities,
    with_participant,
)
from tests.unit.builders import TODAY, day

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
    actual = process_case(with_activities(Case(somebody(pay_group="ACD")), activity("HIR", "08-15")), EXAMPLE).case
    ppo = [
        option for offer in actual.event(1).prepared.offers for option in offer.options if option.terms.plan == "PPO"
    ]
    assert {option.begin for option in ppo} == {day("10-01")}


def test_the_example_raises_life_insurance_with_the_salary_and_asks_nobody():
    begun = process_case(
        mark_final(process_case(with_activities(Case(somebody()), activity("HIR", "01-05")), EXAMPLE).case, 1), EXAMPLE
    )
    richer = with_participant(begun.case, somebody(pay_rate="60500.00 USD"))
    result = process_case(with_activities(richer, activity("MSC", "06-05")), EXAMPLE)
    assert statuses(result.case, 2) == ("FE", "CLOSED")
    assert [(str(row.step), row.plan_type, str(row.terms.amount)) for row in result.posted] == [
        ("CHANGE", "life", "50000"),
        ("CHANGE", "life", "61000"),
    ]


def test_the_example_keeps_coverage_on_paid_leave_and_cancels_it_on_medical_leave():
    for reason, held, event_class in (("", {"medical": "EE"}, "MSC"), ("Medical", {}, "LVE")):
        row = DatedRow("status", day("06-01"), {"employment_status": "Leave", "action_reason": reason})
        who = somebody(rows=(row,), employment_status="Leave")
        rows = [replace(item, terms=replace(item.terms, plan="PPO")) for item in covered("medical")]
        start = replace(Case(who), enrollments=tuple(rows))
        actual = process_case(with_activities(start, activity(event_class, "06-01", final=True)), EXAMPLE).case
        assert {kind: option for kind, option in coverage(actual, "07-01").items() if kind == "medical"} == held


def test_the_example_is_a_rulebook_with_every_kind_of_entry():
    rulebook_read = read(programs.load("example"))
    assert list(rulebook_read.program) == ["FULL", "PART"]
    assert all(
        [
            rulebook_read.plans,
            rulebook_read.carriers,
            rulebook_read.actions,
            rulebook_read.add_rules,
            rulebook_read.change_rules,
            rulebook_read.termination_rules,
        ]
    )
    assert rulebook_read.passive
    assert rulebook_read.plan["LIFE"].option("3X") is not None
    assert rulebook_read.plan["LIFE"].option("9X") is None


def test_the_rulebooks_that_ship_are_named():
    assert programs.names() == ["example", "standard"]
    with pytest.raises(KeyError):
        programs.load("nobody")
