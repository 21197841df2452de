"""Activities on their way to events: added, held, released, deleted. What they become is not decided here."""

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
    """The case with more activities, numbered in their order; those of the class INFO never wait (S2-10)."""
    found = numbered(activities, max((one.id for one in case.activities), default=0))
    return replace(case, activities=(*case.activities, *found))


def numbered(activities: Iterable[Activity], last: int) -> list[Activity]:
    """Activities with their numbers, behind those of before; those of the class INFO never wait."""
    return [
        replace(one, id=last + place, state=ActivityState.INFO if one.event_class == INFO else one.state)
        for place, one in enumerate(activities, 1)
    ]


def insert(case: Case, event_class: str, event_date: date, book: Rulebook, reason: str = "") -> Case:
    """An activity by an administrator's hand (S3-122).

    Raises:
        DecisionError: the rulebook has no such class, or only a snapshot makes it.
    """
    if event_class not in book.events or event_class == SNAPSHOT:
        raise DecisionError(
            f"No activity of class {event_class} was added",
            "nobody can add one",
            f"choose one of: {', '.join(name for name in book.events if name != SNAPSHOT)}",
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
    found = next((one for one in case.activities if one.id == number), None)
    if found is None or found.state not in allowed:
        why = f"it is {found.state.lower()}" if found is not None else "this participant has none of that number"
        raise DecisionError(f"Activity {number} was not changed", why, "look at the list of activities first")
    return with_state(case, found, to)


def with_state(case: Case, activity: Activity, to: ActivityState) -> Case:
    """The case with one activity in another state."""
    moved = tuple(replace(one, state=to) if one.id == activity.id else one for one in case.activities)
    return replace(case, activities=moved)
