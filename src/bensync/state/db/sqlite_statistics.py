"""Statistics that SQLite's planner expects of a large site. It knows no query, and nothing depends on it but speed.

Without statistics SQLite believes that a site has ten rows, and would read all of them for each page of people; a
database that fills up within one transaction cannot gather them in time.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

_EXPECTED = (
    ("baseline", "sqlite_autoindex_baseline_1", "100000 100000 1"),
    ("baseline", "baseline_by_employee", "100000 100000 1"),
    ("baseline", "baseline_by_due", "100000 100000 50"),
    ("delivery_row", "sqlite_autoindex_delivery_row_1", "100000 1000 1"),
    ("issue", "issue_open", "10000 10000 1000 1"),
    ("participant", "sqlite_autoindex_participant_1", "100000 100000 1"),
    ("participant", "participant_by_employee", "100000 100000 1"),
    ("request", "request_by_employee", "100000 100000 2"),
    ("request", "request_by_key", "100000 100000 2"),
    ("request", "request_by_state", "100000 100000 10000 1"),
    ("request", "request_pending", "10000 10000 1"),
)
"""Table, index, rows of the table, then how many of them share the first column, the first two, ..."""


def expect_many(connection: Connection) -> None:
    """Write the expectations into SQLite's own table of statistics, and let this connection read them."""
    if connection.dialect.name != "sqlite":
        return
    # The first ANALYZE only makes sqlite_stat1, which cannot be created otherwise; what it measured in a database that
    # may be empty goes. The last one makes this connection read the table again.
    connection.execute(text("ANALYZE"))
    connection.execute(text("DELETE FROM sqlite_stat1"))
    insert = text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:tbl, :idx, :stat)")
    connection.execute(insert, [{"tbl": table, "idx": index, "stat": stat} for table, index, stat in _EXPECTED])
    connection.execute(text("ANALYZE sqlite_schema"))
