"""The copy of a configuration that turns read: later edits do not change it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bensync.config.files import Files
from bensync.daemon.config_snapshot import ConfigSnapshot
from bensync.wiring import Deployment
from tests.unit.config.example import GOOD
from tests.unit.config.test_files import WITH_RULES
from tests.unit.config.two_sites import OWN, deployed


def test_a_file_that_cannot_be_read_disables_its_site_in_a_copy_too(tmp_path):
    path = deployed(tmp_path, north=OWN)
    (tmp_path / "sites.d" / "bad.toml").mkdir()
    copy = tmp_path / "copy"
    with copy.open("wb") as file:
        Files(path).copy(file)

    for configured in (Deployment(path), Deployment(copy)):
        assert configured.names() == ["north"]
        assert configured.broken["bad"].what == "sites.d/bad.toml cannot be read."


def test_a_copy_says_the_same_whatever_is_edited_later(tmp_path):
    path = deployed(tmp_path, GOOD, north=OWN, bad="[source")
    copy = tmp_path / "copy"
    memory = io.BytesIO()
    Files(path).copy(memory)
    copy.write_bytes(memory.getvalue())
    path.write_text("nonsense")
    (tmp_path / "sites.d" / "north.toml").write_text("nonsense")

    deployment = Deployment(copy)
    assert deployment.names() == ["acme", "north"]
    assert list(deployment.broken) == ["bad"]


OWN_WITH_RULES = OWN.replace('id = "ACME0001"', 'id = "ACME0001"\nbenefits = "rules.toml"')


@pytest.mark.parametrize("site", ["acme", "north"])
def test_processes_that_read_a_copy_find_the_rulebook_beside_the_configuration(tmp_path, site):
    path = deployed(tmp_path, WITH_RULES, north=OWN_WITH_RULES)
    (tmp_path / "rules.toml").write_text('[carriers]\nall = "Everybody"\n')
    copy = ConfigSnapshot(Path(os.path.relpath(path)))
    try:
        program = f"from pathlib import Path; from bensync.wiring import Deployment; import sys; {_PRINT}"
        words = [sys.executable, "-c", program, str(copy.path), site]
        done = subprocess.run(words, pass_fds=(copy.handle,), capture_output=True, text=True, check=False)
    finally:
        copy.close()
    assert (done.stdout.strip(), done.stderr) == ("all", "")


_PRINT = "print(*Deployment(Path(sys.argv[1])).rulebook(sys.argv[2]).carriers)"
