"""The shape of the package: imports against the rules are found, the wheel is whole, and start-up stays light."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.fixtures.repository import project_files

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "bensync"
SLOW_IMPORTS = {"alembic", "httpx", "paramiko", "pydantic", "pydantic_settings", "sqlalchemy", "sqlmodel", "structlog"}


def lint_imports(source: Path) -> subprocess.CompletedProcess[str]:
    linter = Path(sys.executable).with_name("lint-imports")
    config = ROOT / "pyproject.toml"
    command = [linter, "--no-cache", "--no-logo", "--config", config]
    wide = os.environ | {"COLUMNS": "200"}
    return subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=60, env=wide)


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("errors.py", "import bensync.core.people", "Imports point down"),
        ("delivery/stray.py", "import bensync.connectors", "Imports point down"),
        ("attic.py", "", "Imports point down"),
        ("core/stray.py", "import os", "The pure layers perform no I/O"),
        ("mappings/stray.py", "import random", "The pure layers perform no I/O"),
        ("benefits/stray.py", "import time", "The pure layers perform no I/O"),
        ("benefits/stray.py", "import bensync.mappings.catalogue", "Imports point down"),
        ("delivery/stray.py", "import httpx", "HTTP is spoken by the connectors"),
        ("connectors/stray.py", "import paramiko", "SSH and OpenPGP live in delivery"),
        ("demo/stray.py", "import sqlmodel", "The database lives in state"),
        ("connectors/stray.py", "import cryptography.fernet", "Cryptography lives in the vault"),
    ],
)
def test_an_import_against_the_rules_is_found(tmp_path, module, line, contract):
    shutil.copytree(PACKAGE, tmp_path / "bensync", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "bensync" / module).open("a") as file:
        file.write(f"\n{line}\n")
    outcome = lint_imports(tmp_path)
    assert outcome.returncode == 1
    assert f"{contract} BROKEN" in outcome.stdout, outcome.stdout + outcome.stderr


def test_the_wheel_holds_every_file_of_the_package(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    outcome = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert outcome.returncode == 0, outcome.stderr
    (wheel,) = tmp_path.glob("bensync-*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    there = {path.relative_to(ROOT / "src").as_posix() for path in project_files() if path.is_relative_to(PACKAGE)}
    assert there <= packed
    assert "bensync/py.typed" in packed
    assert any(re.fullmatch(r"bensync/mappings/presets/\w+\.toml", name) for name in packed)
    assert any(re.fullmatch(r"bensync/state/migrations/versions/\w+\.py", name) for name in packed)
    assert any(name.endswith("/licenses/LICENSE") for name in packed)


def test_the_command_line_starts_without_the_heavy_libraries():
    command = [sys.executable, "-c", "import sys, bensync.__main__; print(*sys.modules)"]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert outcome.returncode == 0, outcome.stderr
    assert not SLOW_IMPORTS & set(outcome.stdout.split())
