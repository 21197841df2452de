"""Files from an upload center: which were taken in, which were refused and why. Their content is not kept."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import select, update

from bensync.state.db.transaction import SiteTransaction
from bensync.state.schema import sync

_table = sync.ReceivedFileRow.__table__


class ReceivedState(StrEnum):
    """The verdict on a file; it is applied whole or not at all (sync-rules 3.15)."""

    ACCEPTED = "ACCEPTED"
    QUARANTINED = "QUARANTINED"


class ReceivedFile(msgspec.Struct, frozen=True):
    """One file that was checked.

    Attributes:
        sha256: of the sealed bytes; empty where the file was too large to be read.
        stamp: what the upload center said of the file, so that a changed file is noticed.
        rows: employees in it.
        requests: requests that it opened.
        reason: why it was refused; holds no personal data.
    """

    name: str
    sha256: str
    size: int
    stamp: str
    sequence: int
    state: ReceivedState
    received_at: datetime
    rows: int = 0
    requests: int = 0
    reason: str = ""
    id: int = 0


_COLUMNS = [_table.c[name] for name in ReceivedFile.__struct_fields__]


class Received:
    """The received files of one site."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction

    def last(self) -> ReceivedFile | None:
        """Return the file that was accepted last: the one that the next must follow."""
        accepted = _table.c.state == ReceivedState.ACCEPTED.value
        files = self._read(select(*_COLUMNS).where(accepted).order_by(_table.c.sequence.desc()).limit(1))
        return files[0] if files else None

    def accepted(self, name: str, sha256: str) -> ReceivedFile | None:
        """Return the file with this name and these bytes, if it was accepted."""
        same = (_table.c.name == name) & (_table.c.sha256 == sha256)
        files = self._read(select(*_COLUMNS).where(same, _table.c.state == ReceivedState.ACCEPTED.value))
        return files[0] if files else None

    def every(self, limit: int | None = None) -> list[ReceivedFile]:
        """Return the newest files, the newest last."""
        return self._read(select(*_COLUMNS).order_by(_table.c.id.desc()).limit(limit))[::-1]

    def by_name(self) -> dict[str, list[ReceivedFile]]:
        """Return all files ever received, by name; at most one of each name was accepted."""
        files_by_name: dict[str, list[ReceivedFile]] = {}
        for file in self.every():
            files_by_name.setdefault(file.name, []).append(file)
        return files_by_name

    def keep(self, file: ReceivedFile) -> int:
        """Store the verdict on a file; the same bytes under the same name have one row.

        An accepted file stays accepted. Returns the number of the row, 0 if nothing was written.
        """
        values = {name: value for name, value in msgspec.structs.asdict(file).items() if name != "id"}
        insert = self._transaction.insert(sync.ReceivedFileRow).values(site=self._transaction.site, **values)
        refused = _table.c.state == ReceivedState.QUARANTINED.value
        keys = ["site", "name", "sha256"]
        # The condition is on the stored row: a refused file may be tried again and accepted. Nothing is written over an
        # accepted one, and RETURNING is empty then.
        written = insert.on_conflict_do_update(index_elements=keys, set_=values, where=refused)
        return self._transaction.connection.scalar(written.returning(_table.c.id)) or 0

    def count(self, number: int, requests: int) -> None:
        """Store the number of requests that a file opened."""
        self._update(number, requests=requests)

    def touch(self, number: int, stamp: str) -> None:
        """Store the new stamp of a file that was touched and still holds the same bytes."""
        self._update(number, stamp=stamp)

    def _update(self, number: int, **values: Any) -> None:
        condition = (_table.c.site == self._transaction.site) & (_table.c.id == number)
        self._transaction.connection.execute(update(_table).where(condition).values(**values))

    def _read(self, query: Any) -> list[ReceivedFile]:
        rows = self._transaction.connection.execute(query.where(_table.c.site == self._transaction.site))
        return [msgspec.convert(row._asdict(), ReceivedFile) for row in rows]
