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
from tests.fixtures.house import House, Person, house
from tests.integration.actions.refusals import refused

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def here(database):
    with house(database) as found:
        yield found


@pytest.fixture
def kim(here: House) -> Person:
    return here.add("kim", Role.DATA_OWNER)


def test_from_the_fifth_failure_on_each_try_waits_longer_and_nobody_is_locked_for_good(here, kim):
    for _ in range(5):
        assert refused(here, kim, code="000000").wait == 0
    waits = []
    for _ in range(7):
        error = refused(here, kim, code=kim.totp.at(here.now))
        waits.append(error.wait)
        here.pass_time(seconds=error.wait)
        refused(here, kim, code="000000")
    here.pass_time(minutes=15)

    assert waits == [30, 60, 120, 240, 480, 900, 900]
    assert here.user(here.sign_in(kim))
    assert refused(here, kim, code="000000").wait == 0


def test_the_wait_is_the_same_for_a_name_that_nobody_has(here, kim):
    stranger = Person("nobody", kim.totp, [])
    for _ in range(5):
        refused(here, stranger)

    assert refused(here, stranger, code="000000").wait == 30


def test_tries_at_the_same_moment_are_counted_before_they_are_judged(here, kim):
    now = here.now

    def try_it(_: int) -> str:
        with pytest.raises(SignInRefused) as caught:
            sign_in.sign_in(here.store, "kim", "wrong orange teapot", "000000", "", now)
        return caught.value.why

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(try_it, range(16)))

    assert told.count("name, password or code is wrong") == 5


def test_an_address_has_a_budget_whatever_names_it_tries(here, kim):
    for number in range(30):
        refused(here, Person(f"name{number}", kim.totp, []), code="000000", address="203.0.113.9")

    assert refused(here, kim, address="203.0.113.9").wait > 0
    assert here.user(here.sign_in(kim, address="192.0.2.7"))
    here.pass_time(minutes=15)
    assert here.user(here.sign_in(kim, address="203.0.113.9"))


def test_an_office_behind_one_address_may_sign_in_as_often_as_it_likes(here, kim):
    for _ in range(40):
        here.now += timedelta(seconds=1)
        with here.store.write(DEPLOYMENT, "test") as work:  # as if each were somebody else
            work.accounts.change_totp(1, work.accounts.proofs("kim").sealed_totp)
        here.sign_in(kim, code=kim.totp.at(here.now), address="203.0.113.9")


def test_names_that_were_typed_are_not_kept_readable(here, kim):
    refused(here, Person("my secret typed by mistake", kim.totp, []))

    with here.store.read(DEPLOYMENT) as work:
        rows = work.transaction.connection.execute(text("SELECT * FROM attempt")).all()
        audit = work.transaction.connection.execute(text("SELECT * FROM audit")).all()
    assert len(rows) == 2
    assert "by mistake" not in f"{rows} {audit}"


def test_old_sessions_and_tries_do_not_pile_up(here, kim):
    here.sign_in(kim)
    refused(here, Person("nobody", kim.totp, []))
    here.pass_time(days=3)
    here.sign_in(kim)

    with here.store.read(DEPLOYMENT) as work:
        counts = [
            work.transaction.connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in ("session", "attempt")
        ]
    assert counts == [1, 1]
