"""Every code of benefit events has its words; coverage, deadlines and outlooks are shown as they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bensync.benefits.values.activities import ActivitySource, ActivityState, RowEdit
from bensync.benefits.values.cobra import Milestone
from bensync.benefits.values.events import Event, EventStatus, Flag, Indicator, Process
from bensync.wording import benefits
from tests.unit.builders import day


def remark_codes() -> set[str]:
    """The codes that the reference lists."""
    page = Path(__file__).parents[3] / "docs" / "reference" / "benefit-rules.md"
    table = page.read_text().partition("## Remarks")[2]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {code for cell in cells for code in re.findall(r"`(\w+)`", cell)}


def event(process=Process.PR, status=EventStatus.OPEN, *flags, **fields) -> Event:
    return Event(2, "ADR", day("06-01"), 410, ActivitySource.ADDRESS, status, process, flags=frozenset(flags), **fields)


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (benefits.PROCESSES, set(Process)),
        (benefits.FLAGS, set(Flag)),
        (benefits.REPROCESSING, set(Indicator) - {Indicator.NORMAL}),
        (benefits.SOURCES, set(ActivitySource)),
        (benefits.EDITS, set(RowEdit)),
        (benefits.ACTIVITIES, set(ActivityState)),
        (benefits.MILESTONES, set(Milestone)),
        (benefits.REMARKS, remark_codes()),
    ],
)
def test_every_code_has_its_words(words, codes):
    assert set(words) == codes


def test_a_remark_that_nobody_knows_is_shown_by_its_code():
    assert benefits.remark("odd_thing")[0] == "Odd thing"


@pytest.mark.parametrize(
    ("stage", "name"),
    [
        (event(status=EventStatus.VOID, process=Process.RE), "Void"),
        (event(Process.FE, EventStatus.CLOSED, Flag.DISCONNECTED), "Disconnected"),
        (event(final=True), "Marked final"),
        (event(Process.FE, EventStatus.CLOSED, final=True), "Finished"),
        (event(), "Waiting for elections"),
    ],
)
def test_where_an_event_stands(stage, name):
    assert benefits.standing(stage)[0] == name
