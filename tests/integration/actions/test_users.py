"""Users and their roles: who may make, change and disable them, and what each change ends."""

from __future__ import annotations

import pytest

from bensync.actions import users
from bensync.core.access import Grant, Right, Role, actor_for
from bensync.errors import DecisionError, Denied, StepUpNeeded
from bensync.state.db.transaction import DEPLOYMENT
from tests.fixtures.house import PASSWORD, ROOT, House, Person, house, person
from tests.integration.actions.refusals import refused

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def here(database):
    with house(database) as found:
        yield found


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


@pytest.fixture
def kim(here: House) -> Person:
    return here.add("kim", Role.DATA_OWNER)


@pytest.mark.parametrize(
    "change",
    [
        lambda here: users.grant(here.store, "kim", Grant("acme", Role.AUDITOR), ROOT, here.now),
        lambda here: users.revoke(here.store, "kim", "acme", Role.DATA_OWNER, ROOT, here.now),
        lambda here: users.disable(here.store, "kim", ROOT, here.now),
        lambda here: users.reset(here.store, "kim", PASSWORD, ROOT, here.now, issuer="test"),
    ],
    ids=["granted", "revoked", "disabled", "reset"],
)
def test_a_change_of_what_somebody_may_do_ends_all_their_sessions_and_no_others(here, kim, change):
    lee = here.add("lee", Role.DATA_OWNER)
    sessions, other = [here.sign_in(kim), here.sign_in(kim)], here.sign_in(lee)
    change(here)

    assert [here.user(session) for session in sessions] == [None, None]
    assert here.user(other)


def test_a_reset_replaces_password_phone_and_recovery_codes(here, kim):
    fresh = person(users.reset(here.store, "kim", "slowly purple kettle", ROOT, here.now, issuer="test"))

    refused(here, kim)
    refused(here, kim, password="slowly purple kettle", code=kim.recovery[0])
    assert here.user(here.sign_in(fresh, password="slowly purple kettle"))
