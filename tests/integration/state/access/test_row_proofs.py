"""Somebody who can write to the database, but has no state key, gives nobody a right."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from bensync.actions import sign_in, tokens, users
from bensync.core.access import Right, Role
from bensync.core.ports import PreflightFinding
from bensync.errors import SignInRefused
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.upkeep.fsck import check_access
from tests.fixtures.databases import careless
from tests.fixtures.user_deployment import PASSWORD, ROOT, Person, UserDeployment, user_deployment

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def deployment(database: str) -> Iterator[UserDeployment]:
    with user_deployment(database) as begun:
        yield begun


@pytest.fixture
def kim(deployment: UserDeployment) -> Person:
    return deployment.add("kim", Role.OPERATOR)


def write(deployment: UserDeployment, statement: str, **values: object) -> int:
    with careless(deployment.url) as connection:
        return connection.execute(text(statement), values).rowcount


def findings(deployment: UserDeployment) -> list[PreflightFinding]:
    with deployment.store.whole() as connection:
        return list(check_access(deployment.store.site(connection, DEPLOYMENT)))


def seen(deployment: UserDeployment) -> str:
    return "; ".join(finding.detail for finding in findings(deployment) if not finding.ok)


def rights(deployment: UserDeployment, session: str) -> frozenset[Right]:
    user = deployment.user(session)
    return user.actor("acme").rights if user is not None else frozenset()


def test_a_deployment_that_nobody_touched_has_no_findings(deployment, kim):
    deployment.sign_in(kim)
    deployment.sign_in(kim, code=kim.recovery[0])
    tokens.issue(deployment.store, "kim", "script", timedelta(days=9), ROOT, deployment.now)
    deployment.add("lee", Role.EMPLOYEE, Right.CORRECT_OWN, employee_id="7")
    users.disable(deployment.store, "lee", ROOT, deployment.now)
    users.revoke(deployment.store, "lee", "acme", Role.EMPLOYEE, ROOT, deployment.now)
    users.reset(deployment.store, "kim", PASSWORD, ROOT, deployment.now, issuer="test")

    assert [finding.ok for finding in findings(deployment)] == [True, True]


def test_a_session_that_was_inserted_is_nobodys(deployment, kim):
    session = deployment.sign_in(kim)
    write(
        deployment,
        "INSERT INTO session (digest, account_id, created_at, seen_at, stepped_up_at, proof) "
        "SELECT :digest, account_id, created_at, seen_at, stepped_up_at, proof FROM session",
        digest=hashlib.sha256(b"chosen").digest(),
    )

    assert deployment.user("chosen") is None
    assert deployment.user(session) is not None
    assert "session of account 1 was not written by bensync" in seen(deployment)


@pytest.mark.parametrize(
    "change",
    ["seen_at = :later", "created_at = :later", "stepped_up_at = :later", "account_id = 2"],
)
def test_a_session_that_was_changed_is_over(deployment, kim, change):
    deployment.add("owner", Role.DATA_OWNER)
    session = deployment.sign_in(kim)
    later = (deployment.now + timedelta(minutes=3)).isoformat(sep=" ")
    assert write(deployment, f"UPDATE session SET {change}", **({"later": later} if "later" in change else {})) == 1

    assert deployment.user(session) is None
    with pytest.raises(SignInRefused):
        sign_in.step_up(deployment.store, session, deployment.code(kim), deployment.now)


def test_a_session_that_was_ended_does_not_come_back(deployment, kim):
    session = deployment.sign_in(kim)
    sign_in.sign_out(deployment.store, session, deployment.now)
    assert write(deployment, "UPDATE session SET revoked_at = NULL") == 1

    assert deployment.user(session) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE role_grant SET role = 'data_owner'",
        "UPDATE role_grant SET site = 'globex'",
        "UPDATE role_grant SET account_id = 2",
        (
            "INSERT INTO role_grant (site, account_id, role, employee_id, extras, granted_by, granted_at) "
            "SELECT site, account_id, 'data_owner', '', extras, granted_by, granted_at FROM role_grant"
        ),
        (
            "INSERT INTO role_grant (site, account_id, role, employee_id, extras, granted_by, granted_at, proof) "
            "SELECT 'globex', account_id, 'data_owner', '', extras, granted_by, granted_at, proof FROM role_grant"
        ),
    ],
)
def test_a_role_that_was_written_past_bensync_gives_nothing_and_is_found(deployment, kim, statement):
    deployment.add("other", Role.CARRIER, site="beta")
    session = deployment.sign_in(kim)
    write(deployment, statement)
    user = deployment.user(session)
    assert user is not None

    assert Right.MANAGE_USERS not in user.actor("acme").rights | user.actor("globex").rights
    assert "role_grant" in seen(deployment)
    assert "no entry gave" in seen(deployment)


@pytest.mark.parametrize(
    "change", ["password = (SELECT password FROM account WHERE name = 'eve')", "disabled_at = NULL", "name = 'kim2'"]
)
def test_an_account_that_was_changed_signs_nobody_in(deployment, kim, change):
    eve = deployment.add("eve", Role.CARRIER)
    users.reset(deployment.store, "eve", "seven purple umbrellas", ROOT, deployment.now, issuer="test")
    if "disabled" in change:
        users.disable(deployment.store, "kim", ROOT, deployment.now)
    assert write(deployment, f"UPDATE account SET {change} WHERE name = 'kim'") == 1

    for name, password in (("kim", PASSWORD), ("kim", "seven purple umbrellas"), ("kim2", PASSWORD)):
        with pytest.raises(SignInRefused):
            sign_in.sign_in(
                deployment.store, name, password, deployment.code(kim), f"192.0.2.{len(password)}", deployment.now
            )
    assert "account 1 was not written by bensync" in seen(deployment)
    assert eve.name == "eve"


def test_another_change_does_not_vouch_for_an_account(deployment, kim):
    write(deployment, "UPDATE account SET password = 'other' WHERE name = 'kim'")
    users.disable(deployment.store, "kim", ROOT, deployment.now)
    users.enable(deployment.store, "kim", ROOT, deployment.now)
    assert "account 1 was not written by bensync" in seen(deployment)
    new = users.reset(deployment.store, "kim", PASSWORD, ROOT, deployment.now, issuer="test")

    assert not seen(deployment)
    assert new.name == "kim"


def test_a_used_recovery_code_and_a_code_of_somebody_else_open_nothing(deployment, kim):
    lee = deployment.add("lee", Role.OPERATOR)
    deployment.sign_in(kim, code=kim.recovery[0])
    write(deployment, "UPDATE recovery_code SET used_at = NULL, account_id = 1")

    for code in (kim.recovery[0], lee.recovery[0]):
        deployment.pass_time(hours=1)
        with pytest.raises(SignInRefused):
            deployment.sign_in(kim, code=code)
    assert deployment.sign_in(kim, code=kim.recovery[1])


@pytest.mark.parametrize("change", ["account_id = 2", "expires_at = '2036-01-01 00:00:00+00:00'"])
def test_a_token_that_was_changed_opens_nothing(deployment, kim, change):
    deployment.add("owner", Role.DATA_OWNER)
    token = tokens.issue(deployment.store, "kim", "script", timedelta(days=9), ROOT, deployment.now)
    assert tokens.authenticate(deployment.store, token, deployment.now) is not None
    write(deployment, f"UPDATE token SET {change}")

    assert tokens.authenticate(deployment.store, token, deployment.now) is None
    assert "token of account" in seen(deployment)


def test_the_tokens_of_a_user_end_when_their_sign_in_is_reset(deployment, kim):
    token = tokens.issue(deployment.store, "kim", "script", timedelta(days=9), ROOT, deployment.now)
    users.reset(deployment.store, "kim", PASSWORD, ROOT, deployment.now, issuer="test")

    assert tokens.authenticate(deployment.store, token, deployment.now) is None
    assert tokens.tokens_of(deployment.store, "kim") == []


@pytest.mark.parametrize(
    ("statement", "detail"),
    [
        ("DELETE FROM role_grant", "no entry took the role operator on acme from kim"),
        ("UPDATE account SET name = 'kate'", "the user kim is missing"),
    ],
)
def test_rights_that_were_taken_away_past_bensync_are_found(deployment, kim, statement, detail):
    write(deployment, statement)

    assert detail in seen(deployment)
