"""People are looked up by index, also in a database that has just been made and fills up within one transaction."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from bensync.core.changes import Candidate
from bensync.core.people import Status
from bensync.state.db.vault import new_state_key
from bensync.state.store import Store

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
KEYS = [bytes([number] * 16) for number in range(200)]
EMPLOYEES = [str(number) for number in range(200)]
PEOPLE = [Candidate(who, key, key, b"", Status.ACTIVE) for who, key in zip(EMPLOYEES, KEYS, strict=True)]


@pytest.mark.parametrize(
    "lookup",
    [
        pytest.param(lambda work: work.baselines.known(PEOPLE), id="baselines"),
        pytest.param(lambda work: work.requests.pending(KEYS, EMPLOYEES), id="pending requests"),
        pytest.param(lambda work: work.requests.last_declined(KEYS), id="declined requests"),
        pytest.param(lambda work: work.participants.by_keys(KEYS), id="participants by key"),
        pytest.param(lambda work: work.participants.by_employees(EMPLOYEES), id="participants by employee"),
    ],
)
def test_a_page_of_people_is_looked_up_and_not_searched_for(tmp_path, lookup):
    file = tmp_path / "bensync.db"
    store = Store(f"sqlite:///{file}", new_state_key())
    with contextlib.closing(store):
        store.migrate()
        asked = []
        event.listen(
            store._engine, "before_cursor_execute", lambda _c, _d, sql, values, *_: asked.append((sql, values))
        )
        with store.read("acme") as work:
            lookup(work)
    with contextlib.closing(sqlite3.connect(file)) as connection:
        queries = [(sql, values) for sql, values in asked if sql.startswith("SELECT") and "IN (" in sql]
        steps = [row[3] for sql, values in queries for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    searches = [step for step in steps if step.startswith(("SCAN", "SEARCH"))]
    assert searches
    assert all("key=?" in step or "employee_id=?" in step or "rowid=?" in step for step in searches), steps
