"""Tokens in the database: found by their hash, one of each label."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.store import Store
from tests.integration.state.deliveries import NOW, opened

END = NOW + timedelta(days=30)


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An empty store with its tables."""
    yield from opened(database)


def test_a_token_is_found_by_its_hash_and_ends_when_it_is_revoked(store: Store) -> None:
    with store.write(DEPLOYMENT, "test") as state:
        kim, lee = (state.accounts.add(name, "hash", b"sealed", NOW) for name in ("kim", "lee"))
        assert kim is not None
        assert lee is not None
        assert state.tokens.add(b"1" * 32, kim, "nightly", NOW, END)
        assert not state.tokens.add(b"2" * 32, kim, "nightly", NOW, END), "the label is taken"
        assert state.tokens.add(b"3" * 32, lee, "nightly", NOW, END), "another user may use it"
        assert state.tokens.find(b"2" * 32) is None
        token = state.tokens.find(b"1" * 32)
        assert token is not None
        assert (token.account_id, token.expires_at, token.used_at) == (kim, END, None)

        state.tokens.touch(b"1" * 32, NOW)
        assert [token.used_at for token in state.tokens.of(kim)] == [NOW]
        assert state.tokens.revoke(kim, "nightly")
        assert not state.tokens.revoke(kim, "nightly")
        assert state.tokens.find(b"1" * 32) is None
        assert len(state.tokens.of(lee)) == 1


def test_tokens_are_listed_by_label(store: Store) -> None:
    with store.write(DEPLOYMENT, "test") as state:
        kim = state.accounts.add("kim", "hash", b"sealed", NOW)
        assert kim is not None
        for number, label in enumerate(("weekly", "nightly")):
            state.tokens.add(bytes([number]) * 32, kim, label, NOW, END)
        assert [token.label for token in state.tokens.of(kim)] == ["nightly", "weekly"]
