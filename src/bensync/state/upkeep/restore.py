"""Restoring a backup into the configured database. Afterwards nothing leaves until a person reports what left since."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain, count
from pathlib import Path

import msgspec
from sqlalchemy import Connection, func, select, update
from sqlmodel import UTCDateTime

from bensync.errors import ASK_OPERATOR, StateError
from bensync.fault_points import around, point
from bensync.state.db.database import head
from bensync.state.db.disk import discard, draft, remove_drafts
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.schema import sync
from bensync.state.schema.all_tables import every_table
from bensync.state.store import Store
from bensync.state.upkeep.backup import backup, copy_pages, copy_rows, count_rows, plain, refuse_damaged, written
from bensync.state.upkeep.fsck import sites

_LEASES = sync.LeaseRow.__table__
_PASSING = frozenset({"lease"})
"""Tables whose times do not show that anything happened."""
_LONGEST = timedelta(hours=2)
"""The time that a restore has for all sites: it renews no lease, because a person waits for it (decision 56)."""


class Restored(msgspec.Struct, frozen=True):
    """A restored database.

    Attributes:
        schema: its schema now, and in the backup.
        rows: how many each table has.
        kept: where the database that was there is kept; None where there was none.
        sites: those that send nothing before a person has said what left.
    """

    schema: str
    came_from: str
    rows: Mapping[str, int]
    kept: Path | None
    sites: tuple[str, ...]


def restore(
    store: Store, file: Path, senders: Iterable[str], *, actor: str, now: datetime, force: bool = False
) -> Restored:
    """Put a backup in place of everything that the database holds, at once or not at all.

    Args:
        store: the configured database; it may be missing or empty.
        file: a backup, which is only read.
        senders: sites that send, whether the backup knows them or not.
        actor: who does it, for the audit trail.
        now: the moment.
        force: whether data that is newer than the backup, or cannot be read, may be given up.

    Raises:
        StateError: the backup is damaged, newer than this version, or of another state key; or the database has later
            data.
        BusyError: a run is at work.
    """
    with _staged(store, file) as (staged, came_from):
        with staged.whole() as connection:
            named = tuple(sorted({*senders, *sites(connection)} - {DEPLOYMENT}))
            newest = _newest(connection)
        # In this order: the backup is proved to be sound before the database is touched, what is there is copied before
        # it is replaced, and no run is at work when it is.
        kept = _set_aside(store, newest, now, file, force=force)
        with contextlib.ExitStack() as leases:
            # The marks are made in the copy, before it takes the place of the database: there is no moment at which a
            # restored database could send.
            epochs = {name: leases.enter_context(_leased(store, name, now)) for name in named}
            _mark(staged, epochs, actor, now)
            with staged.whole() as connection:
                rows = count_rows(connection)
            with around("restore.replace"):
                _replace(store, staged)
    return Restored(store.check(), came_from, rows, kept, named)


@contextlib.contextmanager
def _staged(store: Store, file: Path) -> Iterator[tuple[Store, str]]:
    """Yield a copy of the backup that may be changed: sound, ours, and of this version's schema."""
    folder = store.file.parent if store.file is not None else Path(tempfile.gettempdir())
    part = draft(folder / f"restoring-{file.name}")
    if not file.is_file():
        raise StateError(f"There is no backup at {file}.", "The file does not exist.", "Check the name of the file.")
    with written(part):
        remove_drafts(folder / f"restoring-{file.name}")
        discard(part)
        part.touch(mode=0o600)
    try:
        with around("restore.stage"):
            _copy_file(file, part)
            refuse_damaged(part)
        came_from = _schema(part, file)
        staged = store.beside(part)
        staged.migrate()
        yield staged, came_from
        staged.close()
    finally:
        discard(part)


def _copy_file(file: Path, part: Path) -> None:
    try:
        uri = f"{file.resolve().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as source, plain(part) as target:
            copy_pages(source, target, lambda: point("restore.stage.pages"))
    except sqlite3.Error as error:
        raise StateError(f"{file} is damaged.", f"SQLite reports: {error}.", "Use another backup.") from error


def _schema(part: Path, file: Path) -> str:
    try:
        with plain(part) as connection:
            (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            (keys,) = connection.execute("SELECT count(*) FROM secret").fetchone()
    except (sqlite3.Error, TypeError) as error:
        raise StateError(
            f"{file} is not a backup.", "It has none of the tables of bensync.", "Name another file."
        ) from error
    if version > head() or not keys:
        why = f"Its schema is {version}, this version knows {head()}." if keys else "The keys of its data are missing."
        raise StateError(f"{file} cannot be restored.", why, "Install the version that made it, or use another backup.")
    return str(version)


def _newest(connection: Connection) -> datetime | None:
    """Return the latest time that is stored anywhere, apart from what is planned."""
    # Every column of every table, so that a new table counts without anybody having to remember it.
    moments = [
        column
        for table in every_table()
        for column in table.c
        if isinstance(column.type, UTCDateTime) and table.name not in _PASSING
    ]
    times = [connection.scalar(select(func.max(column))) for column in moments]
    return max((moment for moment in times if moment is not None), default=None)


def _set_aside(store: Store, newest: datetime | None, now: datetime, file: Path, *, force: bool) -> Path | None:
    """Keep a copy of the database that is there, and make sure that there is one of this version's schema."""
    beside = store.file if store.file is not None else file
    kept = _free(beside.with_name(f"{beside.name}.before-restore-{now:%Y%m%dT%H%M%SZ}"))
    try:
        store.migrate()
        with store.whole() as connection:
            last = _newest(connection)
        if last is None:
            return None
        _refuse_older(last, newest, kept, force=force)
        backup(store, kept)
    except StateError as error:
        # A database that cannot be read cannot be copied: with --force its file is moved away instead. An error that
        # may pass, such as a full disk, is no reason to give it up.
        if error.retry or store.file is None or not force:
            raise
        _move_aside(store.file, kept)
        store.migrate()
    return kept


def _free(wanted: Path) -> Path:
    """Return a name that no file has: what was kept before is never overwritten."""
    names = (wanted.with_name(f"{wanted.name}-{number}") for number in count(2))
    return next(file for file in chain([wanted], names) if not file.exists())


def _refuse_older(last: datetime, newest: datetime | None, kept: Path, *, force: bool) -> None:
    if force or (newest is not None and last <= newest):
        return
    until = f"{newest:%Y-%m-%d %H:%M:%S} UTC" if newest is not None else "nothing happened yet"
    raise StateError(
        "The database has later data than the backup.",
        f"It goes on until {last:%Y-%m-%d %H:%M:%S} UTC, the backup until {until}.",
        f"Restore a newer backup, or give the later data up with --force; a copy of it is kept as {kept.name}.",
        remedy=ASK_OPERATOR,
    )


def _move_aside(file: Path, kept: Path) -> None:
    """Move a database that cannot be read, with all files that SQLite has beside it."""
    # The database itself goes last: as long as it is there, a restore that follows a killed one sets it aside, too.
    for suffix in ("-wal", "-shm", "-journal", ""):
        part = Path(f"{file}{suffix}")
        if part.exists():
            with around("restore.aside"):
                part.replace(f"{kept}{suffix}")


@contextlib.contextmanager
def _leased(store: Store, site: str, now: datetime) -> Iterator[int]:
    """Hold the lease of a site, and yield its epoch."""
    with store.write(site, "restore.lease") as state:
        lease = state.runs.take_lease(now, _LONGEST)
    try:
        yield lease.epoch
    finally:
        with store.write(site, "restore.over") as state:
            state.runs.give_back_lease(lease)


def _mark(staged: Store, epochs: Mapping[str, int], actor: str, now: datetime) -> None:
    """Release all leases of the copy, and mark its sites: nothing leaves before a person reports what left since."""
    with staged.whole("restore.mark") as connection:
        connection.execute(update(_LEASES).values(holder="", expires=None))
        for name, epoch in epochs.items():
            state = staged.site(connection, name)
            lease = state.runs.take_lease(now)
            # Greater than any epoch on either side: a run that slept through the restore must not find its lease valid
            # in the older database, where its epoch may be given out again.
            fenced = {"holder": "", "expires": None, "epoch": max(lease.epoch, epoch) + 1}
            connection.execute(update(_LEASES).where(_LEASES.c.site == name).values(**fenced))
            state.runs.remember(msgspec.structs.replace(state.runs.memory(), restored_at=now))
            state.audit.record(actor, "database.restore", f"site {name}", now)


def _replace(store: Store, staged: Store) -> None:
    if store.file is None:
        with staged.whole() as source, store.whole("restore.rows") as target:
            copy_rows(source, target)
    elif staged.file is not None:
        # Page by page in one transaction of the target, and not by a rename: another process may have the file open,
        # and SQLite would apply its log to the new one (decision 27).
        with plain(staged.file) as source, plain(store.file) as target:
            copy_pages(source, target, lambda: point("restore.replace.pages"))
