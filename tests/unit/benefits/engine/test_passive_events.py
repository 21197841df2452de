"""Searches for what time alone brings about, and lists of flagged events (A-79)."""

from __future__ import annotations

import pytest

from bensync.benefits.engine.event_order import mark_final
from bensync.benefits.engine.passive_events import Search, flagged, search
from bensync.benefits.values.cases import Case
from bensync.benefits.values.events import Flag
from bensync.errors import DecisionError
from tests.unit.benefits.cases import (
    activity,
    after_run,
    book,
    case,
    person,
    with_activities,
)
from tests.unit.builders import day

TEN_YEARS = book(passive=[{"code": "TEN", "measure": "service_years", "reaches": 10}]).passive[0]


SIXTY_FIVE = book(passive=[{"code": "OLD", "measure": "age", "reaches": 65, "event": "ADR"}]).passive[0]


def people():
    hired = {1: "2016-05-10", 2: "2016-05-20", 3: "2016-06-05", 4: "2016-07-01", 5: None}
    return [person(number, number_of=number, hire_date=on) for number, on in hired.items()]


def test_A_79_a_search_finds_people_who_reach_the_measure_within_the_range():
    hits = search(TEN_YEARS, people(), day("05-01"), day("05-31"), [])
    assert [(number, item.event_class, str(item.event_date)) for number, item in hits.activities] == [
        (1, "MSC", "2026-05-10"),
        (2, "MSC", "2026-05-20"),
    ]
    assert hits.overlaps == ()
    assert hits.search == Search("TEN", day("05-01"), day("05-31"), (1, 2))


def test_A_79_a_search_that_overlaps_warns_and_finds_only_the_others():
    first = search(TEN_YEARS, people(), day("05-01"), day("05-31"), []).search
    hits = search(TEN_YEARS, people(), day("05-15"), day("06-15"), [first])
    assert hits.overlaps == (first,)
    assert [number for number, _ in hits.activities] == [3]
    other = search(SIXTY_FIVE, people(), day("05-15"), day("06-15"), [first])
    assert other.overlaps == ()


def test_a_passive_activity_becomes_an_event_of_its_day():
    _, actual = search(TEN_YEARS, people(), day("05-01"), day("05-31"), []).activities[0]
    done = after_run(with_activities(Case(people()[0]), actual))
    assert (done.event(1).event_class, done.event(1).event_date, done.event(1).action) == (
        "MSC",
        day("05-10"),
        "passive",
    )


def test_a_search_looks_at_ages_and_at_nobody_who_left():
    born = {1: "1961-06-02", 2: "1961-06-02", 3: None}
    old = [
        person(number, number_of=number, birth_date=on, ended="06-01" if number == 2 else None)
        for number, on in born.items()
    ]
    hits = search(SIXTY_FIVE, old, day("06-02"), day("06-02"), [])
    assert [(number, item.event_class) for number, item in hits.activities] == [(1, "ADR")]


def test_a_range_that_ends_before_it_begins_is_refused():
    with pytest.raises(DecisionError):
        search(TEN_YEARS, [], day("06-02"), day("06-01"), [])


def test_S3_148_flagged_events_are_listed_newest_first():
    after = after_run(with_activities(case(), activity("FSC", "05-01"), activity("FSC", "06-01")))
    for number in (1, 2):
        after = after_run(mark_final(after, number))
    after = after_run(with_activities(after, activity("FSC", "04-01")))
    assert [event.number for _, event in flagged([after])] == [2, 1]
    assert list(flagged([after], frozenset({Flag.DISCONNECTED}))) == []
    assert list(flagged([case()])) == []
