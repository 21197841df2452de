"""The shape of the source: every module has a docstring and a limited size, and packages and class names are few."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

from tests.architecture.checks.pages import MODULES, SOURCE, name_of

LONGEST_MODULE = 450
MOST_SIBLINGS = 14
REPEATED_CLASSES_ALLOWED_IN = ("state/schema/", "api_shapes/")
"""Tables and JSON models may have the name of the value that they store or show."""


def below(path: Path) -> str:
    """Return a path below src/bensync."""
    return path.relative_to(SOURCE).as_posix()


def test_every_module_says_what_it_is_for():
    assert [name_of(path) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text("utf-8")))] == []


def test_no_module_is_too_long():
    lines = {name_of(path): path.read_text("utf-8").count("\n") for path in MODULES}
    assert {name: count for name, count in lines.items() if count > LONGEST_MODULE} == {}


def test_no_package_has_too_many_siblings():
    packages = [path.parent for path in MODULES if path.name == "__init__.py" and path.parent.name != "versions"]
    siblings = {
        below(package): [
            path.name
            for path in package.iterdir()
            if (path.suffix == ".py" and path.name != "__init__.py") or (path / "__init__.py").exists()
        ]
        for package in packages
        if package != SOURCE
    }
    assert {name: len(files) for name, files in siblings.items() if len(files) > MOST_SIBLINGS} == {}


def test_no_class_name_is_there_twice():
    files_by_class = defaultdict(list)
    for path in MODULES:
        if not below(path).startswith(REPEATED_CLASSES_ALLOWED_IN):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.ClassDef):
                    files_by_class[node.name].append(below(path))
    assert {name: files for name, files in files_by_class.items() if len(files) > 1} == {}
