"""Releasing an employee who is gone from HR: by whom, with what reason, and what becomes of the baseline (A-88)."""

from __future__ import annotations

import pytest

from bensync.actions.departed.release import release
from bensync.core.access import Role
from bensync.core.changes import Issue, IssueCode
from bensync.errors import DecisionError, Denied, RemedyKind
from bensync.state.read.timeline import EpisodeKind
from tests.fixtures.user_deployment import user_deployment
from tests.unit.builders import profile

pytestmark = pytest.mark.usefixtures("quick_passwords")

REASON = "a test record, removed in HR"


@pytest.fixture
def deployment(database):
    with user_deployment(database) as deployment:
        yield deployment


def blocked(deployment, code):
    with deployment.store.write("acme", "test") as state:
        state.issues.record([Issue("1", code)], set(), set(), deployment.now)


def open_codes(deployment):
    with deployment.store.read("acme") as state:
        return state.issues.open_codes()


@pytest.mark.parametrize("code", [IssueCode.ABSENT, IssueCode.NOT_SHOWN, IssueCode.HR_EMPLOYEE_DELETED])
def test_A_88_a_release_closes_the_issues_with_a_reason_in_the_audit_trail(deployment, code):
    kim = deployment.actor(deployment.add("kim", Role.DATA_OWNER))
    blocked(deployment, code)
    blocked(deployment, IssueCode.SSN_MISSING)

    release(deployment.store, "acme", "1", REASON, kim, deployment.now)

    assert open_codes(deployment) == {}
    assert deployment.audit("acme")[-1] == ("kim", "employee.release")
    with deployment.store.read("acme") as state:
        (released,) = [past for past in state.timeline.episodes("1") if past.kind is EpisodeKind.RELEASED]
        assert (released.decided_by, released.detail) == ("kim", REASON)
        assert state.timeline.episodes("11") == []


def test_A_88_an_active_participant_stays_active_and_the_release_says_so_first(deployment):
    someone = deployment.approved(profile(1))
    kim = deployment.actor(deployment.add("kim", Role.DATA_OWNER))
    blocked(deployment, IssueCode.ABSENT)

    with pytest.raises(DecisionError, match="a release ends no coverage") as caught:
        release(deployment.store, "acme", "1", REASON, kim, deployment.now)

    assert caught.value.remedy.kind is RemedyKind.CONFIRM
    assert open_codes(deployment) == {"1": {IssueCode.ABSENT}}
    release(deployment.store, "acme", "1", REASON, kim, deployment.now, confirmed=True)
    assert open_codes(deployment) == {}
    with deployment.store.read("acme") as state:
        assert state.participants.by_ids([someone.id])[someone.id] == someone


def test_an_employee_whom_hr_shows_is_not_released(deployment):
    kim = deployment.actor(deployment.add("kim", Role.DATA_OWNER))
    blocked(deployment, IssueCode.SSN_MISSING)

    with pytest.raises(DecisionError, match="No open issue says"):
        release(deployment.store, "acme", "1", REASON, kim, deployment.now)

    assert open_codes(deployment) == {"1": {IssueCode.SSN_MISSING}}


def test_a_release_needs_the_right_to_correct_people_and_a_reason(deployment):
    blocked(deployment, IssueCode.ABSENT)
    lee = deployment.actor(deployment.add("lee", Role.HR_USER))
    kim = deployment.actor(deployment.add("kim", Role.DATA_OWNER))

    with pytest.raises(Denied):
        release(deployment.store, "acme", "1", REASON, lee, deployment.now)
    with pytest.raises(DecisionError, match="reason"):
        release(deployment.store, "acme", "1", "-", kim, deployment.now)

    assert open_codes(deployment) == {"1": {IssueCode.ABSENT}}
