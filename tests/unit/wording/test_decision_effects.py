"""What is said before a decision: the right question, effects and caution for every kind, with and without warnings."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bensync.core.changes import ChangeKind
from bensync.core.requests import Origin, RequestState, Risk, WarningCode
from bensync.state.read.lists import PersonSummary, RequestView
from bensync.wording.decision_effects import effects

KINDS = [kind for kind in ChangeKind if kind not in (ChangeKind.UNCHANGED, ChangeKind.LAST_SENT)]


def request(
    kind: ChangeKind, *warnings: WarningCode, risk: Risk = Risk.LOW, state: RequestState = RequestState.PENDING
):
    when = datetime(2026, 6, 1, tzinfo=UTC)
    return RequestView(
        1, "acme", kind, risk, state, PersonSummary("104", "Ada Vale", ""), date(2026, 6, 20), warnings, (), None, None,
        when, Origin.ROW, None, None, None, None, None, None, None,
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_question_effects_and_an_honest_word_about_regret(kind):
    shown = effects(request(kind), "Ada Vale")
    assert shown.question.endswith("?")
    assert "Ada Vale" in shown.question
    assert shown.approving
    assert "You cannot undo an approval." in shown.regret
    assert not shown.caution


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_of_high_risk_has_a_caution_while_it_waits(kind):
    assert effects(request(kind, risk=Risk.HIGH), "Ada Vale").caution.startswith("I ")
    assert not effects(request(kind, risk=Risk.HIGH, state=RequestState.APPROVED), "Ada Vale").caution


def test_S0_26_the_termination_names_what_it_ends_and_whom_it_notifies():
    shown = effects(request(ChangeKind.TERMINATE, WarningCode.ENDS_COVERAGE, risk=Risk.HIGH), "Ada Vale")
    assert shown.approving[0] == "This ends the benefits of Ada Vale. The termination date is Jun 20, 2026."
    assert shown.approving[1] == (
        "bensync lists the affected carriers for the administrators and notifies none of them. Notify each of them."
    )
    assert "a person must notify each carrier" in shown.caution


def test_S0_21_the_reactivation_says_that_it_reactivates():
    shown = effects(request(ChangeKind.REACTIVATE, WarningCode.REACTIVATES, risk=Risk.HIGH), "Ada Vale")
    assert "becomes active again" in shown.approving[0]
    assert "stays ended" in shown.approving[1]


def test_a_possible_duplicate_asks_whether_it_is_one_person_and_says_what_either_answer_does():
    shown = effects(request(ChangeKind.NEW, WarningCode.POSSIBLE_DUPLICATE, risk=Risk.HIGH), "Ada Vale")
    assert "an existing participant" in shown.question
    assert [line.partition(":")[0] for line in shown.approving] == ["Same person", "Different person"]


def test_somebody_new_who_left_already_begins_no_coverage():
    assert "No coverage starts" in effects(request(ChangeKind.NEW, WarningCode.INACTIVE_NEW), "Ada Vale").approving[0]


def test_a_name_with_braces_is_only_a_name():
    assert "{0}" in effects(request(ChangeKind.UPDATE), "{0}").question
