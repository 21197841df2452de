"""The documents of the repository, and how the checks read their tables, code blocks and links."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "bensync"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("benchmarks/*.md")])
MODULES = sorted(SOURCE.rglob("*.py"))
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")

_CELLS = re.compile(r"(?<!\\)\|")


def name_of(path: Path) -> str:
    """Return a path as the repository spells it."""
    return path.relative_to(ROOT).as_posix()


def text_of(name: str) -> str:
    """Return the text of a file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def rows_of(name: str, section: str = "") -> list[list[str]]:
    """Return the rows of all tables of a page, or of the section whose heading begins like this, without headings."""
    text = text_of(name)
    if section:
        _, _, text = text.partition(f"\n## {section}")
        text = text.partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in _CELLS.split(line)[1:-1]] for line in lines]
    rules = [number for number, row in enumerate(cells) if all(set(cell) <= set("-: ") and "-" in cell for cell in row)]
    return [row for number, row in enumerate(cells) if number not in rules and number + 1 not in rules]
