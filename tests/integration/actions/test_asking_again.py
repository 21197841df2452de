"""Asking again about what was declined: by whom, and with what reason (sync-rules 3.7.9)."""

from __future__ import annotations

import pytest

from bensync.actions.approvals import decline
from bensync.actions.asking_again import ask_again
from bensync.core.access import Role
from bensync.core.intake.proposals import IntakeRules
from bensync.core.requests import DeclineCode, RequestState
from bensync.errors import DecisionError, Denied
from tests.fixtures.user_deployment import ROOT, user_deployment
from tests.unit.builders import profile

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def deployment(database):
    with user_deployment(database) as deployment:
        yield deployment


@pytest.fixture
def declined(deployment):
    """The number of a declined request."""
    number = deployment.ask(profile(1))
    decline(deployment.store, "acme", [number], ROOT, deployment.now, DeclineCode.ERROR)
    return number


def test_A_140_to_ask_again_takes_the_right_to_decide_and_a_reason(deployment, declined):
    reader = deployment.actor(deployment.add("kim", Role.AUDITOR))
    with pytest.raises(Denied):
        ask_again(deployment.store, "acme", declined, "a mistake", reader, deployment.now, IntakeRules())
    with pytest.raises(DecisionError, match="Nothing was asked again"):
        ask_again(deployment.store, "acme", declined, "", ROOT, deployment.now, IntakeRules())
    with deployment.store.read("acme") as state:
        assert state.requests.pending_ids() == []


def test_A_140_the_new_request_is_another_one_and_the_declined_one_stays_as_it_was(deployment, declined):
    decision = ask_again(deployment.store, "acme", declined, "a mistake", ROOT, deployment.now, IntakeRules())
    with deployment.store.read("acme") as state:
        requests = state.requests.get([declined, decision.successor])
        assert [request.state for request in requests.values()] == [RequestState.DECLINED, RequestState.PENDING]
        assert requests[declined].profile == requests[decision.successor].profile
    assert deployment.audit("acme")[-1] == (ROOT.name, "request.ask_again")
