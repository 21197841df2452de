"""The invariants of benefit events: the board that people see, and a part of the checks of `fsck`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, not_, select

from bensync.benefits.values.activities import ActivityState
from bensync.benefits.values.cobra import CobraState
from bensync.benefits.values.enrollments import NO_PROGRAM, Coverage, PostingStep
from bensync.benefits.values.events import EventStatus, Process
from bensync.core.changes import ChangeKind
from bensync.core.people import Standing
from bensync.core.ports import PreflightFinding
from bensync.core.requests import RequestState
from bensync.state.db.transaction import SiteTransaction
from bensync.state.schema import benefits, sync

Check = Callable[[SiteTransaction], Iterator[str]]
"""A function that yields each place where an invariant does not hold, without personal data."""

_SHOWN = 5
_FIX = "Look at these participants with `bensync events list`; void or reprocess the event, or fix the rulebook."

_participants = sync.ParticipantRow.__table__
_requests = sync.RequestRow.__table__
_activities = benefits.ActivityRow.__table__
_events = benefits.EventRow.__table__
_enrollments = benefits.EnrollmentRow.__table__
_cobra = benefits.CobraRow.__table__


def check(transaction: SiteTransaction) -> Iterator[PreflightFinding]:
    """Yield one finding for each standing invariant of one site."""
    for subject, broken in _STANDING.items():
        yield finding(subject, broken(transaction), _FIX)


def finding(subject: str, broken: Iterator[str], fix: str) -> PreflightFinding:
    """Return a finding with the number of places where an invariant does not hold, and the first of them."""
    # All places are counted, and few are held: a damaged database may have one for each person.
    shown: list[str] = []
    total = 0
    for place in broken:
        total += 1
        if len(shown) < _SHOWN:
            shown.append(place)
    if not total:
        return PreflightFinding(subject, ok=True, detail="")
    more = f"; {total - _SHOWN} more" if total > _SHOWN else ""
    return PreflightFinding(subject, ok=False, detail="; ".join(shown) + more, fix=fix)


def _covered_leavers(transaction: SiteTransaction) -> Iterator[str]:
    """No terminated participant has open coverage once all events are processed, unless an event found a program."""
    # Open coverage is a last row that elects. A leaver may still have it while something of theirs waits for the next
    # run, or where an event on or after the last day found a program that covers leavers. A termination that waits
    # behind an open event waits for a person, maybe for months, and its coverage goes on: that counts.
    last = _last_rows(transaction).subquery()
    covered = and_(last.c.rank == 1, last.c.coverage == Coverage.ELECT.value)
    left = _participants.c.standing == Standing.TERMINATED.value
    waiting = exists().where(
        _activities.c.participant_id == _participants.c.id,
        _activities.c.state.in_([ActivityState.WAITING.value, ActivityState.HELD.value]),
    )
    stalled = exists().where(_events.c.participant_id == _participants.c.id, held_up())
    at_work = and_(exists().where(_events.c.participant_id == _participants.c.id, _events.c.pending), not_(stalled))
    eligible = exists().where(
        _events.c.participant_id == _participants.c.id,
        _events.c.event_date >= _participants.c.termination_date,
        _final(),
        _events.c.program.not_in(["", NO_PROGRAM]),
    )
    join = last.join(_participants, _participants.c.id == last.c.participant_id)
    query = select(last.c.participant_id, last.c.plan_type).select_from(join)
    query = query.where(covered, left, not_(waiting), not_(at_work), not_(eligible))
    for row in transaction.connection.execute(query.order_by(last.c.participant_id, last.c.plan_type)):
        yield f"participant {row.participant_id} is terminated, and the {row.plan_type} coverage goes on"


def held_up() -> ColumnElement[bool]:
    """Return the condition for approved terminations that wait behind an open event of the same participant."""
    queued = and_(_events.c.final, _events.c.pending, _events.c.status == EventStatus.CLOSED.value)
    person = _participants.alias("leaver")
    gone = exists().where(person.c.id == _events.c.participant_id, person.c.standing == Standing.TERMINATED.value)
    opened = _events.alias("opened")
    behind = exists().where(
        opened.c.participant_id == _events.c.participant_id, opened.c.status == EventStatus.OPEN.value
    )
    return and_(queued, gone, behind)


def _final() -> ColumnElement[bool]:
    """Return the condition for events whose postings count."""
    return and_(_events.c.process == Process.FE.value, _events.c.status != EventStatus.VOID.value)


def _last_rows(transaction: SiteTransaction) -> Select[Any]:
    """Return a query for coverage rows that count, ranked: the first of a plan type takes effect last."""
    rank = func.row_number().over(
        partition_by=(_enrollments.c.participant_id, _enrollments.c.plan_type),
        order_by=(_enrollments.c.effective_date.desc(), _enrollments.c.number.desc()),
    )
    columns = (_enrollments.c.participant_id, _enrollments.c.plan_type, _enrollments.c.coverage)
    counting = and_(_enrollments.c.site == transaction.site, not_(_enrollments.c.reversed))
    return select(*columns, rank.label("rank")).where(counting)


def _torn_changes(transaction: SiteTransaction) -> Iterator[str]:
    """A change ends the old coverage on the day on which the new one begins: neither overlap nor gap (S2-13)."""
    grouped = (_enrollments.c.participant_id, _enrollments.c.event, _enrollments.c.plan_type)
    day = (*grouped, _enrollments.c.effective_date)
    changes = and_(
        _enrollments.c.site == transaction.site,
        not_(_enrollments.c.reversed),
        _enrollments.c.step == PostingStep.CHANGE.value,
    )
    # Grouped by day, every change must end as many coverages as it begins. A day with one of the two alone is an
    # overlap or a gap.
    ends = func.sum(case((_enrollments.c.coverage == Coverage.TERM.value, 1), else_=0))
    begins = func.sum(case((_enrollments.c.coverage == Coverage.ELECT.value, 1), else_=0))
    query = select(*day).where(changes).group_by(*day).having(ends != begins)
    for row in transaction.connection.execute(query.order_by(*day)):
        where = f"participant {row.participant_id}, event {row.event}, {row.plan_type}"
        yield f"{where}: one coverage ends and another begins, and not on the same day"


def _orphaned_records(transaction: SiteTransaction) -> Iterator[str]:
    """No COBRA record counts without the event whose postings ended the coverage (model K17, L13)."""
    same = and_(_events.c.participant_id == _cobra.c.participant_id, _events.c.number == _cobra.c.event)
    counting = and_(_cobra.c.site == transaction.site, _cobra.c.state == CobraState.OPEN.value)
    query = select(_cobra.c.participant_id, _cobra.c.event).where(counting, not_(exists().where(same, _final())))
    for row in transaction.connection.execute(query.order_by(_cobra.c.participant_id)):
        yield f"participant {row.participant_id} has a COBRA record of event {row.event}, which is not final"


def _unfounded_rows(transaction: SiteTransaction) -> Iterator[str]:
    """Coverage rows that count were posted by an event that is final, or set manually (MANUAL)."""
    same = and_(_events.c.participant_id == _enrollments.c.participant_id, _events.c.number == _enrollments.c.event)
    counting = and_(_enrollments.c.site == transaction.site, not_(_enrollments.c.reversed), _enrollments.c.event != 0)
    query = select(_enrollments.c.participant_id, _enrollments.c.number)
    query = query.where(counting, not_(exists().where(same, _final())))
    for row in transaction.connection.execute(query.order_by(_enrollments.c.participant_id, _enrollments.c.number)):
        yield f"coverage row {row.number} of participant {row.participant_id} is of an event that is not final"


def _lost_activities(transaction: SiteTransaction) -> Iterator[str]:
    """Every processed activity belongs to an event; an activity that only flags others makes none."""
    # Events name their activities in a JSON list, which the two databases unfold differently; so the two sides are
    # compared here.
    activities: set[tuple[int, int]] = set()
    query = select(_events.c.participant_id, _events.c.activities).where(_events.c.site == transaction.site)
    for row in transaction.connection.execute(query.execution_options(yield_per=1000)):
        activities |= {(row.participant_id, number) for number in row.activities}
    done = and_(
        _activities.c.site == transaction.site,
        _activities.c.state == ActivityState.PROCESSED.value,
        _activities.c.event_class != "",
    )
    columns = (_activities.c.participant_id, _activities.c.number)
    for row in transaction.connection.execute(select(*columns).where(done).order_by(*columns)):
        if (row.participant_id, row.number) not in activities:
            yield f"activity {row.number} of participant {row.participant_id} was processed, and no event has it"


def _traceless_approvals(transaction: SiteTransaction) -> Iterator[str]:
    """Every approved termination, rehire and reactivation left an activity that names it (S4-04)."""
    kinds = [ChangeKind.TERMINATE.value, ChangeKind.REHIRE.value, ChangeKind.REACTIVATE.value]
    approved = and_(
        _requests.c.site == transaction.site,
        _requests.c.state == RequestState.APPROVED.value,
        _requests.c.kind.in_(kinds),
    )
    traced = exists().where(_activities.c.request_id == _requests.c.id)
    query = select(_requests.c.id).where(approved, not_(traced)).order_by(_requests.c.id)
    for number in transaction.connection.scalars(query):
        yield f"request {number} was approved and left no activity"


_STANDING: Mapping[str, Check] = {
    "nobody is terminated with open coverage": _covered_leavers,
    "a change leaves neither overlap nor gap": _torn_changes,
    "no COBRA record is without its event": _orphaned_records,
    "coverage rests on events that are final": _unfounded_rows,
    "processed activities have an event": _lost_activities,
    "every approved change can be traced": _traceless_approvals,
}
