"""schedule(): waiting activities become events, join one, flag events or disconnect them. Posts nothing."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from bensync.benefits.engine.activity_queue import with_state
from bensync.benefits.engine.approval_activities import MSC, disconnects, meaning_of, rests_on
from bensync.benefits.engine.eligibility import assign, findings, schedule_for
from bensync.benefits.engine.eligibility_facts import Facts, facts
from bensync.benefits.engine.event_order import disconnect, enqueue, open_next
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.activities import Activity, ActivitySource, ActivityState, RowChange
from bensync.benefits.values.cases import Case
from bensync.benefits.values.events import ASSIGNING, SNAPSHOT, UNPREPARED, Event, EventStatus, Flag, Process, flagged
from bensync.benefits.values.offers import EligibilityFinding, Remark
from bensync.core.people import DatedRow

ELIGIBILITY_FLAGS = {
    ActivitySource.ADDRESS: Flag.ELIG_ADDR,
    ActivitySource.JOB: Flag.ELIG_JOB,
    ActivitySource.MULTIJOB: Flag.ELIG_MULTI,
}
"""Which eligibility-changed flag a source sets; the others set none (S3-104)."""


def schedule(case: Case, book: Rulebook) -> tuple[Case, tuple[Remark, ...]]:
    """Turn the waiting activities into events in their order, assign programs to unprepared ones, open the first.

    Held activities stay. Those of a class that the rulebook no longer has stay too, with a remark.
    """
    remarks = []
    for activity in sorted(case.activities, key=lambda activity: activity.id):
        if activity.state is not ActivityState.WAITING:
            continue
        if activity.event_class and activity.event_class not in book.events:
            remarks.append(Remark("event_class_unknown", detail=activity.event_class))
            continue
        case = with_state(_schedule_activity(case, activity, book), activity, ActivityState.PROCESSED)
    for event in case.events:
        if event.process in ASSIGNING and event.status is not EventStatus.VOID and not event.disconnected:
            case = case.put(assigned(case, event, book))
    return open_next(case), tuple(remarks)


def assigned(case: Case, event: Event, book: Rulebook) -> Event:
    """Return the event with its program status AS, AN or AE, and with the dated rows that it rests on (S3-25)."""
    return _with_program(event, facts_of(case, event, book), book)


def facts_of(case: Case, event: Event, book: Rulebook) -> Facts:
    """Return the facts on the day of an event; its class may decide whether the person counts as employed."""
    return facts(case.participant, event.event_date, book, book.events[event.event_class].employment, case.dependents)


def event_findings(case: Case, event: Event, book: Rulebook) -> tuple[EligibilityFinding, ...]:
    """Return the findings of eligibility that a run recorded with an event; else those of today's data and rules."""
    # Findings of earlier versions have no tests. The rulebook of today may no longer have the class.
    if any(finding.tests for finding in event.findings) or event.event_class not in book.events:
        return event.findings
    return findings(facts_of(case, event, book), book)


def _with_program(event: Event, day_facts: Facts, book: Rulebook) -> Event:
    process, program = assign(day_facts, book)
    return replace(event, process=process, program=program, used=day_facts.rows)


def _schedule_activity(case: Case, activity: Activity, book: Rulebook) -> Case:
    classes = [activity.event_class] if activity.event_class else []
    if activity.change is not None:
        case, lost = _disturb(case, activity.change, activity.source, book)
        classes += lost
    for event_class in dict.fromkeys(classes):
        case = _placed(case, replace(activity, event_class=event_class), book)
    return case


def _disturb(case: Case, edit: RowChange, source: ActivitySource, book: Rulebook) -> tuple[Case, list[str]]:
    """Flag and disconnect what rests on a row that was edited (S3-128 to S3-130, S4-16).

    Returns:
        The case, and the classes of the events that a re-dated row, or one with another action, must bring anew.
    """
    anew = []
    for event in case.events:
        if not rests_on(event, edit):
            continue
        flag = ELIGIBILITY_FLAGS.get(source)
        marked = event if flag is None else flagged(event, flag)
        if not disconnects(event, edit, book):
            case = case.put(replace(marked, rows=_moved(event.rows, edit), used=_moved(event.used, edit)))
            continue
        case = case.put(disconnect(marked))
        if edit.old is not None and edit.new is not None and edit.old in event.rows:
            # The row is still there, so its event is made again: on its new date (S3-130), as its new action says.
            anew.append(_class_anew(event.event_class, edit.old, edit.new, book))
    return case, anew


def _class_anew(event_class: str, old: DatedRow, new: DatedRow, book: Rulebook) -> str:
    """Return the class of the event that a row brings anew; a class that its old action gave falls to the new one."""
    before, after = meaning_of(old, book), meaning_of(new, book)
    if event_class not in (MSC, before.event if before is not None else MSC):
        return event_class
    return (after.event if after is not None else "") or MSC


def _moved(rows: Iterable[DatedRow], edit: RowChange) -> tuple[DatedRow, ...]:
    return tuple(edit.new if row == edit.old and edit.new is not None else row for row in rows)


def _placed(case: Case, activity: Activity, book: Rulebook) -> Case:
    """Return the case with an event for an activity: a new one, or one of its day and class that is not finished.

    Source: S3-62, A-65.
    """
    flag = ELIGIBILITY_FLAGS.get(activity.source)
    same = [event for event in case.events if _takes(event, activity)]
    if same:
        first = same[0]
        joined = replace(
            flagged(first, Flag.MULTI_ACTIVITY, *([flag] if flag and first.process not in UNPREPARED else [])),
            activities=(*first.activities, activity.id),
            rows=(*first.rows, *activity.rows),
            final=first.final or activity.final,
            rank=min(first.rank, activity.rank),
        )
        return case.put(joined)
    for other in case.events:
        if flag is not None and _rested_before(other, activity):
            case = case.put(flagged(other, flag))
    return enqueue(case, _event(case, activity, book))


def _takes(event: Event, activity: Activity) -> bool:
    alike = (event.event_class, event.event_date) == (activity.event_class, activity.event_date)
    return alike and not event.over


def _rested_before(event: Event, activity: Activity) -> bool:
    """Return whether an event was prepared without the data of an activity of its day or before (S3-105)."""
    if event.event_class == SNAPSHOT or event.status is EventStatus.VOID or event.process in UNPREPARED:
        return False
    return activity.event_date <= event.event_date


def _event(case: Case, activity: Activity, book: Rulebook) -> Event:
    event = Event(
        number=max((other.number for other in case.events), default=0) + 1,
        event_class=activity.event_class,
        event_date=activity.event_date,
        priority=book.events[activity.event_class].priority,
        source=activity.source,
        status=EventStatus.CLOSED,
        # Replaced at once: facts need an event, and the event needs facts for its program.
        process=Process.AN,
        rank=activity.rank,
        final=activity.final,
        action=activity.action,
        reason=activity.reason,
        rows=activity.rows,
        activities=(activity.id,),
    )
    day_facts = facts_of(case, event, book)
    event = replace(event, schedule=schedule_for(day_facts, event.event_class, book))
    return _with_program(event, day_facts, book)
