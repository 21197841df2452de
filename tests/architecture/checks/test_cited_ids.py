"""Every id that code, tests and documents cite leads to an anchor of docs/spec, or to a row of the requirements."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SPEC = ROOT / "docs" / "spec"
CODE = [path for name in ("src", "tests", "benchmarks", "scripts") for path in (ROOT / name).rglob("*.py")]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("benchmarks/*.md")]
TEXTS = [*CODE, *PAGES, *(ROOT / "src").rglob("*.html"), *(ROOT / "src").rglob("*.toml")]

ANCHOR = re.compile(r'<a id="([^"]+)"></a>')
LINK = re.compile(r"\]\(([^)\s#]*)#([^)\s]+)\)")
PROSE = re.compile(r'"""(.*?)"""|#([^\n]*)', re.DOTALL)
NAME = re.compile(r"\b(?:def|class) (\w+)")
ROW = re.compile(r"^\| (?:<a[^>]*></a>)?((?:S[0-4]|SC)-\d{2,3}) \|", re.MULTILINE)

REQUIREMENT = re.compile(r"(?<![\w-])(?:S[0-4]|SC)-\d{2,3}(?!\d)")
SCENARIO = re.compile(r"(?<![\w-])A-\d{2,3}(?!\d)")
LETTERED = re.compile(r"(?<![\w#-])[A-Z]\d{1,2}(?![\w-])")
IN_A_NAME = re.compile(r"(?<=_)(?:S[0-4]_\d{2,3}|A_\d{2,3}|[A-Z]\d{1,2})(?=_|$)")
NUMBER = re.compile(r"\d\.\d+(?:\.\d+)?(?: [a-c]\b(?:, [a-c]\b)*)?")
NUMBERS = re.compile(rf"\b(?:sync-rules|model|scenarios?) (?:(?:[KL]\d+|{NUMBER.pattern})(?:, | and | to )?)+")
BARE = re.compile(r"\([234]\.\d{1,2}\.\d{1,2}\b|\(3\.\d{1,2}[ ,)]")


def anchors() -> list[str]:
    """The anchors of all pages of the specification."""
    return [anchor for page in SPEC.glob("*.md") for anchor in ANCHOR.findall(page.read_text(encoding="utf-8"))]


def requirements() -> set[str]:
    """The anchors that the rows of the page of requirements stand for."""
    page = (ROOT / "docs" / "reference" / "requirements.md").read_text(encoding="utf-8")
    return {anchor_of(requirement) for requirement in ROW.findall(page)}


def anchor_of(cited: str) -> str:
    """The anchor of an id: the id in lowercase letters."""
    return cited.lower().replace("_", "-").replace(" ", ".")


def where(path: Path, text: str, offset: int, cited: str) -> str:
    """File, line and id, as a failure shows them."""
    return f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, offset) + 1}: {cited}"


def anywhere(pattern: re.Pattern[str], paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Each id that matches anywhere in these files, with the place."""
    for path in paths:
        text = path.read_text(encoding="utf-8")
        for match in pattern.finditer(text):
            yield match[0], where(path, text, match.start(), match[0])


def in_prose(pattern: re.Pattern[str], paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """The same in docstrings and comments only: elsewhere L1 is data and 3.5 a number."""
    for path in paths:
        text = path.read_text(encoding="utf-8")
        for prose in PROSE.finditer(text):
            for match in pattern.finditer(prose[0]):
                yield match[0], where(path, text, prose.start() + match.start(), match[0])


def in_names() -> Iterator[tuple[str, str]]:
    """The ids in names of functions and classes: test_A_53_..., test_S3_36_S3_39_..."""
    for path in CODE:
        text = path.read_text(encoding="utf-8")
        for name in NAME.finditer(text):
            for cited in IN_A_NAME.findall(name[1]):
                yield cited, where(path, text, name.start(), name[1])


def numbers() -> Iterator[tuple[str, str]]:
    """The numbered rules behind `sync-rules`, `model` or `scenarios`: `sync-rules 3.2 b, c` are two of them."""
    for cited, place in [*in_prose(NUMBERS, CODE), *anywhere(NUMBERS, PAGES)]:
        for number in NUMBER.findall(cited):
            section, *letters = number.replace(",", "").split()
            yield from ((f"{section} {letter}" if letter else section, place) for letter in letters or [""])
    for story in (ROOT / "tests" / "golden").rglob("story.toml"):
        for number in tomllib.loads(story.read_text(encoding="utf-8"))["rules"]:
            yield number, f"{story.relative_to(ROOT)}: {number}"


def lost(cited: Iterable[tuple[str, str]], known: set[str]) -> list[str]:
    """The places of ids that lead nowhere."""
    return sorted(place for cited_id, place in cited if anchor_of(cited_id) not in known)


def test_no_anchor_of_the_specification_is_there_twice():
    assert [anchor for anchor, count in Counter(anchors()).items() if count > 1] == []


def test_every_rule_choice_scenario_and_failure_case_that_is_cited_exists():
    cited = [
        *numbers(),
        *anywhere(SCENARIO, TEXTS),
        *in_prose(LETTERED, CODE),
        *((cited_id, place) for cited_id, place in in_names() if "S" not in cited_id or "_" not in cited_id),
    ]
    assert len(cited) > 300
    assert lost(cited, set(anchors())) == []


def test_every_requirement_that_is_cited_exists():
    cited = [
        *anywhere(REQUIREMENT, TEXTS),
        *((cited_id, place) for cited_id, place in in_names() if re.match(r"S\d_", cited_id)),
    ]
    assert len(cited) > 300
    assert lost(cited, requirements()) == []


def test_a_number_of_a_rule_says_which_page_it_is_of():
    assert sorted(place for _, place in in_prose(BARE, CODE)) == []


def test_every_link_into_the_specification_meets_its_anchor():
    known = {page: set(ANCHOR.findall(page.read_text(encoding="utf-8"))) for page in SPEC.glob("*.md")}
    links = [(path, *link) for path in PAGES for link in LINK.findall(path.read_text(encoding="utf-8"))]
    into_spec = [(path, (path.parent / target).resolve() if target else path, anchor) for path, target, anchor in links]
    assert [
        f"{path.relative_to(ROOT)}: {page.name}#{anchor}"
        for path, page, anchor in into_spec
        if page in known and anchor not in known[page]
    ] == []


def test_the_public_contract_cites_no_rule():
    contract = (ROOT / "docs" / "reference" / "openapi.json").read_text(encoding="utf-8")
    cited = [pattern.findall(contract) for pattern in (REQUIREMENT, SCENARIO, NUMBERS)]
    assert cited == [[], [], []]


def test_every_scenario_and_failure_case_names_its_proof():
    pages = [SPEC / name for name in ("scenarios.md", "failures.md")]
    assert [page.name for page in pages if re.search(r"^Proof:$", page.read_text(encoding="utf-8"), re.MULTILINE)] == []


@pytest.mark.parametrize(
    ("text", "numbers_in_it"),
    [
        ("(sync-rules 3.6.3, 3.6.4)", ["3.6.3", "3.6.4"]),
        ("(sync-rules 3.2 b, c).", ["3.2 b, c"]),
        ("model 2.3 and 2.5", ["2.3", "2.5"]),
        ("Python 3.11", []),
    ],
)
def test_lists_of_numbers_are_read_whole(text, numbers_in_it):
    assert [number for list_of in NUMBERS.findall(text) for number in NUMBER.findall(list_of)] == numbers_in_it
