"""Outgoing notices: each is queued once for its key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bensync.core.ports import Notice
from bensync.state.store import Store
from tests.integration.state.deliveries import NOW, opened


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An empty store with its tables."""
    yield from opened(database)


def test_a_notice_with_the_same_key_is_queued_once(store: Store) -> None:
    with store.write("acme", "test") as work:
        work.notices.add(Notice("k", "first", "b"), NOW, ["mail"])
        work.notices.add(Notice("k", "second", "b"), NOW, ["mail"])
        (sending,) = work.notices.unsent()
        work.notices.mark_failed(sending, "down")
        assert sending.notice.subject == "first"
        work.notices.mark_sent(sending, NOW)
        assert work.notices.unsent() == []
