"""Polars: anti-join on all columns."""

import sys

import polars as pl

before, after = (pl.scan_csv(name, infer_schema=False) for name in sys.argv[1:3])
names = before.collect_schema().names()
print(after.join(before, on=names, how="anti", nulls_equal=True).select(pl.len()).collect().item())
