"""Lists for the people who watch events: losses that wait for a mark, and events that somebody should look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bensync.benefits.model import Case, Event, Flag
from bensync.benefits.run import stops_short
from bensync.core.model import Participant

REVIEWED = frozenset(Flag) - {Flag.MULTI_ACTIVITY}
"""The flags that ask for a look (S3-148)."""


def terminations(cases: Iterable[Case]) -> Iterator[tuple[Participant, Event]]:
    """Find Terminations: events that would end every coverage, and wait for a final mark (S3-136, A-68)."""
    return ((case.participant, event) for case in cases for event in case.events if stops_short(event))


def flagged(cases: Iterable[Case], wanted: frozenset[Flag] = REVIEWED) -> Iterator[tuple[Participant, Event]]:
    """Events with one of these flags, the newest first for each participant (S3-148, S3-196)."""
    for case in cases:
        events = sorted(case.events, key=lambda event: event.order, reverse=True)
        yield from ((case.participant, event) for event in events if event.flags & wanted)
