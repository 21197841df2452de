"""The page of requirements: every id once and in order, each with its proof or a reason, and counts that add up."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reference" / "requirements.md").read_text("utf-8")
ROW = re.compile(r"^\| (S\w-\d\d+) \| (.+?) \| (.+) \|$", re.MULTILINE)
ROWS = ROW.findall(PAGE)
STATE = re.compile(r"((?:`\w+`(?:, |; |$))*)(?:(partly|not yet|not built): (.+))?")
STATES = ("done", "partly", "not yet", "not built")
PLANNED = re.compile(r" Planned: ([^.]+)\.$")
IDS = {"SC": 13, "S0": 38, "S1": 27, "S2": 27, "S3": 196, "S4": 32}
"""How many requirements each reference has, 333 in all."""


def kind(state: str) -> str:
    """Return done, partly, not yet or not built."""
    found = STATE.fullmatch(state)
    return (found[2] or "done") if found else "unreadable"


def complaint(requirement: str, state: str, planned_names: set[str]) -> str:
    """Return what is wrong with a row; empty where nothing is."""
    found = STATE.fullmatch(state)
    if not requirement.endswith("."):
        return "the requirement is no sentence"
    if found is None:
        return "the state cannot be read"
    tests, word, reason = found[1], found[2] or "done", found[3] or ""
    if word in {"done", "partly"} and not tests:
        return f"{word}, and no test is named"
    if word != "done" and (len(reason) < 20 or not reason.endswith(".")):
        return f"{word}, and no reason is given"
    planned = PLANNED.search(reason)
    if planned and planned[1] not in planned_names:
        return f"{planned[1]} is no planned work of the page"
    return ""


def names_of_tests() -> set[str]:
    """Return the names of all test functions, test classes and state machines."""
    trees = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "tests").rglob("*.py")]
    return {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def imported(folder: Path) -> Iterator[str]:
    """Yield the top-level name of each import below a folder."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module.partition(".")[0]


def test_every_requirement_is_there_once_and_in_order():
    expected = [f"{reference}-{number:02}" for reference, last in IDS.items() for number in range(1, last + 1)]
    assert [number for number, _, _ in ROWS] == expected


def test_every_row_has_its_proof_or_a_reason():
    _, _, planned_work = PAGE.partition("Planned work has")
    planned = set(re.findall(r"^\| ([A-Z][\w ]+) \| ", planned_work.partition("\n## ")[0], re.MULTILINE))
    complaints = {number: complaint(requirement, state, planned) for number, requirement, state in ROWS}
    assert {number: text for number, text in complaints.items() if text} == {}


def test_every_test_that_is_named_exists():
    known = names_of_tests()
    missing = {number: set(re.findall(r"`(test_\w+|[A-Z]\w+)`", state)) - known for number, _, state in ROWS}
    assert {number: names for number, names in missing.items() if names} == {}


def test_the_counts_of_the_page_are_those_of_its_rows():
    counted = Counter((number.partition("-")[0], kind(state)) for number, _, state in ROWS)
    lines = [[counted[reference, state] for state in STATES] for reference in IDS]
    total = [sum(column) for column in zip(*lines, strict=True)]
    rows = [*zip(IDS, lines, strict=True), ("all", total)]
    expected = [f"| {name} | {' | '.join(map(str, line))} | {sum(line)} |" for name, line in rows]
    assert [row for row in expected if row not in PAGE] == []


def test_SC_03_the_product_uses_the_libraries_of_the_design_card():
    wanted = {"apscheduler", "gnupg", "httpx", "paramiko", "sqlmodel", "structlog", "tenacity"}
    assert wanted - set(imported(ROOT / "src" / "bensync")) == set()
    assert "respx" in imported(ROOT / "tests" / "unit")


def test_SC_04_the_repository_has_the_shape_of_the_design_card():
    package = ROOT / "src" / "bensync"
    folders = [package / "connectors", package / "mappings", package / "state", ROOT / "tests"]
    assert [str(path) for path in folders if not path.is_dir()] == []
    assert [name for name in ("pyproject.toml", "Dockerfile") if not (ROOT / name).is_file()] == []
