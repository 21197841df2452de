"""Rotation of the state key: a new version in front, every value sealed anew, the old version dropped at last.

Killed at any moment it leaves nothing unreadable: a version is written down before anything is sealed with it, and is
dropped only when nothing is.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select, tuple_, update

from bensync.errors import ConfigError, StateError, reported, run_command
from bensync.fault_points import around
from bensync.state.db.disk import discard, draft, put_in_place, remove_drafts
from bensync.state.db.transaction import PAGE
from bensync.state.db.vault import Seal, with_new_version, without_version
from bensync.state.store import Store
from bensync.state.upkeep.fsck import sites
from bensync.state.upkeep.sealed import SECRETS, Sealed, sealed_tables, versions

_PASSES = 5
"""A writer that began before the new version was there may still copy a value of the old one. After more passes
than this, some process still seals with the old version."""


class StateKey(msgspec.Struct, frozen=True):
    """The place of the state key.

    Attributes:
        read: returns the key as it is now.
        file: the file that holds it, if it is one that we may write.
    """

    read: Callable[[], str]
    file: Path | None = None


class Version(msgspec.Struct, frozen=True):
    """One version of the state key: whether we hold it, whether it seals, how many values are sealed with it."""

    version: int
    held: bool
    newest: bool
    values: int


class Rotated(msgspec.Struct, frozen=True):
    """The result of a rotation.

    Attributes:
        version: the newest version of the key.
        values: how many values were sealed anew.
        to_set: the whole key as it must be set manually before anything is sealed; empty where that is done.
    """

    version: int
    values: int
    to_set: str = ""


def key_versions(store: Store) -> list[Version]:
    """Return every version that we hold or that a value is sealed with, the newest first."""
    held = store.seal.versions
    with store.whole() as connection:
        used = versions(connection)
    numbers = [*held, *sorted(used.keys() - set(held), reverse=True)]
    return [Version(number, number in held, number == held[0], used[number]) for number in numbers]


def rotate(store: Store, key: StateKey, actor: str, clock: Callable[[], datetime]) -> Rotated:
    """Begin a rotation, or finish the one that is under way; others may go on working.

    Raises:
        ConfigError: the file of the key cannot be written.
        StateError: the database cannot be used, or somebody keeps sealing with an old version.
    """
    with store.whole("keys.begin") as connection:
        text = key.read()
        # If an older version is still in use, a rotation is under way: join it. A second new version would let two
        # rotations chase each other (decision 37).
        if set(versions(connection)) == {Seal(text).versions[0]}:
            text = with_new_version(text)
            if key.file is None:
                return Rotated(Seal(text).versions[0], 0, text)
            # The file is durable before the first value is sealed with the new version. Killed here, the key has one
            # version more than it needs; the other way round the values could never be opened (F49).
            _write(key.file, text)
        store.seal.use(text)
        # Every transaction reads these first, so each process learns of the new version before it seals anything. This
        # one excludes all writers: nobody is in the middle of a transaction that began under the old version.
        _reseal_secrets(connection, store.seal)
    newest = store.seal.versions[0]
    moved = _reseal_all(store, newest)
    with store.whole("keys.end") as connection:
        for site in sites(connection):
            state = store.site(connection, site)
            state.audit.record(actor, "keys.rotate", f"state key version {newest}", clock())
    return Rotated(newest, moved)


def retire(store: Store, key: StateKey, version: int, actor: str, now: datetime) -> None:
    """Drop an old version of the state key; if it is not in a file, only check that it may be dropped manually.

    Raises:
        ConfigError: the file of the key cannot be written.
        StateError: there is no such version, it is the newest, or something is sealed with it.
    """
    with store.whole("keys.retire") as connection:
        text = key.read()
        held = Seal(text).versions
        used = versions(connection)[version]
        if version not in held or version == held[0]:
            why = (
                "It is the version that seals new values."
                if version in held
                else f"The key has {', '.join(map(str, held))}."
            )
            raise StateError(
                f"Version {version} of the state key was not dropped.",
                why,
                "See `bensync keys status`.",
                remedy=run_command("keys status"),
            )
        if used:
            why = f"{used} value{'s are' if used > 1 else ' is'} sealed with it."
            raise StateError(
                f"Version {version} of the state key was not dropped.",
                why,
                "Run `bensync keys rotate`.",
                remedy=run_command("keys rotate"),
            )
        # This transaction excludes writers, so nothing can be sealed with the version after it was counted. The file is
        # written last: if the database refuses the entries, the key stays as it is.
        for site in sites(connection):
            state = store.site(connection, site)
            state.audit.record(actor, "keys.retire", f"state key version {version}", now)
        if key.file is not None:
            _write(key.file, without_version(text, version))


def _write(file: Path, text: str) -> None:
    """Replace the file of the key, with the same owner and mode."""
    file = file.resolve()
    part = draft(file)
    try:
        before = file.stat()
        remove_drafts(file)
        with around("keys.write"):
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as sheet:
                # Root may rotate for a daemon that runs as another user, and must leave a file that the daemon can
                # read.
                if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(handle, before.st_uid, before.st_gid)
                os.fchmod(handle, stat.S_IMODE(before.st_mode))
                sheet.write(f"{text}\n")
            put_in_place(part, file)
    except OSError as error:
        fix = "Fix its permissions, or those of its folder; nothing was changed."
        raise ConfigError(f"{file} cannot be written.", reported(error), fix) from error
    finally:
        discard(part)


def _reseal_secrets(connection: Connection, seal: Seal) -> None:
    for row in connection.execute(select(SECRETS)).all():
        if row.sealed[0] != seal.versions[0]:
            context = row.name.encode()
            sealed = seal.seal(seal.unseal(row.sealed, context), context)
            connection.execute(update(SECRETS).where(SECRETS.c.name == row.name).values(sealed=sealed))


def _reseal_all(store: Store, newest: int) -> int:
    total = 0
    for _ in range(_PASSES):
        moved = sum(count for sealed in sealed_tables() for count in _reseal(store, sealed, newest))
        total += moved
        # A newer version begins only when nothing is sealed with an older one.
        if not moved or store.seal.versions[0] != newest:
            return total
    raise StateError(
        "There are still values of an older version of the state key.",
        "Another process still seals with it.",
        "Restart all processes of this database, then run `bensync keys rotate` again.",
        retry=True,
        remedy=run_command("keys rotate"),
    )


def _reseal(store: Store, sealed: Sealed, newest: int) -> Iterator[int]:
    """Seal the rows of a table anew, one page in each transaction, and yield how many rows each page had."""
    table = sealed.table
    keys = tuple_(*table.primary_key.columns)
    query = select(table).where(sealed.older(newest)).order_by(*table.primary_key.columns).limit(PAGE)
    last: tuple[object, ...] | None = None
    while True:
        # A transaction for each page: it excludes all writers, and runs go on between two pages.
        with store.whole("keys.reseal") as connection:
            rows = connection.execute(query if last is None else query.where(keys > last)).all()
            if not rows:
                return
            _update(connection, store, sealed, rows)
            last = tuple(getattr(rows[-1], column.name) for column in table.primary_key.columns)
        yield len(rows)


def _update(connection: Connection, store: Store, sealed: Sealed, rows: Sequence[Row[Any]]) -> None:
    # A page may hold rows of several sites, each with its own vault.
    vaults = {name: store.site(connection, name).vault for name in {row.site for row in rows}}
    sealed.write(connection, [(row, sealed.resealed(row, vaults[row.site])) for row in rows])
