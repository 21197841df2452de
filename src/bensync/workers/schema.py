"""The tables of procrastinate, in a schema of their own; the comment of the schema records their version."""

from __future__ import annotations

from importlib import resources

from procrastinate.schema import SchemaManager

from bensync.errors import StateError
from bensync.state.db.database import Database

SCHEMA = "bensync_queue"


def bring_up(database: Database) -> str:
    """Create the tables, or migrate them to the installed version of the library; return that version.

    Raises:
        StateError: the database cannot be used, or a newer version of the library has migrated it.
    """
    newest = max(_migrations())
    if (version := _found(database)) != newest:
        _change(database, version, newest)
    return newest


def _found(database: Database) -> str:
    """Return the version of the tables; empty if there are none."""
    # procrastinate does not record which of its migrations were applied, so the comment of our schema does.
    with database.whole() as connection:
        query = f"SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = '{SCHEMA}'"  # noqa: S608  # names of ours only
        return str(connection.exec_driver_sql(query).scalar() or "")


def _change(database: Database, version: str, newest: str) -> None:
    """Create or migrate the tables, in one transaction that keeps all other writers waiting."""
    if version > newest:
        why = f"Its schema is {version}, this version of procrastinate knows {newest}."
        raise StateError(
            "The queue belongs to a newer version of procrastinate.",
            why,
            "Install the newer version on this machine, too.",
        )
    with database.whole("queue.schema") as connection:
        if (now := _found(database)) == newest:  # another worker started at the same time, and was first
            return
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        connection.exec_driver_sql(f"SET LOCAL search_path TO {SCHEMA}")
        for script in _scripts(now):
            # psycopg reads "%" as the beginning of a parameter.
            connection.exec_driver_sql(script.replace("%", "%%"))
        connection.exec_driver_sql(f"COMMENT ON SCHEMA {SCHEMA} IS '{newest}'")


def _scripts(version: str) -> list[str]:
    migrations = _migrations()
    if not version:
        return [SchemaManager.get_schema()]
    return [migrations[name] for name in sorted(migrations) if name > version]


def _migrations() -> dict[str, str]:
    """Return the migrations of procrastinate by name; the names sort in the order of application."""
    files = (resources.files("procrastinate.sql") / "migrations").iterdir()
    return {file.name: file.read_text("utf-8") for file in files if file.name.endswith(".sql")}
