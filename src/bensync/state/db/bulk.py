"""Many rows into one table as near to the driver as it gets: COPY on PostgreSQL, one prepared statement on SQLite.

It knows no table; values are bound by the types of the columns, as in every other statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy import JSON, Connection, Dialect, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.schema import ScalarElementColumnDefault

_Bind = Callable[[Any], Any]
_REMEMBERED = 1024
"""Bound values per column: days and moments repeat."""


def write(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]], /, **same: Any) -> None:
    """Insert rows that all name the same columns; the others get their default.

    Args:
        connection: an open transaction.
        table: where to.
        rows: column -> value.
        same: what is the same in every row; of a type that goes to the driver as it is.

    Raises:
        sqlalchemy.exc.DBAPIError: as every other statement.
    """
    source = iter(rows)
    first = next(source, None)
    if first is None:
        return
    # Names, defaults and binders are settled once for all rows; SQLAlchemy would prepare each row anew, which costs
    # more than SQLite takes to write it (decision 42).
    names = tuple(first)
    rest = {name: value for name, value in (_defaults(table) | same).items() if name not in first}
    tail = tuple(rest.values())
    lines = (line + tail for line in _lines(table, names, connection.dialect, chain((first,), source)))
    if connection.dialect.name == "postgresql":
        _copy(connection, table, (*names, *rest), lines)
    else:
        _insert(connection, table, (*names, *rest), lines)


def _lines(
    table: Table, names: tuple[str, ...], dialect: Dialect, rows: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[Any, ...]]:
    """Yield the values of each row, bound."""
    pick = itemgetter(*names)
    bound = [(place, bind) for place, name in enumerate(names) if (bind := _bind(table.c[name].type, dialect))]
    for row in rows:
        values = list(pick(row))
        for place, bind in bound:
            values[place] = bind(values[place])
        yield tuple(values)


def _bind(kind: Any, dialect: Dialect) -> _Bind | None:
    """Return the function that prepares a value of this type for the driver; None if it goes as it is."""
    bind: _Bind | None = kind.dialect_impl(dialect).bind_processor(dialect)
    if bind is None:
        return None
    # Values of a JSON column are dicts and lists, which no cache takes as a key.
    return bind if isinstance(kind, JSON) else lru_cache(_REMEMBERED)(bind)


def _defaults(table: Table) -> dict[str, Any]:
    """Return the columns that a row need not name, as far as the database itself does not know their value."""
    named = ((column.name, column.default) for column in table.columns)
    return {name: default.arg for name, default in named if isinstance(default, ScalarElementColumnDefault)}


def _insert(connection: Connection, table: Table, names: tuple[str, ...], lines: Iterable[tuple[Any, ...]]) -> None:
    marks = ", ".join("?" * len(names))
    # The names are those of our own table.
    statement = f"INSERT INTO {table.name} ({_list(connection, names)}) VALUES ({marks})"  # noqa: S608  # names of ours only
    # A list of rows makes SQLAlchemy call executemany, which prepares the statement once.
    connection.exec_driver_sql(statement, list(lines))


def _copy(connection: Connection, table: Table, names: tuple[str, ...], lines: Iterable[tuple[Any, ...]]) -> None:
    dialect, driver = connection.dialect, connection.connection.dbapi_connection
    statement = f"COPY {table.name} ({_list(connection, names)}) FROM STDIN"
    driver_error: Any = dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:  # type: ignore[union-attr]  # it is psycopg's
            for line in lines:
                copy.write_row(line)
    except driver_error as error:
        # psycopg raises these errors past SQLAlchemy; callers expect its kind, without the values of the row.
        raise DBAPIError.instance(
            statement, None, error, driver_error, hide_parameters=True, dialect=dialect
        ) from error


def _list(connection: Connection, names: Iterable[str]) -> str:
    quote = connection.dialect.identifier_preparer.quote
    return ", ".join(quote(name) for name in names)
