"""Proofs of the rows that give rights: without the state key, nobody can write a row that bensync believes.

A proof is a MAC over all that a row grants: whose it is, what it allows, and its times. A row whose proof does not fit
is treated as if it did not exist; `bensync fsck` names it.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Row, Table, update

from bensync.state.db.transaction import DEPLOYMENT, SiteTransaction
from bensync.state.schema import access

_PURPOSE = b"row of access"

# Left out on purpose: columns that give nothing, such as the last use of a token; the TOTP secret, whose seal is bound
# to the account and is made anew by each key rotation; and the end of a session or code, which takes the proof away.
PROVEN: Mapping[Table, tuple[str, ...]] = {
    access.AccountRow.__table__: ("id", "name", "password", "created_at", "disabled_at"),
    access.RoleGrantRow.__table__: (
        "account_id",
        "site",
        "role",
        "employee_id",
        "extras",
        "granted_by",
        "granted_at",
    ),
    access.RecoveryCodeRow.__table__: ("mac", "account_id"),
    access.SessionRow.__table__: ("digest", "account_id", "created_at", "seen_at", "stepped_up_at"),
    access.TokenRow.__table__: ("digest", "account_id", "label", "created_at", "expires_at"),
}
"""The columns that the proof of each table covers."""


class RowProofs:
    """The proofs of one table.

    Args:
        transaction: of any site; accounts belong to the deployment.
        table: one of `PROVEN`.
    """

    def __init__(self, transaction: SiteTransaction, table: Table) -> None:
        self._transaction = transaction
        self._table = table
        self._vault = transaction.vault.beside(DEPLOYMENT)

    def of(self, values: Mapping[str, Any]) -> bytes:
        """Return the proof of a row with these values."""
        texts = [_text(values.get(name)) for name in PROVEN[self._table]]
        # JSON, and not joined texts: a separator inside a value must not make two rows alike.
        return self._vault.mac(msgspec.json.encode([str(self._table.name), *texts]), _PURPOSE)

    def fits(self, row: Row[Any]) -> bool:
        """Return whether bensync wrote this row as it is."""
        return row.proof is not None and hmac.compare_digest(row.proof, self.of(row._asdict()))

    def sign(self, row: Row[Any]) -> None:
        """Write the proof of a row as it is."""
        keys = [column == row._asdict()[column.name] for column in self._table.primary_key.columns]
        self._transaction.connection.execute(update(self._table).where(*keys).values(proof=self.of(row._asdict())))


def _text(value: object) -> object:
    if isinstance(value, datetime):
        # In UTC: the same moment with another offset would be another text.
        return value.astimezone(UTC).isoformat()
    return value.hex() if isinstance(value, bytes) else value
