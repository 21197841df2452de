"""Each limit and default of a setting is written once: in the settings, or in the core value that they take it from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SRC = Path(__file__).parents[2] / "src" / "bensync"
SETTINGS = frozenset(
    SRC / path
    for path in (
        "config/settings.py",
        "config/tables.py",
        "connectors/bamboohr/settings.py",
        "connectors/csvfile.py",
        "delivery/settings.py",
    )
)
NO_LIMIT = ("None", "''", "()", "[]", "{}", "0", "b''")
"""Texts of defaults that stand for nothing configured."""

OTHER_MEANINGS = frozenset(
    {
        "Limits.attempts",  # failed sends of one notice, which nobody configures
        "FakeField.type",  # the type of a field of the fake BambooHR
        "FakeColumn.type",
        "demo.employees",  # how many people the demo invents
        "UploadCenter.user",  # the demo's own user
        "load.user",  # whom the audit trail names
        "Pull.everybody",  # whether an answer holds everybody, and not the daily reconciliation
        "pull.everybody",
    }
)


def literal_defaults(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (owner, name) of each field of a class and each parameter whose default is a literal."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ClassDef):
            yield from _fields(node)
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and method.name == "__init__":
                    yield from _parameters(method, node.name)
        elif isinstance(node, ast.FunctionDef) and node.name != "__init__":
            yield from _parameters(node, node.name)


def _fields(owner: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field in owner.body:
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and _is_limit(field.value):
            yield owner.name, field.target.id


def _parameters(function: ast.FunctionDef, owner: str) -> Iterator[tuple[str, str]]:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + arguments.defaults
    pairs = [*zip(positional, defaults, strict=True), *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    yield from ((owner, parameter.arg) for parameter, default in pairs if _is_limit(default))


def _is_limit(value: ast.expr | None) -> bool:
    """Whether a default is written out here, and stands for more than nothing."""
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "Field":
        named = [keyword.value for keyword in value.keywords if keyword.arg == "default"]
        return any(map(_is_limit, value.args[:1] or named))
    if isinstance(value, ast.Call):
        return bool(value.args) and all(map(_is_written_out, value.args))
    return value is not None and _is_written_out(value) and ast.unparse(value) not in NO_LIMIT


def _is_written_out(value: ast.expr) -> bool:
    return not any(isinstance(part, ast.Name | ast.Call | ast.Attribute) for part in ast.walk(value))


def test_no_default_of_a_setting_is_written_a_second_time_elsewhere():
    configured = {name for path in SETTINGS for _, name in literal_defaults(path)}
    elsewhere = {
        f"{owner}.{name}"
        for path in SRC.rglob("*.py")
        if path not in SETTINGS
        for owner, name in literal_defaults(path)
        if name in configured
    }
    assert elsewhere <= OTHER_MEANINGS, elsewhere - OTHER_MEANINGS


def test_the_search_finds_a_default_that_is_written_twice(tmp_path: Path):
    module = tmp_path / "module.py"
    module.write_text(
        "class Client:\n    wait: float = 3\n    def __init__(self, attempts: int = 5, *, name=''): ...\n"
    )
    assert list(literal_defaults(module)) == [("Client", "wait"), ("Client", "attempts")]
