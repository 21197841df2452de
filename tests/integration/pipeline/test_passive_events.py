"""Passive events: time alone makes them due, once each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bensync.errors import DecisionError
from bensync.pipeline.passive_events import search_site
from tests.fixtures.benefit_site import BOOK


def test_A_79_time_brings_events_about_once_and_overlaps_are_told(here):
    who = here.hired(hire_date="2016-06-02")
    here.run()
    assert [one.event_class for one in here.case(who).activities] == ["HIR"]
    here.deployment.pass_time(days=1)
    here.run()
    here.run()
    assert [one.event_class for one in here.case(who).activities] == ["HIR", "MSC"]

    day = here.deployment.now.date()
    found = search_site(here.place, BOOK, "TEN", day - timedelta(days=400), day, "kim", here.deployment.now)
    assert found.search.found == ()
    assert len(found.overlaps) == 2
    assert [line.found for line in here.look(lambda work: work.events.searches())] == [0, 1, 0]
    with pytest.raises(DecisionError):
        search_site(here.place, BOOK, "NONE", day, day, "kim", here.deployment.now)
