"""The database without its key: for processes that count rows and open no sealed value.

A SQLite database is used in WAL mode with full sync.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from bensync.errors import ASK_OPERATOR, ConfigError, StateError, run_command
from bensync.fault_points import around
from bensync.state.db.engine import PROBED, encrypted, make_engine, rewrite, transaction


class Database:
    """The database of a deployment. It cannot read anything about a person.

    Args:
        url: ``sqlite:///FILE`` or ``postgresql+psycopg://USER@HOST/DATABASE``.
        password: for a PostgreSQL server that asks for one.

    Raises:
        ConfigError: the address is not usable.
    """

    def __init__(self, url: str, password: str | None = None) -> None:
        self._engine = make_engine(url, password)

    @property
    def file(self) -> Path | None:
        """The file of a SQLite database."""
        sqlite = self._engine.dialect.name == "sqlite"
        return Path(self._engine.url.database or "") if sqlite else None

    def reach(self) -> dict[str, Any]:
        """Return the libpq parameters of the same server, for another library that stores something there.

        Raises:
            ConfigError: the database is a file.
        """
        if self.file is not None:
            fix = "Let state.url name a PostgreSQL database."
            raise ConfigError("Only this machine can reach the database.", "It is a SQLite file.", fix)
        _, parameters = self._engine.dialect.create_connect_args(self._engine.url)
        return {**encrypted(self._engine.url), **PROBED, **parameters}

    def moment(self) -> datetime:
        """Return the time on the clock of the server, or on this machine's if the database is a file."""
        with self.whole() as connection:
            if self.file is not None:
                return datetime.now(UTC)
            # Not now(): in PostgreSQL that is the time at which the transaction began.
            now: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
            return now

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def check(self) -> str:
        """Return the schema's name, when it is this version's.

        Raises:
            StateError: otherwise.
        """
        with self.whole() as connection:
            version = schema_of(connection)
        refuse_newer(version)
        if version != head():
            why = (
                "It has no tables yet." if version is None else f"Its schema is {version}, this version needs {head()}."
            )
            raise StateError("The database is not ready.", why, "Run `bensync migrate`.", remedy=run_command("migrate"))
        return str(version)

    def erase_deleted(self) -> bool:
        """Rewrite the file of a SQLite database, so that no bytes of deleted rows are left in it.

        Returns:
            Whether they are gone. They are not while another process keeps the file busy or the disk is full, nor on a
            server, where VACUUM FULL is a matter of its administrator.
        """
        with around("retention.erase"):
            return self.file is not None and rewrite(self._engine)

    @contextlib.contextmanager
    def whole(self, step: str = "") -> Iterator[Connection]:
        """Open one transaction over all sites, for copies, checks and keys, never for daily work.

        Args:
            step: what it does, if it writes; otherwise it is one consistent picture.
        """
        with transaction(self._engine, write=bool(step)) as (connection, begun):
            yield connection
            if step:
                with around(f"{step}.commit"):
                    begun.commit()


def schema_of(connection: Connection) -> str | None:
    """Return the schema that a database has, or None if it has no tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def refuse_newer(schema: str | None) -> None:
    """Raise if a database has the schema of a later version, which this one does not understand.

    Raises:
        StateError: it has.
    """
    if schema is not None and schema > head():
        raise StateError(
            "The database belongs to a newer version of bensync.",
            f"Its schema is {schema}, and this version knows {head()}.",
            "Install the version that used it last; the database is sound, and no backup needs to be restored.",
            remedy=ASK_OPERATOR,
        )


def head() -> str:
    """Return the newest schema of this version: the greatest number among the migrations."""
    versions = resources.files("bensync.state") / "migrations" / "versions"
    return max(file.name.split("_")[0] for file in versions.iterdir() if file.name[:4].isdigit())
