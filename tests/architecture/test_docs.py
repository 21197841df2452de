"""What the documents say is compared with what is there: commands, links, codes, fields, words, rooms and examples."""

from __future__ import annotations

import ast
import csv
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from bensync import errors
from bensync.cli import app
from bensync.core.changes import IssueCode
from bensync.core.requests import WarningCode
from bensync.mappings import feed
from bensync.mappings.catalogue import FIELDS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "bensync"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("benchmarks/*.md")])
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(bensync (?!\[)[^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CELLS = re.compile(r"(?<!\\)\|")
WORDS = [
    "site",
    "source",
    "record",
    "employee",
    "issue",
    "baseline",
    "change",
    "plan",
    "alarm",
    "run",
    "watermark",
    "feed",
    "delivery",
    "intake",
    "request",
    "decision",
    "participant",
    "activity",
    "event",
    "enrollment",
    "notice",
]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows_of(name: str, section: str = "") -> list[list[str]]:
    """The rows of all tables of a page, or of the section whose heading begins like this; headings are left out."""
    text = text_of(name)
    if section:
        _, _, text = text.partition(f"\n## {section}")
        text = text.partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in CELLS.split(line)[1:-1]] for line in lines]
    rules = [number for number, row in enumerate(cells) if all(set(cell) <= set("-: ") and "-" in cell for cell in row)]
    return [row for number, row in enumerate(cells) if number not in rules and number + 1 not in rules]


# Commands


def commands_in(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    for language, block in BLOCK.findall(text):
        if language in {"bash", "sh", "console"}:
            for line in block.replace("\\\n", " ").splitlines():
                yield from (part.strip() for part in line.split("&&") if part.strip().startswith("bensync "))
    yield from INLINE.findall(BLOCK.sub("", text))


def fault_of(line: str) -> str | None:
    """Why the command line would not take this line; None when it would."""
    group: Any = typer.main.get_command(app)
    anywhere = options_of(group)
    command, given = group, set()
    words = iter(shlex.split(line, comments=True)[1:])
    for word in words:
        if word.startswith("-"):
            name = word.partition("=")[0]
            option = options_of(command).get(name) or anywhere.get(name)
            if option is None:
                return f"{command.name} has no option {name}"
            given.add(option.name)
            if not option.is_flag and "=" not in word and next(words, None) is None:
                return f"{name} wants a value"
        elif hasattr(command, "commands"):
            if word not in command.commands:
                return f"there is no command {word!r}"
            command = command.commands[word]
        elif not any(one.param_type_name == "argument" for one in command.params):
            return f"{command.name} takes no {word!r}"
    return None


def options_of(command: Any) -> dict[str, Any]:
    found = {name: one for one in command.params if one.param_type_name == "option" for name in one.opts}
    return {**found, "--help": typer.main.get_command(app).params[0]} if "--help" not in found else found


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_command_that_is_named_exists_with_its_options(path):
    faults = [f"{line}: {fault}" for line in commands_in(path) if (fault := fault_of(line))]
    assert not faults


@pytest.mark.parametrize(
    "line", ["bensync fly", "bensync sync --dry-run", "bensync requests drop 1", "bensync status now", "bensync --site"]
)
def test_a_command_that_does_not_exist_is_found(line):
    assert fault_of(line)


def test_the_documents_name_commands_at_all():
    assert sum(len(list(commands_in(path))) for path in PAGES) > 60


# Links and pages


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_relative_link_leads_somewhere(path):
    targets = [target for target in LINK.findall(BLOCK.sub("", path.read_text("utf-8"))) if "://" not in target]
    assert not [target for target in targets if not (path.parent / target.partition("#")[0]).exists()]


def test_every_page_can_be_reached_from_the_index():
    waiting, reached = [DOCS / "index.md"], set()
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        targets = LINK.findall(BLOCK.sub("", page.read_text("utf-8")))
        near = [(page.parent / target.partition("#")[0]).resolve() for target in targets if "://" not in target]
        waiting += [target for target in near if target.suffix == ".md" and target.is_relative_to(DOCS)]
    assert set(DOCS.rglob("*.md")) <= reached


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_example_of_configuration_is_toml_and_names_known_fields(path):
    for language, block in BLOCK.findall(path.read_text(encoding="utf-8")):
        if language == "toml":
            sites = tomllib.loads(block).get("sites", {})
            assert {field for site in sites.values() for field in site.get("mapping", {})} <= FIELDS.keys()


def test_every_decision_has_four_parts_a_number_and_a_line_in_the_list():
    pages = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    listed = text_of("docs/decisions/README.md")
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        parts = re.findall(r"^\*\*(.+?)\.\*\*", text, re.MULTILINE)
        assert parts == ["Situation", "Choice", "Price", "Think again"], page.name
        assert f"[{text.splitlines()[0].removeprefix('# ')}]({page.name})" in listed


# Codes


def test_every_exit_code_of_the_reference_is_that_of_its_class():
    told = {int(row[0]): row[1].strip("`") for row in rows_of("docs/reference/errors.md", "Exit codes")}
    classes = [errors.BensyncError, *errors.BensyncError.__subclasses__()]
    ours = [kind for kind in classes if kind.__module__ == "bensync.errors"]
    plain = {value: "" for name, value in vars(errors).items() if name.startswith("EXIT_") and isinstance(value, int)}
    assert told == {**plain, **{kind.code: kind.__name__ for kind in ours}}


def guards() -> set[str]:
    """Every code with which a guard can stop something, as the source spells them."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                found |= _codes(node.func.id, ast.unparse(node.args[0]))
    return found


def _codes(called: str, first: str) -> set[str]:
    if called in {"Alarm", "_Risk"} and (match := re.match(r"f?'(\w+)(:\{)?", first)):
        return {f"{match[1]}:FIELD" if match[2] else match[1]}
    return set(re.findall(r"\((\w+)\)'$", first)) if called == "GuardTripped" else set()


@pytest.mark.parametrize(
    ("section", "codes"),
    [("Issues", set(IssueCode)), ("Warnings", set(WarningCode)), ("Guards", guards())],
    ids=["issues", "warnings", "guards"],
)
def test_every_code_says_what_it_means_and_what_to_do(section, codes):
    assert len(codes) > 5
    told = {row[0].strip("`"): row[1:] for row in rows_of("docs/reference/errors.md", section)}
    assert told.keys() == {str(code) for code in codes}
    assert all(all(row) for row in told.values())


# Fields


def preset(name: str) -> dict[str, str]:
    content = tomllib.loads((SOURCE / "mappings" / "presets" / f"{name}.toml").read_text(encoding="utf-8"))
    tables = content["tables"].values()
    dated = {field: f"*{table['source']}* `{column}`" for table in tables for field, column in table["fields"].items()}
    return {**{field: f"`{theirs}`" for field, theirs in content["fields"].items()}, **dated}


def column(field: str) -> str:
    layout = tomllib.loads((SOURCE / "mappings" / "presets" / "benetrac.toml").read_text(encoding="utf-8"))
    named = layout["columns"].get(field)
    return f"`{named}`" if named else f"`{field.upper()}`, at the end"


def test_every_field_is_told_as_catalogue_and_presets_have_it():
    hr, files = preset("bamboohr"), preset("csvfile")
    wanted = [
        [f"`{name}`", field.label, str(field.type), hr.get(name, "–"), files.get(name, "–"), column(name)]
        for name, field in FIELDS.items()
    ]
    assert rows_of("docs/reference/fields.md") == wanted


# Words


def test_every_word_of_the_house_is_in_the_glossary_and_every_entry_is_used():
    entries = [row[0].strip("*") for row in rows_of("docs/glossary.md")]
    assert {*WORDS, "upload center", "audit entry"} <= set(entries)
    assert entries == sorted(entries)
    files = [*SOURCE.rglob("*.py"), *(page for page in PAGES if page.name != "glossary.md")]
    said = " ".join(path.read_text(encoding="utf-8").lower() for path in files)
    assert not [word for word in entries if word not in said]


# Rooms


def told_tree() -> set[str]:
    """Every folder and module that ARCHITECTURE.md draws, as a path below src/bensync."""
    drawing = text_of("ARCHITECTURE.md").partition("```\nsrc/bensync/\n")[2].partition("```")[0]
    rooms: list[str] = []
    found = set()
    for line in drawing.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2 - 1
        names = re.match(r"\s*((?:[\w.]+(?:\.py|/)(?:, )?)+)", line)
        assert names, line
        for name in names[1].split(", "):
            rooms = rooms[:depth]
            found.add("/".join([*rooms, name.rstrip("/")]))
            if name.endswith("/"):
                rooms.append(name.rstrip("/"))
    return found


def test_the_drawing_of_the_rooms_is_that_of_the_house():
    versions = SOURCE / "state" / "migrations" / "versions"
    modules = {path for path in SOURCE.rglob("*.py") if path.name != "__init__.py" and path.parent != versions}
    folders = {path.parent for path in SOURCE.rglob("*.py")} - {SOURCE}
    there = {path.relative_to(SOURCE).as_posix() for path in modules | folders}
    assert told_tree() == there


def test_the_floors_are_told_as_the_linter_has_them():
    contracts = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "floors")
    told = text_of("ARCHITECTURE.md").partition("## Floors")[2].partition("```\n")[2].partition("```")[0]
    rooms = [set(re.match(r"[\w| ]+?(?=  |$|\s\w+ to)", line)[0].split(" | ")) for line in told.splitlines()]
    there = [{room for room in re.findall(r"\w+", layer) if _built(room)} for layer in layers]
    assert [{room.split()[0] for room in floor} for floor in rooms] == [floor for floor in there if floor]


def _built(room: str) -> bool:
    return (SOURCE / room).is_dir() or (SOURCE / f"{room}.py").is_file()


def test_every_function_and_file_that_the_architecture_names_exists():
    text = text_of("ARCHITECTURE.md").partition("## Floors")[2]
    code = " ".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    functions = {name.split(".")[-1] for name in re.findall(r"`([\w.]+)\(\)`", text)}
    assert len(functions) > 15
    assert not [name for name in functions if not re.search(rf"def {name}\(", code)]
    files = re.findall(r"`((?:[\w]+/)*[\w]+\.py)`", text)
    assert not [name for name in files if not (SOURCE / name).exists() and not (ROOT / name).exists()]


# Examples


def test_the_demo_shows_what_the_readme_says(tmp_path):
    promised = re.search(r"<!-- demo -->\n```text\n(.*?)```", text_of("README.md"), re.DOTALL)[1].splitlines()
    played = subprocess.run(
        [sys.executable, "-m", "bensync", "demo", "--folder", str(tmp_path / "d")],
        env={**os.environ, "COLUMNS": "400"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert played.returncode == 0, played.stderr
    shown = " ".join(_counted(played.stdout).split())
    place = 0
    for line in promised:
        place = shown.find(_counted(" ".join(line.split())), place)
        assert place >= 0, f"{line!r} is not shown, or in another order"


def _counted(text: str) -> str:
    """Numbers of requests come in an order that nobody can know before."""
    return re.sub(r"Request \d+", "Request N", text)


def example(name: str, language: str) -> str:
    page = text_of("docs/reference/file-format.md")
    return re.search(rf"<!-- {name} -->\n```{language}\n(.*?)```", page, re.DOTALL)[1]


def test_the_example_of_the_file_can_be_read_back_and_written_the_same(tmp_path):
    content = example("example", "csv").replace("\n", "\r\n").encode()
    names = next(csv.reader([example("example", "csv").splitlines()[1]]))[5:]
    fields = tuple(name for name in FIELDS if column(name).strip("`") in names)
    layout = feed.load("benetrac", fields, dated_rows=True)
    parsed = feed.parse(layout, content)
    assert b"".join(feed.render(layout, parsed.header, parsed.profiles)) == content
    assert len(parsed.profiles) == 2


@pytest.mark.parametrize("cut", [False, True])
def test_the_check_of_the_file_finds_a_file_that_was_cut(tmp_path, cut):
    lines = example("example", "csv").splitlines()
    kept = [line for line in lines if not (cut and line.startswith("E,102"))]
    (tmp_path / "plain.csv").write_bytes("".join(f"{line}\r\n" for line in kept).encode())
    outcome = subprocess.run(
        [sys.executable, "-c", example("check", "python")], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert (outcome.returncode == 0) is not cut
    assert ("2 employees, whole" in outcome.stdout) is not cut
