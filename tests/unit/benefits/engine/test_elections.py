"""Statements and elections: when they are taken, and which of them are valid (S3-52)."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal

import pytest
from msgspec.structs import replace

from bensync.benefits.engine import event_stages
from bensync.benefits.engine.elections import enter, notify
from bensync.benefits.engine.event_order import mark_final, set_indicator
from bensync.benefits.engine.preparation import prepare
from bensync.benefits.values.events import Indicator
from bensync.benefits.values.offers import Choice
from bensync.errors import DecisionError
from tests.unit.benefits.cases import (
    CONTENT,
    after_run,
    book,
    person,
    statuses,
    with_participant,
)
from tests.unit.benefits.situations import (
    MEDICAL,
    NONSENSE,
    case_marked_final,
    case_with_elections,
    prepared_case,
    processed_case,
    scheduled_case,
)
from tests.unit.builders import TODAY, day


def test_S3_154_a_statement_makes_PR_NT():
    after = notify(prepared_case(), 1, TODAY)
    assert (statuses(after), after.event(1).notified) == (("NT", "OPEN"), TODAY)
    assert processed_case(after) == after
    assert notify(after, 1, day("06-11")).event(1).notified == day("06-11")
    assert statuses(case_marked_final(after)) == ("FE", "CLOSED")


def test_A_82_entered_elections_keep_their_status_when_the_statement_is_made():
    after = notify(case_with_elections(MEDICAL), 1, TODAY)
    assert (statuses(after), after.event(1).notified) == (("ET", "OPEN"), TODAY)
    wrong = notify(processed_case(case_with_elections(NONSENSE)), 1, TODAY)
    assert statuses(wrong) == ("EE", "OPEN")


def test_a_statement_needs_an_open_event_that_is_prepared():
    for actual in (scheduled_case(), case_marked_final(prepared_case())):
        with pytest.raises(DecisionError):
            notify(actual, 1, TODAY)


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
    after = processed_case(case_with_elections(choice))
    assert [line.code for line in after.event(1).messages] == [fault]


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
    begun = processed_case(scheduled_case(rules), rules)
    done = processed_case(enter(begun, 1, [Choice("fsa", "FSA", "H", given)], TODAY), rules)
    assert statuses(done)[0] == ("FE" if valid else "EE")
    if valid:
        (row,) = done.enrollments
        assert (row.terms.contribution, row.terms.tax, row.terms.account) == (given, "before", "A1")


def test_coverage_that_no_rule_lets_go_cannot_be_waived():
    rules = book(change_rules=[])
    begun = processed_case(scheduled_case(rules, None, "medical"), rules)
    after = processed_case(enter(begun, 1, [Choice("medical")], TODAY), rules)
    assert [line.code for line in after.event(1).messages] == ["not_waivable"]


def test_elections_are_not_taken_before_the_event_is_prepared_or_after_it_is_over():
    for actual in (scheduled_case(), case_marked_final(prepared_case())):
        with pytest.raises(DecisionError):
            enter(actual, 1, [MEDICAL], TODAY)


def test_an_election_can_be_withdrawn():
    chosen = case_with_elections(Choice("medical", "MED", "FAM"), Choice("dental", "DEN", "EE"))
    fewer = enter(chosen, 1, [], TODAY, ["medical"])
    assert ([choice.plan_type for choice in fewer.event(1).choices], statuses(fewer)) == (["dental"], ("ET", "OPEN"))
    none = enter(fewer, 1, [], TODAY, ["dental"])
    assert (none.event(1).choices, none.event(1).entered, statuses(none)) == ((), None, ("PR", "OPEN"))
    assert statuses(after_run(none)) == ("PR", "OPEN"), "the event waits for a person as before"


def test_a_withdrawn_election_leaves_the_statement_as_it_was():
    notified = notify(prepared_case(), 1, TODAY)
    after = enter(enter(notified, 1, [Choice("medical", "MED", "FAM")], TODAY), 1, [], TODAY, ["medical"])
    assert (statuses(after), after.event(1).notified) == (("NT", "OPEN"), TODAY)


def test_an_event_that_waits_for_other_elections_still_does_without_any():
    begun = case_with_elections(Choice("medical", "MED", "FAM"))
    again = after_run(set_indicator(after_run(begun), 1, Indicator.RE_ENTER))
    assert statuses(again)[0] == "RE"
    assert statuses(enter(again, 1, [], TODAY, ["medical"]))[0] == "RE"


@pytest.mark.parametrize(
    ("choices", "withdrawn", "why"),
    [([], [], "Nothing was elected"), ([], ["life"], "no election for life")],
    ids=["nothing at all", "no such election"],
)
def test_a_withdrawal_of_nothing_is_refused(choices, withdrawn, why):
    begun = case_with_elections(Choice("medical", "MED", "FAM"))
    with pytest.raises(DecisionError, match=why):
        enter(begun, 1, choices, TODAY, withdrawn)


DEARER = book(
    plans=[
        {**plan, "options": [{**option, "employee": "99"} for option in plan["options"]]}
        if plan["code"] == "MED"
        else plan
        for plan in CONTENT["plans"]
    ]
)


def codes(after):
    """The remarks and messages of the event."""
    event = after.event(1)
    return [(line.code, line.plan, line.detail) for line in (*event.prepared.remarks, *event.messages)]


def test_S3_174_elections_are_priced_by_the_rules_of_today_and_what_differs_is_said():
    after = after_run(case_with_elections(Choice("medical", "MED", "FAM")), DEARER)
    assert statuses(after) == ("FE", "CLOSED")
    (row,) = [row for row in after.enrollments if row.plan_type == "medical"]
    assert row.terms.employee == Decimal("99.00")
    assert codes(after) == [("figures_changed", "MED", "EE"), ("figures_changed", "MED", "FAM")]


def test_S3_174_an_election_of_what_is_not_offered_any_more_is_an_error_and_says_so():
    lost = book(
        plans=[{**plan, "options": plan["options"][:1]} if plan["code"] == "MED" else plan for plan in CONTENT["plans"]]
    )
    after = after_run(case_with_elections(Choice("medical", "MED", "FAM")), lost)
    assert statuses(after) == ("EE", "OPEN")
    assert codes(after) == [("no_longer_offered", "MED", "FAM"), ("not_offered", "MED", "")]
    assert codes(after_run(after, lost)) == codes(after), "a second run says the same"


def test_S3_174_what_cannot_be_priced_any_more_posts_nothing():
    poor = case_with_elections(Choice("medical", "MED", "FAM"))
    nobody_pays = replace(person(pay_rate=None), version=2)
    unpaid = with_participant(poor, nobody_pays)
    after = after_run(mark_final(unpaid, 1))
    assert (statuses(after), after.enrollments) == (("EE", "OPEN"), ())
    assert [line.code for line in after.event(1).messages] == ["salary_missing"]
    alone = after_run(mark_final(with_participant(prepared_case(), nobody_pays), 1))
    assert (statuses(alone), alone.enrollments) == (("PE", "OPEN"), ())


def test_an_event_whose_data_and_rules_are_the_same_is_not_prepared_twice(monkeypatch):
    chosen = case_with_elections(Choice("medical", "MED", "FAM"))
    prepared = []
    monkeypatch.setattr(event_stages, "prepare", lambda *given: prepared.append(given) or prepare(*given))
    assert statuses(after_run(chosen)) == ("FE", "CLOSED")
    assert prepared == []
    assert statuses(after_run(chosen, DEARER)) == ("FE", "CLOSED")
    grown = with_participant(chosen, replace(chosen.participant, version=chosen.participant.version + 1))
    assert statuses(after_run(grown)) == ("FE", "CLOSED")
    assert len(prepared) == 2


def test_S3_174_a_final_mark_loads_the_default_of_today():
    rules = deepcopy(CONTENT["add_rules"])
    rules[0] = {"plans": ["MED"], "begin": {"base": "first_of_month"}, "default": "FAM"}
    today = book(add_rules=rules)
    after = after_run(mark_final(prepared_case(), 1), today)
    assert {row.plan_type: row.terms.option for row in after.enrollments}["medical"] == "FAM"
    assert ("default_changed", "MED", "FAM") in codes(after)
