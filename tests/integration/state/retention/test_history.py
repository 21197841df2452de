"""What is old about people who stay: deleted, and what of it is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bensync.retention.kinds import Kind, Periods
from bensync.retention.periods import Period
from tests.fixtures.filled import NOW, commit, fill, prepare, someone
from tests.fixtures.long_ago import rows_by_table, swept
from tests.integration.state.deliveries import opened


@pytest.fixture
def store(database):
    for store in opened(database):
        fill(store, "acme")
        yield store


def test_what_is_old_about_people_who_stay_is_deleted_and_the_numbers_of_files_stay(store):
    for city in ("Akron", "Toledo", "Dayton"):
        with store.write("acme", "test.full") as state:
            delivery = prepare(state, [someone(state, number, city=city) for number in range(6)])
            commit(state, delivery)
    before = rows_by_table(store)

    plan = swept(store)

    after = rows_by_table(store)
    assert after["delivery"] == before["delivery"]
    assert after["received"] == before["received"]
    assert after["audit"] == before["audit"]
    assert after["baseline"] == before["baseline"] == 6
    with store.write("acme", "test.next") as state:
        assert state.deliveries.open_slot("benetrac").sequence == 6
    assert Kind.REQUESTS in {part.kind for part in plan.deleted}


def test_a_shorter_period_of_runs_keeps_what_a_delivery_needs(store):
    plan = swept(store, NOW + timedelta(days=200), Periods({Kind.RUNS: Period(days=90)}))
    with store.read("acme") as state:
        assert [view.state for view in state.lists.deliveries(None).items] == ["COMMITTED", "COMMITTED"]
    assert {part.kind for part in plan.deleted} <= {Kind.RUNS}
