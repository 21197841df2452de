"""Databases with a past, what they hold, and how they are damaged."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from bensync.state.db.vault import new_state_key
from bensync.state.schema.all_tables import every_table
from bensync.state.store import Store
from bensync.state.upkeep.backup import count_rows
from bensync.state.upkeep.restore import Restored, restore
from tests.fixtures.filled import NOW

KEY = new_state_key()

LATER = NOW + timedelta(days=3)


@contextlib.contextmanager
def opened(url: str, key: str = KEY) -> Iterator[Store]:
    with contextlib.closing(Store(url, key)) as opened_store:
        opened_store.migrate()
        yield opened_store


def put_back(store: Store, file: Path, *, force: bool = False) -> Restored:
    return restore(store, file, ["acme"], actor="me", now=LATER, force=force)


def content(store: Store, *besides: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, but of these."""
    with store.whole() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in every_table()
            if table.name not in besides
        }


def rows(store: Store) -> dict[str, int]:
    with store.whole() as connection:
        return count_rows(connection)


def left_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if ".part" in file.name or file.name.endswith("-journal"))


def damage(file: Path) -> None:
    """Overwrite the inner pages of a database, as a bad disk would."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with file.open("r+b") as sheet:
        size = sheet.seek(0, os.SEEK_END)
        for page in range(3, size // 4096, 2):
            sheet.seek(page * 4096)
            sheet.write(b"\xff" * 1024)


def deliver_later(store: Store) -> None:
    """Something happens on the next day."""
    with store.write("acme", "test") as work:
        work.audit.record("me", "test", "nothing", NOW + timedelta(days=1))
