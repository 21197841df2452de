"""The benchmark of benefit events in small: it runs to its end, and every step finds everybody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PEOPLE = 60

pytestmark = pytest.mark.slow


def test_every_step_of_the_benchmark_finds_everybody_and_a_run_more_nobody():
    done = subprocess.run(
        [sys.executable, "benchmarks/events.py", str(PEOPLE)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
    )
    assert done.returncode == 0, done.stderr
    lines = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")][1:]
    rows = {line[0].removeprefix("| "): int(line[1]) for line in lines}
    assert rows.pop("a run more") == 0
    assert set(rows.values()) == {PEOPLE}
    assert len(rows) == 6
