"""Approve and decline requests: who may, when a second person must, and what the audit trail says."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from bensync.actions import approvals, corrections
from bensync.core.access import Grant, Right, Role, actor_for, command_line_actor
from bensync.core.intake import IntakeRules
from bensync.core.requests import DeclineCode, RequestState
from bensync.errors import Denied
from tests.fixtures.house import ROOT, House, house
from tests.unit.builders import profile

RULES = IntakeRules()
pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def here(database):
    with house(database) as found:
        yield found


def approve(here: House, number: int, actor, rules: IntakeRules = RULES, **how):
    (made,) = approvals.approve(here.store, "acme", [number], actor, here.now, rules, confirmed=True, **how)
    return made


def state(here: House, number: int) -> RequestState:
    with here.store.read("acme") as work:
        return work.requests.get([number])[number].state


def test_A_47_a_broker_with_view_rights_is_refused_and_audited(here):
    number = here.ask(profile())
    broker = here.actor(here.add("lee", Role.BROKER, Right.SEE_REQUESTS))

    with pytest.raises(Denied):
        approve(here, number, broker)
    with pytest.raises(Denied):
        approvals.decline(here.store, "acme", [number], broker, here.now, DeclineCode.OTHER)
    assert state(here, number) is RequestState.PENDING
    assert here.audit("acme")[-2:] == [("lee", "decision.refused")] * 2


@pytest.mark.parametrize("role", Role)
def test_who_may_decide_decides_and_nobody_else(here, role):
    number = here.ask(profile())
    actor = actor_for("kim", [Grant("acme", role, "7" if role is Role.EMPLOYEE else "")], "acme")

    if actor.may(Right.DECIDE, "acme"):
        assert approve(here, number, actor).done
    else:
        with pytest.raises(Denied):
            approve(here, number, actor)
    assert state(here, number) is (RequestState.APPROVED if actor.may(Right.DECIDE, "acme") else RequestState.PENDING)


def test_a_right_on_one_site_is_none_on_another(here):
    number = here.ask(profile(), site="beta")
    kim = here.actor(here.add("kim", Role.DATA_OWNER))

    with pytest.raises(Denied):
        approvals.approve(here.store, "beta", [number], kim, here.now, RULES)
    with pytest.raises(Denied):
        corrections.reinstate(here.store, "beta", 1, "a good reason", kim, here.now)
    assert here.audit("beta")[-2:] == [("kim", "decision.refused"), ("kim", "correct.refused")]


def test_at_the_terminal_everybody_who_can_run_the_command_decides(here):
    assert approve(here, here.ask(profile()), command_line_actor("op")).done


def test_A_45_a_page_of_approvals_leaves_one_trace_of_each_and_a_number_named_twice_counts_once(here):
    numbers = [here.ask(profile(who)) for who in range(1, 4)]
    assert approve(here, numbers[2], command_line_actor("lee")).done

    named = [*numbers, numbers[0]]
    made = approvals.approve(here.store, "acme", named, command_line_actor("kim"), here.now, RULES, confirmed=True)

    assert [one.done for one in made] == [True, True, False, False]
    assert here.audit("acme")[-3:] == [(who, "request.approve") for who in ("lee", "kim", "kim")]
    with here.store.read("acme") as work:
        assert work.audit.trail.verify().fault is None
        people = work.participants.by_employees([str(who) for who in range(1, 4)])
        assert len({person.id for person in people.values()}) == 3
        assert [len(work.cases.load([person.id])[person.id].activities) for person in people.values()] == [1, 1, 1]


def test_A_45_of_requests_that_somebody_else_decided_none_is_claimed(here):
    numbers = [here.ask(profile(who)) for who in range(1, 4)]
    assert approve(here, numbers[1], command_line_actor("lee")).done

    with here.store.write("acme", "decision.approve") as work:
        assert work.requests.claim(numbers, RequestState.APPROVED, "kim", here.now) == {numbers[0], numbers[2]}


TWO = IntakeRules(second_approver=frozenset({"terminate"}))


def leaving(here: House) -> int:
    return here.ask(profile(active=False, since="2026-05-20", left="2026-05-20"), here.approved(profile()))


def test_where_two_must_approve_the_first_changes_nothing_and_the_second_completes_it(here):
    number = leaving(here)
    first = approve(here, number, command_line_actor("kim"), TWO)

    assert (first.waits, first.done, first.error) == (True, False, None)
    assert state(here, number) is RequestState.PENDING
    with here.store.read("acme") as work:
        assert work.requests.first_approvers([number, 99]) == {number: "kim"}
    assert approve(here, number, command_line_actor("lee"), TWO).done
    assert here.audit("acme")[-2:] == [("kim", "request.approve_first"), ("lee", "request.approve")]


@pytest.mark.parametrize(("mine", "yours"), [({"voiding": True}, {}), ({}, {"voiding": True})])
def test_a_first_approval_holds_for_the_choice_to_void_events_too(here, mine, yours):
    number = leaving(here)
    approve(here, number, command_line_actor("kim"), TWO, **mine)
    with here.store.read("acme") as work:
        first = work.requests.first_approval(work.requests.get([number])[number])
    assert (first.actor, first.way.voiding) == ("kim", "voiding" in mine)

    assert approve(here, number, command_line_actor("lee"), TWO, **yours).waits
    assert state(here, number) is RequestState.PENDING
    assert approve(here, number, command_line_actor("kim"), TWO, **yours).done


@pytest.mark.parametrize("name", ["kim", "Kim"])
def test_nobody_is_both_of_two(here, name):
    number = leaving(here)
    approve(here, number, command_line_actor("kim"), TWO)
    again = approve(here, number, command_line_actor(name), TWO)

    assert "approved it first" in again.error.why
    assert state(here, number) is RequestState.PENDING


def test_what_is_not_chosen_needs_one_person(here):
    assert approve(here, here.ask(profile()), command_line_actor("kim"), TWO).done


@pytest.mark.parametrize(
    ("chosen", "since", "waits"),
    [
        ("high_risk", "2026-05-20", True),
        ("far_back", "2026-05-20", False),
        ("far_back", "2026-01-20", True),
        ("new", "2026-05-20", False),
    ],
)
def test_two_may_be_asked_for_by_risk_or_by_age(here, chosen, since, waits):
    someone = here.approved(profile())
    number = here.ask(profile(active=False, since=since, left=since), someone)

    assert (
        approve(here, number, command_line_actor("kim"), IntakeRules(second_approver=frozenset({chosen}))).waits
        is waits
    )


@pytest.mark.parametrize("column", ["sealed_profile", "effective_date", "basis_version"])
def test_a_request_that_was_edited_after_the_first_approval_needs_both_again(here, column):
    number = leaving(here)
    approve(here, number, command_line_actor("kim"), TWO)
    with here.store.write("acme", "test") as work:
        request = work.requests.get([number])[number]
        edited = {
            "sealed_profile": work.vault.seal(_moved(request), b"profile", request.key),
            "effective_date": "2026-05-19",
            "basis_version": 77,
        }
        where = text(f"UPDATE request SET {column} = :value WHERE id = :id")
        work.transaction.connection.execute(where, {"value": edited[column], "id": number})
    second = approve(here, number, command_line_actor("lee"), TWO)

    assert not second.done
    assert state(here, number) is not RequestState.APPROVED


def _moved(request) -> bytes:
    import msgspec

    from bensync.core.people import encode_profile

    return encode_profile(msgspec.structs.replace(request.profile, values={**request.profile.values, "city": "Rome"}))


def test_a_participant_that_moved_after_the_first_approval_asks_both_again(here):
    number = leaving(here)
    approve(here, number, command_line_actor("kim"), TWO)
    corrections.edit(here.store, "acme", 1, {"city": "Erie"}, "a good reason", ROOT, here.now)
    second = approve(here, number, command_line_actor("lee"), TWO)

    assert second.successor is not None
    assert approve(here, second.successor, command_line_actor("lee"), TWO).waits


def test_one_person_can_decline_what_two_must_approve(here):
    number = leaving(here)
    approve(here, number, command_line_actor("kim"), TWO)
    (made,) = approvals.decline(here.store, "acme", [number], command_line_actor("kim"), here.now, DeclineCode.ERROR)

    assert made.done
