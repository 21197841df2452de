"""The page of requirements: complete, each with a test that exists, or with a reason why not yet."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "reference" / "requirements.md").read_text("utf-8")
ROW = re.compile(r"^\| (S\d)-(\d\d+) \| (.+) \| (.+) \|$", re.MULTILINE)
ROWS = ROW.findall(PAGE)
NUMBERS = {
    "S0": "24-25",
    "S1": "15-17",
    "S2": "1-15 17-25",
    "S3": (
        "1-2 5-9 11-12 15 17-22 24-26 30-32 34-47 56-57 60-79 81-83 92-97 104-105 107-109 111 119-133 135 178-182 "
        "185-188 190 192-193 195"
    ),
    "S4": "1-2 4-10 12-22 25-26 28-31",
}
"""The requirements that are about benefit events, of each reference."""


def numbers(text: str) -> list[int]:
    spans = [span.split("-") for span in text.split()]
    return [number for span in spans for number in range(int(span[0]), int(span[-1]) + 1)]


def names_of_tests() -> set[str]:
    """Functions and state machines that pytest collects."""
    trees = [ast.parse(path.read_text("utf-8")) for path in TESTS.rglob("*.py")]
    return {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}


@pytest.mark.parametrize("source", NUMBERS)
def test_every_requirement_is_there_once_and_in_order(source):
    found = [int(number) for kind, number, _, _ in ROWS if kind == source]
    assert found == numbers(NUMBERS[source])


def test_every_row_is_read():
    assert len(ROWS) == len([line for line in PAGE.splitlines() if line.startswith("| S")]) == 157


def test_every_test_that_is_named_exists():
    known = names_of_tests()
    named = {name for *_, proof in ROWS for name in re.findall(r"`(\w+)`", proof)}
    assert len(named) > 100
    assert sorted(named - known) == []


@pytest.mark.parametrize(("kind", "number", "what", "proof"), ROWS, ids=[f"{row[0]}-{row[1]}" for row in ROWS])
def test_a_requirement_has_a_test_or_a_reason(kind, number, what, proof):
    assert what.endswith(".")
    tests, _, reason = proof.partition("not yet: ")
    assert re.fullmatch(r"((`(test_)?\w+`(, |; )?)+)?", tests)
    assert tests or len(reason) > 20
