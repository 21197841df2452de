"""Read-only lists of benefit events and their results, page by page; the database counts and orders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Select, String, Table, and_, cast, func, not_, or_, select

from bensync.benefits.engine.passive_events import REVIEWED
from bensync.benefits.values.activities import Activity, ActivitySource, ActivityState
from bensync.benefits.values.cobra import CobraRecord, CobraState
from bensync.benefits.values.enrollments import Assignment, Coverage, Enrollment, PostingStep
from bensync.benefits.values.events import Event, EventStatus, Flag, Indicator, Process
from bensync.core.people import decode_profile
from bensync.core.ports import PreflightFinding
from bensync.core.runs import RunKind, RunState
from bensync.core.values.limits import PAGE_SIZE
from bensync.state.benefits import invariants
from bensync.state.benefits.case_mapping import activity_of, assignment_of, cobra_of, enrollment_of, event_of
from bensync.state.db.transaction import SiteTransaction
from bensync.state.read.filtered_lists import Page
from bensync.state.schema import benefits, sync
from bensync.state.sync.participants import PARTICIPANT_PROFILE

T = TypeVar("T")

_people = sync.ParticipantRow.__table__
_runs = sync.RunRow.__table__
_activities = benefits.ActivityRow.__table__
_events = benefits.EventRow.__table__
_enrollments = benefits.EnrollmentRow.__table__
_assignments = benefits.AssignmentRow.__table__
_cobra = benefits.CobraRow.__table__
_remarks = benefits.EventRemarkRow.__table__
_searches = benefits.PassiveSearchRow.__table__


class Who(msgspec.Struct, frozen=True):
    """The person that a line is about."""

    participant_id: int
    employee_id: str
    name: str


class EventLine(msgspec.Struct, frozen=True):
    """One event of a list; ``stops_short``: it would end all coverage, and waits for confirmation."""

    who: Who
    number: int
    event_class: str
    event_date: date
    priority: int
    source: ActivitySource
    status: EventStatus
    process: Process
    indicator: Indicator
    flags: tuple[Flag, ...]
    final: bool
    program: str
    stops_short: bool
    notified: date | None
    entered: date | None
    finished: date | None


class ActivityLine(msgspec.Struct, frozen=True):
    """One activity of a list, without the dated rows behind it."""

    who: Who
    activity: Activity


class CoverageLine(msgspec.Struct, frozen=True):
    """One coverage row of a list."""

    who: Who
    number: int
    event: int
    plan_type: str
    plan: str
    option: str
    step: PostingStep
    coverage: Coverage
    effective_date: date
    deduction_begin: date
    reversed: bool


class CobraLine(msgspec.Struct, frozen=True):
    """One COBRA record of a list; `benefits.cobra.deadlines` says by when each step is due."""

    who: Who
    record: CobraRecord


class RemarkLine(msgspec.Struct, frozen=True):
    """One line of the report of a run."""

    who: Who
    code: str
    event: int
    plan_type: str
    plan: str
    detail: str


class WantedEvents(msgspec.Struct, frozen=True):
    """Which events a list shows; None, an empty text or False stands for all.

    Attributes:
        flags: those with one of these.
        stops_short: only losses of all coverage that wait for a mark.
        stuck: only those that cannot go on without a person: AE, PE and EE.
        held_up: only approved terminations that wait behind an open event.
        participants: only theirs.
    """

    status: EventStatus | None = None
    process: Process | None = None
    flags: frozenset[Flag] = frozenset()
    event_class: str = ""
    stops_short: bool = False
    stuck: bool = False
    held_up: bool = False
    participants: tuple[int, ...] | None = None


class Summary(msgspec.Struct, frozen=True):
    """A run of events with all its totals, and how many remarks of each kind it made."""

    run_id: int
    as_of: date
    actor: str
    state: RunState
    started_at: datetime
    ended_at: datetime | None
    counts: Mapping[str, int]
    remarks: Mapping[str, int]
    error: Mapping[str, str | int]


class SearchLine(msgspec.Struct, frozen=True):
    """One search for passive events."""

    passive: str
    first_day: date
    last_day: date
    found: int
    actor: str
    at: datetime


class EventTally(msgspec.Struct, frozen=True):
    """The counts of what benefit events need from a person or from the next run.

    Attributes:
        waiting: activities that the next run processes.
        held: activities that somebody holds.
        in_process: events that are open.
        losses: events that would end every coverage and wait for a mark.
        flagged: events that somebody should look at.
        errors: events that cannot go on without a person: AE, PE and EE.
        held_up: approved terminations that wait behind an open event, while the coverage goes on.
        cobra: COBRA records that are open.
    """

    waiting: int = 0
    held: int = 0
    in_process: int = 0
    losses: int = 0
    flagged: int = 0
    errors: int = 0
    held_up: int = 0
    cobra: int = 0


class EventLists:
    """The lists of one site; a page is counted from 1."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction

    def tally(self) -> EventTally:
        """Return the counts of what there is to do."""
        return EventTally(
            waiting=self._count(_activities, _activities.c.state == ActivityState.WAITING.value),
            held=self._count(_activities, _activities.c.state == ActivityState.HELD.value),
            in_process=self._count(_events, _events.c.status == EventStatus.OPEN.value),
            losses=self.losses(),
            flagged=self._count(_events, self._flagged(REVIEWED)),
            errors=self._count(_events, _stuck()),
            held_up=self.held_up()[0],
            cobra=self._count(_cobra, _cobra.c.state == CobraState.OPEN.value),
        )

    def losses(self) -> int:
        """Return how many losses of all coverage wait for confirmation; every page shows it."""
        return self._count(_events, _events.c.stops_short)

    def held_up(self) -> tuple[int, date | None]:
        """Return how many approved terminations wait behind an open event, and the date of the oldest."""
        query = select(func.count(), func.min(_events.c.event_date)).where(
            _events.c.site == self._transaction.site, invariants.held_up()
        )
        count, oldest = self._transaction.connection.execute(query).one()
        return count, oldest

    def events(self, wanted: WantedEvents | None = None, number: int = 1, size: int = PAGE_SIZE) -> Page[EventLine]:
        """Return one page of events, the newest first."""
        query = self._query(_events).where(*self._conditions(wanted or WantedEvents()))
        order = (_events.c.event_date.desc(), _events.c.participant_id, _events.c.number.desc())
        return self._page(query, order, number, size, _event_line)

    def flagged(self, number: int = 1, size: int = PAGE_SIZE) -> Page[EventLine]:
        """Return the events that somebody should look at (S3-148)."""
        return self.events(WantedEvents(flags=REVIEWED), number, size)

    def terminations(self, number: int = 1, size: int = PAGE_SIZE) -> Page[EventLine]:
        """Return the losses of all coverage that wait for a final mark: Find Terminations (S3-136)."""
        return self.events(WantedEvents(stops_short=True), number, size)

    def event(self, participant_id: int, number: int) -> Event | None:
        """Return one event, whole, or None."""
        condition = and_(self._of(_events, participant_id), _events.c.number == number)
        row = self._transaction.connection.execute(select(_events).where(condition)).one_or_none()
        return event_of(row, self._transaction.vault) if row is not None else None

    def activities(
        self,
        state: ActivityState | None = None,
        number: int = 1,
        size: int = PAGE_SIZE,
        *,
        participant_id: int | None = None,
    ) -> Page[ActivityLine]:
        """Return one page of activities, the newest first."""
        query = self._query(_activities)
        if state is not None:
            query = query.where(_activities.c.state == state.value)
        if participant_id is not None:
            query = query.where(_activities.c.participant_id == participant_id)
        return self._page(query, (_activities.c.id.desc(),), number, size, _activity_line)

    def enrollments(self, participant_id: int) -> tuple[Enrollment, ...]:
        """Return the coverage rows of a participant, whole, in the order in which they were posted."""
        rows = self._all(_enrollments, participant_id, "number")
        return tuple(enrollment_of(row, self._transaction.vault) for row in rows)

    def assignments(self, participant_id: int) -> tuple[Assignment, ...]:
        """Return the programs of a participant, in the order in which they were found."""
        return tuple(map(assignment_of, self._all(_assignments, participant_id, "number")))

    def coverage(
        self, number: int = 1, size: int = PAGE_SIZE, *, plan: str = "", reversed_too: bool = False
    ) -> Page[CoverageLine]:
        """Return one page of coverage rows, the latest effective date first."""
        query = self._query(_enrollments)
        if plan:
            query = query.where(_enrollments.c.plan == plan)
        if not reversed_too:
            query = query.where(not_(_enrollments.c.reversed))
        order = (_enrollments.c.effective_date.desc(), _enrollments.c.participant_id, _enrollments.c.number.desc())
        return self._page(query, order, number, size, _coverage_line)

    def cobra(self, number: int = 1, size: int = PAGE_SIZE, *, open_only: bool = True) -> Page[CobraLine]:
        """Return one page of COBRA records, the oldest occurrence first."""
        query = self._query(_cobra)
        if open_only:
            query = query.where(_cobra.c.state == CobraState.OPEN.value)
        order = (_cobra.c.occurrence_date, _cobra.c.participant_id, _cobra.c.event)
        return self._page(query, order, number, size, lambda row, who: CobraLine(who, cobra_of(row)))

    def cobra_records(self, *, open_only: bool = True) -> list[tuple[int, CobraRecord]]:
        """Return all COBRA records with the number of the participant."""
        # Without `_query`: counts of deadlines need nobody's name, which would have to be unsealed for each record.
        order = (_cobra.c.occurrence_date, _cobra.c.participant_id, _cobra.c.event)
        query = select(_cobra).where(_cobra.c.site == self._transaction.site).order_by(*order)
        if open_only:
            query = query.where(_cobra.c.state == CobraState.OPEN.value)
        return [(row.participant_id, cobra_of(row)) for row in self._transaction.connection.execute(query)]

    def cobra_of(self, participant_id: int) -> tuple[CobraRecord, ...]:
        """Return the COBRA records of a participant."""
        return tuple(map(cobra_of, self._all(_cobra, participant_id, "event")))

    def remarks(self, run_id: int, code: str = "", number: int = 1, size: int = PAGE_SIZE) -> Page[RemarkLine]:
        """Return one page of the remarks of a run; ``code`` selects one category."""
        query = self._query(_remarks).where(_remarks.c.run_id == run_id)
        if code:
            query = query.where(_remarks.c.code == code)
        return self._page(query, (_remarks.c.code, _remarks.c.id), number, size, _remark_line)

    def summary(self, run_id: int | None = None) -> Summary | None:
        """Return a run of events with its totals: this one, or the newest if no number is given."""
        condition = and_(_runs.c.site == self._transaction.site, _runs.c.kind == RunKind.EVENTS.value)
        query = select(_runs).where(condition).order_by(_runs.c.id.desc()).limit(1)
        row = self._transaction.connection.execute(
            query if run_id is None else query.where(_runs.c.id == run_id)
        ).one_or_none()
        if row is None:
            return None
        shared = {name: getattr(row, name) for name in ("as_of", "actor", "started_at", "ended_at", "counts", "error")}
        return Summary(row.id, state=RunState(row.state), remarks=self._categories(row.id), **shared)

    def searches(self) -> list[SearchLine]:
        """Return the searches for passive events, newest first (S3-95)."""
        query = select(_searches).where(_searches.c.site == self._transaction.site).order_by(_searches.c.id.desc())
        return [
            SearchLine(row.passive, row.first_day, row.last_day, len(row.found), row.actor, row.at)
            for row in self._transaction.connection.execute(query)
        ]

    def board(self) -> list[PreflightFinding]:
        """Return one finding for each standing invariant."""
        return list(invariants.check(self._transaction))

    def _categories(self, run_id: int) -> dict[str, int]:
        condition = and_(_remarks.c.site == self._transaction.site, _remarks.c.run_id == run_id)
        number = func.count().label("number")
        query = select(_remarks.c.code, number).where(condition).group_by(_remarks.c.code).order_by(_remarks.c.code)
        return {row.code: row.number for row in self._transaction.connection.execute(query)}

    def _conditions(self, wanted: WantedEvents) -> list[ColumnElement[bool]]:
        columns = {"status": wanted.status, "process": wanted.process, "event_class": wanted.event_class}
        conditions = [_events.c[name] == str(value) for name, value in columns.items() if value]
        if wanted.flags:
            conditions.append(self._flagged(wanted.flags))
        if wanted.stops_short:
            conditions.append(_events.c.stops_short)
        if wanted.stuck:
            conditions.append(_stuck())
        if wanted.held_up:
            conditions.append(invariants.held_up())
        if wanted.participants is not None:
            conditions.append(_events.c.participant_id.in_(wanted.participants))
        return conditions

    def _flagged(self, flags: Iterable[Flag]) -> ColumnElement[bool]:
        flags_text = cast(_events.c.flags, String)
        return or_(*(flags_text.contains(f'"{flag.value}"') for flag in sorted(flags)))

    def _query(self, table: Table) -> Select[Any]:
        """Return a query for rows of a table, each with the person it is about."""
        who = (_people.c.employee_id, *PARTICIPANT_PROFILE.columns)
        join = table.join(_people, _people.c.id == table.c.participant_id)
        return select(table, *who).select_from(join).where(table.c.site == self._transaction.site)

    def _page(
        self, query: Select[Any], order: Sequence[Any], number: int, size: int, line: Callable[[Any, Who], T]
    ) -> Page[T]:
        # The same query without its columns: a count needs no sealed profile.
        total = self._transaction.connection.scalar(query.with_only_columns(func.count())) or 0
        rows = self._transaction.connection.execute(
            query.order_by(*order).limit(size).offset((number - 1) * size)
        ).all()
        return Page([line(row, self._who(row)) for row in rows], total, number, size)

    def _who(self, row: Any) -> Who:
        values = decode_profile(PARTICIPANT_PROFILE.open(self._transaction.vault, row)).values
        name = " ".join(values[part] for part in ("first_name", "last_name") if part in values)
        return Who(row.participant_id, row.employee_id, name)

    def _of(self, table: Table, participant_id: int) -> ColumnElement[bool]:
        return and_(table.c.site == self._transaction.site, table.c.participant_id == participant_id)

    def _all(self, table: Table, participant_id: int, order: str) -> Sequence[Any]:
        query = select(table).where(self._of(table, participant_id)).order_by(table.c[order])
        return self._transaction.connection.execute(query).all()

    def _count(self, table: Table, condition: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(table).where(table.c.site == self._transaction.site, condition)
        return self._transaction.connection.scalar(query) or 0


def _stuck() -> ColumnElement[bool]:
    return and_(_events.c.process.in_([Process.AE.value, Process.PE.value, Process.EE.value]), _events.c.pending)


def _event_line(row: Any, who: Who) -> EventLine:
    return EventLine(
        who=who,
        number=row.number,
        event_class=row.event_class,
        event_date=row.event_date,
        priority=row.priority,
        source=ActivitySource(row.source),
        status=EventStatus(row.status),
        process=Process(row.process),
        indicator=Indicator(row.indicator),
        flags=tuple(map(Flag, row.flags)),
        final=row.final,
        program=row.program,
        stops_short=row.stops_short,
        notified=row.notified,
        entered=row.entered,
        finished=row.finished,
    )


def _activity_line(row: Any, who: Who) -> ActivityLine:
    return ActivityLine(who, activity_of(row, None))


def _coverage_line(row: Any, who: Who) -> CoverageLine:
    return CoverageLine(
        who=who,
        number=row.number,
        event=row.event,
        plan_type=row.plan_type,
        plan=row.plan,
        option=row.option,
        step=PostingStep(row.step),
        coverage=Coverage(row.coverage),
        effective_date=row.effective_date,
        deduction_begin=row.deduction_begin,
        reversed=row.reversed,
    )


def _remark_line(row: Any, who: Who) -> RemarkLine:
    return RemarkLine(who, row.code, row.event, row.plan_type, row.plan, row.detail)
