"""Which rows of a file intake opens: all that may ask for something, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bensync.core.people import Status
from bensync.state.db.vault import new_state_key
from bensync.state.site_state import SiteState
from bensync.state.store import Store
from tests.fixtures.filled import commit, decide, deliver, prepare, someone

PEOPLE = range(1, 6)


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """Five people were sent; the first was declined, the others are in the benefits platform."""
    opened_store = Store(database, new_state_key())
    opened_store.migrate()
    deliver(opened_store, "acme", PEOPLE)
    decide(opened_store, "acme")
    yield opened_store
    opened_store.close()


def asking(work: SiteState, **person: object) -> list[int]:
    """The rows that may ask for something when all five are sent again."""
    people = [someone(work, number, **(person if number == 3 else {})) for number in PEOPLE]  # type: ignore[arg-type]
    delivery = prepare(work, people)
    numbers = [row.number for page in work.deliveries.asking(delivery) for row in page]
    commit(work, delivery)
    return numbers


def test_a_person_who_is_the_same_on_the_benefits_platform_asks_for_nothing(store: Store) -> None:
    with store.write("acme", "test") as work:
        assert asking(work) == [1]


@pytest.mark.parametrize("person", [{"city": "Akron"}, {"status": Status.INACTIVE}])
def test_who_differs_asks(store: Store, person: dict[str, object]) -> None:
    with store.write("acme", "test") as work:
        assert asking(work, **person) == [1, 3]


def test_who_was_asked_about_is_looked_at_though_nothing_differs_any_more(store: Store) -> None:
    with store.write("acme", "test") as work:
        asking(work, city="Akron")
        assert asking(work) == [1, 3]
        assert work.requests.pending_ids() == []


def test_S0_13_other_sites_say_nothing_about_a_row(store: Store) -> None:
    with store.write("other", "test") as work:
        assert asking(work) == [1, 2, 3, 4, 5]
