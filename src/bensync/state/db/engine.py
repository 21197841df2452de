"""Engines for SQLite and PostgreSQL: how connections are set up, how transactions begin, what their errors mean.

On SQLite one writer at a time works on the database, on PostgreSQL one at a time on each site. Knows no table.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Transaction, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from bensync.errors import ASK_OPERATOR, ConfigError, StateError, reported, run_command

_BUSY_SECONDS = 30
"""For a lock; then the writer stops with an error (decision 23)."""
_CONNECT_SECONDS = 10
_STUCK_SECONDS = 600
"""For one statement."""
_SILENT_SECONDS = 240
"""For a transaction whose process was stopped while it holds locks."""
_PROBES = 3
_UNREACHED_SECONDS = 60
"""After so long without an answer the other end counts as gone: a machine that dies closes no connection (R11)."""
PROBED = {
    "connect_timeout": _CONNECT_SECONDS,
    "keepalives_idle": _UNREACHED_SECONDS // 2,
    "keepalives_interval": _UNREACHED_SECONDS // 6,
    "keepalives_count": _PROBES,
    "tcp_user_timeout": _UNREACHED_SECONDS * 1000,
}
"""Settings of libpq, so that it notices in time that a server is gone."""

_SQLITE, _POSTGRESQL = ("sqlite", "sqlite+pysqlite"), ("postgresql", "postgresql+psycopg")
_FORMS = "Write sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE."
_SQLITE_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_POSTGRESQL_DAMAGE = frozenset({"XX001", "XX002"})
"""SQLSTATEs of a damaged table or index."""
_PASSING = ("08", "40", "53", "55P03", "57")
"""Beginnings of SQLSTATEs that may be gone at the next try: connections, deadlocks, resources, locks, shut-downs."""


def make_engine(address: str, password: str | None = None) -> Engine:
    """Return an engine without a pool: a connection lives as long as its transaction, so none is ever left open.

    Args:
        address: ``sqlite:///FILE`` or ``postgresql+psycopg://USER@HOST/DATABASE``.
        password: for a server that asks for one.

    Raises:
        ConfigError: the address cannot be used, or holds a password.
    """
    url = _parsed(address)
    if url.drivername in _SQLITE:
        # Without isolation_level=None the driver would begin transactions itself, later than `_begin_sqlite` must.
        engine = _engine(url, {"timeout": _BUSY_SECONDS, "isolation_level": None})
        event.listen(engine, "do_connect", _require_file)
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if url.drivername not in _POSTGRESQL:
        raise ConfigError(f"state.url names {url.drivername}.", "Only SQLite and PostgreSQL are supported.", _FORMS)
    url = url.set(drivername=_POSTGRESQL[-1], password=password)
    # A statement must see what the writer before it committed, whatever the server's default is.
    engine = _engine(url, _postgresql_options(url), isolation_level="READ COMMITTED")
    event.listen(engine, "begin", _begin_postgresql)
    return engine


@contextlib.contextmanager
def transaction(engine: Engine, site: str = "", *, write: bool) -> Iterator[tuple[Connection, Transaction]]:
    """Open one transaction: committed at the end, rolled back on any error.

    Args:
        engine: the database.
        site: whose rows are at stake: on PostgreSQL its writers wait for each other; empty for the whole database,
            whose writers wait for those of all sites.
        write: a reader has one consistent picture from its first statement to its last, and waits for nobody.

    Raises:
        StateError: the database cannot be used, or refused a statement.
    """
    with (
        _translated(),
        engine.connect().execution_options(write=write, site=site) as connection,
        connection.begin() as begun,
    ):
        yield connection, begun


def overwrite_deleted(connection: Connection) -> None:
    """Let SQLite write zeros over whatever this connection deletes from now on."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")


def rewrite(engine: Engine) -> bool:
    """Rewrite a SQLite file from its rows, and empty the log beside it; return False if it could not be done now."""
    try:
        with contextlib.closing(engine.raw_connection()) as connection:
            cursor = connection.cursor()
            # Zeros over deleted rows do not reach copies that SQLite left behind when it moved rows between pages.
            cursor.execute("VACUUM")
            # The log holds the pages as they were before; a reader keeps it from being emptied.
            (busy, _, _) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy
    except sqlite3.OperationalError:
        return False


def create_file(engine: Engine) -> None:
    """Make the file of a SQLite database that is not there yet; SQLite gives its side files the same mode.

    Raises:
        StateError: it cannot be created.
    """
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    # Before SQLite makes the file: with a chmod afterwards the database would be readable by others for a moment.
    if file and not Path(file).exists():
        try:
            Path(file).touch(mode=0o600)
        except OSError as error:
            fix = "Check that its folder exists and can be written to, or let state.url name another file."
            raise StateError(f"The database {file} cannot be created.", reported(error), fix) from error


def _parsed(address: str) -> URL:
    url = None
    with contextlib.suppress(ArgumentError, ValueError):
        url = make_url(address)
    if url is None:  # the error is not passed on: it may repeat a password that stands in the wrong place
        raise ConfigError("state.url is not a database address.", "Its form is not that of a URL.", _FORMS)
    if url.password is not None or "password" in url.query:
        raise ConfigError(
            "state.url holds a password.",
            "Secrets are references, never literals.",
            "Take it out, and name it by state.password, such as env:PGPASSWORD; or use libpq's password file.",
        )
    return url


def _engine(url: URL, options: dict[str, Any], **others: Any) -> Engine:
    return create_engine(url, hide_parameters=True, poolclass=NullPool, connect_args=options, **others)


def _postgresql_options(url: URL) -> dict[str, Any]:
    """Return the settings of every connection; an entry of the URL wins, and its ``options`` are added to ours."""
    limits = {
        "lock_timeout": _BUSY_SECONDS,
        "statement_timeout": _STUCK_SECONDS,
        "idle_in_transaction_session_timeout": _SILENT_SECONDS,
        "tcp_keepalives_idle": _UNREACHED_SECONDS // 2,
        "tcp_keepalives_interval": _UNREACHED_SECONDS // 6,
        "tcp_user_timeout": _UNREACHED_SECONDS,
    }
    given = dict(url.query)
    probes = f"-c tcp_keepalives_count={_PROBES}"
    options = [*(f"-c {name}={seconds}s" for name, seconds in limits.items()), probes, str(given.pop("options", ""))]
    defaults = {"application_name": "bensync", "client_encoding": "utf8", **encrypted(url), **PROBED}
    fresh = {name: value for name, value in defaults.items() if name not in given}
    return {**fresh, "options": " ".join(options).strip()}


def _require_file(_dialect: object, _record: object, arguments: Any, _options: object) -> None:
    """Raise if there is no database: SQLite would make an empty one, readable by everybody, and nobody would notice."""
    (file,) = arguments
    if not Path(file).exists():
        raise StateError(
            "There is no database.",
            "The file that state.url names does not exist.",
            # The path is here, in what the command line alone prints: pages show no path of the machine.
            f"{file} is missing: if bensync has sent files before, let state.url name the database that it used, or "
            "restore a backup; only for a new deployment run `bensync migrate`.",
            remedy=ASK_OPERATOR,
        )


def encrypted(url: URL) -> dict[str, str]:
    """Return the setting that keeps a connection to another machine encrypted, where nothing else is configured.

    libpq alone would fall back to a connection in clear.
    """
    near = url.host is None or url.host.startswith("/") or url.host in {"localhost", "127.0.0.1", "::1"}
    return {} if near or "host" in url.query or "PGSSLMODE" in os.environ else {"sslmode": "require"}


def _set_up_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    # WAL: a reader waits for no writer. FULL: with less, a power failure may undo the last commit, such as the intent
    # to publish a file that has arrived by then. Foreign keys: SQLite ignores them unless each connection asks.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at the start: a reader that becomes a writer half-way could not wait for another one."""
    write = connection.get_execution_options().get("write", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    """Wait for the other writers: what one reads cannot change before it has written what follows from it.

    The locks are gone with the transaction, however that ends.
    """
    options = connection.get_execution_options()
    if not options.get("write", True):
        # A page asks several questions; READ COMMITTED would answer each from another moment.
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    elif site := options.get("site"):
        # Writers of different sites share the lock of the whole database; a migration or a new key takes it alone.
        lock = f"pg_advisory_xact_lock_shared({_number('')}), pg_advisory_xact_lock({_number(site)})"
        connection.exec_driver_sql(f"SELECT {lock}")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_number('')})")


def _number(site: str) -> int:
    """Return the 64 bits by which PostgreSQL knows the lock of a site, or that of the whole database."""
    # Not hash(): it differs from process to process, and all machines must agree on the number.
    return int.from_bytes(hashlib.blake2b(site.encode(), digest_size=8, person=b"bensync").digest(), signed=True)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise _trouble(error) from error
    except sqlite3.DatabaseError as error:  # of the first connection, before SQLAlchemy translates any
        raise _damaged(error) from error


def _damaged(cause: object) -> StateError:
    return StateError(
        "The database is damaged.",
        _reported_by_database(cause),
        "Stop the daemon and the pages, copy the database and the files beside it, then restore the newest backup: "
        "`bensync restore FILE --yes --force`.",
        remedy=ASK_OPERATOR,
    )


def _reported_by_database(cause: object) -> str:
    # PostgreSQL quotes the values of a row in DETAIL.
    text = " ".join(str(cause).partition("DETAIL:")[0].split()).rstrip(".")
    return f"The database reports: {text}."


def _is_damage(cause: object) -> bool:
    return (
        getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE_DAMAGE
        or getattr(cause, "sqlstate", None) in _POSTGRESQL_DAMAGE
    )


def _trouble(error: DBAPIError) -> StateError:
    if _is_damage(error.orig):
        return _damaged(error.orig)
    if not isinstance(error, OperationalError):
        kind = f"The database reports {type(error.orig).__name__}."  # the text of a violated constraint holds values
        fix = "Run `bensync fsck`; if it finds nothing, report it with the output of --verbose."
        return StateError("The database refused a statement.", kind, fix, remedy=run_command("fsck"))
    why = _reported_by_database(error.orig)
    cause: Any = error.orig
    if not hasattr(cause, "sqlstate"):
        fix = (
            "Check that the disk has free space, that the folder can be written to, and that no other program "
            "holds the database."
        )
        return StateError("The database cannot be used.", why, fix, retry=True)
    if cause.sqlstate in {"40001", "40P01", "55P03", "57014"}:
        fix = "Try again; if it happens again, look in pg_stat_activity for a transaction that does not end."
        return StateError("The database is busy.", why, fix, retry=True)
    fix = "Check that the server is up and accepts connections, and that state.url and state.password are right."
    if "does not support SSL" in why:
        fix = "Switch TLS on at the server; or, within a network of your own, end state.url with ?sslmode=disable."
    return StateError("The database cannot be used.", why, fix, retry=_passes(cause))


def _passes(error: Any) -> bool:
    """Return whether an error of libpq may be gone later.

    A server that received the password and refused it will refuse it again.
    """
    if error.sqlstate is not None:
        return str(error.sqlstate).startswith(_PASSING)
    return not (error.pgconn is not None and error.pgconn.used_password)
