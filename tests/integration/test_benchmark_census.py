"""The benchmark of present coverage in small: every enrollment is previewed and loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


def test_the_benchmark_loads_every_enrollment():
    done = subprocess.run(
        [sys.executable, "benchmarks/census.py", "60"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
    )
    assert done.returncode == 0, done.stderr
    lines = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")][1:]
    assert {line[0].removeprefix("| "): int(line[1]) for line in lines} == {"preview": 60, "load": 60}
    assert "holds" in done.stdout
