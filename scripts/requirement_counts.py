"""Counts the rows of docs/reference/requirements.md by reference and state, and writes the table of the page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

_ROW = re.compile(r"^\| (S\w-\d\d+) \| .+? \| (.+) \|$", re.MULTILINE)
_WORD = re.compile(r"(?:^|; )(partly|not yet|not built): ")
_STATES = ("done", "partly", "not yet", "not built")

_HEAD = "| reference | done | partly | not yet | not built | all |\n|---|---|---|---|---|---|\n"
_TABLE = re.compile(re.escape(_HEAD) + r"(?:\|.*\n)*")


def with_counts(page: str) -> str:
    """Return the page with the table that counts its rows written anew."""
    counted: Counter[tuple[str, str]] = Counter()
    for number, state in _ROW.findall(page):
        word = _WORD.search(state)
        counted[number.partition("-")[0], word[1] if word else "done"] += 1
    return _TABLE.sub(lambda _: _HEAD + "".join(_lines(counted)), page)


def _lines(counted: Counter[tuple[str, str]]) -> Iterator[str]:
    references = dict.fromkeys(reference for reference, _ in counted)
    for reference in references:
        yield _line(reference, [counted[reference, state] for state in _STATES])
    yield _line("all", [sum(counted[reference, state] for reference in references) for state in _STATES])


def _line(name: str, counts: list[int]) -> str:
    return f"| {name} | {' | '.join(map(str, counts))} | {sum(counts)} |\n"
