"""Every folder beside this file is a scenario: a story, and how each of its days must end."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog

from tests.golden.stage import Stage
from tests.golden.story import Config, Ending, Expected, Story, Waiting, everyone, load

FOLDERS = sorted(folder for folder in Path(__file__).parent.iterdir() if (folder / "story.toml").exists())
ONLY_WHERE_NAMED = ("register", "values", "traces", "due")
"""Sections that list people one by one: who is not named in them is not compared."""

MOST = 40
"""Lines of a difference that are shown."""


@pytest.fixture(autouse=True)
def _quiet():
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_story_ends_as_expected(folder: Path) -> None:
    story, config = load(folder / "story.toml", Story), load(folder / "config.toml", Config)
    expected = load(folder / "expected.toml", Expected)
    assert [day.date for day in story.day] == [ending.date for ending in expected.day], (
        "story and ending differ in days"
    )
    stage = Stage(story, config)
    for day, ending in zip(story.day, expected.day, strict=True):
        actual = stage.play(day)
        if difference := compare(ending, actual):
            pytest.fail(f"{folder.name}, {day.date}: {story.title}\n\n{difference}", pytrace=False)


def compare(ending: Ending, reached: Ending) -> str:
    """The lines that differ, ``-`` expected and ``+`` found; empty where nothing does."""
    wanted, seen = msgspec.to_builtins(ending), msgspec.to_builtins(reached)
    wanted["file"] = sorted(name for who in ending.file for name in everyone(who))
    for section in ONLY_WHERE_NAMED:
        seen[section] = {who: seen[section].get(who, "nothing") for who in wanted[section]}
    for who, fields in wanted["values"].items():
        seen["values"][who] = {name: seen["values"][who].get(name, "") for name in fields}
    for section in ("queue", "left"):
        wanted[section] = _one_by_one(wanted[section])
        seen[section] = _as_asked(seen[section], wanted[section])
        wanted[section] = _as_asked(wanted[section], wanted[section])
    lines = list(difflib.unified_diff(_lines(wanted), _lines(seen), "expected", "found", lineterm="", n=0))
    more = [f"... and {len(lines) - MOST} lines more"] if len(lines) > MOST else []
    return "\n".join([*lines[:MOST], *more])


def _one_by_one(requests: Sequence[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    if requests is None:
        return None
    return [{**request, "who": name} for request in requests for name in everyone(request["who"])]


def _as_asked(
    requests: Sequence[dict[str, Any]] | None, wanted: Sequence[dict[str, Any]] | None
) -> list[dict[str, Any]]:
    """Each request with what is asked about it; one that nobody expects, whole."""
    asked = {request["who"]: {name for name in request if request[name] is not None} for request in wanted or ()}
    shown = [
        {name: entry[name] for name in entry if name in asked.get(entry["who"], entry)} for entry in requests or ()
    ]
    return sorted(shown, key=lambda entry: entry["who"]) if wanted is not None else []


def _lines(ending: dict[str, Any]) -> list[str]:
    lines = []
    for section, content in ending.items():
        if isinstance(content, dict):
            lines += [f"{section}.{name} = {content[name]}" for name in sorted(content)]
        elif isinstance(content, list | tuple):
            lines += [f"{section}: {entry}" for entry in content]
        else:
            lines.append(f"{section} = {content}")
    return lines


def test_a_wrong_ending_is_shown_line_by_line() -> None:
    actual = Ending(date(2026, 6, 2), "DELIVERED", queue=(Waiting("ada", "UPDATE", "LOW"),), register={"ada": "ACTIVE"})
    right = Ending(date(2026, 6, 2), "DELIVERED", queue=(Waiting("ada", "UPDATE"),))
    wrong = Ending(date(2026, 6, 2), "NO_CHANGES", queue=(Waiting("ada", "NEW"),), register={"ben": "ACTIVE"})

    assert compare(right, actual) == ""
    assert sorted(line for line in compare(wrong, actual).splitlines()[2:] if not line.startswith("@@")) == [
        "+outcome = DELIVERED",
        "+queue: {'who': 'ada', 'kind': 'UPDATE'}",
        "+register.ben = nothing",
        "-outcome = NO_CHANGES",
        "-queue: {'who': 'ada', 'kind': 'NEW'}",
        "-register.ben = ACTIVE",
    ]


def test_a_word_that_is_not_understood_is_named_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "story.toml").write_text('title = "x"\nrules = []\n[[day]]\ndate = 2026-06-02\nrnu = "daily"\n')
    with pytest.raises(ValueError, match=r"story.toml: .*rnu.*day"):
        load(tmp_path / "story.toml", Story)
