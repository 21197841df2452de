"""What is generated from the code is as the code says: run scripts/reference.py where it is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bensync import wiring

ROOT = Path(__file__).parents[2]


def test_the_reference_pages_are_what_the_code_says():
    command = [sys.executable, "scripts/reference.py", "--check"]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert outcome.returncode == 0, outcome.stderr


def test_the_example_loads():
    settings = wiring.Deployment(ROOT / "bensync.example.toml").settings
    assert list(settings.sites) == ["acme"]
    assert settings.mail is not None
