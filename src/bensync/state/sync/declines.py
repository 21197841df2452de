"""What was declined for each person, kept until HR changes it. Only decisions and intake write it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import and_, delete, select

from bensync.core.intake.declines import Declines
from bensync.state.db.sealed_columns import SealedColumn
from bensync.state.db.transaction import SiteTransaction, pages
from bensync.state.schema import sync

_table = sync.DeclinedRow.__table__

DECLINES = SealedColumn(_table, "sealed_declines", "key", "updated_at")
_decoder = msgspec.json.Decoder(Declines)


class DeclinedValues:
    """The declines of one site."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction

    def by_keys(self, keys: Iterable[bytes]) -> dict[bytes, Declines]:
        """Return what is declined for these people; people for whom nothing was ever declined are left out."""
        declines: dict[bytes, Declines] = {}
        for page in pages(keys):
            query = select(_table).where(_table.c.site == self._transaction.site, _table.c.key.in_(page))
            for row in self._transaction.connection.execute(query):
                declines[row.key] = _decoder.decode(DECLINES.open(self._transaction.vault, row))
        return declines

    def save_all(self, declines: Mapping[bytes, Declines], now: datetime) -> None:
        """Store what is declined for these people, in place of what was stored before."""
        seal = self._transaction.vault.seal
        rows = [
            {
                "site": self._transaction.site,
                "key": key,
                # Kept even if empty: intake then knows that nothing of an older decline is left (sync-rules 3.7.6).
                "sealed_declines": seal(msgspec.json.encode(entry), DECLINES.place, key, now),
                "updated_at": now,
            }
            for key, entry in declines.items()
        ]
        insert = self._transaction.insert(sync.DeclinedRow)
        values = {name: insert.excluded[name] for name in ("sealed_declines", "updated_at")}
        upsert = insert.on_conflict_do_update(index_elements=["site", "key"], set_=values)
        for page in pages(rows):
            self._transaction.connection.execute(upsert, list(page))

    def move(self, old: bytes, new: bytes, now: datetime) -> None:
        """Give what is declined for a person to their new SSN."""
        declines = self.by_keys([old]).get(old)
        if declines is not None:
            self.save_all({new: declines}, now)
            where = and_(_table.c.site == self._transaction.site, _table.c.key == old)
            self._transaction.connection.execute(delete(_table).where(where))
