"""pandas: outer merge of both, then row by row equality of all columns."""

import sys

import pandas as pd

before, after = (pd.read_csv(name, dtype=str, keep_default_na=False) for name in sys.argv[1:3])
both = before.merge(after, on="employee_id", how="outer", suffixes=("_a", "_b"))
names = [name for name in before.columns if name != "employee_id"]
changed = False
for name in names:
    changed |= both[f"{name}_a"] != both[f"{name}_b"]
print(int(changed.sum()))
