"""The files of the repository: lock files hold pins and hashes, and nothing names a machine or a package index."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tests.architecture.checks.pages import ROOT, name_of
from tests.fixtures.repository import project_files

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PIN = re.compile(r"^(?P<name>[a-z0-9._-]+)==(?P<version>\S+)(?: ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:work|root|home|Users)/\w+")
INDEX_HOST = re.compile(r"(?:pypi|pythonhosted|npmjs|debian)\.org|--(?:extra-)?index-url[ =]\S|--find-links[ =]\S")


def test_a_lock_file_holds_pins_and_hashes_and_nothing_else():
    for lock in LOCKS:
        lines = [line for line in lock.read_text().splitlines() if line and not line.lstrip().startswith("#")]
        assert [line for line in lines if not PIN.match(line) and not HASH.match(line)] == [], name_of(lock)
        pins = [number for number, line in enumerate(lines) if PIN.match(line)]
        assert pins, name_of(lock)
        assert [lines[number] for number in pins if not HASH.match(lines[number + 1])] == [], name_of(lock)


def test_the_lock_files_agree_on_every_version():
    pins = {lock.stem: dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", lock.read_text(), re.MULTILINE)) for lock in LOCKS}
    assert set(pins) == {"bootstrap", "build", "demo", "dev", "runtime"}
    for shorter in ("build", "demo", "runtime"):
        assert pins[shorter].items() <= pins["dev"].items(), f"{shorter}.txt differs from dev.txt: make lock"


def test_the_lock_files_hold_every_declared_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    demo = project["optional-dependencies"]["demo"]
    for lock, requirements in (("runtime", project["dependencies"]), ("demo", [*project["dependencies"], *demo])):
        pinned = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / f"requirements/{lock}.txt").read_text(), re.MULTILINE))
        names = {re.split(r"[\[<>=!~;, ]", requirement)[0].lower().replace("_", "-") for requirement in requirements}
        assert names <= pinned, f"{lock}.txt is older than pyproject.toml: make lock"


def test_no_file_names_a_machine_path_or_an_index_host():
    matches = [
        f"{name_of(path)}: {match[0]}"
        for path in project_files()
        for rule in (MACHINE_PATH, INDEX_HOST)
        for match in rule.finditer(path.read_text(encoding="utf-8", errors="ignore"))
        if path != Path(__file__)
    ]
    assert matches == []
