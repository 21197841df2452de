"""The sealed columns, and the version of the state key of each value. An unknown sealed column stops everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, LargeBinary, Row, Table, bindparam, func, or_, select, update

from bensync.core.people import Values, decode_profile
from bensync.core.ports import PreflightFinding
from bensync.errors import StateError
from bensync.state.access.accounts import TOTP
from bensync.state.audit.chain import DETAIL
from bensync.state.benefits.case_mapping import DEPENDENT, ENROLLMENT, EVENT, ORIGIN
from bensync.state.benefits.invariants import finding
from bensync.state.db.sealed_columns import SealedColumn
from bensync.state.db.transaction import PAGE
from bensync.state.db.vault import Vault
from bensync.state.schema import sync
from bensync.state.schema.all_tables import every_table
from bensync.state.site_state import SiteState
from bensync.state.sync.baselines import ROW_PROFILE, SENT_PROFILE
from bensync.state.sync.declines import DECLINES
from bensync.state.sync.participants import PARTICIPANT_PROFILE
from bensync.state.sync.requests import CHANGES, DECLINED, HR_PROFILE, NOTE, PROPOSED_PROFILE
from bensync.state.upkeep.fsck import FIX

_COLUMNS = (
    *(SENT_PROFILE, ROW_PROFILE, PARTICIPANT_PROFILE, DECLINES, DETAIL, TOTP),
    *(PROPOSED_PROFILE, CHANGES, HR_PROFILE, DECLINED, NOTE),
    *(ORIGIN, EVENT, ENROLLMENT, DEPENDENT),
)
SECRETS = sync.SecretRow.__table__
_FINGERPRINTED = (SENT_PROFILE, ROW_PROFILE, PARTICIPANT_PROFILE)
"""Columns whose row has the fingerprint of the very bytes that are sealed."""


class Sealed(msgspec.Struct, frozen=True):
    """One table with its sealed columns."""

    table: Table
    columns: tuple[SealedColumn, ...]

    def older(self, version: int) -> ColumnElement[bool]:
        """Return the condition for rows that hold a value of another version."""
        # The version is the first byte of a value, so no value is opened to find it; NULL is no value, and no match.
        return or_(*(first_byte(self.table.c[column.name]) != bytes((version,)) for column in self.columns))

    def resealed(self, row: Row[Any], vault: Vault) -> dict[str, bytes | None]:
        """Return the values of a row, sealed anew for the same row."""
        values = row._asdict()
        return {
            column.name: None if values[column.name] is None else column.seal(vault, column.open(vault, row), values)
            for column in self.columns
        }

    def write(self, connection: Connection, rows: Sequence[tuple[Row[Any], Mapping[str, Any]]]) -> None:
        """Write new values into rows; all of them name the same columns."""
        if not rows:
            return
        # SQLAlchemy reserves the names of columns for the new values, so the parameters are old_... and new_...
        keys = self.table.primary_key.columns
        condition = [column == bindparam(f"old_{column.name}") for column in keys]
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in rows[0][1]}
        parameters = [
            {f"old_{column.name}": getattr(row, column.name) for column in keys}
            | {f"new_{name}": value for name, value in new.items()}
            for row, new in rows
        ]
        connection.execute(update(self.table).where(*condition).values(values), parameters)


def sealed_tables() -> list[Sealed]:
    """Return every table whose values the vault seals; the data keys are sealed by the state key itself."""
    # A new column that is missing in _COLUMNS raises KeyError here: passed over, its values would stay under the old
    # version, and be lost when that is dropped.
    columns = {(column.table, column.name): column for column in _COLUMNS}
    tables = []
    for table in every_table():
        names = [column.name for column in table.c if column.name.startswith("sealed") and table is not SECRETS]
        if names:
            tables.append(Sealed(table, tuple(columns[table, name] for name in names)))
    return tables


def versions(connection: Connection) -> Counter[int]:
    """Return the number of values by the version of the state key that sealed them."""
    columns = [
        SECRETS.c.sealed,
        *(sealed.table.c[column.name] for sealed in sealed_tables() for column in sealed.columns),
    ]
    counts: Counter[int] = Counter()
    for column in columns:
        version = first_byte(column)
        query = select(version, func.count()).where(column.is_not(None)).group_by(version)
        counts.update({first[0]: count for first, count in connection.execute(query)})
    return counts


def first_byte(column: ColumnElement[Any]) -> ColumnElement[bytes]:
    """Return the expression for the version that a value is sealed with."""
    return func.substr(column, 1, 1, type_=LargeBinary())


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
        opened = {column: column.open(vault, row) for column in sealed.columns if getattr(row, column.name) is not None}
    except StateError as error:
        return error.why
    for column, plain in opened.items():
        if column.name != "sealed_profile":
            continue
        values: Values = decode_profile(plain).values
        # The seal binds a profile to the key of its row, not to the SSN inside; only this finds a profile that was
        # stored under the key of another person.
        if vault.index(values["ssn"]) != row.key:
            return "its key is not that of the person"
        if column in _FINGERPRINTED and vault.fingerprint(plain) != row.fingerprint:
            return "its fingerprint is not that of the person"
    return ""
