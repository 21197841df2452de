"""Sessions as the database keeps them: by a hash, until they are idle for too long or too old."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from bensync.core.access import Role
from bensync.state.db.transaction import DEPLOYMENT
from tests.fixtures.databases import content
from tests.fixtures.house import PASSWORD, House, Person, house

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def here(database):
    with house(database) as found:
        yield found


@pytest.fixture
def kim(here: House) -> Person:
    return here.add("kim", Role.DATA_OWNER)


def test_only_the_hash_of_an_id_is_kept(here, kim):
    session = here.sign_in(kim)
    kept = content(here.url)

    assert session.encode() not in kept
    assert hashlib.sha256(session.encode()).digest() in kept
    assert not [secret for secret in (PASSWORD, kim.totp.secret, *kim.recovery) if secret.encode() in kept]
    assert not [code for code in kim.recovery if code.replace("-", "").encode() in kept]


def test_a_session_that_nobody_uses_ends_after_a_quarter_of_an_hour(here, kim):
    session = here.sign_in(kim)
    for _ in range(4):
        here.pass_time(minutes=14)
        assert here.user(session)
    here.pass_time(minutes=15, seconds=1)

    assert here.user(session) is None


def test_a_session_ends_after_eight_hours_however_busy(here, kim):
    session = here.sign_in(kim)
    for _ in range(48):
        here.pass_time(minutes=10)
        assert here.user(session)
    here.pass_time(seconds=1)

    assert here.user(session) is None


def test_a_page_a_second_does_not_write_each_time(here, kim):
    session = here.sign_in(kim)
    here.pass_time(seconds=1)
    assert here.user(session)

    with here.store.read(DEPLOYMENT) as work:
        seen = work.sessions.find(hashlib.sha256(session.encode()).digest()).seen_at
    assert seen == here.now - timedelta(seconds=1)
