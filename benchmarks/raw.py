"""The lower bound of anything that writes into SQLite: the rows that it left, by one `executemany` for each table.

`python benchmarks/raw.py ROWS DATABASE` writes into a copy of the database as it was before: the same tables and the
same indexes, one transaction, on disk at its end. Nothing is computed, sealed or looked
up, which is why it is a lower bound.
"""

from __future__ import annotations

import pickle
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

NAME = "the same rows, written raw"
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"

Rows = dict[str, list[tuple[object, ...]]]


def keep(before: Path, after: Path, file: Path) -> int:
    """Write the rows that are new or changed since into a file; how many there are."""
    with closing(sqlite3.connect(after)) as there:
        there.execute("ATTACH ? AS before", (str(before),))
        tables = [name for (name,) in there.execute(_TABLES)]
        rows: Rows = {
            name: there.execute(f'SELECT * FROM main."{name}" EXCEPT SELECT * FROM before."{name}"').fetchall()
            for name in tables
        }
    file.write_bytes(pickle.dumps(rows, protocol=5))
    return sum(map(len, rows.values()))


def write(rows: Rows, database: Path) -> None:
    """Put them into the database."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("PRAGMA synchronous = FULL")
        for name, lines in rows.items():
            if lines:
                marks = ", ".join("?" * len(lines[0]))
                connection.executemany(f'INSERT OR REPLACE INTO "{name}" VALUES ({marks})', lines)


if __name__ == "__main__":
    write(pickle.loads(Path(sys.argv[1]).read_bytes()), Path(sys.argv[2]))
