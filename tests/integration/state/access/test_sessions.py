"""Sessions as the database keeps them: by a hash, until they are idle for too long or too old."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from bensync.core.access import Role
from bensync.state.db.transaction import DEPLOYMENT
from tests.fixtures.databases import content
from tests.fixtures.user_deployment import PASSWORD, Person, UserDeployment, user_deployment

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def deployment(database):
    with user_deployment(database) as deployment:
        yield deployment


@pytest.fixture
def kim(deployment: UserDeployment) -> Person:
    return deployment.add("kim", Role.DATA_OWNER)


def test_only_the_hash_of_an_id_is_kept(deployment, kim):
    session = deployment.sign_in(kim)
    kept = content(deployment.url)

    assert session.encode() not in kept
    assert hashlib.sha256(session.encode()).digest() in kept
    assert not [secret for secret in (PASSWORD, kim.totp.secret, *kim.recovery) if secret.encode() in kept]
    assert not [code for code in kim.recovery if code.replace("-", "").encode() in kept]


def test_a_session_that_nobody_uses_ends_after_a_quarter_of_an_hour(deployment, kim):
    session = deployment.sign_in(kim)
    for _ in range(4):
        deployment.pass_time(minutes=14)
        assert deployment.user(session)
    deployment.pass_time(minutes=15, seconds=1)

    assert deployment.user(session) is None


def test_a_session_ends_after_eight_hours_however_busy(deployment, kim):
    session = deployment.sign_in(kim)
    for _ in range(48):
        deployment.pass_time(minutes=10)
        assert deployment.user(session)
    deployment.pass_time(seconds=1)

    assert deployment.user(session) is None


def test_a_page_a_second_does_not_write_each_time(deployment, kim):
    session = deployment.sign_in(kim)
    deployment.pass_time(seconds=1)
    assert deployment.user(session)

    with deployment.store.read(DEPLOYMENT) as work:
        seen = work.sessions.find(hashlib.sha256(session.encode()).digest()).seen_at
    assert seen == deployment.now - timedelta(seconds=1)
