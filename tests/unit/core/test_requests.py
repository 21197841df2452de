"""Requests of the queue as values."""

from __future__ import annotations

import pytest

from bensync.core.changes import ChangeKind
from bensync.core.requests import WARNING_WORDS, Caution, Risk, WarningCode, caution_of


def test_every_warning_has_words_for_the_administrator():
    assert set(WARNING_WORDS) == set(WarningCode)
    assert all(WARNING_WORDS.values())


@pytest.mark.parametrize(
    ("kind", "warnings", "caution"),
    [
        (ChangeKind.TERMINATE, {WarningCode.TOUCHES_EVENT}, Caution.ENDS_BENEFITS),
        (ChangeKind.REACTIVATE, {WarningCode.REACTIVATES}, Caution.REACTIVATES),
        (ChangeKind.NEW, {WarningCode.POSSIBLE_DUPLICATE, WarningCode.TOUCHES_EVENT}, Caution.POSSIBLE_DUPLICATE),
        (ChangeKind.NEW, {WarningCode.PREVIOUSLY_DECLINED, WarningCode.TOUCHES_EVENT}, Caution.DECLINED_BEFORE),
        (ChangeKind.UPDATE, {WarningCode.TOUCHES_EVENT}, Caution.TOUCHES_EVENT),
        (ChangeKind.NEW, {WarningCode.NEGATIVE_PAY}, Caution.IMPLAUSIBLE),
        (ChangeKind.UPDATE, {WarningCode.SECOND_APPROVER}, Caution.FAR_BACK),
        (ChangeKind.UPDATE, {WarningCode.IDENTITY_CHANGED, WarningCode.TOUCHES_EVENT}, Caution.IDENTITY_CHANGED),
    ],
)
def test_a_high_risk_request_needs_the_statement_of_its_worst_danger(kind, warnings, caution):
    assert caution_of(kind, Risk.HIGH, warnings) is caution


def test_a_termination_at_a_site_without_a_rulebook_states_that_a_person_must_end_the_coverage():
    alone = caution_of(ChangeKind.TERMINATE, Risk.HIGH, (), processes_benefits=False)
    assert alone is Caution.ENDS_NO_COVERAGE
    assert caution_of(ChangeKind.REACTIVATE, Risk.HIGH, (), processes_benefits=False) is Caution.REACTIVATES


def test_a_low_risk_request_needs_a_statement_only_if_it_touches_a_processed_event():
    assert caution_of(ChangeKind.UPDATE, Risk.LOW, ()) is None
    assert caution_of(ChangeKind.UPDATE, Risk.LOW, (), touches=True) is Caution.TOUCHES_EVENT


def test_a_warning_demands_no_second_approver_because_only_the_rules_of_a_site_do():
    demanding = {code for code, words in WARNING_WORDS.items() if "needs a second" in words or "approver" in words}
    assert demanding == set()
