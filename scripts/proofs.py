"""Names the tests behind each scenario and failure case of docs/spec, in the lines that begin with *Proof*."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
SUITES = (ROOT / "tests", ROOT / "src" / "bensync" / "testing")
"""Where tests are; the contract suites of connectors and couriers ship with the package."""

_ID = re.compile(r"(?<![A-Za-z0-9])(?:A[- ]\d{2,3}|[FR]\d{1,2})(?![0-9])")
_SPAN = re.compile(r"_F(\d\d)_to_F(\d\d)_")
_TEST = re.compile(r"\s*(?:async )?(def|class) (\w+)")
_PARAMETER = re.compile(r'\bid="([^"]+)"')
_PROOF = re.compile(r'(<a id="([afr]-?\d+)"></a>(?:(?!<a id=).)*?\nProof:)[^\n]*', re.DOTALL)


def with_proofs(text: str) -> str:
    """Return a page whose proof lines name every test of the id that stands above them."""
    proofs = _proofs()

    def line(match: re.Match[str]) -> str:
        names = ", ".join(f"`{name}`" for name in proofs.get(match[2].upper(), ()))
        return f"{match[1]} {names}".rstrip()

    return _PROOF.sub(line, text)


@cache
def _proofs() -> Mapping[str, list[str]]:
    """Return the names of tests and golden stories by id, in order."""
    proofs: dict[str, set[str]] = defaultdict(set)
    for suite in SUITES:
        for path in suite.rglob("*.py"):
            for name, ids in _tests(path.read_text(encoding="utf-8")):
                for case in ids:
                    proofs[case].add(name)
    for folder in (ROOT / "tests" / "golden").glob("*/"):
        for case in _ids(folder.name):
            proofs[case].add(folder.relative_to(ROOT).as_posix())
    return {case: sorted(names) for case, names in proofs.items()}


def _tests(text: str) -> Iterator[tuple[str, set[str]]]:
    """Yield each test with the ids in its name and in the ids of its parameters, which stand above it."""
    above: set[str] = set()
    for line in text.splitlines():
        for parameter in _PARAMETER.findall(line):
            above |= _ids(parameter)
        if test := _TEST.match(line):
            if test[2].lower().startswith("test"):
                yield test[2], above | _ids(test[2])
            above = set()


def _ids(name: str) -> set[str]:
    """Return the ids in the name of a test, a parameter or a folder.

    A_53 stands for A-53, and F22_to_F29 for all ids from F22 to F29.
    """
    span = _SPAN.search(name)
    between = {f"F{number:02}" for number in range(int(span[1]), int(span[2]) + 1)} if span else set()
    return between | {case.replace(" ", "-") for case in _ID.findall(name.replace("_", " "))}
