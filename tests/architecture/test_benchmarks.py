"""The benchmarks as a whole: `make bench` runs every script, prints day and machine, and judges honestly."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture
def targets(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import targets  # the folder is no package

    return targets


def test_make_bench_runs_every_script_with_the_sizes_that_were_asked_for():
    outcome = subprocess.run(["make", "-n", "bench", "ARGS=50"], cwd=ROOT, capture_output=True, text=True, check=True)
    run = re.findall(r"python benchmarks/(\w+)\.py ?(\d*)$", outcome.stdout, re.MULTILINE)
    sized = ["sealing", "pulling", "diff", "whole", "intake", "pages", "events", "sync"]
    assert run == [("measure", ""), ("starting", ""), *((name, "50") for name in sized), ("targets", "")]


def test_the_page_about_benchmarks_describes_every_script():
    page = (BENCHMARKS / "README.md").read_text("utf-8")
    assert [file.name for file in sorted(BENCHMARKS.glob("*.py")) if f"`{file.name}`" not in page] == []


def test_the_headline_shows_day_machine_and_python():
    done = subprocess.run([sys.executable, str(BENCHMARKS / "measure.py")], capture_output=True, text=True, check=True)
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d UTC, \d+ processors .+ GiB, Linux .+, Python 3\.\d+\.\d+\n", done.stdout
    )


def test_a_target_is_met_missed_or_not_measured_and_the_last_figure_counts(targets):
    notes = [
        [targets.FULL_CPU.what, 12, 100],
        [targets.FULL_CPU.what, 75.1, 1_000_000],
        [targets.DIFF_AHEAD.what, 2, 5],
    ]
    table = targets.judged("\n".join(map(json.dumps, notes)))
    assert f"| {targets.FULL_CPU.what} | at most 75 | 75.1 | 1,000,000 | **missed** |" in table
    assert f"| {targets.DIFF_AHEAD.what} | at least 2 | 2 | 5 | met |" in table
    assert f"| {targets.HELP.what} | at most 1.3 | - | - | not measured |" in table


def test_a_figure_is_noted_only_where_somebody_wants_it(targets, monkeypatch, tmp_path):
    monkeypatch.delenv("BENSYNC_NOTES", raising=False)
    targets.note(targets.HELP, 1.2)
    monkeypatch.setenv("BENSYNC_NOTES", str(tmp_path / "kept" / "notes"))
    targets.note(targets.HELP, 1.2)
    assert "| 1.2 | - | met |" in targets.judged((tmp_path / "kept" / "notes").read_text())
