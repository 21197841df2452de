"""Approve and decline requests: who may, when a second person must, and what the audit trail says."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, update

from bensync.actions import approvals, corrections
from bensync.core.access import Grant, Right, Role, actor_for, command_line_actor
from bensync.core.intake.proposals import IntakeRules
from bensync.core.requests import DeclineCode, RequestState
from bensync.errors import Denied
from bensync.state.schema.sync import RequestRow
from bensync.state.sync.requests import CHANGES, PROPOSED_PROFILE
from tests.fixtures.user_deployment import ROOT, UserDeployment, user_deployment
from tests.unit.builders import profile

RULES = IntakeRules()
_requests = RequestRow.__table__
pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def deployment(database):
    with user_deployment(database) as deployment:
        yield deployment


def approve(deployment: UserDeployment, number: int, actor, rules: IntakeRules = RULES, **how):
    (decision,) = approvals.approve(
        deployment.store, "acme", [number], actor, deployment.now, rules, confirmed=True, **how
    )
    return decision


def state(deployment: UserDeployment, number: int) -> RequestState:
    with deployment.store.read("acme") as work:
        return work.requests.get([number])[number].state


def test_A_47_a_broker_with_view_rights_is_refused_and_audited(deployment):
    number = deployment.ask(profile())
    broker = deployment.actor(deployment.add("lee", Role.BROKER, Right.SEE_REQUESTS))

    with pytest.raises(Denied):
        approve(deployment, number, broker)
    with pytest.raises(Denied):
        approvals.decline(deployment.store, "acme", [number], broker, deployment.now, DeclineCode.OTHER)
    assert state(deployment, number) is RequestState.PENDING
    assert deployment.audit("acme")[-2:] == [("lee", "decision.refused")] * 2


@pytest.mark.parametrize("role", Role)
def test_who_may_decide_decides_and_nobody_else(deployment, role):
    number = deployment.ask(profile())
    actor = actor_for("kim", [Grant("acme", role, "7" if role is Role.EMPLOYEE else "")], "acme")

    if actor.may(Right.DECIDE, "acme"):
        assert approve(deployment, number, actor).done
    else:
        with pytest.raises(Denied):
            approve(deployment, number, actor)
    assert state(deployment, number) is (
        RequestState.APPROVED if actor.may(Right.DECIDE, "acme") else RequestState.PENDING
    )


def test_a_right_on_one_site_is_none_on_another(deployment):
    number = deployment.ask(profile(), site="beta")
    kim = deployment.actor(deployment.add("kim", Role.DATA_OWNER))

    with pytest.raises(Denied):
        approvals.approve(deployment.store, "beta", [number], kim, deployment.now, RULES)
    with pytest.raises(Denied):
        corrections.reinstate(deployment.store, "beta", 1, "a good reason", kim, deployment.now)
    assert deployment.audit("beta")[-2:] == [("kim", "decision.refused"), ("kim", "correct.refused")]


def test_on_the_command_line_everybody_who_can_run_the_command_decides(deployment):
    assert approve(deployment, deployment.ask(profile()), command_line_actor("op")).done


def test_A_45_a_page_of_approvals_leaves_one_trace_of_each_and_a_number_named_twice_counts_once(deployment):
    numbers = [deployment.ask(profile(who)) for who in range(1, 4)]
    assert approve(deployment, numbers[2], command_line_actor("lee")).done

    named = [*numbers, numbers[0]]
    decisions = approvals.approve(
        deployment.store, "acme", named, command_line_actor("kim"), deployment.now, RULES, confirmed=True
    )

    assert [decision.done for decision in decisions] == [True, True, False, False]
    assert deployment.audit("acme")[-3:] == [(who, "request.approve") for who in ("lee", "kim", "kim")]
    with deployment.store.read("acme") as work:
        assert work.audit.trail.verify().fault is None
        people = work.participants.by_employees([str(who) for who in range(1, 4)])
        assert len({person.id for person in people.values()}) == 3
        assert [len(work.cases.load([person.id])[person.id].activities) for person in people.values()] == [1, 1, 1]


def test_A_45_of_requests_that_somebody_else_decided_none_is_claimed(deployment):
    numbers = [deployment.ask(profile(who)) for who in range(1, 4)]
    assert approve(deployment, numbers[1], command_line_actor("lee")).done

    with deployment.store.write("acme", "decision.approve") as work:
        assert work.requests.claim(numbers, RequestState.APPROVED, "kim", deployment.now) == {numbers[0], numbers[2]}


TWO = IntakeRules(second_approver=frozenset({"terminate"}))


def leaving(deployment: UserDeployment) -> int:
    return deployment.ask(profile(active=False, since="2026-05-20", left="2026-05-20"), deployment.approved(profile()))


def test_where_two_must_approve_the_first_changes_nothing_and_the_second_completes_it(deployment):
    number = leaving(deployment)
    first = approve(deployment, number, command_line_actor("kim"), TWO)

    assert (first.waits, first.done, first.error) == (True, False, None)
    assert state(deployment, number) is RequestState.PENDING
    with deployment.store.read("acme") as work:
        first = work.requests.first_approval(work.requests.get([number])[number])
    assert first is not None
    assert first.actor == "kim"
    assert approve(deployment, number, command_line_actor("lee"), TWO).done
    assert deployment.audit("acme")[-2:] == [("kim", "request.approve_first"), ("lee", "request.approve")]


@pytest.mark.parametrize(("first_choice", "yours"), [({"voiding": True}, {}), ({}, {"voiding": True})])
def test_a_first_approval_holds_for_the_choice_to_void_events_too(deployment, first_choice, yours):
    number = leaving(deployment)
    approve(deployment, number, command_line_actor("kim"), TWO, **first_choice)
    with deployment.store.read("acme") as work:
        first = work.requests.first_approval(work.requests.get([number])[number])
    assert (first.actor, first.way.voiding) == ("kim", "voiding" in first_choice)

    assert approve(deployment, number, command_line_actor("lee"), TWO, **yours).waits
    assert state(deployment, number) is RequestState.PENDING
    assert approve(deployment, number, command_line_actor("kim"), TWO, **yours).done


@pytest.mark.parametrize("name", ["kim", "Kim"])
def test_nobody_is_both_of_two(deployment, name):
    number = leaving(deployment)
    approve(deployment, number, command_line_actor("kim"), TWO)
    again = approve(deployment, number, command_line_actor(name), TWO)

    assert "approved it first" in again.error.why
    assert state(deployment, number) is RequestState.PENDING


def test_what_is_not_chosen_needs_one_person(deployment):
    assert approve(deployment, deployment.ask(profile()), command_line_actor("kim"), TWO).done


@pytest.mark.parametrize(
    ("chosen", "since", "waits"),
    [
        ("high_risk", "2026-05-20", True),
        ("far_back", "2026-05-20", False),
        ("far_back", "2026-01-20", True),
        ("new", "2026-05-20", False),
    ],
)
def test_two_may_be_asked_for_by_risk_or_by_age(deployment, chosen, since, waits):
    someone = deployment.approved(profile())
    number = deployment.ask(profile(active=False, since=since, left=since), someone)

    assert (
        approve(deployment, number, command_line_actor("kim"), IntakeRules(second_approver=frozenset({chosen}))).waits
        is waits
    )


@pytest.mark.parametrize("column", ["sealed_profile", "effective_date", "basis_version"])
def test_a_request_that_was_edited_after_the_first_approval_needs_both_again(deployment, column):
    number = leaving(deployment)
    approve(deployment, number, command_line_actor("kim"), TWO)
    with deployment.store.write("acme", "test") as work:
        row = work.transaction.connection.execute(select(_requests).where(_requests.c.id == number)).one()
        plain = {sealed: sealed.open(work.vault, row) for sealed in (PROPOSED_PROFILE, CHANGES)}
        edited = {"sealed_profile": None, "effective_date": date(2026, 5, 19), "basis_version": 77}
        values = row._asdict() | {column: edited[column]}
        if column == "sealed_profile":
            plain[PROPOSED_PROFILE] = _moved(work.requests.get([number])[number])
        values |= {sealed.name: sealed.seal(work.vault, content, values) for sealed, content in plain.items()}
        work.transaction.connection.execute(update(_requests).where(_requests.c.id == number).values(values))
    second = approve(deployment, number, command_line_actor("lee"), TWO)

    assert not second.done
    assert state(deployment, number) is not RequestState.APPROVED


def _moved(request) -> bytes:
    import msgspec

    from bensync.core.people import encode_profile

    return encode_profile(msgspec.structs.replace(request.profile, values={**request.profile.values, "city": "Rome"}))


def test_a_participant_that_moved_after_the_first_approval_asks_both_again(deployment):
    number = leaving(deployment)
    approve(deployment, number, command_line_actor("kim"), TWO)
    corrections.edit(deployment.store, "acme", 1, {"city": "Erie"}, "a good reason", ROOT, deployment.now)
    second = approve(deployment, number, command_line_actor("lee"), TWO)

    assert second.successor is not None
    assert approve(deployment, second.successor, command_line_actor("lee"), TWO).waits


def test_one_person_can_decline_what_two_must_approve(deployment):
    number = leaving(deployment)
    approve(deployment, number, command_line_actor("kim"), TWO)
    (decision,) = approvals.decline(
        deployment.store, "acme", [number], command_line_actor("kim"), deployment.now, DeclineCode.ERROR
    )

    assert decision.done
