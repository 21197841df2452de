"""Reads what decides whether a former employee may be deleted; `bensync.retention.former` decides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Table, and_, exists, func, not_, or_, select

from bensync.benefits.values.activities import ActivityState
from bensync.benefits.values.cobra import CobraState
from bensync.benefits.values.enrollments import Coverage
from bensync.benefits.values.events import EventStatus
from bensync.core.changes import BaselineState
from bensync.core.people import Standing
from bensync.core.requests import RequestState
from bensync.core.runs import UNFINISHED
from bensync.retention.former import FormerPerson
from bensync.state.db.transaction import PAGE
from bensync.state.retention.tally import delivered_at
from bensync.state.schema import benefits as cases
from bensync.state.schema import sync
from bensync.state.site_state import SiteState

_activities = cases.ActivityRow.__table__
_baselines = sync.BaselineRow.__table__
_cobra = cases.CobraRow.__table__
_deliveries = sync.DeliveryRow.__table__
_enrollments = cases.EnrollmentRow.__table__
_events = cases.EventRow.__table__
_issues = sync.IssueRow.__table__
_participants = sync.ParticipantRow.__table__
_requests = sync.RequestRow.__table__
_rows = sync.DeliveryLineRow.__table__

_WAITS = _requests.c.state == RequestState.PENDING.value


class FoundPerson(NamedTuple):
    """One person whose period may be over: their keys, and the facts."""

    participant_id: int | None
    key: bytes
    employee_id: str
    facts: FormerPerson


def begin_of(day: date) -> datetime:
    """Return the beginning of a UTC date."""
    return datetime.combine(day, time(), UTC)


def is_newest(table: Table) -> ColumnElement[bool]:
    """Return the condition for the row with the highest number of a table, whatever its site.

    Without AUTOINCREMENT, SQLite gives the number of that row out again once the row is deleted.
    """
    highest = select(func.max(table.alias().c.id)).scalar_subquery()
    return table.c.id == highest


class FormerFacts:
    """The facts about the former employees of one site.

    Args:
        state: a transaction of the site.
        benefits: whether the site processes benefit events; where it does not, an activity waits for nothing.
    """

    def __init__(self, state: SiteState, *, benefits: bool) -> None:
        self._unfinished = [ActivityState.HELD.value, *([ActivityState.WAITING.value] if benefits else [])]
        self._site = state.site
        self._holds = state.holds
        self._connection = state.transaction.connection

    def terminated(self, cutoff: date) -> Iterator[FoundPerson]:
        """Yield the participants who were terminated before a day."""
        person = _participants.c
        own, by_number = self._requests_of(person.key), _requests.c.participant_id == person.id
        by_employee = self._mine(_requests, _requests.c.employee_id == person.employee_id)
        of_person = _activities.c.participant_id == person.id
        cobra = and_(_cobra.c.participant_id == person.id, _cobra.c.state != CobraState.VOID.value)
        used = _activities.alias("used")
        others = and_(used.c.request_id == _requests.c.id, used.c.participant_id != person.id)
        facts = {
            "updated_at": person.updated_at,
            "last_own_request": self._last_request(own),
            "last_request": self._last_request(by_number),
            "last_coverage": select(func.max(_enrollments.c.effective_date))
            .where(_enrollments.c.participant_id == person.id)
            .scalar_subquery(),
            "live": self._any(
                self._baseline(_baselines.c.key == person.key, BaselineState.LIVE),
                self._baseline(_baselines.c.employee_id == person.employee_id, BaselineState.LIVE),
            ),
            "out_of_scope": self._any(
                self._baseline(_baselines.c.key == person.key, BaselineState.OUT_OF_SCOPE),
                self._baseline(_baselines.c.employee_id == person.employee_id, BaselineState.OUT_OF_SCOPE),
            ),
            "held": self._holds.names(person.employee_id, person.key),
            "pending": self._any(and_(own, _WAITS), and_(by_number, _WAITS), and_(by_employee, _WAITS)),
            "open_event": self._any(
                and_(
                    _events.c.participant_id == person.id,
                    or_(_events.c.status == EventStatus.OPEN.value, _events.c.pending),
                ),
                and_(of_person, _activities.c.state.in_(self._unfinished)),
            ),
            "covered": _covered(),
            "cobra_open": self._any(and_(cobra, _cobra.c.state == CobraState.OPEN.value)),
            "cobra_until": select(func.max(_cobra.c.until)).where(cobra).scalar_subquery(),
            "issue": self._has_issue(person.employee_id),
            "in_transit": self._in_transit(person.key),
            "shared": self._any(
                and_(by_number, others),
                and_(own, others),
                and_(own, _requests.c.participant_id.is_not(None), not_(by_number)),
            ),
            "newest": or_(
                is_newest(_participants),
                self._any(
                    and_(own, is_newest(_requests)),
                    and_(by_number, is_newest(_requests)),
                    self._mine(_issues, _issues.c.employee_id == person.employee_id, is_newest(_issues)),
                ),
            ),
        }
        query = select(
            person.id.label("participant_id"),
            person.key,
            person.employee_id,
            person.standing,
            person.termination_date.label("ended"),
            *(fact.label(name) for name, fact in facts.items()),
        )
        where = (person.standing == Standing.TERMINATED.value, person.termination_date < cutoff)
        yield from self._people(query.where(person.site == self._site, *where))

    def never_approved(self, cutoff: date) -> Iterator[FoundPerson]:
        """Yield those who were last sent before a day, whom HR does not show, and who have no participant."""
        baseline = _baselines.c
        own = self._requests_of(baseline.key)
        sent = select(delivered_at()).where(_deliveries.c.id == baseline.delivery_id).scalar_subquery()
        approved = exists().where(_participants.c.site == self._site, _participants.c.key == baseline.key)
        applied = exists().where(_activities.c.request_id == _requests.c.id)
        facts = {
            "last_own_request": self._last_request(own),
            "held": self._holds.names(baseline.employee_id, baseline.key),
            "pending": self._any(and_(own, _WAITS)),
            "issue": self._has_issue(baseline.employee_id),
            "in_transit": self._in_transit(baseline.key),
            "shared": self._any(and_(own, or_(_requests.c.participant_id.is_not(None), applied))),
            # The numbers of baselines and activities are not shown to anybody, and may be given out again.
            "newest": self._any(
                and_(own, is_newest(_requests)),
                self._mine(_issues, _issues.c.employee_id == baseline.employee_id, is_newest(_issues)),
            ),
        }
        query = select(
            baseline.key,
            baseline.employee_id,
            sent.label("ended"),
            *(fact.label(name) for name, fact in facts.items()),
        )
        gone = baseline.state.in_([BaselineState.MISSING.value, BaselineState.RETIRED.value])
        yield from self._people(query.where(baseline.site == self._site, gone, not_(approved), sent < begin_of(cutoff)))

    def _people(self, query: Select[Any]) -> Iterator[FoundPerson]:
        for row in self._connection.execute(query.execution_options(yield_per=PAGE)).mappings():
            changed = [row.get(name) for name in ("updated_at", "last_own_request", "last_request", "last_coverage")]
            seen = {"live": BaselineState.LIVE, "out_of_scope": BaselineState.OUT_OF_SCOPE}
            flags = (
                "held",
                "pending",
                "open_event",
                "covered",
                "cobra_open",
                "issue",
                "in_transit",
                "shared",
                "newest",
            )
            facts = FormerPerson(
                standing=Standing(row["standing"]) if "standing" in row else None,
                ended=_day(row["ended"]),
                changed=max((day for day in map(_day, changed) if day is not None), default=None),
                baselines=frozenset(state for name, state in seen.items() if row.get(name)),
                cobra_until=row.get("cobra_until"),
                **{flag: bool(row.get(flag)) for flag in flags},
            )
            yield FoundPerson(row.get("participant_id"), row["key"], row["employee_id"], facts)

    def _requests_of(self, key: ColumnElement[bytes]) -> ColumnElement[bool]:
        return self._mine(_requests, _requests.c.key == key)

    def _baseline(self, whose: ColumnElement[bool], state: BaselineState) -> ColumnElement[bool]:
        return self._mine(_baselines, whose, _baselines.c.state == state.value)

    def _has_issue(self, employee_id: ColumnElement[str]) -> ColumnElement[bool]:
        return self._any(self._mine(_issues, _issues.c.employee_id == employee_id, _issues.c.resolved_at.is_(None)))

    def _in_transit(self, key: ColumnElement[bytes]) -> ColumnElement[bool]:
        """Return the condition that a file that is neither confirmed nor given up has a row with a key."""
        open_files = select(_deliveries.c.id).where(
            _deliveries.c.site == self._site, _deliveries.c.state.in_([state.value for state in UNFINISHED])
        )
        return key.in_(select(_rows.c.key).where(_rows.c.delivery_id.in_(open_files)))

    def _mine(self, table: Table, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        return and_(table.c.site == self._site, *conditions)

    @staticmethod
    def _any(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        # One EXISTS for each condition, so that each can use an index of its own.
        return or_(*(exists().where(condition) for condition in conditions))

    @staticmethod
    def _last_request(which: ColumnElement[bool]) -> Any:
        last = func.max(func.coalesce(_requests.c.decided_at, _requests.c.opened_at))
        return select(last).where(which).scalar_subquery()


def _covered() -> ColumnElement[bool]:
    """Return the condition for participants whose last coverage row of a plan type is an election."""
    later = _enrollments.alias("later")
    same = and_(
        later.c.participant_id == _enrollments.c.participant_id,
        later.c.plan_type == _enrollments.c.plan_type,
        not_(later.c.reversed),
    )
    after = or_(
        later.c.effective_date > _enrollments.c.effective_date,
        and_(later.c.effective_date == _enrollments.c.effective_date, later.c.number > _enrollments.c.number),
    )
    last = and_(
        _enrollments.c.participant_id == _participants.c.id,
        not_(_enrollments.c.reversed),
        _enrollments.c.coverage == Coverage.ELECT.value,
    )
    return exists().where(last, not_(exists().where(same, after)))


def _day(moment: date | datetime | None) -> date | None:
    return moment.date() if isinstance(moment, datetime) else moment
