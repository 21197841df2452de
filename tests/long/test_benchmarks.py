"""Every script of `make bench` in small: it runs to its end, and its tables have a lower bound and a ratio in each row."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = {
    "starting": ("1", "an empty Typer program"),
    "sealing": ("50", "gpg, then sftp"),
    "pulling": ("50", "plain download"),
    "diff": ("50", "sort and comm"),
    "whole": ("50", "sum of the lower bounds"),
    "intake": ("50", "the same rows, written raw"),
    "pages": ("50", "`/privacy`"),
    "events": ("50", "prepare the events"),
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_of_the_benchmarks_prints_its_tables(script):
    size, bound = SCRIPTS[script]
    done = subprocess.run(
        [sys.executable, f"benchmarks/{script}.py", size],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^\*\*.+\*\*$", done.stdout, re.MULTILINE)
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ") and "CPU" not in line]
    assert any(row.startswith(f"| {bound} |") for row in rows), done.stdout
    assert len(rows) > 1
