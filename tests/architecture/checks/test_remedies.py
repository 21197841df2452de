"""Errors that advise a command or an option carry a remedy, so that pages and the API can word it for their readers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bensync import errors
from bensync.errors import BensyncError

SOURCE = Path(errors.__file__).parent
INTERFACES = ("cli", "demo", "drill", "testing", "web")
FAMILY = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, BensyncError)}
MODULES = [path for path in sorted(SOURCE.rglob("*.py")) if path.relative_to(SOURCE).parts[0] not in INTERFACES]


def texts_of(node: ast.AST, function: ast.AST) -> Iterator[str]:
    """Yield the literal texts of a call, and of the variables that it is given."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value
        if isinstance(part, ast.Name):
            assigned = [
                line for line in ast.walk(function) if isinstance(line, ast.Assign) and line.lineno < node.lineno
            ]
            values = [line.value for line in assigned for target in line.targets if named(target, part.id)]
            yield from (text for value in values[-1:] for text in texts_of(value, ast.Module([], [])))


def named(target: ast.AST, name: str) -> bool:
    """Return whether an assignment is to a variable of this name."""
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(target))


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, ast.AST]]:
    """Yield each error that is made, with its function."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FAMILY:
                yield node, function


def test_errors_that_advise_a_command_or_an_option_carry_a_remedy():
    missing = []
    for path in MODULES:
        for call, function in calls(ast.parse(path.read_text(encoding="utf-8"))):
            advice = " ".join(text for argument in call.args[2:] for text in texts_of(argument, function))
            worded = any(keyword.arg == "remedy" for keyword in call.keywords)
            if ("`bensync " in advice or " --" in advice) and not worded:
                missing.append(f"{path.relative_to(SOURCE)}:{call.lineno}")
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("remedy", [errors.CONFIRM, errors.GIVE_REASON, errors.run_command("people list")])
def test_the_json_of_an_error_has_its_remedy(remedy):
    shape = errors.DecisionError("It was not done", "why", "fix", remedy=remedy).as_json()
    assert shape["remedy"] == remedy.kind
    assert shape.get("command", "") == remedy.command
