"""Deliveries: written down before the first byte leaves, and numbered without a gap."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.exc import IntegrityError

from bensync.core.runs import DeliveryKind, DeliveryState, RunKind
from bensync.errors import DeliveryError, StateError
from bensync.state.store import Store
from tests.integration.state.deliveries import NOW, opened, someone, write_down


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An empty store with its tables."""
    yield from opened(database)


def test_the_bytes_of_a_delivery_are_kept_until_it_is_committed(store: Store) -> None:
    with store.write("acme", "test") as work:
        number = write_down(work, someone(work, "1", "200101001"))
        delivery = work.deliveries.get(number)
        assert delivery is not None
        assert (delivery.size, delivery.state) == (12, DeliveryState.SEALED)
        assert [work.deliveries.chunk(number, at) for at in range(3)] == [b"sealed ", b"bytes", None]
        work.deliveries.intend(number)
        work.deliveries.commit(number, NOW)
        assert work.deliveries.chunk(number, 0) is None


def test_only_a_delivery_that_is_being_published_can_be_committed(store: Store) -> None:
    with store.write("acme", "test") as work:
        number = write_down(work, someone(work, "1", "200101001"))
        with pytest.raises(StateError, match="in another state than expected"):
            work.deliveries.commit(number, NOW)


def test_a_failed_delivery_gives_its_number_to_the_next(store: Store) -> None:
    with store.write("acme", "test") as work:
        first = write_down(work, someone(work, "1", "200101001"))
        work.deliveries.fail(first, DeliveryError("no", "way", "out"))
        second = work.deliveries.get(write_down(work, someone(work, "1", "200101001")))
        before = work.deliveries.get(first)

    assert second is not None
    assert before is not None
    assert (before.state, before.sequence, second.sequence) == (DeliveryState.ABANDONED, 1, 1)


def test_a_delivery_that_may_have_been_published_keeps_its_number(store: Store) -> None:
    with store.write("acme", "test") as work:
        first = write_down(work, someone(work, "1", "200101001"))
        work.deliveries.intend(first)
        work.deliveries.fail(first, DeliveryError("no", "way", "out"))
        slot = work.deliveries.open_slot("benetrac")
        (still,) = work.deliveries.unsettled()

    assert (still.state, slot.sequence) == (DeliveryState.PUBLISHING, 2)


def test_two_deliveries_never_share_a_number(store: Store) -> None:
    def prepare_twice() -> None:
        with store.write("acme", "test") as work:
            slot = work.deliveries.open_slot("benetrac")
            run = work.runs.start(RunKind.DAILY, "MANUAL", "me", NOW.date(), NOW)
            for _ in range(2):
                work.deliveries.prepare(run, "benetrac", DeliveryKind.DELTA, slot, "x", [], consequences={}, now=NOW)

    with pytest.raises(StateError) as caught:
        prepare_twice()
    assert isinstance(caught.value.__cause__, IntegrityError)
