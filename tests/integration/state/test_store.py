"""The store on real databases, SQLite and PostgreSQL: how it opens, and what a private file is."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from bensync.errors import StateError
from bensync.state.db.vault import new_state_key
from bensync.state.store import Store
from tests.fixtures.databases import on_sqlite
from tests.integration.state.deliveries import KEY, opened


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An empty store with its tables."""
    yield from opened(database)


def test_another_key_does_not_open_the_database(store: Store, database: str) -> None:
    stranger = Store(database, new_state_key())

    with pytest.raises(StateError):
        stranger.check()
    with pytest.raises(StateError), stranger.write("acme", "test"):
        pass
    with pytest.raises(StateError):
        stranger.migrate()
    stranger.close()


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="cannot be created"):
        Store(f"sqlite:///{tmp_path}/nowhere/bensync.db", KEY).migrate()


def test_a_file_is_private_and_durable(tmp_path: Path) -> None:
    with contextlib.closing(Store(f"sqlite:///{tmp_path}/bensync.db", KEY)) as store:
        store.migrate()
        assert (tmp_path / "bensync.db").stat().st_mode & 0o077 == 0
        with store.write("acme", "test") as work:
            connection = work.runs._transaction.connection
            assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("pragma synchronous").scalar() == 2
            assert connection.exec_driver_sql("pragma foreign_keys").scalar() == 1


@on_sqlite
def test_a_locked_database_is_a_state_error_that_may_pass(
    store: Store, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bensync.state.db.engine._BUSY_SECONDS", 0.1)
    impatient = Store(database, KEY)
    holder = sqlite3.connect(tmp_path / "bensync.db", isolation_level=None)
    holder.execute("begin immediate")

    with pytest.raises(StateError) as caught, impatient.write("acme", "test"):
        pass

    assert caught.value.retry
    holder.close()
    impatient.close()
