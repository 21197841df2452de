"""Rows that go straight to the driver are the same as those of an ordinary statement."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import delete, select

from bensync.core.requests import RequestState
from bensync.errors import StateError
from bensync.state.db import bulk
from bensync.state.db.vault import new_state_key
from bensync.state.schema import sync
from bensync.state.store import Store

NOW = datetime(2026, 6, 1, 4, 0, 7, 123, tzinfo=UTC)
REQUESTS = [
    {
        "site": "acme",
        "key": bytes([number]) * 16,
        "employee_id": f"é{number}",
        "kind": "NEW",
        "risk": "LOW",
        "state": RequestState.PENDING,
        "origin": "ROW",
        "warnings": ["gap"] * number,
        "effective_date": date(2026, 1, 1 + number),
        "fingerprint": b"\x00\xff",
        "basis_version": number,
        "opened_at": NOW,
        "decided_at": NOW if number else None,
        "sealed_profile": b"profile",
        "sealed_changes": b"changes",
    }
    for number in range(3)
]
ISSUES = [{"site": "acme", "employee_id": "1", "code": "x", "detail": "", "first_seen": NOW, "last_seen": NOW}]


@pytest.fixture
def store(tmp_path):
    store = Store(f"sqlite:///{tmp_path}/bensync.db", new_state_key())
    with contextlib.closing(store):
        store.migrate()
        yield store


@pytest.mark.parametrize(
    ("model", "rows"),
    [(sync.RequestRow, REQUESTS), (sync.IssueRow, ISSUES), (sync.IssueRow, []), (sync.IssueRow, ISSUES * 9)],
)
def test_what_was_written_in_bulk_reads_as_if_each_row_had_been_inserted(store, model, rows):
    table = model.__table__
    columns = [column for column in table.columns if column.name != "id"]
    contents = []
    for write in (
        lambda connection: bulk.write(connection, table, rows),
        lambda connection: _plainly(connection, table, rows),
    ):
        with store.whole("test.write") as connection:
            connection.execute(delete(table))
            write(connection)
            contents.append(connection.execute(select(*columns).order_by(table.c.id)).all())

    assert len(contents[0]) == len(rows)
    assert contents[0] == contents[1]


def _plainly(connection, table, rows):
    for row in rows:
        connection.execute(table.insert(), row)


def test_a_refused_row_is_reported_as_everywhere_and_holds_no_values(store):
    with pytest.raises(StateError, match="refused") as caught, store.whole("test.write") as connection:
        bulk.write(connection, sync.RequestRow.__table__, [REQUESTS[0], REQUESTS[0]])

    assert "é0" not in str(caught.value)
