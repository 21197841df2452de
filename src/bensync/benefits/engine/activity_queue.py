"""The queue of activities: add, hold, release, delete. `scheduling` decides what they become."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec.structs import replace

from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.activities import INFO, Activity, ActivitySource, ActivityState
from bensync.benefits.values.cases import Case
from bensync.benefits.values.events import SNAPSHOT
from bensync.errors import DecisionError


def add(case: Case, activities: Iterable[Activity]) -> Case:
    """Return the case with more activities, numbered in their order; those of the class INFO never wait (S2-10)."""
    added = numbered(activities, max((activity.id for activity in case.activities), default=0))
    return replace(case, activities=(*case.activities, *added))


def numbered(activities: Iterable[Activity], last: int) -> list[Activity]:
    """Return the activities numbered from ``last`` + 1; those of the class INFO never wait."""
    return [
        replace(activity, id=last + place, state=ActivityState.INFO if activity.event_class == INFO else activity.state)
        for place, activity in enumerate(activities, 1)
    ]


def insert(case: Case, event_class: str, event_date: date, book: Rulebook, reason: str = "") -> Case:
    """Add an activity that an administrator enters (S3-122).

    Raises:
        DecisionError: the rulebook has no such class, or only a snapshot makes it.
    """
    if event_class not in book.events or event_class == SNAPSHOT:
        raise DecisionError(
            f"No activity of class {event_class} was added.",
            "Nobody can add an activity of this class manually.",
            f"Choose one of: {', '.join(name for name in book.events if name != SNAPSHOT)}.",
        )
    return add(case, [Activity(0, ActivitySource.MANUAL, event_class, event_date, "manual", reason)])


def hold(case: Case, number: int) -> Case:
    """Keep an activity from being processed (S2-04, A-72).

    Raises:
        DecisionError: it does not wait.
    """
    return _moved(case, number, ActivityState.HELD, ActivityState.WAITING)


def release(case: Case, number: int) -> Case:
    """Let a held activity be processed.

    Raises:
        DecisionError: it is not held.
    """
    return _moved(case, number, ActivityState.WAITING, ActivityState.HELD)


def delete(case: Case, number: int) -> Case:
    """Stop an activity for good; the change of the participant stays (S2-05, S3-123).

    Raises:
        DecisionError: it is processed or deleted already.
    """
    return _moved(case, number, ActivityState.DELETED, ActivityState.WAITING, ActivityState.HELD)


def _moved(case: Case, number: int, to: ActivityState, *allowed: ActivityState) -> Case:
    activity = next((entry for entry in case.activities if entry.id == number), None)
    if activity is None or activity.state not in allowed:
        why = (
            f"It is {activity.state.lower()}."
            if activity is not None
            else "This participant has no activity with that number."
        )
        raise DecisionError(f"Activity {number} was not changed.", why, "Check the number in the list of activities.")
    return with_state(case, activity, to)


def with_state(case: Case, activity: Activity, to: ActivityState) -> Case:
    """Return the case with one activity in another state."""
    moved = tuple(replace(entry, state=to) if entry.id == activity.id else entry for entry in case.activities)
    return replace(case, activities=moved)
