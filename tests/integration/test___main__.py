"""`python -m bensync` is the command `bensync`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.fixtures.databases import on_sqlite

pytestmark = on_sqlite


def test_python_m_bensync_and_the_command_say_the_same():
    said = [
        subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=60).stdout
        for command in ([sys.executable, "-m", "bensync"], [str(Path(sys.executable).with_name("bensync"))])
    ]
    assert said[0] == said[1]
    assert said[0].startswith("bensync ")
