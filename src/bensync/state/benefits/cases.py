"""Cases: everything that is stored about participants for benefit events, read and written many at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Row, Table, and_, bindparam, exists, func, not_, select, union, update

from bensync.benefits.engine import activity_queue
from bensync.benefits.engine.approval_activities import touches
from bensync.benefits.engine.passive_events import Search
from bensync.benefits.engine.row_diff import row_edits
from bensync.benefits.engine.run import CaseResult
from bensync.benefits.values.activities import Activity, ActivityState, RowChange, RowEdit
from bensync.benefits.values.cases import Case
from bensync.benefits.values.enrollments import program_on
from bensync.benefits.values.events import EventStatus
from bensync.core.intake.proposals import IntakeRules, apply, as_correction, drifted
from bensync.core.people import Participant, Standing
from bensync.core.requests import Origin, Request, RequestState
from bensync.state.benefits.case_mapping import (
    activity_of,
    activity_row,
    assignment_of,
    assignment_row,
    cobra_of,
    cobra_row,
    dependent_of,
    dependent_row,
    enrollment_of,
    enrollment_row,
    event_of,
    event_row,
)
from bensync.state.db.transaction import SiteTransaction, pages
from bensync.state.schema import benefits, sync
from bensync.state.schema.base import StateTable
from bensync.state.sync.participants import Participants
from bensync.state.sync.requests import NewRequest, Requests

T = TypeVar("T")
Rows = list[dict[str, Any]]

_participants = sync.ParticipantRow.__table__
_requests = sync.RequestRow.__table__
_activities = benefits.ActivityRow.__table__
_events = benefits.EventRow.__table__
_enrollments = benefits.EnrollmentRow.__table__
_assignments = benefits.AssignmentRow.__table__
_cobra = benefits.CobraRow.__table__
_dependents = benefits.DependentRow.__table__
_searches = benefits.PassiveSearchRow.__table__


class Cases:
    """The cases of one site."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction

    def load(self, participant_ids: Iterable[int]) -> dict[int, Case]:
        """Return cases by participant; numbers of other sites are not found."""
        cases: dict[int, Case] = {}
        for page in pages(participant_ids):
            cases |= self.of(Participants(self._transaction).by_ids(page))
        return cases

    def of(self, people: Mapping[int, Participant]) -> dict[int, Case]:
        """Return the cases of participants who are read already, by their number; a page of them at a time."""
        parts = self._parts(sorted(people))
        return {number: Case(people[number], **parts(number)) for number in sorted(people)}

    def _parts(self, ids: Sequence[int]) -> Callable[[int], dict[str, Any]]:
        vault = self._transaction.vault
        parts: dict[str, Mapping[int, Sequence[Any]]] = {
            "activities": self._by_person(_activities, ids, "number", lambda row: activity_of(row, vault)),
            "events": self._by_person(_events, ids, "number", lambda row: event_of(row, vault)),
            "enrollments": self._by_person(_enrollments, ids, "number", lambda row: enrollment_of(row, vault)),
            "assignments": self._by_person(_assignments, ids, "number", assignment_of),
            "cobra": self._by_person(_cobra, ids, "event", cobra_of),
            "dependents": self._by_person(_dependents, ids, "version", lambda row: dependent_of(row, vault)),
        }
        # Six statements for a page of people, then only look-ups: a statement for each person and table would be
        # thousands for a run of events.
        return lambda number: {name: tuple(by_person.get(number, ())) for name, by_person in parts.items()}

    def _by_person(
        self, table: Table, ids: Sequence[int], order: str, value: Callable[[Row[Any]], T]
    ) -> dict[int, list[T]]:
        values_by_person: dict[int, list[T]] = defaultdict(list)
        condition = and_(table.c.site == self._transaction.site, table.c.participant_id.in_(ids))
        query = select(table).where(condition).order_by(table.c.participant_id, table.c[order])
        for row in self._transaction.connection.execute(query):
            values_by_person[row.participant_id].append(value(row))
        return values_by_person

    def waiting(self, after: int, limit: int) -> list[int]:
        """Return the next participants, by number, that a run must process.

        They have a waiting activity, an event that is in process or in the queue, or one with an indicator.
        """
        active = and_(
            _activities.c.site == self._transaction.site,
            _activities.c.state == ActivityState.WAITING.value,
            _activities.c.participant_id > after,
        )
        at_work = and_(_events.c.site == self._transaction.site, _events.c.pending, _events.c.participant_id > after)
        # A union of two indexes, on activities by state and on pending events: an OR over a join of the tables could
        # use neither. UNION without ALL, because a participant may be in both.
        both = union(
            select(_activities.c.participant_id).where(active), select(_events.c.participant_id).where(at_work)
        ).subquery()
        query = select(both.c.participant_id).order_by(both.c.participant_id).limit(limit)
        return list(self._transaction.connection.scalars(query))

    def eventless(self, after: int, limit: int) -> list[int]:
        """Return the next participants, by number, who have no event yet."""
        none = not_(exists().where(_events.c.participant_id == _participants.c.id))
        condition = and_(_participants.c.site == self._transaction.site, _participants.c.id > after)
        query = select(_participants.c.id).where(condition, none).order_by(_participants.c.id).limit(limit)
        return list(self._transaction.connection.scalars(query))

    def uncovered(self) -> Iterator[tuple[int, str]]:
        """Yield number and HR employee of each active participant without a coverage row that counts."""
        rows = and_(_enrollments.c.participant_id == _participants.c.id, not_(_enrollments.c.reversed))
        active = and_(_participants.c.site == self._transaction.site, _participants.c.standing == Standing.ACTIVE.value)
        query = select(_participants.c.id, _participants.c.employee_id).where(active, not_(exists().where(rows)))
        query = query.order_by(_participants.c.id).execution_options(yield_per=1000)
        for row in self._transaction.connection.execute(query):
            yield row.id, row.employee_id

    def waiting_since(self, event_class: str, after: date) -> Iterator[int]:
        """Yield each participant with a waiting activity of a class that is dated after a day."""
        of_class = and_(_activities.c.event_class == event_class, _activities.c.event_date > after)
        waits = and_(_activities.c.site == self._transaction.site, _activities.c.state == ActivityState.WAITING.value)
        yield from self._transaction.connection.scalars(
            select(_activities.c.participant_id).where(waits, of_class).distinct()
        )

    def everybody(self, after: int, limit: int) -> list[int]:
        """Return the next participants, by number."""
        # Here and above, a page begins behind the last number instead of at an offset: people are added while a run is
        # under way, and the number is its checkpoint.
        condition = and_(_participants.c.site == self._transaction.site, _participants.c.id > after)
        query = select(_participants.c.id).where(condition).order_by(_participants.c.id).limit(limit)
        return list(self._transaction.connection.scalars(query))

    def with_dependents(self, after: int, limit: int) -> list[int]:
        """Return the next participants, by number, who have a list of dependents."""
        condition = and_(_dependents.c.site == self._transaction.site, _dependents.c.participant_id > after)
        listed = select(_dependents.c.participant_id).where(condition).distinct()
        query = listed.order_by(_dependents.c.participant_id).limit(limit)
        return list(self._transaction.connection.scalars(query))

    def save(self, before: Mapping[int, Case], outcomes: Iterable[CaseResult], now: datetime) -> None:
        """Write the differences between cases before and after a run.

        Args:
            before: the cases as they were loaded, in this transaction.
            outcomes: the cases after the run; only differences are written.
            now: the time; the program of its day becomes the participant's.
        """
        new = _Written(self._transaction, now)
        for outcome in outcomes:
            new.take(before[outcome.case.participant.id], outcome.case)
        new.write()

    def add(self, participant_id: int, request_id: int | None, activities: Iterable[Activity]) -> None:
        """Add waiting activities, numbered after those that the participant has already."""
        self.add_all([(participant_id, request_id, activities)])

    def add_all(self, additions: Sequence[tuple[int, int | None, Iterable[Activity]]]) -> None:
        """Add waiting activities for many participants: for each the participant, the request and the activities."""
        # Numbers are given here and not by the database: they count within a participant, and a unique index refuses
        # two alike. Writers of a site wait for each other, so nobody adds an activity in between.
        last: dict[int, int] = defaultdict(int)
        for page in pages({participant_id for participant_id, _, _ in additions}):
            condition = and_(_activities.c.site == self._transaction.site, _activities.c.participant_id.in_(page))
            query = select(_activities.c.participant_id, func.max(_activities.c.number).label("last")).where(condition)
            rows = self._transaction.connection.execute(query.group_by(_activities.c.participant_id)).all()
            last |= {row.participant_id: row.last for row in rows}
        waits = []
        for participant_id, request_id, waiting in additions:
            numbered = activity_queue.numbered(waiting, last[participant_id])
            last[participant_id] += len(numbered)
            marked = (msgspec.structs.replace(activity, request_id=request_id) for activity in numbered)
            waits += [activity_row(participant_id, activity, self._transaction.vault) for activity in marked]
        self._transaction.add_all(benefits.ActivityRow, waits)

    def pending_edits(self, participant_ids: Iterable[int]) -> dict[int, tuple[RowChange, ...]]:
        """Return the edits of dated rows that undecided requests propose, by participant (sync-rules 3.9.3).

        A possible duplicate may be decided as a corrected SSN of the participant whom it names.
        """
        wanted = list(participant_ids)
        edits: dict[int, tuple[RowChange, ...]] = {}
        for page in pages(wanted):
            waits = and_(_requests.c.site == self._transaction.site, _requests.c.state == RequestState.PENDING.value)
            about = func.coalesce(_requests.c.participant_id, _requests.c.duplicate_of)
            query = select(_requests.c.id).where(waits, about.in_(page))
            requests = Requests(self._transaction).get(list(self._transaction.connection.scalars(query)))
            people = Participants(self._transaction).by_ids(map(_about, requests.values()))
            for request in requests.values():
                person = people[_about(request)]
                edits[person.id] = (*edits.get(person.id, ()), *_edits(request, person))
        return edits

    def touched(self, openings: Iterable[NewRequest]) -> set[int]:
        """Return the participants of whom a request edits a dated row that an event past PR rests on."""
        edits: dict[int, tuple[RowChange, ...]] = {}
        for opening in openings:
            if opening.participant is not None:
                kind, day = opening.proposal.kind, opening.proposal.effective_date
                changes = row_edits(
                    kind, opening.participant, apply(kind, opening.profile, opening.key, opening.participant, day)
                )
                # A row that is new cannot be one that an event rests on.
                edits[opening.participant.id] = tuple(edit for edit in changes if edit.edit is not RowEdit.INSERT)
        touched: set[int] = set()
        for page in pages(sorted(number for number, changes in edits.items() if changes)):
            # Only for the few whose rows are edited: which rows an event rests on is inside its sealed value.
            events = self._by_person(_events, page, "number", lambda row: event_of(row, self._transaction.vault))
            touched |= {number for number, past in events.items() if touches(past, edits[number])}
        return touched

    def catch_up_programs(self, today: date) -> None:
        """Give participants the program of today if another one began since the last run."""
        # The newest assignment of each participant that counts and has begun; of two on one day the later posted wins.
        # A window function, because DISTINCT ON is PostgreSQL's alone; only people whose program differs are returned.
        rank = func.row_number().over(
            partition_by=_assignments.c.participant_id,
            order_by=(_assignments.c.effective_date.desc(), _assignments.c.number.desc()),
        )
        due = and_(
            _assignments.c.site == self._transaction.site,
            not_(_assignments.c.reversed),
            _assignments.c.effective_date <= today,
        )
        newest = select(_assignments.c.participant_id, _assignments.c.program, rank.label("rank")).where(due).subquery()
        join = newest.join(_participants, _participants.c.id == newest.c.participant_id)
        moved = and_(newest.c.rank == 1, newest.c.program != _participants.c.program)
        query = select(newest.c.participant_id, newest.c.program).select_from(join).where(moved)
        rows = [
            {"who": row.participant_id, "program": row.program}
            for row in self._transaction.connection.execute(query).all()
        ]
        _set_programs(self._transaction, rows)

    def searches(self) -> tuple[Search, ...]:
        """Return all searches for passive events, oldest first."""
        query = select(_searches).where(_searches.c.site == self._transaction.site).order_by(_searches.c.id)
        return tuple(
            Search(row.passive, row.first_day, row.last_day, tuple(row.found))
            for row in self._transaction.connection.execute(query)
        )

    def keep_search(self, search: Search, actor: str, now: datetime) -> None:
        """Store a search and the participants that it found."""
        days = {"first_day": search.begin, "last_day": search.end}
        values = {"passive": search.passive, **days, "found": list(search.found), "actor": actor, "at": now}
        self._transaction.add(benefits.PassiveSearchRow, **values)


def _about(request: Request) -> int:
    """Return the participant that a request is about, or may be about."""
    return request.participant_id or request.duplicate_of or 0


def _edits(request: Request, person: Participant) -> tuple[RowChange, ...]:
    """Return the edits of dated rows that approving a request would make."""
    # A possible duplicate may be decided as a corrected SSN, which edits the rows of the participant whom it names.
    if request.participant_id is None:
        request = as_correction(request, person, request.effective_date, IntakeRules())
    profile = drifted(request.profile, person) if request.origin is Origin.DRIFT else request.profile
    after = apply(request.kind, profile, request.key, person, request.effective_date)
    return row_edits(request.kind, person, after)


class _Written:
    """The differences of many cases, collected and then written in a few statements."""

    def __init__(self, transaction: SiteTransaction, now: datetime) -> None:
        self._transaction = transaction
        self._today = now.date()
        self._activities: Rows = []
        self._events: Rows = []
        self._enrollments: Rows = []
        self._reversed: dict[Table, Rows] = {_enrollments: [], _assignments: []}
        self._assignments: Rows = []
        self._cobra: Rows = []
        self._dependents: Rows = []
        self._programs: Rows = []

    def take(self, before: Case, after: Case) -> None:
        """Compare the two states of a case."""
        who, vault = after.participant.id, self._transaction.vault
        self._activities += (activity_row(who, part, vault) for part in _fresh(before.activities, after.activities))
        self._events += (event_row(who, part, vault) for part in _fresh(before.events, after.events))
        # Coverage rows and assignments never leave a case and never move, so what is behind the old length is new. A
        # row before it that differs can only have been reversed: a trigger refuses every other change to coverage.
        kept = len(before.enrollments)
        self._enrollments += (enrollment_row(who, part, vault) for part in after.enrollments[kept:])
        taken = zip(before.enrollments, after.enrollments, strict=False)
        self._reversed[_enrollments] += (_taken(who, new.number) for old, new in taken if new != old)
        placed = list(enumerate(after.assignments, 1))
        self._assignments += (assignment_row(who, *part) for part in placed[len(before.assignments) :])
        back = zip(before.assignments, placed, strict=False)
        self._reversed[_assignments] += (_taken(who, new[0]) for old, new in back if new[1] != old)
        self._cobra += (cobra_row(who, part) for part in _fresh(before.cobra, after.cobra))
        entered = after.dependents[len(before.dependents) :]
        self._dependents += (dependent_row(who, part, vault) for part in entered)
        program = program_on(after.assignments, self._today)
        if program != before.participant.program and after.assignments:
            self._programs.append({"who": who, "program": program})

    def write(self) -> None:
        """Write all changes. Closed events come first: a participant may have one open event only."""
        self._put(benefits.ActivityRow, self._activities)
        # A unique partial index allows one open event: the one that closes is written before the one that opens.
        for is_open in (False, True):
            rows = [row for row in self._events if (row["status"] == EventStatus.OPEN.value) is is_open]
            self._put(benefits.EventRow, rows)
        self._transaction.add_all(benefits.EnrollmentRow, self._enrollments)
        self._transaction.add_all(benefits.AssignmentRow, self._assignments)
        self._put(benefits.CobraRow, self._cobra)
        self._transaction.add_all(benefits.DependentRow, self._dependents)
        for table, rows in self._reversed.items():
            condition = and_(table.c.participant_id == bindparam("who"), table.c.number == bindparam("place"))
            if rows:
                self._transaction.connection.execute(update(table).where(self._mine(table), condition), rows)
        _set_programs(self._transaction, self._programs)

    def _put(self, model: type[StateTable], rows: Rows) -> None:
        """Insert rows, or write them over those that are there."""
        if not rows:
            return
        table = model.__table__
        keys = ["participant_id", "event" if model is benefits.CobraRow else "number"]
        insert = self._transaction.insert(model)
        others = {name: insert.excluded[name] for name in rows[0] if name not in keys}
        # The condition on the site is a fence: a number of another site's participant overwrites nothing.
        upsert = insert.on_conflict_do_update(index_elements=keys, set_=others, where=self._mine(table))
        for page in pages(rows):
            self._transaction.connection.execute(upsert, [{"site": self._transaction.site, **row} for row in page])

    def _mine(self, table: Table) -> Any:
        return table.c.site == self._transaction.site


def _fresh(before: Sequence[T], after: Sequence[T]) -> Iterator[T]:
    """Yield the parts that are new or changed; the parts of a case never leave it."""
    return (part for part in after if part not in before)


def _taken(participant_id: int, place: int) -> dict[str, Any]:
    """Return the parameters that mark a row as reversed."""
    return {"who": participant_id, "place": place, "reversed": True}


def _set_programs(transaction: SiteTransaction, rows: Rows) -> None:
    condition = and_(_participants.c.site == transaction.site, _participants.c.id == bindparam("who"))
    if rows:
        transaction.connection.execute(update(_participants).where(condition), rows)
