"""The real store, which stops at a chosen transaction as a killed process would: before its commit or right after it."""

from __future__ import annotations

import contextlib
import shutil
import socket
import sqlite3
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from sqlalchemy import event

from bensync.state.store import Store
from bensync.state.vault import new_state_key
from bensync.state.work import Work

_KEY = new_state_key()
_NOBODY = 2**30
"""A process number that no system gives."""


class PowerCut(BaseException):
    """The process is gone; nothing that it meant to do afterwards happens."""


class BrittleStore(Store):
    """A store on a file of its own, made from a migrated one; it need not survive a real power cut, so it may be fast."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            shutil.copyfile(_migrated(), file)
        super().__init__(f"sqlite:///{file}", _KEY)
        event.listen(self._engine, "connect", _hurry)
        self._file = file
        self._fuse: int | None = None
        self._before_commit = False
        self.dead = False

    def cut_at(self, transaction: int, *, before_commit: bool) -> None:
        """Stop at the n-th writing transaction from now (counted from 1)."""
        self._fuse, self._before_commit = transaction, before_commit

    @contextlib.contextmanager
    def work(self, site: str) -> Iterator[Work]:
        """One transaction; the last one, if it is the chosen one."""
        self._stop_if_dead()
        if self._fuse is not None:
            self._fuse -= 1
        with super().work(site) as work:
            yield work
            if self._fuse == 0 and self._before_commit:
                self._die()
        if self._fuse == 0:
            self._die()

    @contextlib.contextmanager
    def look(self, site: str) -> Iterator[Work]:
        """One look, while there is power."""
        self._stop_if_dead()
        with super().look(site) as work:
            yield work

    def reborn(self) -> BrittleStore:
        """The same file in a new process; the lease names one that is not alive any more."""
        self.close()
        with contextlib.closing(sqlite3.connect(self._file)) as connection, connection:
            holder = f"{socket.gethostname()}:{_NOBODY}"
            connection.execute("update lease set holder = ? where holder != ''", (holder,))
        return BrittleStore(self._file)

    def _die(self) -> None:
        self.dead = True
        self._stop_if_dead()

    def _stop_if_dead(self) -> None:
        if self.dead:
            raise PowerCut


def _hurry(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


@cache
def _migrated() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="bensync-migrated-"))
    store = Store(f"sqlite:///{folder}/bensync.db", _KEY)
    store.migrate()
    store.close()
    return folder / "bensync.db"
