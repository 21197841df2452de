"""The real store, which stops at a chosen transaction as a killed process would: before its commit or right after it."""

from __future__ import annotations

import atexit
import contextlib
import shutil
import socket
import sqlite3
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import QueuePool, event

from bensync.state.db.vault import new_state_key
from bensync.state.site_state import SiteState
from bensync.state.store import Store
from bensync.state.sync.runs import Lease

_NOBODY = 2**30
"""A process number that no system gives."""
_DATA_KEY = bytes(range(32))
"""The order of rows follows it; a failure shall come again in another process."""


class PowerCut(BaseException):
    """The process is gone; nothing that it meant to do afterwards happens."""


class BrittleStore(Store):
    """A store on one file, which is replaced by an empty one for each world; it may be fast, for nobody pulls the plug.

    One for all worlds of a process: SQLAlchemy compiles every statement anew for a new one. Its connections stay open:
    a walk makes a thousand transactions, and a connection costs more than most of them.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bensync-brittle-"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self._file = self.folder / "bensync.db"
        with patch("bensync.state.db.engine.NullPool", QueuePool):
            super().__init__(f"sqlite:///{self._file}", new_state_key())
        event.listen(self._engine, "connect", _hurry)
        self._fuse: int | None = None
        self._before_commit = False
        self._dead = False
        with patch("bensync.state.store.new_data_key", return_value=_DATA_KEY):
            self.migrate()
        self.close()
        self._empty = self._file.read_bytes()

    def begin_anew(self) -> BrittleStore:
        """Forget everything."""
        self.close()
        for file in self.folder.iterdir():
            file.unlink()
        self._file.write_bytes(self._empty)
        self._fuse, self._dead = None, False
        return self

    def cut_at(self, transaction: int, *, before_commit: bool) -> None:
        """Stop at the n-th writing transaction from now (counted from 1)."""
        self._fuse, self._before_commit = transaction, before_commit

    @contextlib.contextmanager
    def work(self, site: str, step: str, lease: Lease | None = None) -> Iterator[SiteState]:
        """One transaction; the last one, if it is the chosen one."""
        self.stop_if_dead()
        if self._fuse is not None:
            self._fuse -= 1
        with super().write(site, step, lease) as work:
            yield work
            if self._fuse == 0 and self._before_commit:
                self._die()
        if self._fuse == 0:
            self._die()

    @contextlib.contextmanager
    def look(self, site: str) -> Iterator[SiteState]:
        """One look, while there is power."""
        self.stop_if_dead()
        with super().read(site) as work:
            yield work

    def start_again(self) -> None:
        """The same file in a new process; the lease names one that is not alive any more."""
        self._fuse, self._dead = None, False
        with self._engine.begin() as connection:
            holder = f"{socket.gethostname()}:{_NOBODY}"
            connection.exec_driver_sql("update lease set holder = ? where holder != ''", (holder,))

    def _die(self) -> None:
        self._dead = True
        self.stop_if_dead()

    def stop_if_dead(self) -> None:
        """Raise `PowerCut` in a process that is gone."""
        if self._dead:
            raise PowerCut


def _hurry(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


@cache
def brittle_store() -> BrittleStore:
    """The one of this process."""
    return BrittleStore()
