"""Tokens of the JSON API, stored by their hash only. It judges no age."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import and_, delete, select, update

from bensync.state.access.row_proofs import RowProofs
from bensync.state.db.transaction import SiteTransaction
from bensync.state.schema import access

_table = access.TokenRow.__table__


class Token(msgspec.Struct, frozen=True):
    """One token, without its hash."""

    account_id: int
    label: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class Tokens:
    """The tokens of the deployment."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction
        self._proofs = RowProofs(transaction, _table)

    def add(self, digest: bytes, account_id: int, label: str, now: datetime, expires_at: datetime) -> bool:
        """Add a token; return False if the account has one with this label."""
        row = {"digest": digest, "account_id": account_id, "label": label, "created_at": now, "expires_at": expires_at}
        insert = self._transaction.insert(access.TokenRow).values(**row, proof=self._proofs.of(row))
        once = insert.on_conflict_do_nothing(index_elements=["account_id", "label"]).returning(_table.c.label)
        # Not rowcount: PostgreSQL reports none for an insert that leaves a conflict alone.
        return self._transaction.connection.scalar(once) is not None

    def find(self, digest: bytes) -> Token | None:
        """Return the token with this hash, or None; also None if its proof does not fit."""
        row = self._transaction.connection.execute(select(_table).where(_table.c.digest == digest)).one_or_none()
        if row is None or not self._proofs.fits(row):
            return None
        return Token(*(row._asdict()[name] for name in Token.__struct_fields__))

    def touch(self, digest: bytes, now: datetime) -> None:
        """Record that a token was used."""
        self._transaction.connection.execute(update(_table).where(_table.c.digest == digest).values(used_at=now))

    def of(self, account_id: int) -> Sequence[Token]:
        """Return the tokens of an account, by label."""
        columns = [_table.c[name] for name in Token.__struct_fields__]
        condition = select(*columns).where(_table.c.account_id == account_id).order_by(_table.c.label)
        return [Token(*row) for row in self._transaction.connection.execute(condition)]

    def revoke(self, account_id: int, label: str) -> bool:
        """End a token; return False if there is none with this label."""
        condition = and_(_table.c.account_id == account_id, _table.c.label == label)
        return self._transaction.connection.execute(delete(_table).where(condition)).rowcount == 1

    def revoke_all(self, account_id: int) -> int:
        """End all tokens of an account; return how many."""
        return self._transaction.connection.execute(delete(_table).where(_table.c.account_id == account_id)).rowcount
