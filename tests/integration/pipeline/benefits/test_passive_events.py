"""Passive events: time alone makes them due, once each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bensync.errors import DecisionError
from bensync.pipeline.benefits.passive_events import search_site
from tests.fixtures.benefit_site import BOOK


def test_A_79_time_brings_events_about_once_and_overlaps_are_reported(site):
    who = site.hired(hire_date="2016-06-02")
    site.run()
    assert [activity.event_class for activity in site.case(who).activities] == ["HIR"]
    site.deployment.pass_time(days=1)
    site.run()
    site.run()
    assert [activity.event_class for activity in site.case(who).activities] == ["HIR", "MSC"]

    day = site.deployment.now.date()
    result = search_site(site.place, BOOK, "TEN", day - timedelta(days=400), day, "kim", site.deployment.now)
    assert result.search.found == ()
    assert len(result.overlaps) == 2
    assert [line.found for line in site.look(lambda work: work.events.searches())] == [0, 1, 0]
    with pytest.raises(DecisionError):
        search_site(site.place, BOOK, "NONE", day, day, "kim", site.deployment.now)
