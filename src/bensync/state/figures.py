"""What a site amounts to in numbers, for the daemon and its metrics: counts and moments, nobody named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, FromClause, and_, func, select

from bensync.core import due
from bensync.core.model import RequestState
from bensync.core.runs import DeliveryState, RunKind, RunState
from bensync.state import benefit_tables, tables
from bensync.state.desk import Desk, of
from bensync.state.outbox import UNSETTLED

_runs = of(tables.Run)
_days = of(tables.Day)
_deliveries = of(tables.Delivery)
_requests = of(tables.Request)
_issues = of(tables.Issue)
_alerts = of(tables.Alert)
_sendings = of(tables.Sending)
_calls = of(benefit_tables.EventCall)


class Today(due.Today, frozen=True):
    """What decides whether there is something to do.

    Attributes:
        begun: deliveries that were sealed and are at no end.
        unsent: notices that wait, counted once per channel.
        called: whether somebody changed what a run of events should look at.
    """

    begun: int
    unsent: int
    called: bool = False


class SiteFigures(msgspec.Struct, frozen=True):
    """A site in numbers.

    Attributes:
        last_daily: when the newest daily run that succeeded ended.
        runs: how many runs ended how, by kind and outcome (the state, where there is no outcome).
        lasted: seconds that the newest ended run of a kind took.
        deliveries: by state.
        pending: requests that wait, by risk.
        oldest_pending: when the oldest of them was opened.
        kept_back: employees who are kept back.
        alerts: keys of the alerts that are open.
        sequences: the number of the newest committed delivery, by feed.
    """

    last_daily: datetime | None
    runs: Mapping[tuple[str, str], int]
    lasted: Mapping[str, float]
    deliveries: Mapping[str, int]
    pending: Mapping[str, int]
    oldest_pending: datetime | None
    kept_back: int
    alerts: tuple[str, ...]
    sequences: Mapping[str, int]


class Figures:
    """The numbers of one site."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def today(self, now: datetime) -> Today:
        """What is done today, and what waits."""
        done = select(func.count()).where(self._mine(_days), _days.c.day == now.date())
        begun = _deliveries.c.state.in_([state.value for state in UNSETTLED])
        return Today(
            done=bool(self._one(done)),
            failed_at=self._one(select(func.max(_runs.c.started_at)).where(self._daily(RunState.FAILED))),
            begun=self._one(select(func.count()).where(self._mine(_deliveries), begun)),
            unsent=self._one(select(func.count()).where(self._mine(_sendings), _sendings.c.sent_at.is_(None))),
            called=bool(self._one(select(func.count()).where(self._mine(_calls)))),
        )

    def read(self) -> SiteFigures:
        """Everything that is measured."""
        waiting = and_(self._mine(_requests), _requests.c.state == RequestState.PENDING.value)
        kept = and_(self._mine(_issues), _issues.c.resolved_at.is_(None))
        raised = and_(self._mine(_alerts), _alerts.c.cleared_at.is_(None))
        committed = and_(self._mine(_deliveries), _deliveries.c.state == DeliveryState.COMMITTED.value)
        return SiteFigures(
            last_daily=self._one(select(func.max(_runs.c.ended_at)).where(self._daily(RunState.SUCCEEDED))),
            runs=self._ended(),
            lasted=self._lasted(),
            deliveries=self._by(_deliveries.c.state, func.count(), self._mine(_deliveries)),
            pending=self._by(_requests.c.risk, func.count(), waiting),
            oldest_pending=self._one(select(func.min(_requests.c.opened_at)).where(waiting)),
            kept_back=self._one(select(func.count(_issues.c.employee_id.distinct())).where(kept)),
            alerts=tuple(self._desk.connection.scalars(select(_alerts.c.key).where(raised).order_by(_alerts.c.key))),
            sequences=self._by(_deliveries.c.feed, func.max(_deliveries.c.sequence), committed),
        )

    def _ended(self) -> dict[tuple[str, str], int]:
        outcome = func.coalesce(_runs.c.outcome, _runs.c.state)
        query = select(_runs.c.kind, outcome, func.count()).where(self._mine(_runs), _runs.c.ended_at.is_not(None))
        rows = self._desk.connection.execute(query.group_by(_runs.c.kind, outcome))
        return {(kind, ended): number for kind, ended, number in rows}

    def _lasted(self) -> dict[str, float]:
        newest = select(func.max(_runs.c.id)).where(self._mine(_runs), _runs.c.ended_at.is_not(None))
        query = select(_runs.c.kind, _runs.c.started_at, _runs.c.ended_at)
        query = query.where(_runs.c.id.in_(newest.group_by(_runs.c.kind).scalar_subquery()))
        rows = self._desk.connection.execute(query)
        return {kind: (ended - started).total_seconds() for kind, started, ended in rows}

    def _by(self, column: ColumnElement[Any], number: Any, condition: ColumnElement[bool]) -> dict[str, int]:
        rows = self._desk.connection.execute(select(column, number).where(condition).group_by(column))
        return {name: count for name, count in rows}  # noqa: C416  # rows are no pairs to the type checker

    def _daily(self, state: RunState) -> ColumnElement[bool]:
        daily = _runs.c.kind == RunKind.DAILY.value
        return and_(self._mine(_runs), daily, _runs.c.state == state.value)

    def _mine(self, table: FromClause) -> ColumnElement[bool]:
        return table.c.site == self._desk.site

    def _one(self, query: Any) -> Any:
        return self._desk.connection.scalar(query)
