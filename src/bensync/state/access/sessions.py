"""Sessions of signed-in users, found by the hash of an id that only their browser has. It judges no age."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, and_, delete, func, select, update

from bensync.state.access.row_proofs import RowProofs
from bensync.state.db.transaction import SiteTransaction
from bensync.state.schema import access

_table = access.SessionRow.__table__


class Session(msgspec.Struct, frozen=True):
    """One session that nobody ended."""

    account_id: int
    created_at: datetime
    seen_at: datetime
    stepped_up_at: datetime | None


class Sessions:
    """The sessions of the deployment."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction
        self._proofs = RowProofs(transaction, _table)

    def open(self, digest: bytes, account_id: int, now: datetime, *, stepped_up: bool) -> None:
        """Begin a session; ``stepped_up`` if a code of the phone was just entered."""
        fresh = now if stepped_up else None
        row = {"digest": digest, "account_id": account_id, "created_at": now, "seen_at": now, "stepped_up_at": fresh}
        self._transaction.connection.execute(_table.insert(), {**row, "proof": self._proofs.of(row)})

    def find(self, digest: bytes) -> Session | None:
        """Return the session with this hash, or None if there is none, it was ended, or its proof does not fit."""
        row = self._find(digest)
        return Session(*(row._asdict()[name] for name in Session.__struct_fields__)) if row is not None else None

    def touch(self, digest: bytes, now: datetime) -> None:
        """Record that a session was used."""
        self._change(digest, seen_at=now)

    def step_up(self, digest: bytes, now: datetime) -> None:
        """Record that the user entered a fresh code."""
        self._change(digest, stepped_up_at=now)

    def revoke(self, digest: bytes, now: datetime) -> bool:
        """End one session; return False if it was over already."""
        return self._end(_table.c.digest == digest, now) == 1

    def revoke_all(self, account_id: int, now: datetime) -> int:
        """End all sessions of an account; return how many."""
        return self._end(_table.c.account_id == account_id, now)

    def count(self, account_id: int, seen_after: datetime) -> int:
        """Return the number of sessions of an account that were used since a time and not ended."""
        where = _live(and_(_table.c.account_id == account_id, _table.c.seen_at > seen_after))
        return self._transaction.connection.scalar(select(func.count()).select_from(_table).where(where)) or 0

    def forget(self, before: datetime) -> None:
        """Remove sessions that began before a time."""
        self._transaction.connection.execute(delete(_table).where(_table.c.created_at < before))

    def _find(self, digest: bytes, *, lock: bool = False) -> Row[Any] | None:
        query = select(_table).where(_live(_table.c.digest == digest))
        query = query.with_for_update() if lock else query
        row = self._transaction.connection.execute(query).one_or_none()
        return row if row is not None and self._proofs.fits(row) else None

    def _change(self, digest: bytes, **values: datetime) -> None:
        # Proven again in this very transaction: what somebody wrote meanwhile must not get a proof from us.
        row = self._find(digest, lock=True)
        if row is not None:
            proof = self._proofs.of({**row._asdict(), **values})
            changed = update(_table).where(_table.c.digest == digest).values(**values, proof=proof)
            self._transaction.connection.execute(changed)

    def _end(self, condition: ColumnElement[bool], now: datetime) -> int:
        # Without the proof, nobody brings an ended session back by removing its end.
        ended = update(_table).where(_live(condition)).values(revoked_at=now, proof=None)
        return self._transaction.connection.execute(ended).rowcount


def _live(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return condition & _table.c.revoked_at.is_(None)
