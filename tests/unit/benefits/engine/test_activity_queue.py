"""Activities added, held, released and deleted before they become events."""

from __future__ import annotations

import pytest

from bensync.benefits.engine.activity_queue import add, delete, hold, insert, release
from bensync.benefits.values.activities import ActivitySource, ActivityState
from bensync.benefits.values.cases import Case
from bensync.errors import DecisionError
from tests.unit.benefits.cases import (
    BOOK,
    after_run,
    case,
    person,
    posted,
    statuses,
    with_activities,
)
from tests.unit.benefits.situations import activities_of_update
from tests.unit.builders import day


def test_activities_are_numbered_in_their_order():
    activities = activities_of_update(person(), person(fte="0.5", state="NV"))
    both = add(add(Case(person()), activities), activities)
    assert [activity.id for activity in both.activities] == [1, 2, 3, 4]


def test_A_72_S2_04_a_held_activity_is_not_touched_and_a_released_one_is_processed():
    waiting = with_activities(case(), *activities_of_update(person(), person(fte="0.5")))
    held = hold(waiting, 1)
    assert after_run(held) == held
    done = after_run(release(held, 1))
    assert [activity.state for activity in done.activities] == [ActivityState.PROCESSED]
    assert [event.event_class for event in done.events] == ["MSC"]


@pytest.mark.parametrize("held", [False, True])
def test_S2_05_a_deleted_activity_makes_no_event(held):
    waiting = with_activities(case(), *activities_of_update(person(), person(fte="0.5")))
    deleted = delete(hold(waiting, 1) if held else waiting, 1)
    assert deleted.activities[0].state is ActivityState.DELETED
    assert after_run(deleted).events == ()


@pytest.mark.parametrize(("verb", "number"), [(release, 1), (hold, 2), (delete, 2)])
def test_an_activity_in_another_state_is_left(verb, number):
    waiting = with_activities(case(), *activities_of_update(person(), person(fte="0.5")))
    with pytest.raises(DecisionError) as caught:
        verb(waiting, number)
    assert caught.value.why in {"It is waiting.", "This participant has no activity with that number."}


def test_S3_122_a_family_event_is_added_manually():
    done = after_run(insert(case(), "FSC", day("06-01"), BOOK, "adoption"))
    assert (done.event(1).event_class, done.event(1).source, done.event(1).reason) == (
        "FSC",
        ActivitySource.MANUAL,
        "adoption",
    )
    assert statuses(done) == ("PR", "OPEN")
    assert posted(done) == []


@pytest.mark.parametrize("event_class", ["SNP", "XYZ"])
def test_nobody_adds_what_the_rulebook_does_not_let_them(event_class):
    with pytest.raises(DecisionError):
        insert(case(), event_class, day("06-01"), BOOK)
