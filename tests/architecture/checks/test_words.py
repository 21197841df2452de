"""One word, one meaning: the glossary is complete, and no file has a retired word or an empty name of a local."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.architecture.checks.pages import DOCS, MODULES, PAGES, ROOT, rows_of

GENERATED = ("docs/spec/", "docs/reference/requirements.md", "docs/reference/modules.md", "docs/glossary.md")
LEFT_OUT = (*GENERATED, "tests/architecture/checks/", "src/bensync/state/migrations/versions/")
# `file.tell()` is a method of Python's files
RETIRED = re.compile(
    r"\b(?:told|(?<!\.)tells?|mend(?:s|ed|ing)?|kept back|heaps?|hurts|harmless|work(?:s|ed)? off|benefits side|by hand|whoever"
    r"|handed out|in silence|at the terminal|familiar|strange|cry|calm|aftermath|roster|errands?|eyes|pockets?|hall|house"
    r"|rooms?|floors?|doors?|desk|shelf|passage|parcels?|witness|the day is none|look(?:ed)? at (?:it|them) again)\b",
    re.IGNORECASE,
)
RELEASED_KEY = re.compile(r"`(?:told|mend)`|\btold(?=: LastSent|=last_sent)|\"mend\"")
"""`told` of `bensync explain --json`, a released key that stays; `mend` of errors, as version 0.1 stored it."""
EMPTY_NAMES = {"told", "found", "one", "mine", "known", "made", "here"}
WORDS = {
    "site", "source", "record", "employee", "issue", "baseline", "change", "plan", "alarm", "run", "watermark", "feed",
    "delivery", "intake", "request", "decision", "participant", "activity", "event", "enrollment", "notice",
    "upload center", "audit entry",
}  # fmt: skip


def texts() -> Iterator[tuple[str, str]]:
    """Yield name and text of each file that is counted."""
    files = [path for top in ("src", "tests", "docs", "scripts", "benchmarks") for path in (ROOT / top).rglob("*")]
    for path in [*files, *ROOT.glob("*.md"), ROOT / "Makefile", ROOT / "pyproject.toml"]:
        name = path.relative_to(ROOT).as_posix()
        counted = path.suffix in {".py", ".html", ".md", ".toml", ".css", ""} and not name.startswith(LEFT_OUT)
        if counted and path.is_file():
            yield name, path.read_text(encoding="utf-8")


def retired_words() -> list[str]:
    """Return file and word of each retired word."""
    return [f"{name}: {word}" for name, text in texts() for word in RETIRED.findall(RELEASED_KEY.sub("", text))]


def empty_names() -> list[str]:
    """Return the assignments and parameters with a name that says nothing; fields of classes may have one."""
    places = []
    for name, text in texts():
        nodes = [*ast.walk(ast.parse(text))] if name.endswith(".py") else []
        bodies = [node.body for node in nodes if isinstance(node, ast.ClassDef)]
        fields = [line.target for body in bodies for line in body if isinstance(line, ast.AnnAssign)]
        stored = [node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
        places += [f"{name}:{node.lineno}" for node in stored if node.id in EMPTY_NAMES and node not in fields]
        arguments = [node for node in nodes if isinstance(node, ast.arg)]
        places += [f"{name}:{node.lineno}" for node in arguments if node.arg in EMPTY_NAMES]
    return places


def names_of_tests() -> list[str]:
    """Return the names of test functions that hold a retired word."""
    nodes = [
        node
        for name, text in texts()
        if name.startswith("tests/") and name.endswith(".py")
        for node in ast.walk(ast.parse(text))
    ]
    names = [node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    return [name for name in names if RETIRED.search(name.replace("_", " "))]


def test_retired_words_do_not_come_back():
    assert retired_words() == []


def test_names_of_tests_hold_no_retired_word():
    assert names_of_tests() == []


def test_locals_carry_the_noun_that_they_hold():
    assert empty_names() == []


def test_the_glossary_has_the_words_of_the_trade_and_every_entry_is_used():
    entries = [row[0].strip("*") for row in rows_of("docs/glossary.md")]
    assert entries == sorted(entries)
    assert set(entries) >= WORDS
    pages = [page for page in PAGES if page != DOCS / "glossary.md"]
    texts_in_use = " ".join(path.read_text(encoding="utf-8").lower() for path in [*MODULES, *pages])
    assert [word for word in entries if word not in texts_in_use] == []
