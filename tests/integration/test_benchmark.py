"""The benchmark in small: it runs to its end, and its figures keep the promises that do not depend on the machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "sync.py"
PEOPLE = 300

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    file = tmp_path_factory.mktemp("benchmark") / "figures.json"
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(PEOPLE), "--json", str(file)],
        capture_output=True,
        text=True,
        timeout=240,
        env=os.environ | {"COLUMNS": "160"},
    )
    assert done.returncode == 0, done.stderr
    assert f"{PEOPLE} employees" in done.stdout
    (result,) = json.loads(file.read_text())["results"]
    return {job["job"]: job for job in result["jobs"]}


def test_everybody_is_sent_once_and_approved_in_bulk(jobs):
    first, again = jobs["first full resync"], jobs["resync, nothing changed"]
    assert first["rows"] == again["rows"] == PEOPLE - first["kept_back"]
    assert jobs["approve up to 10,000"]["rows"] == first["pending"] == first["rows"]
    assert again["pending"] == 0


def test_only_who_changed_is_in_a_delta_and_a_quiet_one_sends_nothing(jobs):
    for where in ("queue full", "all settled"):
        assert 0 < jobs[f"delta of 1 %, {where}"]["rows"] <= PEOPLE // 100
        assert jobs[f"quiet delta, {where}"]["rows"] == 0


def test_hr_is_asked_in_batches_and_never_once_a_person(jobs):
    assert all(job["requests"] <= 8 for job in jobs.values())
    assert jobs["approve up to 10,000"]["requests"] == 0
