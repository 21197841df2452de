"""Keeps at most one event of a participant in process: the first in order, unless an administrator opens another one.

Nothing here assigns, prepares or posts.
"""

from __future__ import annotations

from msgspec.structs import replace

from bensync.benefits.engine.postings import reverse
from bensync.benefits.values.cases import Case
from bensync.benefits.values.events import (
    BEGUN,
    FINISHED,
    SNAPSHOT,
    UNPREPARED,
    Event,
    EventStatus,
    Flag,
    Indicator,
    Process,
    flagged,
)
from bensync.core.people import Standing
from bensync.errors import DecisionError

REPROCESSING = {
    Indicator.ASSIGN: BEGUN | FINISHED,
    Indicator.PREPARE: BEGUN | {Process.FE, Process.FP},
    Indicator.ELECT: frozenset({Process.FE, Process.RE}),
    Indicator.RE_ENTER: frozenset({Process.FE}),
}
"""From which process status an event can go back to which stage (model 2.3)."""
DROPS_ELECTIONS = frozenset({Indicator.ASSIGN, Indicator.PREPARE})
"""Going back to these stages discards the elections of the event."""


def is_queued(event: Event) -> bool:
    """Return whether an event waits behind the one in process."""
    if event.status is not EventStatus.CLOSED or event.disconnected:
        return False
    if event.indicator is not Indicator.NORMAL:
        return True
    # RE waits for elections that are entered again; only a final mark lets the run take it without them.
    return event.process not in FINISHED and (event.process is not Process.RE or event.final)


def open_next(case: Case) -> Case:
    """Open the first event of the queue where none is open (S3-60, S3-61)."""
    queue = [event for event in case.events if is_queued(event)]
    if case.open is not None or not queue:
        return case
    return case.put(opened(min(queue, key=lambda event: event.order)))


def held_up(case: Case) -> tuple[Event, Event] | None:
    """Return the approved termination that waits behind the open event, and that event; None where none waits."""
    running = case.open
    if running is None or case.participant.standing is not Standing.TERMINATED:
        return None
    waiting = [event for event in case.events if event.final and is_queued(event)]
    return (min(waiting, key=lambda event: event.order), running) if waiting else None


def enqueue(case: Case, event: Event) -> Case:
    """Add a new event: flag later ones that were prepared as out of sequence, and interrupt a later one in process.

    Source: S3-65, S3-70, model K5.
    """
    for other in case.events:
        # The flag marks the later event: its result may be stale (model K5). An unprepared one has no result yet.
        if other.order > event.order and other.process not in UNPREPARED and not _aside(other):
            case = case.put(flagged(other, Flag.OUT_OF_SEQUENCE))
    running = case.open
    if running is None or running.order < event.order:
        return case.put(event)
    return case.put(replace(running, status=EventStatus.CLOSED)).put(opened(event))


def overtakes(case: Case, event: Event) -> bool:
    """Return whether an earlier event is unfinished while this one is being prepared (S3-70)."""
    return any(other.order < event.order and not other.over for other in case.events)


def _aside(event: Event) -> bool:
    return event.status is EventStatus.VOID or event.disconnected or event.event_class == SNAPSHOT


def opened(event: Event) -> Event:
    """Return the event as the one in process."""
    return replace(event, status=EventStatus.OPEN, set_aside=False)


def void(case: Case, number: int) -> Case:
    """Back an event out: reverse what it posted and keep its elections (S3-132, S3-192)."""
    event = case.event(number)
    voided = replace(
        event,
        status=EventStatus.VOID,
        process=Process.RE,
        indicator=Indicator.NORMAL,
        final=False,
        set_aside=False,
    )
    return reverse(case, number).put(voided)


def disconnect(event: Event) -> Event:
    """Return the event as one whose row is gone: out of the queue for good, it can only be voided (S3-131)."""
    status = EventStatus.CLOSED if event.status is EventStatus.OPEN else event.status
    indicator = event.indicator if event.indicator is Indicator.VOID else Indicator.NORMAL
    return replace(flagged(event, Flag.DISCONNECTED), status=status, indicator=indicator, final=False)


def set_status(case: Case, number: int, status: EventStatus) -> Case:
    """Open or close an event manually: first close the open one, then open the wanted one (S3-125, S3-126, A-77).

    Raises:
        DecisionError: the status cannot be set so. Void never is (S3-127, A-78).
    """
    event = case.event(number)
    if status is EventStatus.VOID:
        raise _refusal(number, "Void is never set manually.", "Set the indicator VOID; the next run carries it out.")
    if event.status is EventStatus.VOID:
        raise _refusal(number, "It is void.", "Reprocess it instead.")
    if event.status is status:
        raise _refusal(number, f"It is {status.lower()} already.", "Nothing needs to be done.")
    if status is EventStatus.CLOSED:
        return case.put(replace(event, status=status, set_aside=True))
    if event.disconnected:
        raise _refusal(number, "It is disconnected.", "It can only be voided.")
    if case.open is not None:
        raise _refusal(number, f"Event {case.open.number} is open.", "Close that one first.")
    for other in case.events:
        # An event that was closed while in process is overtaken by the one that opens now, whatever their order is.
        if other.set_aside and other.number != number:
            case = case.put(replace(flagged(other, Flag.OUT_OF_SEQUENCE), set_aside=False))
    return case.put(opened(event))


def set_indicator(case: Case, number: int, indicator: Indicator) -> Case:
    """Set what the next run does with an event; one that is not open waits for its turn (S3-72, S3-185).

    Raises:
        DecisionError: the event cannot go there from where it stands.
    """
    event = case.event(number)
    loaded = any(row.event == number and not row.reversed for row in case.enrollments)
    if event.event_class == SNAPSHOT and not (loaded and indicator in (Indicator.VOID, Indicator.NORMAL)):
        # A census may have been wrong: voiding its event takes the loaded coverage back, so that it can be loaded anew.
        raise _refusal(number, "A snapshot decided nothing.", "Void it if it has loaded coverage that is wrong.")
    if indicator is Indicator.VOID and event.status is EventStatus.VOID:
        raise _refusal(number, "It is void already.", "Nothing needs to be done.")
    if indicator in (Indicator.VOID, Indicator.NORMAL):
        return case.put(replace(event, indicator=indicator))
    if event.disconnected:
        raise _refusal(number, "It is disconnected.", "It can only be voided.")
    prepared = event.prepared is not None or indicator is not Indicator.ELECT
    if event.process not in REPROCESSING[indicator] or not prepared:
        raise _refusal(number, f"It stands at {event.process}.", f"{indicator} starts from other statuses.")
    status = EventStatus.CLOSED if event.status is EventStatus.VOID else event.status
    return case.put(replace(event, indicator=indicator, status=status))


def mark_final(case: Case, number: int) -> Case:
    """Have an event finished at the next run, with defaults where nothing was elected (S3-109).

    Raises:
        DecisionError: it is over.
    """
    event = case.event(number)
    if event.over:
        raise _refusal(number, f"It stands at {event.process}, {event.status.lower()}.", "Reprocess it instead.")
    return case.put(replace(event, final=True))


def clear_flag(case: Case, number: int, flag: Flag) -> Case:
    """Clear a flag that an administrator has checked (S3-193).

    Raises:
        DecisionError: the flag is a fact that stays.
    """
    if flag in (Flag.DISCONNECTED, Flag.MULTI_ACTIVITY):
        raise _refusal(number, f"{flag} is never cleared.", "Nothing needs to be done.")
    event = case.event(number)
    return case.put(replace(event, flags=event.flags - {flag}))


def _refusal(number: int, why: str, fix: str) -> DecisionError:
    return DecisionError(f"Event {number} was not changed.", why, fix)
