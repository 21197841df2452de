"""Benefit events as values: their order, and when their turn is over (S3-60, S3-131)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bensync.benefits.values.activities import ActivitySource
from bensync.benefits.values.events import Event, EventStatus, Flag, Process, flagged
from bensync.benefits.values.offers import Prepared
from tests.unit.builders import day

EVENT = Event(2, "HIR", day("06-01"), 100, ActivitySource.JOB, EventStatus.CLOSED, Process.AS)


@pytest.mark.parametrize(
    "later",
    [
        replace(EVENT, number=1, event_date=day("06-02")),
        replace(EVENT, number=1, rank=1),
        replace(EVENT, number=1, priority=200),
        replace(EVENT, number=3),
    ],
    ids=["a later date", "a higher rank", "a higher priority number", "a newer event"],
)
def test_S3_60_events_are_ordered_by_date_rank_priority_and_number(later):
    assert EVENT.order < later.order


@pytest.mark.parametrize(
    ("event", "over"),
    [
        (EVENT, False),
        (replace(EVENT, status=EventStatus.OPEN), False),
        (replace(EVENT, process=Process.FE), True),
        (replace(EVENT, status=EventStatus.VOID), True),
        (flagged(EVENT, Flag.DISCONNECTED), True),
        (flagged(EVENT, Flag.ELIG_JOB), False),
    ],
    ids=["queued", "in process", "finished", "void", "disconnected", "flagged"],
)
def test_the_turn_of_an_event_is_over_once_it_is_finished_void_or_disconnected(event, over):
    assert event.over is over


def test_an_event_that_is_not_prepared_ends_no_coverage_yet():
    assert not EVENT.loss_of_all
    assert replace(EVENT, prepared=Prepared(loss_of_all=True)).loss_of_all


def test_a_flag_is_added_to_those_that_are_set():
    assert flagged(flagged(EVENT, Flag.ELIG_JOB), Flag.ELIG_ADDR).flags == {Flag.ELIG_JOB, Flag.ELIG_ADDR}
