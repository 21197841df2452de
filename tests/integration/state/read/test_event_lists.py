"""Lists of benefit events, page by page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bensync.benefits.values.activities import ActivityState
from bensync.benefits.values.events import Process
from tests.fixtures.benefit_site import Site, benefit_site


@pytest.fixture
def here(database: str) -> Iterator[Site]:
    with benefit_site(database) as site:
        yield site


def test_lists_show_page_by_page_whom_and_what(here):
    people = [here.covered(number) for number in (1, 2, 3)]
    here.approve(here.ask(2, active=False, since="2026-06-01"))

    page = here.look(lambda work: work.events.events(number=2, size=2))
    assert (page.total, page.pages, len(page.items)) == (3, 2, 1)
    assert page.items[0].who.name == "Robin Example"
    waiting = here.look(lambda work: work.events.activities(ActivityState.WAITING))
    assert [(one.who.participant_id, one.activity.event_class) for one in waiting.items] == [(people[1].id, "TER")]
    here.run()
    lines = here.look(lambda work: work.events.coverage(plan="DEN"))
    assert sorted({line.who.participant_id for line in lines.items}) == [one.id for one in people]
    assert here.look(lambda work: work.events.event(people[1].id, 2)).process is Process.FE
    assert here.look(lambda work: work.events.event(people[1].id, 9)) is None
    assert [one.program for one in here.look(lambda work: work.events.assignments(people[1].id))] == ["FULL", "NOB"]
    assert here.look(lambda work: work.events.tally()).cobra == 1
