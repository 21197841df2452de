"""Every error says what, why and how to fix it in full sentences, and advises commands, options and settings that exist.

The arguments of an error are followed to their literals: through variables, constants, conditions, parameters of the
functions around them, and functions of the same module that return a text.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from pydantic import BaseModel

from bensync import errors
from bensync.cli import invocation
from bensync.config.loading import adapter_settings
from bensync.config.reading import compose
from bensync.connectors import registry
from bensync.errors import BensyncError
from bensync.wording import remedies
from tests.architecture.checks.pages import MODULES, SOURCE
from tests.architecture.checks.test_documents import fault_of, options_of, whole_command_line

FAMILY = {
    name
    for module in (errors, invocation)
    for name, value in vars(module).items()
    if isinstance(value, type) and issubclass(value, BensyncError)
}
PARTS = {
    **{name: {"what": 0, "why": 1, "fix": 2} for name in FAMILY},
    "PreflightFinding": {"fix": 3},
    "finding": {"fix": 2},
    "refused": {"why": 1, "fix": 2},
}
"""The arguments of a call that a person reads as sentences, with their positions."""
RETURN_SENTENCES = {"reported", "unconfirmed", "why_unconfirmed", "caution", "require_reason", "format_message", "str"}
"""Functions of other modules whose texts are sentences; `str` gives the sentences of another error of ours."""
SENTENCES_OF_ERRORS = {"what", "why", "fix", "reason"}
BEGIN = re.compile(r"[A-Z0-9…`\[/]|--[a-z]|(?:bensync|gpg)\b|[a-z_]+[._:][a-z_]")
"""A capital letter, a placeholder, a path, or a name whose spelling is fixed."""
END = re.compile(r"(?:[.?!]|\.[”\"])\Z")
FORMATTED = "…"
"""Stands for a value within a text."""


def is_sentence(text: str) -> bool:
    """Return whether a text begins and ends as a sentence does; a value in it may be anything."""
    return not text or bool(BEGIN.match(text) and END.search(text) and len(text.split()) > 1)


def text_of(node: ast.expr) -> str | None:
    """Return a literal with a mark for each value in it; None for another expression."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else FORMATTED for part in node.values)
    return None


class Texts:
    """The texts that the errors of one module are made with."""

    def __init__(self, source: str) -> None:
        self.tree = ast.parse(source)
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}
        self.calls = defaultdict[str, list[ast.Call]](list)
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                self.calls[_called(node)].append(node)
        self.attributes = defaultdict[str, list[ast.expr]](list)
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
                self.attributes[node.targets[0].attr].append(node.value)
        self.functions = {node.name: node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)}
        self.imported = {
            alias.name for node in ast.walk(self.tree) if isinstance(node, ast.ImportFrom) for alias in node.names
        }
        self.seen = set[tuple[str, str]]()

    def all(self) -> Iterator[tuple[int, str | None]]:
        """Yield line and text of each argument of an error; None where no literal is behind it."""
        for name, parts in PARTS.items():
            for part, position in parts.items():
                yield from self.arguments(name, part, position)

    def arguments(self, function: str, part: str, position: int) -> Iterator[tuple[int, str | None]]:
        """Yield the texts that the calls of a function pass as one of its arguments."""
        for call in self.calls[function]:
            # An error and a refusal are called by their own name; a method of another module may share it.
            if function in PARTS and isinstance(call.func, ast.Attribute):
                continue
            given = [keyword.value for keyword in call.keywords if keyword.arg == part]
            for argument in [*call.args[position : position + 1], *given]:
                yield from self.leaves(argument, argument)

    def leaves(self, node: ast.expr, at: ast.expr) -> Iterator[tuple[int, str | None]]:
        """Yield the literals that an expression can be."""
        text = text_of(node)
        if text is not None:
            yield node.lineno, text
        elif isinstance(node, ast.IfExp | ast.BoolOp):
            for branch in [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values:
                yield from self.leaves(branch, at)
        elif isinstance(node, ast.Name):
            yield from self.named(node.id, at)
        elif isinstance(node, ast.Call):
            yield from self.returned(node, at)
        elif isinstance(node, ast.Attribute) and node.attr in SENTENCES_OF_ERRORS:
            return
        elif isinstance(node, ast.Attribute) and node.attr in self.attributes:
            for value in self.attributes[node.attr]:
                yield from self.leaves(value, value)
        elif isinstance(node, ast.Subscript | ast.Dict | ast.Tuple):
            values = [part for part in ast.walk(node) if text_of(part) is not None]  # type: ignore[arg-type]
            yield from ((part.lineno, text_of(part)) for part in values)  # type: ignore[attr-defined, arg-type]
        else:
            yield at.lineno, None

    def named(self, name: str, at: ast.expr) -> Iterator[tuple[int, str | None]]:
        """Yield the literals that a variable, a parameter or a constant can be."""
        function = self.function_of(at)
        values = [*self.assigned(function, name)] if function is not None else []
        if function is not None and not values:
            parameters = [parameter.arg for parameter in function.args.args]
            if name in parameters:
                if (function.name, name) not in self.seen:
                    self.seen.add((function.name, name))
                    position = parameters.index(name) - (parameters[0] in {"self", "cls"})
                    yield from self.arguments(function.name, name, position)
                return
        for value in values or [*self.assigned(self.tree, name, deep=False)]:
            yield from self.leaves(value, value)
        # A constant that another module defines is checked there.
        if name not in self.imported and not values and not [*self.assigned(self.tree, name, deep=False)]:
            yield at.lineno, None

    def returned(self, call: ast.Call, at: ast.expr) -> Iterator[tuple[int, str | None]]:
        """Yield the literals that a function of this module returns, or those of a table that is looked up."""
        called = _called(call)
        if called == "get" and isinstance(call.func, ast.Attribute):
            yield from (leaf for argument in call.args[1:] for leaf in self.leaves(argument, at))
            yield from self.leaves(call.func.value, at)
        elif called in self.functions and called not in RETURN_SENTENCES:
            for node in ast.walk(self.functions[called]):
                if isinstance(node, ast.Return) and node.value is not None:
                    yield from self.leaves(node.value, node.value)
        elif called not in RETURN_SENTENCES:
            yield at.lineno, None

    def function_of(self, node: ast.AST) -> ast.FunctionDef | None:
        """Return the function around an expression."""
        while node in self.parents:
            node = self.parents[node]
            if isinstance(node, ast.FunctionDef):
                return node
        return None

    @staticmethod
    def assigned(scope: ast.AST, name: str, *, deep: bool = True) -> Iterator[ast.expr]:
        """Yield what is assigned to a variable, also as one of several."""
        for node in ast.walk(scope) if deep else ast.iter_child_nodes(scope):
            if isinstance(node, ast.NamedExpr) and node.target.id == name:
                yield node.value
            targets = node.targets if isinstance(node, ast.Assign) else []
            targets = [node.target] if isinstance(node, ast.AnnAssign) and node.value is not None else targets
            for target in targets:
                if isinstance(target, ast.Name) and target.id == name:
                    yield node.value  # type: ignore[attr-defined]
                for index, part in enumerate(target.elts if isinstance(target, ast.Tuple) else []):
                    if isinstance(part, ast.Name) and part.id == name:
                        yield from _picked(node.value, index)  # type: ignore[attr-defined]


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _picked(value: ast.expr, index: int) -> Iterator[ast.expr]:
    """Yield the expressions that stand at one place of a tuple, of both branches of a condition."""
    if isinstance(value, ast.Tuple):
        yield value.elts[index]
    elif isinstance(value, ast.IfExp):
        yield from _picked(value.body, index)
        yield from _picked(value.orelse, index)
    elif isinstance(value, ast.Call):
        yield value


@cache
def texts() -> tuple[tuple[str, str | None], ...]:
    """Return place and text of every argument of every error."""
    return tuple(
        (f"{path.relative_to(SOURCE)}:{line}", text)
        for path in MODULES
        for line, text in Texts(path.read_text(encoding="utf-8")).all()
    )


def test_every_part_of_an_error_is_a_full_sentence():
    assert len(texts()) > 800
    assert [place for place, text in texts() if text is None or not is_sentence(text)] == []


@pytest.mark.parametrize(
    "source",
    [
        'ConfigError("it is wrong")',
        'ConfigError("It is wrong.", "no stop")',
        'ConfigError("It is wrong.", fix=f"fix {path}.")',
        'def f(why):\n    raise StateError("It is wrong.", why, "Fix it.")\n\nf("because")',
        'def f(x):\n    what, why = ("It is", "A.") if x else ("it was.", "B.")\n    raise StateError(what, why)',
        "StateError(type(error).__name__)",
        "StateError(compute(1))",
    ],
)
def test_a_fragment_is_found_wherever_it_stands(source):
    assert [text for _, text in Texts(source).all() if text is None or not is_sentence(text)]


@pytest.mark.parametrize(
    "text", ["It is wrong.", "bensync has a bug.", "state.url holds a password.", f"{FORMATTED} is damaged.", ""]
)
def test_a_sentence_passes(text):
    assert is_sentence(text)


LITERALS = {
    f"{path.relative_to(SOURCE)}:{node.lineno}": text
    for path in MODULES
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, ast.Constant | ast.JoinedStr) and (text := text_of(node)) is not None
}
QUOTED = re.compile(r"`(bensync (?!\[)[^`]+)`")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


def commands() -> Iterator[tuple[str, str]]:
    """Yield place and words of each command that a text of the program quotes."""
    for place, text in LITERALS.items():
        for line in QUOTED.findall(text):
            yield place, line.replace(FORMATTED, "VALUE")


def test_every_command_that_a_text_quotes_exists_with_its_options():
    quoted = [*commands()]
    assert len(quoted) > 60
    assert [f"{place}: {line}: {fault}" for place, line in quoted if (fault := fault_of(line))] == []


def test_every_command_of_a_remedy_exists():
    run = re.compile(r'run_command\("([^"]+)"\)')
    named = {words for path in MODULES for words in run.findall(path.read_text(encoding="utf-8"))}
    assert len(named) > 8
    assert [
        f"{words}: {fault}" for words in (*named, *remedies._LISTS) if (fault := fault_of(f"bensync {words}"))
    ] == []


def all_options(command: Any) -> set[str]:
    """Return the options of a command and of all below it."""
    below = [all_options(part) for part in getattr(command, "commands", {}).values()]
    return set(options_of(command)).union(*below)


def test_every_option_that_an_error_advises_exists():
    known_options = all_options(whole_command_line())
    advised = {(place, name) for place, text in texts() for name in OPTION.findall(text or "")}
    assert len(advised) > 10
    assert [f"{place}: {name}" for place, name in sorted(advised) if name not in known_options] == []


def settings_tables() -> Mapping[str, set[str]]:
    """Return the keys of each table of the configuration, by the table's own name; sites count as one."""
    tables: dict[str, set[str]] = {}

    def add(name: str, annotation: Any) -> None:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            tables.setdefault(name, set()).update(annotation.model_fields)
            for key, field in annotation.model_fields.items():
                add(key, field.annotation)
        for part in getattr(annotation, "__args__", ()):
            add(name, part)
        if hasattr(annotation, "__origin__"):
            add(name, annotation.__origin__)

    add("", compose(adapter_settings(registry.names())))
    return tables


TABLE = re.compile(r"(?:(\w+) (?:of|in|to|under) )?(?<!bensync)\[([a-z_]+)\](?: ([a-z_]+))?")
DOTTED = re.compile(r"(?<![\w./])(state|web|alerts|mail|schedule|daemon|guards)\.([a-z_]+)\b(?!\()")


def test_every_setting_that_a_text_names_exists():
    tables = settings_tables()
    missing = []
    for place, text in ((place, text) for place, text in texts() if text):
        for before, table, after in TABLE.findall(text):
            keys = {key for key in (before, after) if "_" in key}
            if table not in tables or not keys <= tables[table]:
                missing.append(f"{place}: [{table}] {' '.join(keys)}")
        missing += [f"{place}: {t}.{key}" for t, key in DOTTED.findall(text) if key not in tables.get(t, {key})]
    assert missing == []
