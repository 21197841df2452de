"""Flexible credits: given in general and by plan, spent, and what is left goes to a plan (S3-46, S3-163, S3-175)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bensync.benefits.engine.elections import enter
from bensync.benefits.engine.eligibility_facts import facts
from bensync.benefits.plan_types.credits import credit_statement
from bensync.benefits.rulebook.rulebook import read
from bensync.benefits.values.enrollments import Terms, coverage_on
from bensync.benefits.values.offers import Choice
from bensync.errors import ConfigError
from tests.unit.benefits.cases import activity, after_run, book, case, person, posted, with_activities
from tests.unit.builders import TODAY, day

CREDITS = [
    {"code": "ALL", "amount": "100"},
    {"code": "UNION", "amount": "25", "group": "union"},
    {"code": "WELL", "amount": "40", "plans": ["MED"]},
    {"code": "LATER", "amount": "500", "since": day("2027-01-01")},
]


def plan(code, kind, employee="0"):
    return {"code": code, "type": kind, "options": [{"code": "A", "employee": employee}]}


def rules(**tables):
    return book(
        plans=[plan("MED", "medical", "80"), plan("DEN", "dental", "10"), plan("FSA", "fsa"), plan("SAVE", "savings")],
        programs=[{"code": "FULL", "eligibility": "full_time", "plans": ["MED", "DEN", "FSA", "SAVE"]}],
        add_rules=[{"begin": {"base": "event_date"}}],
        change_rules=[{"begin": {"base": "event_date"}, "elect": True}],
        termination_rules=[{"stop": {"base": "day_before"}}],
        **{"credits": CREDITS, "rollover": {"plan": "FSA", "field": "rollover_plan"}, **tables},
    )


MED, DEN = Terms("MED", "A", employee=Decimal(80)), Terms("DEN", "A", employee=Decimal(10))


@pytest.mark.parametrize(
    ("held", "who", "general", "by_plan", "spent", "left"),
    [
        ([], {}, 100, {}, 0, 100),
        ([DEN], {}, 100, {}, 10, 90),
        ([MED, DEN], {}, 100, {"MED": 40}, 90, 50),
        ([DEN], {"union_code": "U1"}, 125, {}, 10, 115),
        ([Terms("DEN", "A", employee=Decimal(300))], {}, 100, {}, 100, 0),
        ([Terms("DEN", "A", employee=Decimal(-5))], {}, 100, {}, 0, 100),
    ],
)
def test_S3_46_credits_are_given_in_general_and_by_plan_and_spent_on_costs(held, who, general, by_plan, spent, left):
    rulebook = rules()
    statement = credit_statement(held, facts(person(**who), TODAY, rulebook), rulebook)
    assert (statement.general, statement.by_plan, statement.spent, statement.left) == (general, by_plan, spent, left)


@pytest.mark.parametrize(
    ("own", "tables", "target"),
    [(None, {}, "FSA"), ("SAVE", {}, "SAVE"), ("WINE", {}, "FSA"), ("SAVE", {"rollover": {"plan": "FSA"}}, "FSA")],
)
def test_S3_163_a_person_may_have_another_target_of_the_rollover(own, tables, target):
    rulebook = rules(**tables)
    assert credit_statement([], facts(person(rollover_plan=own), TODAY, rulebook), rulebook).target == target


def hired(*kinds, who=None, rulebook=None):
    plans = {"medical": "MED", "dental": "DEN", "fsa": "FSA", "savings": "SAVE"}
    begun = after_run(with_activities(case(who), activity("HIR", "06-01")), rulebook or rules())
    return after_run(enter(begun, 1, [Choice(kind, plans[kind], "A") for kind in kinds], TODAY), rulebook or rules())


def credit(after, kind):
    row = coverage_on(after.enrollments, kind, TODAY)
    return row.terms.credit if row is not None else None


def test_S3_175_what_is_left_is_assigned_to_the_target_that_the_person_elected():
    after = hired("medical", "fsa")
    assert credit(after, "fsa") == 60
    assert credit(after, "medical") is None
    assert credit(hired("fsa", "savings", who=person(rollover_plan="SAVE")), "savings") == 100


def test_S3_175_nothing_is_assigned_without_credits_a_target_or_anything_left():
    assert credit(hired("fsa", rulebook=rules(credits=[])), "fsa") is None
    assert credit(hired("fsa", rulebook=rules(rollover={})), "fsa") is None
    assert credit(hired("fsa", "dental", rulebook=rules(credits=[{"code": "C", "amount": "10"}])), "fsa") is None


def test_S3_175_credits_that_no_coverage_of_the_target_receives_are_said():
    assert [line.code for line in hired("medical").event(1).messages] == ["credits_not_assigned"]


def test_S3_175_a_later_event_changes_what_the_target_receives():
    before = hired("fsa")
    begun = after_run(with_activities(before, activity("FSC", "06-05")), rules())
    after = after_run(enter(begun, 2, [Choice("dental", "DEN", "A")], TODAY), rules())
    assert credit(after, "fsa") == 90
    assert [row[:2] for row in posted(after, 2)] == [("CHANGE", "fsa"), ("CHANGE", "fsa"), ("ADD", "dental")]


def test_S3_175_an_event_that_changes_no_credit_posts_nothing_for_it():
    begun = after_run(with_activities(hired("fsa"), activity("FSC", "06-05")), rules())
    after = after_run(enter(begun, 2, [Choice("savings", "SAVE", "A")], TODAY), rules())
    assert [row[:2] for row in posted(after, 2)] == [("ADD", "savings")]


def test_S3_175_a_waived_target_receives_nothing():
    begun = after_run(with_activities(hired("fsa"), activity("FSC", "06-05")), rules())
    after = after_run(enter(begun, 2, [Choice("fsa")], TODAY), rules())
    assert credit(after, "fsa") is None
    assert after.event(2).messages[-1].code == "credits_not_assigned"


@pytest.mark.parametrize(
    ("tables", "problem"),
    [
        ({"credits": [{"code": "A", "amount": "1", "plans": ["X"]}]}, "credits[0].plans: there is no plan 'X'"),
        ({"credits": [{"code": "A", "amount": "1", "group": "x"}]}, "credits[0].group: there is no rule of eligib"),
        ({"credits": [{"code": "A", "amount": "-1"}]}, "credits[0].amount: "),
        ({"rollover": {"plan": "X"}}, "rollover.plan: there is no plan 'X'"),
    ],
)
def test_a_wrong_credit_is_named_with_its_path(tables, problem):
    with pytest.raises(ConfigError) as caught:
        read(tables)
    assert problem in caught.value.why
