"""Store.read(site) and Store.write(site) open one transaction for one site, which cannot see another.

Opening needs the state key and a database of this version.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from pathlib import Path

from sqlalchemy import URL, Connection, Transaction, select

from bensync.errors import StateError, run_command
from bensync.fault_points import around
from bensync.state.audit import chain
from bensync.state.db import sqlite_statistics
from bensync.state.db.database import Database, head, refuse_newer, schema_of
from bensync.state.db.engine import create_file, transaction
from bensync.state.db.transaction import DEPLOYMENT, SiteTransaction
from bensync.state.db.vault import Seal, Vault, new_data_key
from bensync.state.schema.sync import SecretRow
from bensync.state.site_state import SiteState
from bensync.state.sync.runs import Lease

_secrets = SecretRow.__table__

_DATA_KEYS = ("index", "fingerprint", "mac")
_PROOFS_SINCE = "0019"
"""The schema from which on rows that give rights have proofs, and audit trails a genesis."""
_ROW_SEALS_SINCE = "0022"
"""The schema from which on sealed values are bound to their rows."""


class Store(Database):
    """The database of a deployment, and the key to it.

    Args:
        url: ``sqlite:///FILE`` or ``postgresql+psycopg://USER@HOST/DATABASE``.
        state_key: the secret that its values are sealed with.
        again: reads that secret once more, so that a long-running process notices a rotation.
        password: for a PostgreSQL server that asks for one.

    Raises:
        ConfigError: address or key are not usable.
    """

    def __init__(
        self,
        url: str,
        state_key: str | Seal,
        again: Callable[[], str] | None = None,
        password: str | None = None,
    ) -> None:
        super().__init__(url, password)
        self._seal = state_key if isinstance(state_key, Seal) else Seal(state_key, again)
        self._opened: tuple[Mapping[str, bytes], list[bytes]] = ({}, [])

    @property
    def seal(self) -> Seal:
        """The seal of its values."""
        return self._seal

    def beside(self, file: Path) -> Store:
        """Return a database in a SQLite file of its own, under the same state key."""
        return Store(URL.create("sqlite", database=str(file)).render_as_string(), self._seal)

    def migrate(self) -> str:
        """Bring the database to this version's schema, and give it its data keys; returns the schema's name.

        Raises:
            StateError: the database cannot be opened, or its key is another one.
        """
        create_file(self._engine)
        with transaction(self._engine, write=True) as (connection, begun):
            before = schema_of(connection)
            refuse_newer(before)
            if before != head():
                _upgrade(connection)
            sqlite_statistics.expect_many(connection)
            secrets = set(connection.scalars(select(_secrets.c.name)))
            # A database of this schema that has keys but no genesis was tampered with, and gets no new one.
            old = chain.GENESIS not in secrets and (not secrets or before is None or before < _PROOFS_SINCE)
            # In the transaction of the migration: a killed one leaves no database with tables and without keys.
            for name in _DATA_KEYS:
                if name not in secrets:
                    sealed = self._seal.seal(new_data_key(), name.encode())
                    connection.execute(_secrets.insert().values(name=name, sealed=sealed))
            vault = Vault(DEPLOYMENT, self._seal, *self._keys(connection, adopting=old))
            if old:
                chain.BegunTrails(connection, vault).adopt()
            chain.adopt(connection, lambda site: Vault(site, self._seal, *self._keys(connection)))
            if before is not None and before < _ROW_SEALS_SINCE:
                self._bind_seals(connection, vault)
            if old:
                self._adopt_access(connection, vault)
            with around("migrate.commit"):
                begun.commit()
        return head()

    def _bind_seals(self, connection: Connection, vault: Vault) -> None:
        from bensync.state.upkeep import row_seals  # every table, which most processes never load

        row_seals.bind_all(connection, vault.beside, self._seal.versions)

    def _adopt_access(self, connection: Connection, vault: Vault) -> None:
        from bensync.state.access import trail_rights  # the tables of access, which most processes never load

        trail_rights.adopt(SiteTransaction(connection, DEPLOYMENT, vault))

    def check(self) -> str:
        """Return the schema's name, when it is this version's and the state key fits.

        Raises:
            StateError: otherwise.
        """
        schema = super().check()
        with self.whole() as connection:
            self._keys(connection)
        return schema

    @contextlib.contextmanager
    def write(self, site: str, step: str, lease: Lease | None = None) -> Iterator[SiteState]:
        """Open one transaction that may write, for one site: committed at the end, rolled back on any error.

        Args:
            site: whose rows may be seen.
            step: what the transaction does, the first word of its fault points.
            lease: the lease of the caller. It writes only while it holds it; nobody else can take it before the
                commit.

        Raises:
            StateError: the database is locked, full, damaged or not ready.
            BusyError: somebody else has taken the lease over; nothing is written.
        """
        with self._begin(site, write=True) as (state, begun):
            # First of all: a run that lost its lease while it slept must not write what it read before (F04).
            if lease is not None:
                state.runs.keep_lease(lease)
            yield state
            with around(f"{step}.commit"):
                begun.commit()

    @contextlib.contextmanager
    def rehearse(self, site: str) -> Iterator[SiteState]:
        """Open one transaction that may write, for one site, and roll it back at the end, whatever was done in it."""
        with self._begin(site, write=True) as (state, begun):
            yield state
            begun.rollback()

    @contextlib.contextmanager
    def read(self, site: str) -> Iterator[SiteState]:
        """Open one transaction that only reads: a consistent picture, which waits for nobody."""
        with self._begin(site, write=False) as (state, _):
            yield state

    def site(self, connection: Connection, name: str) -> SiteState:
        """Return the state of one site in a transaction over all sites."""
        return SiteState(SiteTransaction(connection, name, Vault(name, self._seal, *self._keys(connection))))

    def heads(self, *sites: str) -> list[chain.Head]:
        """Return the last entry of each of these audit trails, at one moment."""
        with self.whole() as connection:
            return [self.site(connection, site).audit.trail.head() for site in sites]

    def vault(self, site: str) -> Vault:
        """Return the vault of one site, for work outside a transaction."""
        with self.whole() as connection:
            return Vault(site, self._seal, *self._keys(connection))

    @contextlib.contextmanager
    def _begin(self, site: str, *, write: bool) -> Iterator[tuple[SiteState, Transaction]]:
        with transaction(self._engine, site, write=write) as (connection, begun):
            yield self.site(connection, site), begun

    def _keys(self, connection: Connection, *, adopting: bool = False) -> list[bytes]:
        """Return the data keys; they are opened once, and again after a key rotation or a restore.

        The genesis of the audit trails must be there, unless a database of an older version is ``adopting`` one.

        A key rotation waits for writers, so that no writer seals with a version that is gone.
        """
        sealed = {row.name: row.sealed for row in connection.execute(select(_secrets))}
        if not sealed.keys() >= set(_DATA_KEYS):
            raise StateError(
                "The database is not ready.",
                "Some of its keys are missing.",
                "Run `bensync migrate`.",
                remedy=run_command("migrate"),
            )
        if chain.GENESIS not in sealed and not adopting:
            raise chain.no_genesis()
        if sealed != self._opened[0]:
            # Somebody rotated the state key since it was read. With the old version this process would seal values that
            # cannot be opened any more once that version is dropped (decision 29).
            if sealed[_DATA_KEYS[0]][0] != self._seal.versions[0]:
                self._seal.renew()
            self._opened = sealed, [self._seal.unseal(sealed[name], name.encode()) for name in _DATA_KEYS]
        return self._opened[1]


def _upgrade(connection: Connection) -> None:
    """Run the migrations. Alembic is imported here only: no other command needs it, and it is heavy."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(resources.files("bensync.state") / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
