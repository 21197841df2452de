"""Signing in and the audit trail on PostgreSQL, where writers of different sites really work at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

import pytest
from sqlalchemy import text

from bensync.actions import sign_in, users
from bensync.core.access import Grant, Role
from bensync.errors import SignInRefused, StateError
from bensync.state.audit.chain import replacing_trails
from bensync.state.db.transaction import DEPLOYMENT
from tests.fixtures.user_deployment import PASSWORD, ROOT, UserDeployment, user_deployment


@pytest.fixture
def deployment(postgresql):
    with user_deployment(postgresql) as deployment:
        yield deployment


def whole(deployment: UserDeployment, site: str) -> int:
    """How many entries a trail has, none of which was changed."""
    with deployment.store.read(site) as work:
        trail = work.audit.trail.verify()
    assert trail.fault is None
    return trail.head.id


def test_a_session_from_sign_in_to_sign_out(deployment):
    kim = deployment.add("kim", Role.DATA_OWNER)
    session = deployment.sign_in(kim)
    deployment.pass_time(minutes=2)
    assert deployment.user(session).sites() == ["acme"]
    sign_in.step_up(deployment.store, session, deployment.code(kim), deployment.now)
    users.grant(deployment.store, "kim", Grant("beta", Role.AUDITOR), ROOT, deployment.now)
    assert deployment.user(session) is None
    again = deployment.sign_in(kim, code=kim.recovery[0])
    sign_in.sign_out(deployment.store, again, deployment.now)

    assert deployment.user(again) is None
    assert [whole(deployment, site) for site in (DEPLOYMENT, "acme", "beta")] == [4, 1, 1]


def test_the_same_code_at_the_same_time_signs_in_once(deployment):
    kim = deployment.add("kim", Role.DATA_OWNER)
    deployment.code(kim)

    def try_it(code: str) -> bool:
        try:
            sign_in.sign_in(deployment.store, "kim", PASSWORD, code, "", deployment.now)
        except SignInRefused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(try_it, repeat(kim.totp.at(deployment.now), 4))) == 1
        assert sum(pool.map(try_it, repeat(kim.recovery[0], 4))) == 1


def test_tries_at_the_same_moment_are_counted_before_they_are_judged(deployment):
    deployment.add("kim", Role.DATA_OWNER)

    def try_it(_: int) -> str:
        with pytest.raises(SignInRefused) as caught:
            sign_in.sign_in(deployment.store, "kim", "wrong orange teapot", "000000", "192.0.2.7", deployment.now)
        return caught.value.why

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(try_it, range(16)))

    assert answers.count("The name, the password, or the code is wrong.") == 5


def test_signing_in_waits_for_no_run(deployment):
    kim = deployment.add("kim", Role.DATA_OWNER)
    with deployment.store.write("acme", "test") as work, ThreadPoolExecutor(1) as pool:
        work.audit.record("bensync", "run.start", "run 1", deployment.now)
        session = pool.submit(deployment.sign_in, kim).result(timeout=60)

    assert deployment.user(session)


def test_writers_of_one_site_make_one_chain(deployment):
    def write(site: str) -> None:
        with deployment.store.write(site, "test") as work:
            for number in range(5):
                work.audit.record("kim", "x", f"y {number}", deployment.now)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, ["acme", "beta", "acme", "gamma", "acme", "beta"] * 3))

    assert [whole(deployment, site) for site in ("acme", "beta", "gamma")] == [45, 30, 15]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'lee'",
        "DELETE FROM audit",
        "INSERT INTO audit SELECT * FROM audit ON CONFLICT (site, id) DO UPDATE SET actor = 'lee'",
    ],
)
def test_the_database_itself_refuses_to_change_the_past(deployment, statement):
    deployment.add("kim", Role.DATA_OWNER)
    with pytest.raises(StateError, match="refused"), deployment.store.whole("test") as connection:
        connection.execute(text(statement))

    assert whole(deployment, "acme") == 1


def test_a_restore_may_replace_the_trail_and_nobody_after_it(deployment):
    deployment.add("kim", Role.DATA_OWNER)
    with deployment.store.whole("test") as connection, replacing_trails(connection):
        connection.execute(text("DELETE FROM audit"))
        connection.execute(text("DELETE FROM audit_head"))
    deployment.add("lee", Role.DATA_OWNER)

    with pytest.raises(StateError, match="refused"), deployment.store.whole("test") as connection:
        connection.execute(text("DELETE FROM audit"))
    with deployment.store.read("acme") as state:
        # A restore brings another trail with its own genesis; one that was only removed counts as missing.
        assert state.audit.trail.verify().fault is not None
