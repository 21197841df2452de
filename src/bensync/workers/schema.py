"""The tables of procrastinate, in a schema of their own beside ours; its comment says which version they have."""

from __future__ import annotations

from importlib import resources

from procrastinate.schema import SchemaManager

from bensync.errors import StateError
from bensync.state.db.database import Database

SCHEMA = "bensync_queue"


def bring_up(database: Database) -> str:
    """Make the tables, or bring them to the version of the library that is installed; returns its name.

    Raises:
        StateError: the database cannot be used, or a newer version has been at work on it.
    """
    newest = max(_migrations())
    if (version := _found(database)) != newest:
        _change(database, version, newest)
    return newest


def _found(database: Database) -> str:
    """How far the tables have been brought; empty where there are none."""
    with database.whole() as connection:
        query = f"SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = '{SCHEMA}'"  # noqa: S608  # names of ours only
        return str(connection.exec_driver_sql(query).scalar() or "")


def _change(database: Database, version: str, newest: str) -> None:
    """One transaction that keeps all other writers waiting, so that two who start at once do it once."""
    if version > newest:
        why = f"it was brought to {version}, this version of procrastinate knows {newest}"
        raise StateError("The queue is newer than we are", why, "install the newer version here, too")
    with database.whole("queue.schema") as connection:
        if (now := _found(database)) == newest:
            return
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        connection.exec_driver_sql(f"SET LOCAL search_path TO {SCHEMA}")
        for script in _scripts(now):
            connection.exec_driver_sql(script.replace("%", "%%"))
        connection.exec_driver_sql(f"COMMENT ON SCHEMA {SCHEMA} IS '{newest}'")


def _scripts(version: str) -> list[str]:
    migrations = _migrations()
    if not version:
        return [SchemaManager.get_schema()]
    return [migrations[name] for name in sorted(migrations) if name > version]


def _migrations() -> dict[str, str]:
    """The migrations of procrastinate, by names that are in their order."""
    files = (resources.files("procrastinate.sql") / "migrations").iterdir()
    return {file.name: file.read_text("utf-8") for file in files if file.name.endswith(".sql")}
