"""Store.work(site) -> Work: one transaction for one site, which cannot see another.

Opening needs the state key and a database of this version; a SQLite database is used in WAL mode with full sync.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from bensync.errors import ConfigError, StateError
from bensync.state import planner
from bensync.state.desk import Desk, of
from bensync.state.tables import Secret
from bensync.state.vault import Seal, Vault, new_data_key
from bensync.state.work import Work

_BUSY_SECONDS = 30
_INDEX, _FINGERPRINT = "index", "fingerprint"


class Store:
    """The database of a deployment.

    Args:
        url: ``sqlite:///FILE``.
        state_key: the secret that its values are sealed with.

    Raises:
        ConfigError: address or key are not usable.
    """

    def __init__(self, url: str, state_key: str) -> None:
        self._seal = Seal(state_key)
        self._engine = _engine(url)
        self._data_keys: tuple[bytes, bytes] | None = None

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    def migrate(self) -> str:
        """Bring the database to this version's schema, and give it its data keys; returns the schema's name.

        Raises:
            StateError: the database cannot be opened, or its key is another one.
        """
        _keep_private(self._engine.url.database)
        with _translated(), self._engine.begin() as connection:
            _upgrade(connection)
            planner.expect_many(connection)
            for name in (_INDEX, _FINGERPRINT):
                if connection.scalar(select(of(Secret).c.name).where(of(Secret).c.name == name)) is None:
                    sealed = self._seal.seal(new_data_key(), name.encode())
                    connection.execute(of(Secret).insert().values(name=name, sealed=sealed))
        self._keys()
        return _head()

    def check(self) -> str:
        """The schema's name, when it is this version's and the state key fits.

        Raises:
            StateError: otherwise.
        """
        with _translated(), self._engine.connect() as connection:
            known = inspect(connection).has_table("alembic_version")
            found = connection.scalar(text("SELECT version_num FROM alembic_version")) if known else None
        if found != _head():
            why = "it has no tables yet" if found is None else f"its schema is {found}, this version needs {_head()}"
            raise StateError("The database is not ready", why, "run `bensync migrate`")
        self._keys()
        return str(found)

    @contextlib.contextmanager
    def work(self, site: str) -> Iterator[Work]:
        """One transaction that may write, for one site: committed at the end, rolled back on any error.

        Raises:
            StateError: the database is locked, full, damaged or not ready.
        """
        with self._begin(site, write=True) as work:
            yield work

    @contextlib.contextmanager
    def look(self, site: str) -> Iterator[Work]:
        """One transaction that only reads: a consistent picture, which waits for nobody."""
        with self._begin(site, write=False) as work:
            yield work

    def vault(self, site: str) -> Vault:
        """The vault of one site, for work outside a transaction."""
        return Vault(site, self._seal, *self._keys())

    @contextlib.contextmanager
    def _begin(self, site: str, *, write: bool) -> Iterator[Work]:
        vault = self.vault(site)
        with _translated(), self._engine.connect().execution_options(write=write) as connection, connection.begin():
            yield Work(Desk(connection, site, vault))

    def _keys(self) -> tuple[bytes, bytes]:
        if self._data_keys is None:
            with _translated(), self._engine.connect() as connection:
                sealed = {row.name: row.sealed for row in connection.execute(select(of(Secret)))}
            if not sealed:
                raise StateError("The database is not ready", "it has no keys yet", "run `bensync migrate`")
            opened = [self._seal.unseal(sealed[name], name.encode()) for name in (_INDEX, _FINGERPRINT)]
            self._data_keys = (opened[0], opened[1])
        return self._data_keys


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError("state.url is not a database address", str(error), "write sqlite:///FILE") from error
    if parsed.get_backend_name() != "sqlite":
        raise ConfigError(
            f"state.url names {parsed.get_backend_name()}", "only SQLite is supported yet", "write sqlite:///FILE"
        )
    # No pool: a connection lives as long as its transaction, so none is ever left open, whoever holds the store.
    options = {"timeout": _BUSY_SECONDS, "isolation_level": None}
    engine = create_engine(parsed, hide_parameters=True, poolclass=NullPool, connect_args=options)
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _keep_private(database: str | None) -> None:
    """Make a new database readable by its owner only; SQLite gives its side files the same mode."""
    if database and not Path(database).exists():
        with contextlib.suppress(OSError):
            Path(database).touch(mode=0o600)


def _set_up(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]  # a DB-API connection
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at the start: a reader that becomes a writer half-way could not wait for another one."""
    write = connection.get_execution_options().get("write", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        mend = "see that the disk has room, the folder can be written, and no other program holds the database"
        raise StateError("The database cannot be used", str(error.orig), mend, retry=True) from error
    except DBAPIError as error:
        raise StateError(
            "The database refused a statement", type(error.orig).__name__, "run `bensync check`"
        ) from error


def _upgrade(connection: Connection) -> None:
    """Run the migrations. Alembic is imported here only: no other command needs it, and it is heavy."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(resources.files("bensync.state") / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _head() -> str:
    """The newest schema of this version: the greatest number among the migrations."""
    versions = resources.files("bensync.state") / "migrations" / "versions"
    return max(file.name.split("_")[0] for file in versions.iterdir() if file.name[:4].isdigit())
