"""Passive events: what time alone brings about, such as ten years of service (S3-92 to S3-97). Reads no clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import msgspec

from bensync.benefits.engine.eligibility_facts import active_on
from bensync.benefits.engine.run import awaits_loss_confirmation
from bensync.benefits.family.groups import leaves_on
from bensync.benefits.rulebook.tables import DependentGroup, PassiveEvent
from bensync.benefits.values.activities import Activity, ActivitySource
from bensync.benefits.values.calendar import plus
from bensync.benefits.values.cases import Case
from bensync.benefits.values.dependents import dependent_on, numbers
from bensync.benefits.values.enrollments import covering
from bensync.benefits.values.events import Event, Flag
from bensync.core.people import Participant, last_hire
from bensync.errors import DecisionError


class Search(msgspec.Struct, frozen=True):
    """One search that was made, and whom it found: participant ids (S3-95)."""

    passive: str
    begin: date
    end: date
    found: tuple[int, ...]


class SearchHits(msgspec.Struct, frozen=True):
    """The result of a search: an activity for each participant not found before, and earlier searches that overlap."""

    activities: tuple[tuple[int, Activity], ...]
    overlaps: tuple[Search, ...]
    search: Search


def search(
    passive: PassiveEvent, people: Iterable[Participant], begin: date, end: date, history: Sequence[Search]
) -> SearchHits:
    """Return the participants who reach the measure between two days, both included (A-79).

    Overlaps are a warning that may be ignored: nobody is found twice.

    Raises:
        DecisionError: the range ends before it begins.
    """
    _check_range(begin, end)
    earlier = [past for past in history if past.passive == passive.code]
    found_before = {number for past in earlier for number in past.found}
    activities = []
    for person in people:
        day = day_reached(passive, person)
        # A person who has left by that day reaches nothing.
        due = day is not None and begin <= day <= end and active_on(person, day)
        if day is not None and due and person.id not in found_before:
            activities.append(
                (person.id, Activity(0, ActivitySource.PASSIVE, passive.event, day, "passive", passive.code))
            )
    overlaps = tuple(past for past in earlier if past.begin <= end and begin <= past.end)
    return SearchHits(
        tuple(activities), overlaps, Search(passive.code, begin, end, tuple(number for number, _ in activities))
    )


def search_dependents(
    passive: PassiveEvent,
    group: DependentGroup,
    cases: Iterable[Case],
    begin: date,
    end: date,
    history: Sequence[Search],
) -> SearchHits:
    """Return the participants of whom a covered dependent becomes too old for a group between two days (S3-10).

    The search is how COBRA begins for a dependent: no event of the employee brings it. Nobody is found twice.

    Raises:
        DecisionError: the range ends before it begins.
    """
    _check_range(begin, end)
    activities = []
    for case in cases:
        for number in numbers(case.dependents):
            day = _day_too_old(case, number, group, begin, end)
            reason = f"{passive.code} {number}"
            past = any(entry.action == "passive" and entry.reason == reason for entry in case.activities)
            if day is not None and not past and covering(case.enrollments, number, day):
                activity = Activity(0, ActivitySource.PASSIVE, passive.event, day, "passive", reason)
                activities.append((case.participant.id, activity))
    earlier = [entry for entry in history if entry.passive == passive.code]
    overlaps = tuple(entry for entry in earlier if entry.begin <= end and begin <= entry.end)
    people = tuple(dict.fromkeys(number for number, _ in activities))
    return SearchHits(tuple(activities), overlaps, Search(passive.code, begin, end, people))


def _day_too_old(case: Case, number: int, group: DependentGroup, begin: date, end: date) -> date | None:
    """Return the day between two days on which a dependent becomes too old; None without one."""
    # Whether they are a student or disabled is asked of the end of the range: the exception of that day counts.
    dependent = dependent_on(case.dependents, number, end)
    day = leaves_on(dependent, group) if dependent is not None else None
    return day if day is not None and begin <= day <= end else None


def _check_range(begin: date, end: date) -> None:
    if end < begin:
        raise DecisionError("No passive events were looked for.", "The range ends before it begins.", "Swap the dates.")


def day_reached(passive: PassiveEvent, person: Participant) -> date | None:
    """Return the day on which a participant reaches the measure; somebody born on February 29 does on the 28th."""
    if passive.measure == "service_years":
        start = last_hire(person.profile.values)
    else:
        text = person.profile.values.get("birth_date")
        start = date.fromisoformat(text) if text else None
    return plus(start, months=12 * passive.reaches) if start is not None else None


REVIEWED = frozenset(Flag) - {Flag.MULTI_ACTIVITY}
"""The flags that ask for a look (S3-148)."""


def terminations(cases: Iterable[Case]) -> Iterator[tuple[Participant, Event]]:
    """Return the events that would end every coverage and wait for a final mark (S3-136, A-68)."""
    return ((case.participant, event) for case in cases for event in case.events if awaits_loss_confirmation(event))


def flagged(cases: Iterable[Case], wanted: frozenset[Flag] = REVIEWED) -> Iterator[tuple[Participant, Event]]:
    """Yield the events with one of these flags, the newest first for each participant (S3-148, S3-196)."""
    for case in cases:
        events = sorted(case.events, key=lambda event: event.order, reverse=True)
        yield from ((case.participant, event) for event in events if event.flags & wanted)
