"""What a retention run counts is what it deletes."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.fixtures.filled import fill
from tests.fixtures.long_ago import leave, rows_by_table, swept
from tests.integration.state.deliveries import opened


@pytest.fixture
def store(database):
    for store in opened(database):
        fill(store, "acme")
        yield store


def test_the_plan_counts_exactly_the_rows_that_are_gone(store):
    leave(store, [2, 3, 4])
    before = Counter(rows_by_table(store))
    plan = swept(store)
    gone = before - Counter(rows_by_table(store))
    counted = Counter()
    for part in plan.deleted:
        counted[part.table] += part.rows
    assert counted == gone
