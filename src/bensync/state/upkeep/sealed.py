"""The sealed columns, and the version of the state key of each value. An unknown sealed column stops everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, LargeBinary, Row, Table, func, or_, select

from bensync.core.people import Values, decode_profile
from bensync.core.ports import PreflightFinding
from bensync.errors import StateError
from bensync.state.access.accounts import TOTP
from bensync.state.audit.chain import DETAIL
from bensync.state.benefits.case_mapping import DEPENDENT, ENROLLMENT, EVENT, ORIGIN, bound_to
from bensync.state.benefits.invariants import finding
from bensync.state.db.transaction import PAGE
from bensync.state.db.vault import Vault
from bensync.state.schema import sync
from bensync.state.schema.all_tables import every_table
from bensync.state.site_state import SiteState
from bensync.state.sync.baselines import PROFILE
from bensync.state.sync.declines import DECLINES
from bensync.state.sync.requests import CHANGES, DECLINED, HR_PROFILE, NOTE
from bensync.state.upkeep.fsck import FIX

_PURPOSES: Mapping[str, bytes] = {
    "sealed_profile": PROFILE,
    "sealed_changes": CHANGES,
    "sealed_note": NOTE,
    "sealed_hr_profile": HR_PROFILE,
    "sealed_declined": DECLINED,
    "sealed_declines": DECLINES,
    "sealed_detail": DETAIL,
    "sealed_totp": TOTP,
    "sealed_origin": ORIGIN,
    "sealed_event": EVENT,
    "sealed_enrollment": ENROLLMENT,
    "sealed_dependent": DEPENDENT,
}
SECRETS = sync.SecretRow.__table__
_FINGERPRINTED = frozenset({sync.BaselineRow.__table__, sync.DeliveryLineRow.__table__})
"""Tables whose fingerprint is that of the very bytes that are sealed."""


class Sealed(msgspec.Struct, frozen=True):
    """One table with sealed columns: the purpose of each, by its name."""

    table: Table
    purposes: Mapping[str, bytes]

    def older(self, version: int) -> ColumnElement[bool]:
        """Return the condition for rows that hold a value of another version."""
        # The version is the first byte of a value, so no value is opened to find it; NULL is no value, and no match.
        return or_(*(first_byte(self.table.c[name]) != bytes((version,)) for name in self.purposes))

    def resealed(self, row: Row[Any], vault: Vault) -> dict[str, bytes | None]:
        """Return the values of a row, sealed anew for the same purpose and person."""
        values: dict[str, bytes | None] = {}
        for name, purpose in self.purposes.items():
            value: bytes | None = getattr(row, name)
            key = person(row)
            values[name] = None if value is None else vault.seal(vault.unseal(value, purpose, key), purpose, key)
        return values


def sealed_tables() -> list[Sealed]:
    """Return every table whose values the vault seals; the data keys are sealed by the state key itself."""
    # A new column that is missing in _PURPOSES raises KeyError here: passed over, its values would stay under the old
    # version, and be lost when that is dropped.
    tables = []
    for table in every_table():
        names = [column.name for column in table.c if column.name.startswith("sealed") and table is not SECRETS]
        if names:
            tables.append(Sealed(table, {name: _PURPOSES[name] for name in names}))
    return tables


def versions(connection: Connection) -> Counter[int]:
    """Return the number of values by the version of the state key that sealed them."""
    columns = [SECRETS.c.sealed, *(sealed.table.c[name] for sealed in sealed_tables() for name in sealed.purposes)]
    counts: Counter[int] = Counter()
    for column in columns:
        version = first_byte(column)
        query = select(version, func.count()).where(column.is_not(None)).group_by(version)
        counts.update({first[0]: count for first, count in connection.execute(query)})
    return counts


def first_byte(column: ColumnElement[Any]) -> ColumnElement[bytes]:
    """Return the expression for the version that a value is sealed with."""
    return func.substr(column, 1, 1, type_=LargeBinary())


def person(row: Row[Any]) -> bytes:
    """Return the context of a row's sealed values: a name, an SSN's key or a participant; empty in other tables."""
    if hasattr(row, "sealed_totp"):
        name: str = row.name
        return name.encode()
    if not hasattr(row, "key") and hasattr(row, "participant_id"):
        return bound_to(row.participant_id)
    return getattr(row, "key", b"")


def check_sealed(state: SiteState) -> Iterator[PreflightFinding]:
    """Open every sealed value of a site, and compute keys and fingerprints again."""
    yield finding("every sealed value opens, and is the person's", _strange_values(state), FIX)
    yield finding("the audit trail is as it was written", _broken_entries(state), FIX)


def _broken_entries(state: SiteState) -> Iterator[str]:
    fault = state.audit.trail.verify().fault
    if fault is not None:
        yield f"entry {fault.id}: {fault.why}"


def _strange_values(state: SiteState) -> Iterator[str]:
    for sealed in sealed_tables():
        table = sealed.table
        keys = table.primary_key.columns
        query = select(table).where(table.c.site == state.site).order_by(*keys).execution_options(yield_per=PAGE)
        for row in state.transaction.connection.execute(query):
            if fault := _strange(sealed, row, state.vault):
                yield f"{table.name} {', '.join(str(getattr(row, key.name)) for key in keys)}: {fault}"


def _strange(sealed: Sealed, row: Row[Any], vault: Vault) -> str:
    try:
        opened = {
            name: vault.unseal(value, purpose, person(row))
            for name, purpose in sealed.purposes.items()
            if (value := getattr(row, name)) is not None
        }
    except StateError as error:
        return error.why
    profile = opened.get("sealed_profile")
    if profile is None:
        return ""
    values: Values = decode_profile(profile).values
    # The seal binds a profile to the key of its row, not to the SSN inside; only this finds a profile that was stored
    # under the key of another person.
    if vault.index(values["ssn"]) != row.key:
        return "its key is not that of the person"
    if sealed.table in _FINGERPRINTED and vault.fingerprint(profile) != row.fingerprint:
        return "its fingerprint is not that of the person"
    return ""
