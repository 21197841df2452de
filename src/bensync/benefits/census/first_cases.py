"""The first case of a participant: one closed snapshot event, the program that fits, and the coverage of a census.

What was approved before that day is part of it: no event goes back to a hire of years ago.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from msgspec.structs import replace

from bensync.benefits.census.judgment import PresentCoverage
from bensync.benefits.engine.approval_activities import HIR
from bensync.benefits.engine.eligibility import assign
from bensync.benefits.engine.eligibility_facts import facts
from bensync.benefits.engine.event_stages import RunContext
from bensync.benefits.engine.postings import enter_program
from bensync.benefits.values.activities import Activity, ActivitySource, ActivityState
from bensync.benefits.values.cases import Case
from bensync.benefits.values.enrollments import Coverage, Enrollment, PostingStep
from bensync.benefits.values.events import SNAPSHOT, Event, EventStatus, Process
from bensync.errors import DecisionError

HIRE_WINDOW = timedelta(days=90)
"""A hire of these last days keeps its event, unless the person has coverage already.

No group health plan may have a longer waiting period (45 CFR 147.116), so these people may still have to choose.
"""


def initial_case(case: Case, day: RunContext) -> Case:
    """Return the case as a snapshot leaves it: one closed event, the program that fits, no coverage.

    Source: S3-14, S3-15, A-83.

    Raises:
        DecisionError: the participant has events already.
    """
    if any(event.status is not EventStatus.VOID for event in case.events):
        raise DecisionError(
            f"Participant {case.participant.id} was not initialized.",
            "The participant already has events.",
            "Nothing needs to be done.",
        )
    facts_today = facts(case.participant, day.today, day.book, family=case.dependents)
    process, program = assign(facts_today, day.book)
    past = [activity.id for activity in case.activities if _is_past(activity, day.today)]
    event = Event(
        number=max((event.number for event in case.events), default=0) + 1,
        event_class=SNAPSHOT,
        event_date=day.today,
        priority=day.book.events[SNAPSHOT].priority,
        source=ActivitySource.MANUAL,
        status=EventStatus.CLOSED,
        # A final status either way: a snapshot is closed at once, and waits for nobody (S3-15).
        process=Process.FA if process is Process.AN else Process.FE,
        program=program,
        used=facts_today.rows,
        activities=tuple(past),
        finished=day.today,
    )
    activities = tuple(
        replace(activity, state=ActivityState.PROCESSED) if activity.id in past else activity
        for activity in case.activities
    )
    return enter_program(replace(case, activities=activities), event).put(event)


def keeps_hire(case: Case, today: date) -> bool:
    """Return whether a participant was hired so recently that the hire still has to become an event."""
    return any(
        activity.event_class == HIR and activity.event_date > today - HIRE_WINDOW and _waits(activity)
        for activity in case.activities
    )


def loaded_case(case: Case, coverage: Sequence[PresentCoverage], day: RunContext) -> Case:
    """Return the case with the coverage of a census, as rows of its snapshot event.

    Each row keeps its own first day. Later events find these rows as the present coverage.
    """
    event = next((event for event in case.events if event.status is not EventStatus.VOID), None)
    if event is None:
        case = initial_case(case, day)
        event = case.events[-1]
    # Coverage is there even where no program fits, so the event is one whose postings count.
    case = case.put(replace(event, process=Process.FE))
    first = len(case.enrollments) + 1
    rows = tuple(
        Enrollment(
            place,
            event.number,
            present.plan_type,
            PostingStep.LOAD,
            Coverage.ELECT,
            present.begin,
            present.deduction_begin,
            present.terms,
        )
        for place, present in enumerate(coverage, first)
    )
    return replace(case, enrollments=(*case.enrollments, *rows))


def _is_past(activity: Activity, today: date) -> bool:
    """Return whether a snapshot of today contains the change behind an activity; a manual entry is never part of it."""
    from_hr = activity.source is not ActivitySource.MANUAL and activity.event_date <= today
    return from_hr and activity.state is ActivityState.WAITING


def _waits(activity: Activity) -> bool:
    return activity.state is ActivityState.WAITING
