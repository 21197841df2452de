"""process_case(): one run over the events of one participant.

A report is a run whose result is not stored (S2-26).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

import msgspec

from bensync.benefits.engine.approval_activities import rests_on
from bensync.benefits.engine.eligibility import findings
from bensync.benefits.engine.event_order import is_queued, open_next, void
from bensync.benefits.engine.event_stages import RunContext, advance
from bensync.benefits.engine.scheduling import facts_of, schedule
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.activities import RowChange
from bensync.benefits.values.cases import Case
from bensync.benefits.values.cobra import CobraRecord
from bensync.benefits.values.enrollments import Enrollment
from bensync.benefits.values.events import UNPREPARED, Event, EventStatus, Indicator, Process
from bensync.benefits.values.offers import Remark


class RunMode(StrEnum):
    """The parts of a run that are carried out (S3-75 to S3-77)."""

    ALL = "ALL"
    SCHEDULE = "SCHEDULE"
    PROCESS = "PROCESS"


class CaseResult(msgspec.Struct, frozen=True):
    """The case after a run, and what is new in it: what must be stored, sent to carriers, and reported.

    Attributes:
        case: the new state.
        posted: new coverage rows, in their order.
        reversed: rows of before that count no more.
        cobra: records that are new or void now.
        events: events that are new or have moved.
        remarks: why something was left, skipped or refused, and on what the event in process waits.
        carriers: whose members' coverage was touched, by code (S0-25).
    """

    case: Case
    posted: tuple[Enrollment, ...]
    reversed: tuple[Enrollment, ...]
    cobra: tuple[CobraRecord, ...]
    events: tuple[Event, ...]
    remarks: tuple[Remark, ...]
    carriers: tuple[str, ...]


def process_case(
    case: Case, day: RunContext, pending: Sequence[RowChange] = (), mode: RunMode = RunMode.ALL, only: str = ""
) -> CaseResult:
    """Schedule waiting activities, then take each event as far as it gets, in order, until one waits for a person.

    Args:
        case: the participant.
        day: the rulebook and today.
        pending: edits of dated rows that a pending request proposes; events that rest on such a row are skipped
            (sync-rules 3.9.3).
        mode: whether to schedule, to process, or both.
        only: process only events of this schedule, and leave one that stands before them; empty for all. Events
            are made of all activities (S3-75, S3-81).
    """
    before = case
    remarks: list[Remark] = []
    if mode is not RunMode.PROCESS:
        case, refused = schedule(case, day.book)
        remarks += refused
    if mode is not RunMode.SCHEDULE:
        case, skipped = _processed(case, day, pending, only)
        remarks += skipped
    if day.record:
        case = _recorded(before, case, day.book)
    return case_result(before, case, day.book, remarks)


def _recorded(before: Case, after: Case, book: Rulebook) -> Case:
    """Return the case with the findings of eligibility of each event that moved, for a person who asks why (S3-139).

    A check that came before the status from which an event started is not made again: none of programs from AS on, none
    of plans and options from PR on (S3-138).
    """
    events_before = {event.number: event for event in before.events}
    for event in after.events:
        start = _start(events_before.get(event.number))
        if event != events_before.get(event.number) and start not in _CHECKED:
            checked = findings(facts_of(after, event, book), book)
            again = start in _PROGRAMS_OPEN
            kept = () if again else tuple(finding for finding in event.findings if not finding.plan)
            anew = tuple(finding for finding in checked if finding.plan or again)
            after = after.put(msgspec.structs.replace(event, findings=(*kept, *anew)))
    return after


_PROGRAMS_OPEN = frozenset({None, Process.AE, Process.AN})
"""Where an event started whose program is still looked for; None for a new event."""

_CHECKED = frozenset(Process) - UNPREPARED


def _start(event: Event | None) -> Process | None:
    """Return the status from which a run takes an event on, as its indicator says; None for a new one."""
    if event is None or event.indicator is Indicator.ASSIGN:
        return None
    return Process.AS if event.indicator is Indicator.PREPARE else event.process


def _processed(case: Case, day: RunContext, pending: Sequence[RowChange], only: str) -> tuple[Case, list[Remark]]:
    eligible = {event.number for event in case.events if only in ("", event.schedule)}
    blocked = {event.number for event in case.events if any(rests_on(event, edit) for edit in pending)}
    skipped: dict[int, Remark] = {}
    # Voids first, whatever their place in the queue: the events behind must be prepared without what is backed out.
    for event in [event for event in case.events if event.number in eligible]:
        if event.indicator is Indicator.VOID and event.number in blocked:
            skipped[event.number] = Remark("pending_correction", event.number)
        elif event.indicator is Indicator.VOID:
            case = void(case, event.number)
    # Each round ends one event or stops, so there are at most as many rounds as events.
    for _ in case.events:
        case = open_next(case)
        running = case.open
        if running is not None and running.number not in eligible:
            break
        if running is not None and running.number in blocked:
            skipped[running.number] = Remark("pending_correction", running.number)
        elif running is not None:
            case = advance(case, running.number, day)
        if case.open is not None:
            break
    for event in case.events:
        if event.process is Process.AN and event.status is EventStatus.CLOSED and is_queued(event):
            # AN passes: the look for a program is over, and what it means is known when the event is prepared (S3-38).
            case = case.put(msgspec.structs.replace(event, process=Process.AS))
    return case, list(skipped.values())


def case_result(before: Case, after: Case, book: Rulebook, remarks: Iterable[Remark] = ()) -> CaseResult:
    """Return what is new in a case after a run or a manual change."""
    events_before = {event.number: event for event in before.events}
    events = tuple(event for event in after.events if events_before.get(event.number) != event)
    posted = after.enrollments[len(before.enrollments) :]
    # Rows are append-only and keep their place, so the first ones can be compared in pairs; only reversal changes one.
    taken = tuple(row for row, old in zip(after.enrollments, before.enrollments, strict=False) if row != old)
    reported = [event for event in after.events if event in events or event.status is EventStatus.OPEN]
    lines = [line for event in reported for line in _lines(event)]
    plans = {row.terms.plan for row in (*posted, *taken)}
    return CaseResult(
        case=after,
        posted=posted,
        reversed=taken,
        cobra=tuple(record for record in after.cobra if record not in before.cobra),
        events=events,
        remarks=(*remarks, *lines, *_behind(after)),
        carriers=tuple(sorted({book.plan[code].carrier for code in plans if code in book.plan} - {""})),
    )


def _behind(case: Case) -> Iterator[Remark]:
    """Yield a remark for each final event, such as an approved termination, that waits behind an unfinished one."""
    running = case.open
    for event in case.events:
        if running is not None and event.final and is_queued(event):
            yield Remark("waits_behind", event.number, detail=str(running.number))


def _lines(event: Event) -> tuple[Remark, ...]:
    """Return the remarks on an event for the report, besides its postings."""
    if event.process is Process.AE:
        return (Remark("several_programs", event.number),)
    prepared = event.prepared
    remarks = (*prepared.remarks, *prepared.faults) if prepared is not None else ()
    waiting = (Remark("loss_of_all", event.number),) if awaits_loss_confirmation(event) else ()
    return (*remarks, *event.messages, *waiting)


def awaits_loss_confirmation(event: Event) -> bool:
    """Return whether an event would end every coverage and waits for a final mark (S3-135, A-68)."""
    waits = event.process in (Process.PR, Process.NT) and not event.final
    return waits and event.loss_of_all and not event.over
