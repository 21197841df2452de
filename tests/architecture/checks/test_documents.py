"""Every document: the commands that it names exist, its links lead somewhere, and its examples are valid."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click import Option

from bensync.cli.app import command_line
from bensync.mappings.catalogue import FIELDS
from tests.architecture.checks.pages import BLOCK, DOCS, LINK, PAGES, name_of, text_of

INLINE = re.compile(r"`(bensync (?!\[)[^`\n]+)`")


def commands_in(path: Path) -> Iterator[str]:
    """Yield the bensync commands of a page, from its code blocks and from its text."""
    text = path.read_text(encoding="utf-8")
    for language, block in BLOCK.findall(text):
        if language in {"bash", "sh", "console"}:
            for line in block.replace("\\\n", " ").splitlines():
                yield from (part.strip() for part in line.split("&&") if part.strip().startswith("bensync "))
    yield from INLINE.findall(BLOCK.sub("", text))


@cache
def whole_command_line() -> Any:
    """Return the whole command line; importing all commands takes a second."""
    return command_line(loaded=True)


def fault_of(line: str) -> str | None:
    """Return why the command line would refuse this line; None if it would accept it."""
    group = whole_command_line()
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
                return f"{name} needs a value"
        elif hasattr(command, "commands"):
            if word not in command.commands:
                return f"there is no command {word!r}"
            command = command.commands[word]
        elif not any(parameter.param_type_name == "argument" for parameter in command.params):
            return f"{command.name} takes no {word!r}"
    return None


def options_of(command: Any) -> dict[str, Any]:
    """Return the options of a command by name; every command has --help."""
    options = {name: param for param in command.params if param.param_type_name == "option" for name in param.opts}
    return {"--help": Option(["--help"], is_flag=True), **options}


def test_every_command_that_is_named_exists_with_its_options():
    named = [(path, line) for path in PAGES for line in commands_in(path)]
    assert len(named) > 60
    assert [f"{name_of(path)}: {line}: {fault}" for path, line in named if (fault := fault_of(line))] == []


@pytest.mark.parametrize(
    "line", ["bensync fly", "bensync sync --dry-run", "bensync requests drop 1", "bensync status now", "bensync --site"]
)
def test_a_command_that_does_not_exist_is_found(line):
    assert fault_of(line)


def test_every_relative_link_leads_somewhere():
    links = [(path, target) for path in PAGES for target in LINK.findall(BLOCK.sub("", path.read_text("utf-8")))]
    files = [(path, target.partition("#")[0]) for path, target in links if "://" not in target]
    assert [f"{name_of(path)}: {target}" for path, target in files if not (path.parent / target).exists()] == []


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
    assert sorted(map(name_of, set(DOCS.rglob("*.md")) - reached)) == []


def test_every_example_of_configuration_is_toml_and_names_known_fields():
    blocks = [(path, *block) for path in PAGES for block in BLOCK.findall(path.read_text(encoding="utf-8"))]
    sites = [(path, tomllib.loads(block).get("sites", {})) for path, language, block in blocks if language == "toml"]
    named = [(path, field) for path, by_name in sites for site in by_name.values() for field in site.get("mapping", {})]
    assert [f"{name_of(path)}: {field}" for path, field in named if field not in FIELDS] == []


def test_every_decision_has_four_parts_a_number_and_a_line_in_the_list():
    pages = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    list_of_decisions = text_of("docs/decisions/README.md")
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        parts = re.findall(r"^\*\*(.+?)\.\*\*", text, re.MULTILINE)
        assert parts == ["Situation", "Choice", "Price", "Think again"], page.name
        assert f"[{text.splitlines()[0].removeprefix('# ')}]({page.name})" in list_of_decisions
