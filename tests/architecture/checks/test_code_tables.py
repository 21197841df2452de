"""The reference of exit codes, issues, warnings and guards lists the codes that the source has."""

from __future__ import annotations

import ast
import re

import pytest

from bensync import errors
from bensync.benefits.census.problems import CensusCode
from bensync.core.changes import IssueCode
from bensync.core.guards import HoldingGuard
from bensync.core.requests import WarningCode
from tests.architecture.checks.pages import MODULES, rows_of


def test_every_exit_code_of_the_reference_is_that_of_its_class():
    names_by_code = {int(row[0]): row[1].strip("`") for row in rows_of("docs/reference/errors.md", "Exit codes")}
    classes = [errors.BensyncError, *errors.BensyncError.__subclasses__()]
    ours = [kind for kind in classes if kind.__module__ == "bensync.errors"]
    plain = {value: "" for name, value in vars(errors).items() if name.startswith("EXIT_") and isinstance(value, int)}
    assert names_by_code == {**plain, **{kind.code: kind.__name__ for kind in ours}}


def guard_codes() -> set[str]:
    """Return every code with which a guard can stop something, as the source spells them."""
    codes = {
        f"{guard}:FIELD" if guard in (HoldingGuard.EMPTIED, HoldingGuard.ONE_FIELD) else str(guard)
        for guard in HoldingGuard
    }
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                codes |= _codes(node.func.id, ast.unparse(node.args[0]))
    return codes


def _codes(called: str, first: str) -> set[str]:
    if called == "Alarm" and (match := re.match(r"'(\w+)", first)):
        return {match[1]}
    return set(re.findall(r"\((\w+)\)\.'$", first)) if called in {"GuardTripped", "DatabaseOutdated"} else set()


@pytest.mark.parametrize(
    ("section", "codes"),
    [
        ("Issues", set(IssueCode)),
        ("Warnings", set(WarningCode)),
        ("Guards", guard_codes()),
        ("Census", set(CensusCode)),
    ],
    ids=["issues", "warnings", "guards", "census"],
)
def test_every_code_says_what_it_means_and_what_to_do(section, codes):
    assert len(codes) > 5
    rows_by_code = {row[0].strip("`"): row[1:] for row in rows_of("docs/reference/errors.md", section)}
    assert rows_by_code.keys() == {str(code) for code in codes}
    assert all(all(row) for row in rows_by_code.values())
