"""Decisions and corrections carry who and with which right: the rooms refuse, whatever door the actor came through."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from bensync.actions import approvals, corrections, users
from bensync.core.access import Grant, Right, Role, actor_for, command_line_actor
from bensync.core.intake import IntakeRules
from bensync.core.people import Standing
from bensync.core.requests import DeclineCode, RequestState
from bensync.errors import DecisionError, Denied, StepUpNeeded
from bensync.state.db.transaction import DEPLOYMENT
from tests.fixtures.house import PASSWORD, ROOT, House, house
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


@pytest.mark.parametrize("kind", ["edit", "terminate", "reinstate"])
def test_corrections_want_the_right_to_correct(here, kind):
    someone = here.approved(profile())
    user = here.actor(here.add("kim", Role.HR_USER))
    calls = {
        "edit": lambda: corrections.edit(
            here.store, "acme", someone.id, {"city": "Erie"}, "a good reason", user, here.now
        ),
        "terminate": lambda: corrections.terminate(
            here.store, "acme", someone.id, date(2026, 5, 1), "a good reason", user, here.now
        ),
        "reinstate": lambda: corrections.reinstate(here.store, "acme", someone.id, "a good reason", user, here.now),
    }

    with pytest.raises(Denied):
        calls[kind]()
    with here.store.read("acme") as work:
        assert work.participants.by_ids([someone.id])[someone.id] == someone


def test_S1_12_the_data_owner_corrects_everything_and_it_is_audited(here):
    someone = here.approved(profile())
    kim = here.actor(here.add("kim", Role.DATA_OWNER))

    corrections.edit(
        here.store, "acme", someone.id, {"city": "Erie", "pay_rate": "12.00 USD"}, "a phone call", kim, here.now
    )
    corrections.terminate(here.store, "acme", someone.id, date(2026, 5, 1), "left the company", kim, here.now)

    assert here.audit("acme")[-2:] == [("kim", "participant.edit"), ("kim", "participant.terminate")]
    with here.store.read("acme") as work:
        assert work.participants.by_ids([someone.id])[someone.id].standing is Standing.TERMINATED


def test_nobody_sets_a_field_that_they_do_not_see(here):
    someone = here.approved(profile())
    grant = Grant("acme", Role.ADMINISTRATOR, extras=frozenset({Right.CORRECT}))
    visible = {Role.ADMINISTRATOR: ["city"]}
    actor = actor_for("lee", [grant], "acme", visible=visible)

    corrections.edit(here.store, "acme", someone.id, {"city": "Erie"}, "a good reason", actor, here.now)
    with pytest.raises(Denied, match="pay_rate"):
        corrections.edit(
            here.store, "acme", someone.id, {"city": "Rome", "pay_rate": "1.00 USD"}, "a good reason", actor, here.now
        )


@pytest.mark.parametrize(
    ("own", "fields", "allowed"),
    [
        ("1", {"city": "Erie"}, True),
        ("1", {"city": "Erie", "home_phone": "555"}, True),
        ("1", {"city": "Erie", "pay_rate": "1.00 USD"}, False),
        ("1", {"ssn": "123450002"}, False),
        ("2", {"city": "Erie"}, False),
    ],
)
def test_S1_10_an_employee_corrects_where_they_live_on_their_own_record_only(here, own, fields, allowed):
    someone = here.approved(profile(1))
    kim = here.actor(here.add("kim", Role.EMPLOYEE, Right.CORRECT_OWN, employee_id=own))
    reader = here.actor(here.add("lee", Role.EMPLOYEE, employee_id="1"))

    with pytest.raises(Denied):
        corrections.edit(here.store, "acme", someone.id, fields, "moved", reader, here.now)
    if allowed:
        corrections.edit(here.store, "acme", someone.id, fields, "moved", kim, here.now)
    else:
        with pytest.raises(Denied):
            corrections.edit(here.store, "acme", someone.id, fields, "moved", kim, here.now)
    with pytest.raises(Denied):
        corrections.terminate(here.store, "acme", someone.id, date(2026, 5, 1), "a good reason", kim, here.now)
    with here.store.read("acme") as work:
        assert (work.participants.by_ids([someone.id])[someone.id].version > someone.version) is allowed


# Two people

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


# Users


def test_a_data_owner_manages_the_users_of_the_own_site_only(here):
    kim = here.actor(here.add("kim", Role.DATA_OWNER))
    other = here.add("stranger", Role.HR_USER, site="beta")
    given = Grant("acme", Role.HR_USER)

    users.add(here.store, "lee", PASSWORD, given, kim, here.now, issuer="test")
    users.grant(here.store, "stranger", given, kim, here.now)
    users.revoke(here.store, "stranger", "acme", Role.HR_USER, kim, here.now)
    for attempt in (
        lambda: users.add(here.store, "eve", PASSWORD, Grant("beta", Role.HR_USER), kim, here.now, issuer="test"),
        lambda: users.grant(here.store, "lee", Grant("beta", Role.HR_USER), kim, here.now),
        lambda: users.revoke(here.store, "stranger", "beta", Role.HR_USER, kim, here.now),
        lambda: users.disable(here.store, "stranger", kim, here.now),
        lambda: users.reset(here.store, "stranger", "slowly purple kettle", kim, here.now, issuer="test"),
    ):
        with pytest.raises(Denied):
            attempt()
    assert here.user(here.sign_in(other))
    assert [verb for _, verb in here.audit("acme") if verb.startswith("users")] == [
        "users.add",
        "users.add",
        "users.grant",
        "users.revoke",
    ]
    assert [verb for who, verb in here.audit("beta") if who == "kim"] == ["manage_users.refused"] * 3


def test_an_account_that_belongs_to_two_sites_or_none_is_not_taken_over_by_the_owner_of_one(here):
    kim = here.actor(here.add("kim", Role.DATA_OWNER))
    here.add("lee", Role.HR_USER)
    users.grant(here.store, "lee", Grant("beta", Role.HR_USER), ROOT, here.now)
    with pytest.raises(Denied):
        users.reset(here.store, "lee", "slowly purple kettle", kim, here.now, issuer="test")
    for site in ("acme", "beta"):
        users.revoke(here.store, "lee", site, Role.HR_USER, ROOT, here.now)

    with pytest.raises(Denied):
        users.reset(here.store, "lee", "slowly purple kettle", kim, here.now, issuer="test")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.DATA_OWNER])
def test_nobody_but_the_data_owner_makes_users(here, role):
    actor = actor_for("kim", [Grant("acme", role, "7" if role is Role.EMPLOYEE else "")], "acme", fresh=True)

    with pytest.raises(Denied):
        users.grant(here.store, "kim", Grant("acme", Role.DATA_OWNER), actor, here.now)
    assert users.everybody(here.store) == []


def test_changing_roles_wants_a_fresh_code(here):
    kim = here.add("kim", Role.DATA_OWNER)
    session = here.sign_in(kim)
    here.pass_time(minutes=6)

    with pytest.raises(StepUpNeeded):
        users.grant(here.store, "kim", Grant("acme", Role.AUDITOR), here.user(session).actor("acme"), here.now)


@pytest.mark.parametrize(
    "given",
    [
        Grant("acme", Role.EMPLOYEE),
        Grant("acme", Role.HR_USER, "7"),
        Grant("acme", Role.BROKER, extras=frozenset({Right.DECIDE})),
        Grant("acme", Role.OPERATOR, extras=frozenset({Right.SEE_PEOPLE})),
    ],
)
def test_a_role_that_is_not_whole_is_not_granted(here, given):
    with pytest.raises(DecisionError, match="not granted"):
        users.add(here.store, "kim", PASSWORD, given, ROOT, here.now, issuer="test")


@pytest.mark.parametrize("name", ["", "k", "kim lee", "../kim", "-kim", "kìm", "x" * 65])
def test_a_name_is_plain(here, name):
    with pytest.raises(DecisionError, match="not added"):
        users.add(here.store, name, PASSWORD, Grant("acme", Role.AUDITOR), ROOT, here.now, issuer="test")


def test_a_name_is_given_once_however_it_is_written(here):
    here.add("kim", Role.AUDITOR)
    with pytest.raises(DecisionError, match="was not added"):
        here.add("KIM", Role.AUDITOR)

    with pytest.raises(DecisionError, match="no user"):
        users.disable(here.store, "lee", ROOT, here.now)
    with pytest.raises(DecisionError, match="Nothing was taken"):
        users.revoke(here.store, "kim", "acme", Role.BROKER, ROOT, here.now)


def test_a_role_given_again_takes_the_new_extras(here):
    here.add("kim", Role.BROKER, Right.SEE_REQUESTS)
    users.grant(here.store, "kim", Grant("acme", Role.BROKER), ROOT, here.now)
    (account,) = users.everybody(here.store)

    assert account.grants == (Grant("acme", Role.BROKER),)


def test_what_concerns_a_whole_account_is_in_the_trail_of_the_deployment(here):
    here.add("kim", Role.AUDITOR)
    users.disable(here.store, "kim", ROOT, here.now)
    users.enable(here.store, "kim", ROOT, here.now)
    users.reset(here.store, "kim", PASSWORD, ROOT, here.now, issuer="test")

    assert here.audit(DEPLOYMENT) == [("root", "users.disable"), ("root", "users.enable"), ("root", "users.reset")]
