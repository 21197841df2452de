"""Users and their roles: who may make, change and disable them, and what each change ends."""

from __future__ import annotations

import pytest

from bensync.actions import users
from bensync.core.access import Grant, Right, Role, actor_for
from bensync.errors import DecisionError, Denied, StepUpNeeded
from bensync.state.db.transaction import DEPLOYMENT
from tests.fixtures.user_deployment import PASSWORD, ROOT, Person, UserDeployment, person, user_deployment
from tests.integration.actions.refusals import refused

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def deployment(database):
    with user_deployment(database) as deployment:
        yield deployment


def test_a_data_owner_manages_the_users_of_the_own_site_only(deployment):
    kim = deployment.actor(deployment.add("kim", Role.DATA_OWNER))
    other = deployment.add("stranger", Role.HR_USER, site="beta")
    given = Grant("acme", Role.HR_USER)

    users.add(deployment.store, "lee", PASSWORD, given, kim, deployment.now, issuer="test")
    users.grant(deployment.store, "stranger", given, kim, deployment.now)
    users.revoke(deployment.store, "stranger", "acme", Role.HR_USER, kim, deployment.now)
    for attempt in (
        lambda: users.add(
            deployment.store, "eve", PASSWORD, Grant("beta", Role.HR_USER), kim, deployment.now, issuer="test"
        ),
        lambda: users.grant(deployment.store, "lee", Grant("beta", Role.HR_USER), kim, deployment.now),
        lambda: users.revoke(deployment.store, "stranger", "beta", Role.HR_USER, kim, deployment.now),
        lambda: users.disable(deployment.store, "stranger", kim, deployment.now),
        lambda: users.reset(deployment.store, "stranger", "slowly purple kettle", kim, deployment.now, issuer="test"),
    ):
        with pytest.raises(Denied):
            attempt()
    assert deployment.user(deployment.sign_in(other))
    assert [verb for _, verb in deployment.audit("acme") if verb.startswith("users")] == [
        "users.add",
        "users.add",
        "users.grant",
        "users.revoke",
    ]
    assert [verb for who, verb in deployment.audit("beta") if who == "kim"] == ["manage_users.refused"] * 3


def test_an_account_that_belongs_to_two_sites_or_none_is_not_taken_over_by_the_owner_of_one(deployment):
    kim = deployment.actor(deployment.add("kim", Role.DATA_OWNER))
    deployment.add("lee", Role.HR_USER)
    users.grant(deployment.store, "lee", Grant("beta", Role.HR_USER), ROOT, deployment.now)
    with pytest.raises(Denied):
        users.reset(deployment.store, "lee", "slowly purple kettle", kim, deployment.now, issuer="test")
    for site in ("acme", "beta"):
        users.revoke(deployment.store, "lee", site, Role.HR_USER, ROOT, deployment.now)

    with pytest.raises(Denied):
        users.reset(deployment.store, "lee", "slowly purple kettle", kim, deployment.now, issuer="test")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.DATA_OWNER])
def test_nobody_but_the_data_owner_makes_users(deployment, role):
    actor = actor_for("kim", [Grant("acme", role, "7" if role is Role.EMPLOYEE else "")], "acme", fresh=True)

    with pytest.raises(Denied):
        users.grant(deployment.store, "kim", Grant("acme", Role.DATA_OWNER), actor, deployment.now)
    assert users.everybody(deployment.store) == []


def test_changing_roles_wants_a_fresh_code(deployment):
    kim = deployment.add("kim", Role.DATA_OWNER)
    session = deployment.sign_in(kim)
    deployment.pass_time(minutes=6)

    with pytest.raises(StepUpNeeded):
        users.grant(
            deployment.store, "kim", Grant("acme", Role.AUDITOR), deployment.user(session).actor("acme"), deployment.now
        )


@pytest.mark.parametrize(
    "given",
    [
        Grant("acme", Role.EMPLOYEE),
        Grant("acme", Role.HR_USER, "7"),
        Grant("acme", Role.BROKER, extras=frozenset({Right.DECIDE})),
        Grant("acme", Role.OPERATOR, extras=frozenset({Right.SEE_PEOPLE})),
    ],
)
def test_a_role_that_is_not_whole_is_not_granted(deployment, given):
    with pytest.raises(DecisionError, match="not granted"):
        users.add(deployment.store, "kim", PASSWORD, given, ROOT, deployment.now, issuer="test")


@pytest.mark.parametrize("name", ["", "k", "kim lee", "../kim", "-kim", "kìm", "x" * 65])
def test_a_name_is_plain(deployment, name):
    with pytest.raises(DecisionError, match="not added"):
        users.add(deployment.store, name, PASSWORD, Grant("acme", Role.AUDITOR), ROOT, deployment.now, issuer="test")


def test_a_name_is_given_once_however_it_is_written(deployment):
    deployment.add("kim", Role.AUDITOR)
    with pytest.raises(DecisionError, match="was not added"):
        deployment.add("KIM", Role.AUDITOR)

    with pytest.raises(DecisionError, match="no user"):
        users.disable(deployment.store, "lee", ROOT, deployment.now)
    with pytest.raises(DecisionError, match="No role was revoked"):
        users.revoke(deployment.store, "kim", "acme", Role.BROKER, ROOT, deployment.now)


def test_a_role_given_again_takes_the_new_extras(deployment):
    deployment.add("kim", Role.BROKER, Right.SEE_REQUESTS)
    users.grant(deployment.store, "kim", Grant("acme", Role.BROKER), ROOT, deployment.now)
    (account,) = users.everybody(deployment.store)

    assert account.grants == (Grant("acme", Role.BROKER),)


def test_what_concerns_a_whole_account_is_in_the_trail_of_the_deployment(deployment):
    deployment.add("kim", Role.AUDITOR)
    users.disable(deployment.store, "kim", ROOT, deployment.now)
    users.enable(deployment.store, "kim", ROOT, deployment.now)
    users.reset(deployment.store, "kim", PASSWORD, ROOT, deployment.now, issuer="test")

    assert deployment.audit(DEPLOYMENT) == [
        ("root", "users.disable"),
        ("root", "users.enable"),
        ("root", "users.reset"),
    ]


@pytest.fixture
def kim(deployment: UserDeployment) -> Person:
    return deployment.add("kim", Role.DATA_OWNER)


@pytest.mark.parametrize(
    "change",
    [
        lambda deployment: users.grant(deployment.store, "kim", Grant("acme", Role.AUDITOR), ROOT, deployment.now),
        lambda deployment: users.revoke(deployment.store, "kim", "acme", Role.DATA_OWNER, ROOT, deployment.now),
        lambda deployment: users.disable(deployment.store, "kim", ROOT, deployment.now),
        lambda deployment: users.reset(deployment.store, "kim", PASSWORD, ROOT, deployment.now, issuer="test"),
    ],
    ids=["granted", "revoked", "disabled", "reset"],
)
def test_a_change_of_what_somebody_may_do_ends_all_their_sessions_and_no_others(deployment, kim, change):
    lee = deployment.add("lee", Role.DATA_OWNER)
    sessions, other = [deployment.sign_in(kim), deployment.sign_in(kim)], deployment.sign_in(lee)
    change(deployment)

    assert [deployment.user(session) for session in sessions] == [None, None]
    assert deployment.user(other)


def test_a_reset_replaces_password_phone_and_recovery_codes(deployment, kim):
    fresh = person(users.reset(deployment.store, "kim", "slowly purple kettle", ROOT, deployment.now, issuer="test"))

    refused(deployment, kim)
    refused(deployment, kim, password="slowly purple kettle", code=kim.recovery[0])
    assert deployment.user(deployment.sign_in(fresh, password="slowly purple kettle"))
