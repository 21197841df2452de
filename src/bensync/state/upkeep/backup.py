"""Backups: one consistent copy of the whole database in a SQLite file, whatever the database is, while runs go on.

Sealed values stay sealed in it; the state key is never part of it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, select

from bensync.core.ports import PreflightFinding
from bensync.errors import ASK_OPERATOR, StateError, reported
from bensync.fault_points import around, point
from bensync.state.audit.chain import replacing_trails
from bensync.state.db.disk import discard, draft, put_in_place, remove_drafts
from bensync.state.schema.all_tables import every_table
from bensync.state.store import Store
from bensync.state.upkeep.fsck import check, check_database, sites

_PAGES = 100  # of SQLite, between two looks around
_ROWS = 2000
_PAUSE, _PATIENCE = 0.1, 300  # seconds, and how many of these pauses in a row


class Backup(msgspec.Struct, frozen=True):
    """A finished backup.

    Attributes:
        rows: how many each table has.
        size: bytes.
        broken: invariants that do not hold in it, and so do not hold in the database either.
    """

    file: Path
    schema: str
    rows: Mapping[str, int]
    size: int
    broken: tuple[PreflightFinding, ...]


def backup(store: Store, target: Path, *, force: bool = False) -> Backup:
    """Copy the whole database into a file, which is there whole or not at all (F52).

    Args:
        store: the database; it may be at work meanwhile.
        target: the file; its folder must be there.
        force: whether a file of that name may be replaced.

    Raises:
        StateError: the file is there already, cannot be written, or would not be sound.
    """
    _refuse_to_overwrite(store, target, force=force)
    part = draft(target)
    with written(target):
        remove_drafts(target)
        discard(part)
        # Made by us first, since SQLite would make it readable by others. It is checked under its temporary name, and
        # only a sound copy gets the name that people look for (F52).
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            with around("backup.copy"):
                _copy_all(store, part)
            copied = _looked_at(store, part, target)
            refuse_damaged(part)
            with around("backup.rename"):
                put_in_place(part, target)
        finally:
            discard(part)
    return copied


def copy_rows(source: Connection, target: Connection) -> None:
    """Replace every row of all tables by those of another database of the same schema."""
    listed = every_table()
    with replacing_trails(target):
        for table in reversed(listed):  # not TRUNCATE: a reader that began before would see empty tables
            target.execute(delete(table))
    for table in listed:
        query = select(table).execution_options(yield_per=_ROWS)
        for page in source.execute(query).mappings().partitions():
            target.execute(table.insert(), [dict(row) for row in page])
        point("copy.table")
        # The ids are copied, and PostgreSQL's sequences know nothing of them: the next insert would use one again.
        if target.dialect.name == "postgresql" and "id" in table.c:
            last = select(func.coalesce(func.max(table.c.id), 0) + 1).scalar_subquery()
            target.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), last, False)))


def copy_pages(source: Any, target: Any, passing: Callable[[], None]) -> None:
    """Copy a SQLite database into another one, in one transaction of the other.

    Args:
        source: a connection.
        target: another one; everything in it is replaced.
        passing: called after every few pages.

    Raises:
        sqlite3.Error: it cannot be read or written, or somebody else held it for too long.
    """
    refused = 0

    # Python's backup tries a locked database again for ever; this gives up after half a minute without a page.
    def look_around(status: int, _left: int, _total: int) -> None:
        nonlocal refused
        refused = refused + 1 if status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED} else 0
        if refused > _PATIENCE:
            raise sqlite3.OperationalError("database is locked")
        passing()

    source.backup(target, pages=_PAGES, progress=look_around, sleep=_PAUSE)


def plain(file: Path) -> contextlib.closing[sqlite3.Connection]:
    """Open a SQLite file as it is, without any setting of ours; a missing file is not created."""
    return contextlib.closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None))


def refuse_damaged(file: Path) -> None:
    """Check every page of a SQLite file, and leave it as one file that needs no others.

    Raises:
        StateError: it is not a database, or not a sound one.
    """
    try:
        with plain(file) as connection:
            # Out of WAL: a copy of the one file alone would lack what is still in the log beside it.
            connection.execute("PRAGMA journal_mode=DELETE")
            problems = [line for (line,) in connection.execute("PRAGMA integrity_check")]
            dangling = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.Error as error:
        raise StateError(f"{file} is damaged.", f"SQLite reports: {error}.", "Use another backup.") from error
    if problems != ["ok"] or dangling is not None:
        why = (
            f"SQLite reports: {problems[0]}."
            if problems != ["ok"]
            else f"A row of {dangling[0]} refers to one of {dangling[2]} that is missing."
        )
        raise StateError(f"{file} is damaged.", why, "Use another backup.")


@contextlib.contextmanager
def written(target: Path) -> Iterator[None]:
    """Translate errors of the disk and of SQLite while a file is written.

    Raises:
        StateError: the file cannot be written.
    """
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        why = reported(error) if isinstance(error, OSError) else f"SQLite reports: {error}."
        fix = "Check that its folder exists, can be written to, and has free space."
        passing = isinstance(error, OSError | sqlite3.OperationalError)
        raise StateError(f"{target} cannot be written.", why, fix, retry=passing) from error


def _refuse_to_overwrite(store: Store, target: Path, *, force: bool) -> None:
    if store.file is not None and target.exists() and store.file.exists() and target.samefile(store.file):
        raise StateError(f"{target} is the database itself.", "A backup must be another file.", "Name another file.")
    if target.exists() and not force:
        raise StateError(
            f"{target} already exists.",
            "A backup overwrites no file unless you confirm it.",
            "Name another file, or overwrite this one with --force.",
            remedy=ASK_OPERATOR,
        )


def _copy_all(store: Store, part: Path) -> None:
    if store.file is not None:
        with store.whole() as connection, plain(part) as target:
            sites(connection)  # a transaction of SQLite sees the database as of its first statement
            copy_pages(connection.connection.driver_connection, target, lambda: point("backup.pages"))
        return
    copy = store.beside(part)
    copy.migrate()
    with store.whole() as source, copy.whole("backup.rows") as target:
        copy_rows(source, target)


def _looked_at(store: Store, part: Path, target: Path) -> Backup:
    copy = store.beside(part)
    schema = copy.check()
    with copy.whole() as connection:
        rows = count_rows(connection)
        broken = [line for line in check_database(connection) if not line.ok]
        for site in sites(connection):
            broken += [line for line in check(copy.site(connection, site)) if not line.ok]
    copy.close()
    return Backup(target, schema, rows, part.stat().st_size, tuple(broken))


def count_rows(connection: Connection) -> dict[str, int]:
    """Return the number of rows of each table."""
    listed = every_table()
    return {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in listed}
