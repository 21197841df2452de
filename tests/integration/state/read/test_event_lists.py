"""Lists of benefit events, page by page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bensync.benefits.values.activities import ActivityState
from bensync.benefits.values.events import Process
from tests.fixtures.benefit_site import Site, benefit_site


@pytest.fixture
def site(database: str) -> Iterator[Site]:
    with benefit_site(database) as site:
        yield site


def test_lists_show_page_by_page_whom_and_what(site):
    people = [site.covered(number) for number in (1, 2, 3)]
    site.approve(site.ask(2, active=False, since="2026-06-01"))

    page = site.look(lambda work: work.events.events(number=2, size=2))
    assert (page.total, page.pages, len(page.items)) == (3, 2, 1)
    assert page.items[0].who.name == "Robin Example"
    waiting = site.look(lambda work: work.events.activities(ActivityState.WAITING))
    assert [(entry.who.participant_id, entry.activity.event_class) for entry in waiting.items] == [
        (people[1].id, "TER")
    ]
    site.run()
    lines = site.look(lambda work: work.events.coverage(plan="DEN"))
    assert sorted({line.who.participant_id for line in lines.items}) == [entry.id for entry in people]
    assert site.look(lambda work: work.events.event(people[1].id, 2)).process is Process.FE
    assert site.look(lambda work: work.events.event(people[1].id, 9)) is None
    assert [entry.program for entry in site.look(lambda work: work.events.assignments(people[1].id))] == ["FULL", "NOB"]
    assert site.look(lambda work: work.events.tally()).cobra == 1
