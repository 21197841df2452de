"""DuckDB: EXCEPT, an anti-join on all columns."""

import sys

import duckdb

read = "SELECT * FROM read_csv(?, all_varchar = true)"
print(
    duckdb.sql(f"SELECT count(*) FROM ({read} EXCEPT ALL {read})", params=[sys.argv[2], sys.argv[1]]).fetchall()[0][0]
)
