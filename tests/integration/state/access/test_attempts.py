"""Attempts to sign in: counted by name and by address before a password is judged, and stored unreadable."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from bensync.actions import sign_in
from bensync.core.access import Role
from bensync.errors import SignInRefused
from bensync.state.db.transaction import DEPLOYMENT
from tests.fixtures.user_deployment import Person, UserDeployment, user_deployment
from tests.integration.actions.refusals import refused

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def deployment(database):
    with user_deployment(database) as deployment:
        yield deployment


@pytest.fixture
def kim(deployment: UserDeployment) -> Person:
    return deployment.add("kim", Role.DATA_OWNER)


def test_from_the_fifth_failure_on_each_try_waits_longer_and_nobody_is_locked_for_good(deployment, kim):
    for _ in range(5):
        assert refused(deployment, kim, code="000000").wait == 0
    waits = []
    for _ in range(7):
        error = refused(deployment, kim, code=kim.totp.at(deployment.now))
        waits.append(error.wait)
        deployment.pass_time(seconds=error.wait)
        refused(deployment, kim, code="000000")
    deployment.pass_time(minutes=15)

    assert waits == [30, 60, 120, 240, 480, 900, 900]
    assert deployment.user(deployment.sign_in(kim))
    assert refused(deployment, kim, code="000000").wait == 0


def test_the_wait_is_the_same_for_a_name_that_nobody_has(deployment, kim):
    stranger = Person("nobody", kim.totp, [])
    for _ in range(5):
        refused(deployment, stranger)

    assert refused(deployment, stranger, code="000000").wait == 30


def test_tries_at_the_same_moment_are_counted_before_they_are_judged(deployment, kim):
    now = deployment.now

    def try_it(_: int) -> str:
        with pytest.raises(SignInRefused) as caught:
            sign_in.sign_in(deployment.store, "kim", "wrong orange teapot", "000000", "", now)
        return caught.value.why

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(try_it, range(16)))

    assert answers.count("The name, the password, or the code is wrong.") == 5


def test_an_address_has_a_budget_whatever_names_it_tries(deployment, kim):
    for number in range(30):
        refused(deployment, Person(f"name{number}", kim.totp, []), code="000000", address="203.0.113.9")

    assert refused(deployment, kim, address="203.0.113.9").wait > 0
    assert deployment.user(deployment.sign_in(kim, address="192.0.2.7"))
    deployment.pass_time(minutes=15)
    assert deployment.user(deployment.sign_in(kim, address="203.0.113.9"))


def test_an_office_behind_one_address_may_sign_in_as_often_as_it_likes(deployment, kim):
    for _ in range(40):
        deployment.now += timedelta(seconds=1)
        with deployment.store.write(DEPLOYMENT, "test") as work:  # as if each were somebody else
            work.accounts.change_totp(1, work.accounts.proofs("kim").sealed_totp)
        deployment.sign_in(kim, code=kim.totp.at(deployment.now), address="203.0.113.9")


def test_names_that_were_typed_are_not_kept_readable(deployment, kim):
    refused(deployment, Person("my secret typed by mistake", kim.totp, []))

    with deployment.store.read(DEPLOYMENT) as work:
        rows = work.transaction.connection.execute(text("SELECT * FROM attempt")).all()
        audit = work.transaction.connection.execute(text("SELECT * FROM audit")).all()
    assert len(rows) == 2
    assert "by mistake" not in f"{rows} {audit}"


def test_old_sessions_and_tries_do_not_pile_up(deployment, kim):
    deployment.sign_in(kim)
    refused(deployment, Person("nobody", kim.totp, []))
    deployment.pass_time(days=3)
    deployment.sign_in(kim)

    with deployment.store.read(DEPLOYMENT) as work:
        counts = [
            work.transaction.connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in ("session", "attempt")
        ]
    assert counts == [1, 1]
