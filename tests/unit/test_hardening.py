"""A hardened process leaves no core, lets nobody look in, and can still read the copy of its configuration."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bensync.daemon.config_snapshot import ConfigSnapshot
from bensync.errors import ConfigError

SCRIPT = """
import ctypes, encodings.cp437, encodings.utf_8_sig, os, pathlib, resource, sys
from bensync.config.files import Files
from bensync.hardening import harden
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
harden()
dumpable = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)  # PR_GET_DUMPABLE
print(dumpable, *resource.getrlimit(resource.RLIMIT_CORE), *Files(pathlib.Path(sys.argv[1])).read())
"""


@pytest.mark.parametrize(
    ("environment", "dumpable"),
    [({}, 0), ({"BENSYNC_OPEN_MEMORY": "1"}, 0), ({"BENSYNC_OPEN_MEMORY": "1", "BENSYNC_TEST": "1"}, 1)],
    ids=["as in life", "asked for outside a test", "asked for by a test"],
)
def test_memory_is_closed_and_the_copy_is_read(tmp_path: Path, environment: dict[str, str], dumpable: int) -> None:
    file = tmp_path / "bensync.toml"
    file.write_text("content = 1")
    copy = ConfigSnapshot(file)
    file.write_text("broken since")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BENSYNC_")}
    try:
        outcome = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(copy.path)],
            pass_fds=(copy.handle,),
            env={**clean, **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )
    finally:
        copy.close()
    assert outcome.returncode == 0, outcome.stderr
    expected = dumpable if os.getuid() or not dumpable else None  # giving up root closes the memory, too
    lines = outcome.stdout.split()
    assert lines[1:] == ["0", "0", "content"]
    assert expected is None or int(lines[0]) == expected


def test_a_file_that_cannot_be_read_is_reported_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        ConfigSnapshot(tmp_path / "nowhere.toml")
