"""csv-diff: both files into memory, then compared by key."""

import sys
from pathlib import Path

from csv_diff import compare, load_csv

before, after = (
    load_csv(Path(name).open(newline=""), key="employee_id")  # noqa: SIM115  # the process ends with it
    for name in sys.argv[1:3]
)
print(len(compare(before, after)["changed"]))
