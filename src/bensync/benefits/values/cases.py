"""The case: all that is kept of one participant for benefit events, as a frozen value."""

from __future__ import annotations

import msgspec

from bensync.benefits.values.activities import Activity
from bensync.benefits.values.cobra import CobraRecord
from bensync.benefits.values.dependents import Dependent
from bensync.benefits.values.enrollments import Assignment, Enrollment
from bensync.benefits.values.events import Event, EventStatus
from bensync.core.people import Participant


class Case(msgspec.Struct, frozen=True):
    """All that is kept of one participant for benefit events; the benefit record is always 0 (S4-02)."""

    participant: Participant
    activities: tuple[Activity, ...] = ()
    events: tuple[Event, ...] = ()
    enrollments: tuple[Enrollment, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    cobra: tuple[CobraRecord, ...] = ()
    dependents: tuple[Dependent, ...] = ()

    @property
    def open(self) -> Event | None:
        """Return the one event that is in process, if any."""
        return next((event for event in self.events if event.status is EventStatus.OPEN), None)

    def event(self, number: int) -> Event:
        """Return the event of this number.

        Raises:
            KeyError: there is none.
        """
        for event in self.events:
            if event.number == number:
                return event
        raise KeyError(number)

    def put(self, event: Event) -> Case:
        """Return the case with this event in place of the one with its number, or appended as a new one."""
        # A mapping keeps the place of a number that it has already: the order of the events does not change.
        events = {other.number: other for other in self.events} | {event.number: event}
        return msgspec.structs.replace(self, events=tuple(events.values()))
