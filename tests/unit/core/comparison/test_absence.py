"""Who did not come: everybody's issue, and who is gone for good (sync-rules 3.2.1)."""

from __future__ import annotations

import pytest

from bensync.core.changes import IssueCode
from bensync.core.comparison.absence import judge_absence
from tests.unit.builders import baseline_of, profile

ABSENT, NOT_SHOWN, DELETED = IssueCode.ABSENT, IssueCode.NOT_SHOWN, IssueCode.HR_EMPLOYEE_DELETED
LEFT = IssueCode.LEFT_SCOPE
ACTIVE, INACTIVE = baseline_of(1), baseline_of(profile(1, active=False))


def judged(sent=None, codes=(), *, terminated=False, everybody=False):
    """What becomes of employee 1, who did not come."""
    absence = judge_absence(
        ["1"],
        {} if sent is None else {"1": sent},
        {"1": frozenset(codes)} if codes else {},
        frozenset({"1"}) if terminated else frozenset(),
        everybody=everybody,
    )
    (code,) = [issue.code for issue in absence.issues] or [None]
    return code, absence.gone, sorted(absence.over)


@pytest.mark.parametrize(
    ("sent", "codes", "facts", "code"),
    [
        pytest.param(None, (), {}, NOT_SHOWN, id="A-86 a new hire whom HR names and does not show"),
        pytest.param(ACTIVE, (), {}, NOT_SHOWN, id="A-86 somebody sent, whose change HR does not show"),
        pytest.param(INACTIVE, (), {}, NOT_SHOWN, id="A-86 somebody inactive, who may be a rehire"),
        pytest.param(ACTIVE, (), {"terminated": True}, NOT_SHOWN, id="a terminated participant named by HR"),
        pytest.param(ACTIVE, (), {"everybody": True}, ABSENT, id="A-88 absent from a read of everybody"),
        pytest.param(ACTIVE, (NOT_SHOWN,), {"everybody": True}, ABSENT, id="A-88 not shown before"),
        pytest.param(ACTIVE, (ABSENT,), {}, ABSENT, id="A-88 still absent"),
        pytest.param(None, (NOT_SHOWN,), {"everybody": True}, NOT_SHOWN, id="never sent, so never missed"),
        pytest.param(None, (DELETED,), {}, DELETED, id="A-25 deleted before"),
        pytest.param(None, (LEFT,), {"everybody": True}, LEFT, id="A-104 left the scope before"),
        pytest.param(None, (IssueCode.SSN_MISSING,), {}, NOT_SHOWN, id="blocked, and omitted by one answer"),
    ],
)
def test_a_person_who_did_not_come_has_one_issue_and_stays_in_the_baseline(sent, codes, facts, code):
    assert judged(sent, codes, **facts) == (code, (), [])


@pytest.mark.parametrize(
    ("sent", "codes", "facts"),
    [
        pytest.param(INACTIVE, (), {"everybody": True}, id="sent as inactive"),
        pytest.param(ACTIVE, (ABSENT,), {"terminated": True}, id="terminated by a person since"),
        pytest.param(ACTIVE, (), {"everybody": True, "terminated": True}, id="terminated by a person before"),
        pytest.param(None, (DELETED,), {"terminated": True}, id="deleted, and terminated since"),
    ],
)
def test_A_88_nothing_is_left_to_decide_of_a_terminated_person_who_is_gone(sent, codes, facts):
    assert judged(sent, codes, **facts) == (None, () if sent is None else (sent,), ["1"])


def test_only_people_who_are_missing_for_the_first_time_count_for_the_guards():
    sent = {str(number): baseline_of(profile(number, active=number % 2 == 1)) for number in range(1, 9)}
    open_codes = {"1": {ABSENT}, "2": {NOT_SHOWN}, "3": {IssueCode.HELD}}

    absence = judge_absence(["9", *sent], sent, open_codes, frozenset(), everybody=True)

    assert (absence.newly_active, absence.newly_inactive) == (3, 3)


def test_issues_are_in_the_order_of_the_ids_whatever_the_order_of_the_question():
    both = [judge_absence(ids, {}, {}, frozenset(), everybody=False) for ids in (["2", "1"], ["1", "2"])]
    assert both[0] == both[1]
    assert [issue.employee_id for issue in both[0].issues] == ["1", "2"]
