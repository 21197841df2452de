"""Every folder beside this file is a scenario: a story, and how each of its days must end."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
import structlog

from tests.golden.stage import Stage
from tests.golden.story import Config, Ending, Expected, Story, everyone, load

FOLDERS = sorted(folder for folder in Path(__file__).parent.iterdir() if (folder / "story.toml").exists())
ONLY_WHERE_NAMED = ("register", "values", "traces", "due")
"""Sections that list people one by one: who is not named in them is not compared."""


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
        found = stage.play(day)
        if difference := compare(ending, found):
            pytest.fail(f"{folder.name}, {day.date}: {story.title}\n\n{difference}", pytrace=False)


def compare(ending: Ending, found: Ending) -> str:
    """The lines that differ, ``-`` expected and ``+`` found; empty where nothing does."""
    wanted, seen = _told(ending), _told(found)
    names = ("left",) if not ending.left and "left" not in wanted else ()
    for section in (*ONLY_WHERE_NAMED, *names):
        seen[section] = {who: seen[section].get(who, "nothing") for who in wanted[section]} if section != "left" else ()
    for who, fields in wanted["values"].items():
        seen["values"][who] = {name: seen["values"][who].get(name, "") for name in fields}
    wanted["file"] = sorted(name for who in ending.file for name in everyone(who))
    for section in ("queue", "left"):
        asked = {request["who"]: request for request in wanted[section]}
        seen[section] = [_named_only(request, asked.get(request["who"])) for request in seen[section]]
        wanted[section] = [_named_only(request, request) for request in wanted[section]]
    before, after = _lines(wanted), _lines(seen)
    return "\n".join(difflib.unified_diff(before, after, "expected", "found", lineterm="", n=1))
