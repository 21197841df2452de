"""One word, one meaning: the glossary is complete, and retired words and empty names of locals only grow fewer.

`word_budget.toml` says how many each folder still has. A count above its budget fails; lower the budget with every
word that goes, by `python -m tests.architecture.checks.test_words`.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.architecture.checks.pages import DOCS, MODULES, PAGES, ROOT, rows_of

BUDGET = Path(__file__).with_name("word_budget.toml")
GENERATED = ("docs/spec/", "docs/reference/requirements.md", "docs/reference/modules.md", "docs/glossary.md")
LEFT_OUT = (*GENERATED, "tests/architecture/checks/", "src/bensync/state/migrations/versions/")
# `file.tell()` is a method of Python's files, and `calm` the tone of a style sheet's good news
RETIRED = re.compile(
    r"\b(?:told|(?<!\.)tells?|mend(?:s|ed|ing)?|kept back|heaps?|hurts|harmless|work(?:s|ed)? off|benefits side|by hand|whoever"
    r"|handed out|in silence|at the terminal|familiar|strange|cry|calm|aftermath|roster|errands?|eyes|pockets?|hall|house"
    r"|rooms?|floors?|doors?|desk|shelf|passage|parcels?|witness|the day is none|look(?:ed)? at (?:it|them) again)\b",
    re.IGNORECASE,
)
RELEASED_KEY = re.compile(r"`told`|\btold(?=: LastSent|=last_sent)")
"""A key of `bensync explain --json`, in documents and in its shape: a released key stays."""
EMPTY_NAMES = {"told", "found", "one", "mine", "known", "made", "here"}
WORDS = {
    "site", "source", "record", "employee", "issue", "baseline", "change", "plan", "alarm", "run", "watermark", "feed",
    "delivery", "intake", "request", "decision", "participant", "activity", "event", "enrollment", "notice",
    "upload center", "audit entry",
}  # fmt: skip


def folder_of(name: str) -> str:
    """Return the folder that a file is counted in: a package of bensync, or the top folder elsewhere."""
    parts = name.split("/")[:-1]
    return "/".join(parts[:3] if parts[:2] == ["src", "bensync"] else parts[:1]) or "."


def texts() -> Iterator[tuple[str, str]]:
    """Yield name and text of each file that is counted."""
    files = [path for top in ("src", "tests", "docs", "scripts", "benchmarks") for path in (ROOT / top).rglob("*")]
    for path in [*files, *ROOT.glob("*.md"), ROOT / "Makefile", ROOT / "pyproject.toml"]:
        name = path.relative_to(ROOT).as_posix()
        counted = path.suffix in {".py", ".html", ".md", ".toml", ".css", ""} and not name.startswith(LEFT_OUT)
        if counted and path.is_file():
            yield name, path.read_text(encoding="utf-8")


def retired_words() -> Counter[str]:
    """Count retired words by folder."""
    counts = Counter[str]()
    for name, text in texts():
        counts[folder_of(name)] += len(RETIRED.findall(RELEASED_KEY.sub("", text)))
    return +counts


def empty_names() -> Counter[str]:
    """Count assignments and parameters with a name that says nothing, by folder; fields of classes may have one."""
    counts = Counter[str]()
    for name, text in texts():
        nodes = [*ast.walk(ast.parse(text))] if name.endswith(".py") else []
        bodies = [node.body for node in nodes if isinstance(node, ast.ClassDef)]
        fields = [line.target for body in bodies for line in body if isinstance(line, ast.AnnAssign)]
        for node in nodes:
            stored = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node not in fields
            counts[folder_of(name)] += (stored and node.id in EMPTY_NAMES) or (
                isinstance(node, ast.arg) and node.arg in EMPTY_NAMES
            )
    return +counts


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


def over(counts: Mapping[str, int], budget: Mapping[str, int]) -> list[str]:
    """Return the folders with more than their budget."""
    return [
        f"{folder}: {n}, budget {budget.get(folder, 0)}" for folder, n in counts.items() if n > budget.get(folder, 0)
    ]


def test_retired_words_do_not_come_back():
    assert over(retired_words(), tomllib.loads(BUDGET.read_text())["retired_words"]) == []


def test_names_of_tests_hold_no_retired_word():
    assert names_of_tests() == []


def test_locals_carry_the_noun_that_they_hold():
    assert over(empty_names(), tomllib.loads(BUDGET.read_text())["empty_names"]) == []


def test_the_glossary_has_the_words_of_the_trade_and_every_entry_is_used():
    entries = [row[0].strip("*") for row in rows_of("docs/glossary.md")]
    assert entries == sorted(entries)
    assert set(entries) >= WORDS
    pages = [page for page in PAGES if page != DOCS / "glossary.md"]
    texts_in_use = " ".join(path.read_text(encoding="utf-8").lower() for path in [*MODULES, *pages])
    assert [word for word in entries if word not in texts_in_use] == []


def main() -> None:
    """Write the counts of today as the budget; no count goes up."""
    old = tomllib.loads(BUDGET.read_text()) if BUDGET.exists() else {}
    lines = []
    for table, counts in (("retired_words", retired_words()), ("empty_names", empty_names())):
        budget = old.get(table, counts)
        lines += [f"[{table}]"]
        lines += [f'"{folder}" = {min(n, budget.get(folder, 0))}' for folder, n in sorted(counts.items())]
        lines += [""]
    BUDGET.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
