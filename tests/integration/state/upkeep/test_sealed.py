"""Sealed columns: every one is known, and a value without its key version is listed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bensync.state.db.vault import Seal, new_state_key
from bensync.state.schema.all_tables import every_table
from bensync.state.store import Store
from bensync.state.upkeep.key_rotation import StateKey, key_versions
from bensync.state.upkeep.sealed import sealed_tables
from tests.fixtures.filled import fill
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
    columns = {(sealed.table.name, name) for sealed in sealed_tables() for name in sealed.purposes}
    assert named - columns == {("secret", "sealed")}


def test_a_value_whose_version_is_lost_is_listed(store, key):
    turn(store, key)
    lonely = Store.__new__(Store)
    lonely.__dict__.update(store.__dict__, _seal=Seal(new_state_key(7)))

    assert [(v.version, v.held) for v in key_versions(lonely)] == [(7, True), (2, False)]
