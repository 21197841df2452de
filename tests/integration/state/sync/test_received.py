"""Received files: a refused file may be accepted later, an accepted one stays accepted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from bensync.state.store import Store
from bensync.state.sync.received import ReceivedFile, ReceivedState
from tests.integration.state.deliveries import NOW, opened

FILE = ReceivedFile(
    "ACME_DELTA_000001.csv.gpg", "ab" * 32, 12, "stamp", 1, ReceivedState.QUARANTINED, NOW, reason="cut"
)


def accepted(**facts: Any) -> ReceivedFile:
    return replace(FILE, state=ReceivedState.ACCEPTED, reason="", **facts)


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An empty store with its tables."""
    yield from opened(database)


def test_a_refused_file_is_accepted_at_another_try_under_the_same_number(store: Store) -> None:
    with store.write("acme", "test") as state:
        number = state.received.keep(FILE)
        assert state.received.accepted(FILE.name, FILE.sha256) is None
        assert state.received.keep(accepted(rows=3)) == number
        stored = state.received.accepted(FILE.name, FILE.sha256)
        assert stored is not None
        assert (stored.rows, stored.reason) == (3, "")


def test_nothing_is_written_over_an_accepted_file(store: Store) -> None:
    with store.write("acme", "test") as state:
        assert state.received.keep(accepted(rows=3))
        assert state.received.keep(FILE) == 0
        (stored,) = state.received.every()
        assert (stored.state, stored.rows) == (ReceivedState.ACCEPTED, 3)


def test_other_bytes_under_the_same_name_are_another_file(store: Store) -> None:
    with store.write("acme", "test") as state:
        state.received.keep(FILE)
        state.received.keep(accepted(sha256="cd" * 32))
        by_name = state.received.by_name()
        assert [file.state for file in by_name[FILE.name]] == [ReceivedState.QUARANTINED, ReceivedState.ACCEPTED]


def test_the_next_file_follows_the_accepted_one_with_the_highest_number(store: Store) -> None:
    with store.write("acme", "test") as state:
        assert state.received.last() is None
        state.received.keep(accepted(name="two", sequence=2))
        state.received.keep(accepted(name="one", sequence=1))
        state.received.keep(replace(FILE, name="three", sequence=3))
        last = state.received.last()
        assert last is not None
        assert last.name == "two"
        assert [file.name for file in state.received.every(2)] == ["one", "three"]


def test_requests_and_a_new_stamp_are_noted_at_the_file(store: Store) -> None:
    with store.write("acme", "test") as state:
        number = state.received.keep(accepted())
        state.received.count(number, 7)
        state.received.touch(number, "later")
        (stored,) = state.received.every()
        assert (stored.requests, stored.stamp) == (7, "later")
    with store.read("globex") as state:
        assert state.received.every() == []
