"""The database before anything is read from it: its version, its tables, and one that is damaged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bensync.errors import StateError
from bensync.state.store import Store
from tests.integration.state.deliveries import KEY, opened


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An empty store with its tables."""
    yield from opened(database)


def test_migrating_twice_changes_nothing(store: Store) -> None:
    assert store.migrate() == store.check()


def test_a_database_without_tables_says_what_to_do(tmp_path: Path) -> None:
    empty = Store(f"sqlite:///{tmp_path}/empty.db", KEY)

    with pytest.raises(StateError) as caught:
        empty.check()
    assert "bensync migrate" in caught.value.fix
    with pytest.raises(StateError), empty.write("acme", "test"):
        pass
    empty.close()


def test_a_damaged_database_is_a_state_error(tmp_path: Path) -> None:
    (tmp_path / "bad.db").write_bytes(b"this is no database" * 100)

    with pytest.raises(StateError) as caught:
        Store(f"sqlite:///{tmp_path}/bad.db", KEY).check()
    assert "bensync restore" in caught.value.fix
    assert not caught.value.retry


def test_a_schema_of_a_later_version_is_refused_and_not_migrated(store: Store) -> None:
    with store.whole("test.newer") as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for attempt in (store.check, store.migrate):
        with pytest.raises(StateError) as caught:
            attempt()
        assert "newer version" in caught.value.what
        assert "migrate" not in caught.value.fix
