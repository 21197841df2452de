"""What is generated from the code is up to date: run scripts/reference.py if it is not."""

from __future__ import annotations

import subprocess
import sys

from tests.architecture.checks.pages import ROOT


def test_the_generated_pages_are_up_to_date():
    command = [sys.executable, "scripts/reference.py", "--check"]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert outcome.returncode == 0, outcome.stderr
