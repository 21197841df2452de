"""Proofs of identity at a real sign-in: the cost of passwords, their strength, and their spelling."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher

from bensync.actions import credentials, users
from bensync.core.access import Grant, Role
from bensync.errors import DecisionError
from bensync.state.db.transaction import DEPLOYMENT
from tests.fixtures.user_deployment import PASSWORD, ROOT, Person, UserDeployment, user_deployment
from tests.integration.actions.refusals import refused

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def true_passwords(quick_passwords: PasswordHasher, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes at their full cost."""
    monkeypatch.setattr(credentials, "_hasher", quick_passwords)
    credentials._nobodys.cache_clear()


@pytest.fixture
def deployment(database):
    with user_deployment(database) as deployment:
        yield deployment


@pytest.fixture
def kim(deployment: UserDeployment) -> Person:
    return deployment.add("kim", Role.DATA_OWNER)


@pytest.mark.usefixtures("true_passwords")
def test_a_name_that_nobody_has_costs_the_same_work(deployment, kim, monkeypatch):
    asked = []
    verify = credentials._hasher.verify

    class Spy:
        def verify(self, kept, password):
            asked.append(kept.rpartition("$")[0].rpartition("$")[0])
            return verify(kept, password)

    monkeypatch.setattr(credentials, "_hasher", Spy())
    credentials._nobodys.cache_clear()
    monkeypatch.setattr(Spy, "hash", lambda self, word: users.credentials.PasswordHasher(1, 47104, 1).hash(word), False)
    refused(deployment, kim, password="wrong orange teapot")
    refused(deployment, Person("nobody", kim.totp, []), password="wrong orange teapot")

    assert asked == ["$argon2id$v=19$m=47104,t=1,p=1"] * 2


@pytest.mark.usefixtures("true_passwords")
def test_at_most_two_hashes_are_made_at_once(deployment, monkeypatch):
    at_once, most, gate = 0, 0, threading.Lock()
    verify = credentials._hasher.verify

    class Slow:
        def verify(self, kept, password):
            nonlocal at_once, most
            with gate:
                at_once += 1
                most = max(most, at_once)
            try:
                return verify(kept, password)
            finally:
                with gate:
                    at_once -= 1

    kept = credentials.hash_password(PASSWORD)
    credentials.password_fits(None, "")
    monkeypatch.setattr(credentials, "_hasher", Slow())
    with ThreadPoolExecutor(8) as pool:
        fits = list(pool.map(lambda _: credentials.password_fits(kept, PASSWORD), range(16)))

    assert all(fits)
    assert most == 2


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "password1234",
        "Password!2024",
        "passwordpassword",
        "123456789012",
        "QWERTYuiop12",
        "............",
        "kim-kim-kim1",
        "x" * 300,
    ],
)
def test_a_weak_password_is_refused_without_being_repeated(deployment, password):
    with pytest.raises(DecisionError) as caught:
        users.add(
            deployment.store, "kim-kim-kim", password, Grant("acme", Role.AUDITOR), ROOT, deployment.now, issuer="test"
        )

    refusal = caught.value
    assert password not in f"{refusal.what} {refusal.why} {refusal.fix}"


@pytest.mark.parametrize(
    "password", ["quietly orange teapot", "grünes Fahrrad im Keller", "a b c d e f g h", "9-times-apple-pie", "x7" * 32]
)
def test_a_long_password_needs_no_signs_and_no_capitals(password):
    credentials.refuse_weak(password, "kim")


def test_a_password_is_the_same_however_the_keyboard_writes_it():
    kept = credentials.hash_password("Gru\u0308nes Fahrrad")

    assert credentials.password_fits(kept, "Gr\u00fcnes Fahrrad")


@pytest.mark.usefixtures("true_passwords")
def test_a_hash_of_other_costs_is_made_anew_at_the_next_sign_in(deployment, kim):
    cheap = credentials.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with deployment.store.write(DEPLOYMENT, "test") as work:
        work.accounts.change_password(1, cheap)
    deployment.sign_in(kim)

    with deployment.store.read(DEPLOYMENT) as work:
        assert "m=47104,t=1,p=1" in work.accounts.proofs("kim").password
