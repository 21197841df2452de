"""A retention run that is killed at any moment deleted everything with its audit entry, or nothing."""

from __future__ import annotations

from functools import partial

import pytest

from bensync.actions.departed.retention import apply, preview
from bensync.retention.kinds import Periods
from tests.fixtures import invariants
from tests.fixtures.databases import in_file, on_sqlite
from tests.fixtures.dying import kill_at
from tests.fixtures.filled import fill
from tests.fixtures.long_ago import NINE_YEARS_LATER, REASON, ROOT, about, leave, rows_by_table
from tests.integration.state.deliveries import opened

POINTS = {
    "retention.deleted": False,
    "retention.apply.commit.before": False,
    "retention.apply.commit.after": True,
    "retention.erase.before": True,
    "retention.erase.after": True,
}


@on_sqlite
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_run_deleted_everything_or_nothing(tmp_path, point):
    deleted = POINTS[point]
    for store in opened(in_file(tmp_path)):
        fill(store, "acme")
        leave(store, [2, 3])
        before = rows_by_table(store)
        plan = preview(store, "acme", Periods(), ROOT, NINE_YEARS_LATER)

        fingerprint = plan.fingerprint()
        kill_at(point, partial(apply, store, "acme", Periods(), fingerprint, REASON, ROOT, NINE_YEARS_LATER))

        invariants.hold(store, "acme")
        if deleted:
            assert about(store, 2) == set()
            with store.read("acme") as state:
                assert state.audit.newest("retention.apply") == f"{plan.rows} rows, plan {plan.fingerprint()}"
        else:
            assert rows_by_table(store) == before
        again = preview(store, "acme", Periods(), ROOT, NINE_YEARS_LATER)
        assert again == plan if not deleted else again.rows == 0
        assert apply(store, "acme", Periods(), again.fingerprint(), REASON, ROOT, NINE_YEARS_LATER).erased
        invariants.hold(store, "acme")
