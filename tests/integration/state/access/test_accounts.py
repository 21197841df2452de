"""Accounts and their grants in the database: proofs are used once, and a grant is replaced, not doubled."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from bensync.core.access import Grant, Right, Role
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.site_state import SiteState
from bensync.state.store import Store
from tests.integration.state.deliveries import NOW, opened


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An empty store with its tables."""
    yield from opened(database)


def test_a_name_is_taken_once(store: Store) -> None:
    with store.write(DEPLOYMENT, "test") as state:
        kim = state.accounts.add("kim", "hash", b"sealed", NOW)
        assert kim is not None
        assert state.accounts.add("kim", "another", b"sealed", NOW) is None
        proofs = state.accounts.proofs("kim")
        assert proofs is not None
        assert (proofs.account_id, proofs.password, proofs.totp_step) == (kim, "hash", 0)
        assert state.accounts.proofs("lee") is None


def test_a_step_of_the_phone_is_used_up_with_all_before_it(store: Store) -> None:
    with store.write(DEPLOYMENT, "test") as state:
        kim = state.accounts.add("kim", "hash", b"sealed", NOW)
        assert kim is not None
        assert state.accounts.use_step(kim, 100)
        assert not state.accounts.use_step(kim, 100)
        assert not state.accounts.use_step(kim, 99)
        assert state.accounts.use_step(kim, 101)
        state.accounts.change_totp(kim, b"other")
        assert state.accounts.use_step(kim, 1), "a new secret has no used codes"


def unused_codes(state: SiteState, account_id: int) -> int:
    statement = text("SELECT count(*) FROM recovery_code WHERE account_id = :account AND used_at IS NULL")
    return int(state.transaction.connection.scalar(statement, {"account": account_id}) or 0)


def test_a_recovery_code_is_used_once_and_new_codes_replace_the_old(store: Store) -> None:
    with store.write(DEPLOYMENT, "test") as state:
        kim, lee = (state.accounts.add(name, "hash", b"sealed", NOW) for name in ("kim", "lee"))
        assert kim is not None
        assert lee is not None
        state.accounts.change_codes(kim, [b"first", b"second"])
        assert not state.accounts.use_code(lee, b"first", NOW)
        assert state.accounts.use_code(kim, b"first", NOW)
        assert not state.accounts.use_code(kim, b"first", NOW)
        assert unused_codes(state, kim) == 1
        state.accounts.change_codes(kim, [b"third"])
        assert not state.accounts.use_code(kim, b"second", NOW)
        assert unused_codes(state, kim) == 1


def test_a_role_that_is_granted_again_takes_the_new_extras(store: Store) -> None:
    with store.write(DEPLOYMENT, "test") as state:
        kim = state.accounts.add("kim", "hash", b"sealed", NOW)
        assert kim is not None
        state.accounts.grant(kim, Grant("acme", Role.BROKER, "", frozenset({Right.SEE_PEOPLE})), "root", NOW)
        state.accounts.grant(kim, Grant("acme", Role.BROKER), "root", NOW)
        state.accounts.grant(kim, Grant("globex", Role.AUDITOR), "root", NOW)
        account = state.accounts.named("kim")
        assert account is not None
        assert account.grants == (Grant("acme", Role.BROKER), Grant("globex", Role.AUDITOR))
        assert state.accounts.revoke(kim, "acme", Role.BROKER)
        assert not state.accounts.revoke(kim, "acme", Role.BROKER)
        assert state.accounts.get(kim) == state.accounts.named("kim") != account


def test_accounts_are_listed_by_name_with_those_that_have_no_role(store: Store) -> None:
    with store.write(DEPLOYMENT, "test") as state:
        for name in ("lee", "kim"):
            state.accounts.add(name, "hash", b"sealed", NOW)
        assert [(account.name, account.grants) for account in state.accounts.all()] == [("kim", ()), ("lee", ())]


def test_a_disabled_account_is_enabled_again(store: Store) -> None:
    with store.write(DEPLOYMENT, "test") as state:
        kim = state.accounts.add("kim", "hash", b"sealed", NOW)
        assert kim is not None
        for moment in (NOW, None):
            state.accounts.disable(kim, moment)
            account = state.accounts.get(kim)
            assert account is not None
            assert account.disabled_at == moment
