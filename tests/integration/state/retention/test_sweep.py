"""A retention run as a whole: nothing of other sites, nothing twice, and the same as its rehearsal."""

from __future__ import annotations

import pytest

from bensync.retention.kinds import Kind, Periods
from bensync.retention.periods import KEEP
from bensync.state.retention.sweep import sweep
from bensync.state.upkeep.backup import backup
from tests.fixtures import invariants
from tests.fixtures.filled import fill
from tests.fixtures.long_ago import NINE_YEARS_LATER, leave, rows_by_table, swept
from tests.integration.state.deliveries import opened


@pytest.fixture
def store(database):
    for store in opened(database):
        fill(store, "acme")
        yield store


def test_a_period_of_keep_deletes_nothing(store):
    leave(store, [2])
    before = rows_by_table(store)
    plan = swept(store, periods=Periods(dict.fromkeys(Kind, KEEP)))
    assert (plan.rows, plan.deleted) == (0, ())
    assert rows_by_table(store) == before


def test_a_run_after_a_run_finds_nothing(store):
    leave(store, [2, 3])
    first = swept(store)
    again = swept(store)
    assert first.rows > 0
    assert (again.rows, again.employees) == (0, ())


def test_a_rehearsal_changes_nothing_and_names_the_same_rows(store, tmp_path):
    leave(store, [2, 3])
    before = rows_by_table(store)
    with store.rehearse("acme") as state:
        shown = sweep(state, Periods(), NINE_YEARS_LATER.date(), benefits=False)
    assert rows_by_table(store) == before
    assert swept(store) == shown
    assert backup(store, tmp_path / "copy.db").broken == ()


def test_another_site_is_not_touched(store):
    fill(store, "zeta")
    leave(store, [2], site="zeta")
    with store.read("zeta") as state:
        before = state.participants.by_ids(range(100))
    swept(store)
    with store.read("zeta") as state:
        assert state.participants.by_ids(range(100)) == before
    invariants.hold(store, "zeta")
