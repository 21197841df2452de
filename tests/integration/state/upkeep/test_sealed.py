"""Sealed columns: every one is known, and a value without its key version is listed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Row, select

from bensync.errors import StateError
from bensync.state.db.sealed_columns import SealedColumn
from bensync.state.db.vault import Seal, new_state_key
from bensync.state.schema.all_tables import every_table
from bensync.state.store import Store
from bensync.state.sync.baselines import SENT_PROFILE
from bensync.state.upkeep.key_rotation import StateKey, key_versions
from bensync.state.upkeep.sealed import check_sealed, sealed_tables
from tests.fixtures.filled import deliver, fill
from tests.integration.state.upkeep.test_key_rotation import opened, turn


@pytest.fixture
def key(tmp_path: Path) -> StateKey:
    """A state key in a file."""
    file = tmp_path / "state.key"
    file.touch(0o640)
    file.write_text(f"{new_state_key()}\n")
    return StateKey(lambda: file.read_text().strip(), file)


@pytest.fixture
def store(database: str, key: StateKey) -> Iterator[Store]:
    """A store with a past."""
    with opened(database, key) as opened_store:
        opened_store.migrate()
        fill(opened_store, "acme", "other")
        yield opened_store


def test_every_sealed_column_is_known_to_the_rotation():
    named = {
        (table.name, column.name) for table in every_table() for column in table.c if column.name.startswith("sealed")
    }
    columns = {(sealed.table.name, column.name) for sealed in sealed_tables() for column in sealed.columns}
    assert named - columns == {("secret", "sealed")}


def test_a_value_whose_version_is_lost_is_listed(store, key):
    turn(store, key)
    lonely = Store.__new__(Store)
    lonely.__dict__.update(store.__dict__, _seal=Seal(new_state_key(7)))

    assert [(v.version, v.held) for v in key_versions(lonely)] == [(7, True), (2, False)]


def _values(store: Store, column: SealedColumn) -> list[Row[Any]]:
    filled = column.table.c[column.name].is_not(None)
    with store.whole() as connection:
        return list(connection.execute(select(column.table).where(filled, column.table.c.site == "acme")))


def test_no_sealed_value_opens_in_another_row_column_or_table(store):
    columns = [column for sealed in sealed_tables() for column in sealed.columns]
    vault, opened_elsewhere = store.vault("acme"), []
    pairs = [(column, row) for column in columns for row in _values(store, column)[:3]]
    assert len(pairs) > 20
    for (column, row), (target, host) in permutations(pairs, 2):
        moved = SimpleNamespace(**{**host._asdict(), target.name: getattr(row, column.name)})
        # A baseline is the row of its delivery, copied: between these two the same value is no other.
        if column.place == target.place and all(getattr(row, name) == getattr(host, name) for name in column.bound):
            continue
        with contextlib.suppress(StateError):
            target.open(vault, moved)
            opened_elsewhere.append((column.place, target.place))
    assert opened_elsewhere == []


def test_an_old_sealed_profile_that_is_put_back_into_its_row_does_not_open_and_is_named(store):
    (before,) = [row for row in _values(store, SENT_PROFILE) if row.employee_id == "3"]
    deliver(store, "acme", [3], city="Erie")
    with store.whole("test") as connection:
        baseline = SENT_PROFILE.table
        old = {"sealed_profile": before.sealed_profile}
        connection.execute(baseline.update().where(baseline.c.id == before.id).values(old))
        (finding,) = [line for line in check_sealed(store.site(connection, "acme")) if not line.ok]

    assert finding.detail.startswith(f"baseline {before.id}: ")
    with store.read("acme") as work, pytest.raises(StateError, match="cannot be opened") as caught:
        list(work.baselines.as_told({"3"}))
    assert "fsck --deep" in caught.value.fix
