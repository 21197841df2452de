"""Values of an older version are sealed for their rows, once: before schema 0022 a seal was bound to a person only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select, tuple_

from bensync.errors import StateError
from bensync.state.benefits.case_mapping import DEPENDENT, ENROLLMENT, EVENT, ORIGIN
from bensync.state.db.sealed_columns import SealedColumn
from bensync.state.db.transaction import PAGE
from bensync.state.db.vault import Vault
from bensync.state.schema import access, sync
from bensync.state.upkeep.sealed import Sealed, sealed_tables, versions

_participants = sync.ParticipantRow.__table__
_purposes = {"sealed_detail": b"audit", "sealed_totp": b"totp"}
"""The purposes that are not the name of the column without ``sealed_``."""


def bind_all(connection: Connection, vault_of: Callable[[str], Vault], held: Sequence[int]) -> None:
    """Seal every value for its row; one that opens neither way stays as it is, and `bensync fsck --deep` names it.

    Args:
        connection: the transaction of the migration.
        vault_of: returns the vault of a site.
        held: the versions of the state key that we hold.

    Raises:
        StateError: a value is sealed with a version that we do not hold.
    """
    # Left as it is, such a value would never open again once its version is back.
    if missing := sorted(versions(connection).keys() - set(held)):
        why = f"Values are sealed with version {missing[0]} of the state key, which is not there."
        raise StateError("The database was not upgraded.", why, "Add that version to the state key.")
    vaults: dict[str, Vault] = {}
    for sealed in sealed_tables():
        for rows in _pages(connection, sealed):
            vaults |= {row.site: vault_of(row.site) for row in rows if row.site not in vaults}
            sealed.write(connection, [(row, _bound(sealed, row, vaults[row.site])) for row in rows])


def _pages(connection: Connection, sealed: Sealed) -> Iterator[Sequence[Row[Any]]]:
    keys = sealed.table.primary_key.columns
    query = select(sealed.table).order_by(*keys).limit(PAGE)
    rows = connection.execute(query).all()
    while rows:
        yield rows
        last = tuple(getattr(rows[-1], column.name) for column in keys)
        rows = connection.execute(query.where(tuple_(*keys) > last)).all()


def _bound(sealed: Sealed, row: Row[Any], vault: Vault) -> dict[str, Any]:
    values = row._asdict()
    new: dict[str, Any] = {}
    for column in sealed.columns:
        value = values[column.name]
        try:
            plain = None if value is None else vault.unseal_loose(value, *bound_before(column, row))
        except StateError:
            # Either it was sealed in this migration already, as the entries of a chain from before schema 0004 are, or
            # somebody moved it.
            plain = None
        if plain is not None and sealed.table is _participants and row.fingerprint is None:
            # Older versions stored none, and the seal of a profile is bound to it.
            values["fingerprint"] = vault.fingerprint(plain)
        new[column.name] = value if plain is None else column.seal(vault, plain, values)
    return new | ({"fingerprint": values["fingerprint"]} if sealed.table is _participants else {})


def bound_before(column: SealedColumn, row: Row[Any]) -> tuple[bytes, bytes]:
    """Return the purpose and the key that a value was bound to before."""
    purpose = _purposes.get(column.name, column.name.removeprefix("sealed_").encode())
    if column in (ORIGIN, EVENT, ENROLLMENT, DEPENDENT):
        return purpose, str(row.participant_id).encode()
    if column.table is access.AccountRow.__table__:
        return purpose, row.name.encode()
    return purpose, getattr(row, "key", b"")
