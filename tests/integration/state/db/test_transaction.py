"""One transaction for one site: whole or not at all, and blind to other sites."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bensync.core.changes import Issue, IssueCode
from bensync.core.ports import Notice
from bensync.state.store import Store
from tests.integration.state.deliveries import NOW, deliver, opened, someone


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An empty store with its tables."""
    yield from opened(database)


def test_an_error_rolls_the_whole_transaction_back(store: Store) -> None:
    def fail_half_way() -> None:
        with store.write("acme", "test") as work:
            deliver(work, someone(work, "1", "200101001"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()

    with store.read("acme") as work:
        assert not work.baselines.any()
        assert work.deliveries.unsettled() == []


def test_a_site_cannot_see_another(store: Store) -> None:
    with store.write("acme", "test") as work:
        number = deliver(work, someone(work, "1", "200101001"))
        work.issues.record([Issue("7", IssueCode.SSN_MISSING)], {"7"}, set(), NOW)
        work.notices.add(Notice("k", "s", "b"), NOW, ["mail"])

    with store.read("other") as work:
        assert not work.baselines.any()
        assert work.deliveries.get(number) is None
        assert work.issues.open_codes() == {}
        assert work.notices.unsent() == []
        assert work.baselines.known([someone(work, "1", "200101001")]) == {}


def test_a_look_cannot_write_while_somebody_works(store: Store) -> None:
    with store.write("acme", "test") as work, store.read("acme") as reader:
        deliver(work, someone(work, "1", "200101001"))
        assert not reader.baselines.any()
