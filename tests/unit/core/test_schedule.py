"""When a site runs: a table of moments, and a simulated daemon under clocks that misbehave (R9)."""

from __future__ import annotations

import os
import time as clocks
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bensync.core.schedule import DailyRunState, Weekday, next_run, reads_everybody

FOUR = time(4)
SUNDAY = date(2026, 6, 7)
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "done", "failed_at", "due"),
    [
        pytest.param("2026-06-02 03:59:59", False, None, "2026-06-02 04:00", id="A-04 before four"),
        pytest.param("2026-06-02 04:00", False, None, "2026-06-02 04:00", id="at four"),
        pytest.param("2026-06-02 09:00", False, None, "2026-06-02 04:00", id="A-05 a late start"),
        pytest.param("2026-06-02 23:59:59", False, None, "2026-06-02 04:00", id="the last second of the day"),
        pytest.param("2026-06-02 04:01", True, None, "2026-06-03 04:00", id="done"),
        pytest.param("2026-06-02 05:00", False, "2026-06-02 04:30", "2026-06-02 05:30", id="failed half an hour ago"),
        pytest.param("2026-06-02 05:30", False, "2026-06-02 04:30", "2026-06-02 05:30", id="the pause is over"),
        pytest.param("2026-06-02 04:00", False, "2026-06-02 03:50", "2026-06-02 04:00", id="failed before the hour"),
        pytest.param("2026-06-02 04:00", False, "2026-06-01 23:59", "2026-06-02 04:00", id="failed yesterday"),
        pytest.param("2026-06-02 23:40", False, "2026-06-02 23:30", "2026-06-03 04:00", id="no more try on that date"),
        pytest.param("2026-06-02 05:00", False, "2026-06-02 05:01", "2026-06-02 04:00", id="failed a minute from now"),
        pytest.param("2026-06-02 05:00", False, "2027-07-07 04:00", "2026-06-02 04:00", id="failed next year"),
        pytest.param("2026-06-02 05:00", True, "2027-07-07 04:00", "2026-06-03 04:00", id="done, whatever failed"),
        pytest.param("2028-02-29 04:00", False, "2028-02-28 04:00", "2028-02-29 04:00", id="29 February"),
        pytest.param("2028-02-29 05:00", True, None, "2028-03-01 04:00", id="after 29 February"),
        pytest.param("2026-12-31 12:00", True, None, "2027-01-01 04:00", id="31 December"),
        pytest.param("2038-01-19 03:14:08", False, None, "2038-01-19 04:00", id="2038"),
        pytest.param("2038-01-19 04:00", False, None, "2038-01-19 04:00", id="2038, at four"),
    ],
)
def test_the_next_run(now: str, done: bool, failed_at: str | None, due: str) -> None:
    failed = at(failed_at) if failed_at else None
    assert next_run(at(now), FOUR, HOUR, DailyRunState(done, failed)) == at(due)


EDGES = {
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
    "Asia/Kathmandu": (date(2026, 1, 1), date(2026, 6, 30)),
}
"""Zones of machines, and the dates on which their clocks are changed (the last one never changes)."""


@pytest.mark.parametrize(("zone", "edge"), [(zone, edge) for zone, edges in EDGES.items() for edge in edges])
def test_the_zone_of_the_machine_changes_nothing_not_even_where_its_clock_does(monkeypatch, zone, edge) -> None:
    monkeypatch.setenv("TZ", zone)
    clocks.tzset()
    try:
        began = simulate(datetime(edge.year, edge.month, edge.day, tzinfo=UTC) - timedelta(days=1), hours=72)
        assert clocks.tzname[0] != "UTC"
    finally:
        monkeypatch.undo()
        clocks.tzset()
    days = [edge + timedelta(days=offset) for offset in (-1, 0, 1)]
    assert began == [datetime.combine(day, FOUR, UTC) for day in days]


def simulate(start: datetime, *, hours: int, done: set[date] | None = None) -> list[datetime]:
    """When a daemon that ticks once a minute runs; every run succeeds."""
    days = set() if done is None else done
    began = []
    for minute in range(hours * 60):
        now = datetime.fromtimestamp((start + timedelta(minutes=minute)).timestamp(), UTC)
        if next_run(now, FOUR, HOUR, DailyRunState(now.date() in days, None)) <= now:
            began.append(now)
            days.add(now.date())
    return began


JUMPS = [timedelta(days=-1), timedelta(hours=-1), timedelta(hours=1), timedelta(days=1), timedelta(days=400)]


@given(
    jumps=st.lists(st.tuples(st.integers(1, 30), st.sampled_from(JUMPS)), max_size=6),
    failing=st.sets(st.integers(0, 40)),
)
def test_R9_whatever_the_clock_does_no_date_has_two_runs_and_a_right_clock_gets_its_run(jumps, failing) -> None:
    now, days, failed_at, tries = at("2026-06-02 00:00"), set(), None, 0
    leaps = dict(jumps)
    for hour in range(31):
        now += leaps.get(hour, timedelta())
        for _ in range(60):
            now += timedelta(minutes=1)
            if next_run(now, FOUR, HOUR, DailyRunState(now.date() in days, failed_at)) <= now:
                assert now.date() not in days
                tries += 1
                if tries in failing:
                    failed_at = now
                else:
                    days.add(now.date())
    # The clock is right from here on: a day later the date is done, but for runs that fail.
    began = simulate(now, hours=24, done=days)
    assert len(began) <= 2
    assert (now + timedelta(hours=23, minutes=59)).date() in days or (now + timedelta(hours=24)).time() <= FOUR


def test_a_run_that_fails_all_day_is_tried_once_per_pause() -> None:
    now, failed_at, tries = at("2026-06-02 00:00"), None, []
    for _ in range(24 * 60):
        if next_run(now, FOUR, HOUR, DailyRunState(done=False, failed_at=failed_at)) <= now:
            failed_at = now
            tries.append(now.hour)
        now += timedelta(minutes=1)
    assert tries == list(range(4, 24))


def test_the_process_that_runs_these_tests_has_its_own_zone_back() -> None:
    assert os.environ.get("TZ") not in EDGES


@pytest.mark.parametrize(
    ("days", "last", "due"),
    [
        pytest.param(0, None, True, id="the first Sunday"),
        pytest.param(1, None, False, id="a Monday before it"),
        pytest.param(0, -7, True, id="a week after the last"),
        pytest.param(0, -3, True, id="a full resync was on Thursday"),
        pytest.param(0, 0, False, id="read today already"),
        pytest.param(1, 0, False, id="read yesterday"),
        pytest.param(1, -7, True, id="the Sunday was missed"),
        pytest.param(5, -2, False, id="seven days after the last, on a Friday"),
    ],
)
def test_A_101_everybody_is_read_on_the_weekday_and_a_missed_one_is_made_up_for(days, last, due):
    before = None if last is None else SUNDAY + timedelta(days=last)
    assert reads_everybody(SUNDAY + timedelta(days=days), Weekday.SUNDAY, before) is due


def test_without_a_weekday_nobody_asks_for_everybody():
    assert not reads_everybody(SUNDAY, None, None)
    assert not reads_everybody(SUNDAY, None, date(2020, 1, 1))


def test_the_weekdays_have_the_order_of_the_calendar():
    assert [day.value for day in Weekday] == [f"{SUNDAY + timedelta(days=1 + n):%A}".lower() for n in range(7)]
