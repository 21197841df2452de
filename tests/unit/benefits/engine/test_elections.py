"""Statements and elections: when they are taken, and which of them are valid (S3-52)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bensync.benefits.engine.elections import enter, notify
from bensync.benefits.values.offers import Choice
from bensync.errors import DecisionError
from tests.unit.benefits.cases import (
    book,
    statuses,
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
