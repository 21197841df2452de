"""The shape of the house: floors, one home per library, docstrings, sizes, and what a wheel and a lock file hold."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "bensync"
MODULES = sorted(PACKAGE.rglob("*.py"))
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PIN = re.compile(r"^(?P<name>[a-z0-9._-]+)==(?P<version>\S+)(?: ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:work|root|home|Users)/\w+")
INDEX_HOST = re.compile(r"(?:pypi|pythonhosted|npmjs|debian)\.org|--(?:extra-)?index-url[ =]\S|--find-links[ =]\S")
SLOW_IMPORTS = {"alembic", "httpx", "paramiko", "pydantic", "pydantic_settings", "sqlalchemy", "sqlmodel", "structlog"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def project_files() -> list[Path]:
    """What is in version control or would go there; everything but caches where there is no repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode == 0:
        return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]
    hidden = {".venv", ".git", "__pycache__", "build", "dist"}
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and not any(part in hidden or part.endswith("_cache") for part in path.relative_to(ROOT).parts)
    ]


def lint_imports(source: Path) -> subprocess.CompletedProcess[str]:
    linter = Path(sys.executable).with_name("lint-imports")
    config = ROOT / "pyproject.toml"
    command = [linter, "--no-cache", "--no-logo", "--config", config]
    wide = os.environ | {"COLUMNS": "200"}
    return subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=60, env=wide)


def test_imports_point_down_and_every_library_has_one_home():
    outcome = lint_imports(ROOT / "src")
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("errors.py", "import bensync.core.model", "Imports point down"),
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


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_what_it_is_for_and_stays_small(path):
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), f"{name_of(path)} opens without a docstring"
    assert text.count("\n") <= 450, f"{name_of(path)} has grown too long: which word is missing?"


@pytest.mark.parametrize("path", LOCKS, ids=name_of)
def test_a_lock_file_holds_pins_and_hashes_and_nothing_else(path):
    lines = [line for line in path.read_text().splitlines() if line and not line.lstrip().startswith("#")]
    strange = [line for line in lines if not PIN.match(line) and not HASH.match(line)]
    assert not strange
    pins = [number for number, line in enumerate(lines) if PIN.match(line)]
    assert pins
    assert all(HASH.match(lines[number + 1]) for number in pins)


def test_the_lock_files_agree_on_every_version():
    pins = {lock.stem: dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", lock.read_text(), re.MULTILINE)) for lock in LOCKS}
    assert set(pins) == {"bootstrap", "build", "demo", "dev", "runtime"}
    for shorter in ("build", "demo", "runtime"):
        assert pins[shorter].items() <= pins["dev"].items(), f"{shorter}.txt differs from dev.txt: make lock"


def test_the_lock_files_hold_every_declared_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    demo = project["optional-dependencies"]["demo"]
    for lock, wanted in (("runtime", project["dependencies"]), ("demo", [*project["dependencies"], *demo])):
        pinned = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / f"requirements/{lock}.txt").read_text(), re.MULTILINE))
        names = {re.split(r"[\[<>=!~;, ]", requirement)[0].lower().replace("_", "-") for requirement in wanted}
        assert names <= pinned, f"{lock}.txt is older than pyproject.toml: make lock"


def test_no_file_names_a_machine_path_or_an_index_host():
    found = [
        f"{name_of(path)}: {match[0]}"
        for path in project_files()
        for rule in (MACHINE_PATH, INDEX_HOST)
        for match in rule.finditer(path.read_text(encoding="utf-8", errors="ignore"))
        if path != Path(__file__)
    ]
    assert not found


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
    command = [sys.executable, "-c", "import sys, bensync.__main__, bensync.cli; print(*sys.modules)"]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert outcome.returncode == 0, outcome.stderr
    assert not SLOW_IMPORTS & set(outcome.stdout.split())
