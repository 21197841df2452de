"""datacompy over pandas."""

import sys

import pandas as pd
from datacompy import PandasCompare

before, after = (pd.read_csv(name, dtype=str, keep_default_na=False) for name in sys.argv[1:3])
comparison = PandasCompare(before, after, join_columns="employee_id")
print(len(comparison.all_mismatch()))
