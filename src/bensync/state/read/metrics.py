"""Sites in numbers, for the daemon and its metrics: counts and times, without names of people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, FromClause, and_, bindparam, func, select, true

from bensync.core import schedule
from bensync.core.requests import RequestState
from bensync.core.runs import UNSETTLED, DeliveryState, RunKind, RunState
from bensync.state.db.transaction import SiteTransaction
from bensync.state.schema import sync

_runs = sync.RunRow.__table__
_days = sync.DailyRunRow.__table__
_deliveries = sync.DeliveryRow.__table__
_requests = sync.RequestRow.__table__
_issues = sync.IssueRow.__table__
_alerts = sync.AlertRow.__table__
_sendings = sync.NoticeSendingRow.__table__
_calls = sync.EventCallRow.__table__

_UNSETTLED = _deliveries.c.state.in_(
    bindparam("unsettled", [state.value for state in UNSETTLED], expanding=True, literal_execute=True)
)
"""Written out in the statement, so that the index of just these deliveries is used."""


class SiteActivity(schedule.DailyRunState, frozen=True):
    """The facts that decide whether a site has something to do.

    Attributes:
        begun: deliveries that were sealed and are at no end.
        unsent: notices that wait, counted once per channel.
        called: whether somebody changed what a run of events should look at.
    """

    begun: int = 0
    unsent: int = 0
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
        kept_back: employees who are blocked by a data issue.
        alerts: keys of the alerts that are open.
        sequences: the number of the newest committed delivery, by feed.
    """

    last_daily: datetime | None = None
    runs: Mapping[tuple[str, str], int] = {}
    lasted: Mapping[str, float] = {}
    deliveries: Mapping[str, int] = {}
    pending: Mapping[str, int] = {}
    oldest_pending: datetime | None = None
    kept_back: int = 0
    alerts: tuple[str, ...] = ()
    sequences: Mapping[str, int] = {}


class Metrics:
    """The numbers of one site."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction

    def today(self, now: datetime) -> SiteActivity:
        """Return what is done today, and what waits."""
        return today_everywhere(self._transaction.connection, now, self._transaction.site).get(
            self._transaction.site, SiteActivity()
        )

    def read(self) -> SiteFigures:
        """Return everything that is measured."""
        return read_everywhere(self._transaction.connection, self._transaction.site).get(
            self._transaction.site, SiteFigures()
        )


def today_everywhere(connection: Connection, now: datetime, site: str | None = None) -> dict[str, SiteActivity]:
    """Return what is done today and what waits, of every site or of one; a site with neither is left out.

    The cost grows with what happened today and what waits, never with the number of sites or their history.
    """
    number = func.count()
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    failed = and_(_runs.c.started_at >= midnight, _runs.c.started_at <= now, _daily(RunState.FAILED))
    by = _By(connection, site)
    # The daemon asks this every minute. Each statement is by an index of just the rows that count: days by date, runs
    # by start, deliveries that are unsettled, notices that wait.
    values_by_name: Mapping[str, Mapping[str, Any]] = {
        "done": by(_days, number > 0, _days.c.day == now.date()),
        "failed_at": by(_runs, func.max(_runs.c.started_at), failed),
        "begun": by(_deliveries, number, _UNSETTLED),
        "unsent": by(_sendings, number, _sendings.c.sent_at.is_(None)),
        "called": by(_calls, number > 0, true()),
    }
    return {whose: SiteActivity(**values) for whose, values in _turned(values_by_name).items()}


def heavy_everywhere(connection: Connection, now: datetime, longest: timedelta) -> frozenset[str]:
    """Return the sites whose newest daily run of the last two days failed, or took longer than ``longest``.

    They are processed last: of 10,000 sites in a simulation, ten per cent that HR throttled kept the rest waiting for
    four hours.
    """
    daily = and_(_runs.c.kind == RunKind.DAILY.value, _runs.c.started_at >= now - timedelta(days=2))
    query = select(_runs.c.site, _runs.c.state, _runs.c.started_at, _runs.c.ended_at).where(daily)
    # Ordered by id, so that the last row of a site, which stays in the dict, is its newest run.
    newest = {row.site: row for row in connection.execute(query.order_by(_runs.c.id))}
    return frozenset(
        site
        for site, run in newest.items()
        if run.state != RunState.SUCCEEDED.value or run.ended_at - run.started_at > longest
    )


def restless_everywhere(connection: Connection, before: datetime) -> frozenset[str]:
    """Return the sites where time alone may cause an alert: one is open, or a request was opened before a time."""
    waiting = and_(_requests.c.state == RequestState.PENDING.value, _requests.c.opened_at < before)
    old = select(_requests.c.site).where(waiting)
    return frozenset(connection.scalars(old.union(select(_alerts.c.site).where(_alerts.c.cleared_at.is_(None)))))


def read_everywhere(connection: Connection, site: str | None = None) -> dict[str, SiteFigures]:
    """Return everything that is measured, of every site or of one; a site without any data is left out."""
    # One statement for each figure and not for each site, so that a scrape of 10,000 sites costs as many statements as
    # one of a single site.
    waiting = _requests.c.state == RequestState.PENDING.value
    committed = _deliveries.c.state == DeliveryState.COMMITTED.value
    raised = _alerts.c.cleared_at.is_(None)
    number = func.count()
    by = _By(connection, site)
    alerts = by.each(_alerts, raised, number, _alerts.c.key)
    values_by_name: Mapping[str, Mapping[str, Any]] = {
        "last_daily": by(_runs, func.max(_runs.c.ended_at), _daily(RunState.SUCCEEDED)),
        "runs": by.runs(),
        "lasted": by.lasted(),
        "deliveries": by.each(_deliveries, true(), number, _deliveries.c.state),
        "pending": by.each(_requests, waiting, number, _requests.c.risk),
        "oldest_pending": by(_requests, func.min(_requests.c.opened_at), waiting),
        "kept_back": by(_issues, func.count(_issues.c.employee_id.distinct()), _issues.c.resolved_at.is_(None)),
        "alerts": {whose: tuple(sorted(keys)) for whose, keys in alerts.items()},
        "sequences": by.each(_deliveries, committed, func.max(_deliveries.c.sequence), _deliveries.c.feed),
    }
    return {whose: SiteFigures(**values) for whose, values in _turned(values_by_name).items()}


class _By:
    """Queries that are grouped by site, over all sites or one."""

    def __init__(self, connection: Connection, site: str | None) -> None:
        self._connection = connection
        self._site = site

    def __call__(self, table: FromClause, value: Any, condition: Any) -> dict[str, Any]:
        """Return one value of each site."""
        return {site: number for site, number in self._rows(table, condition, value)}  # noqa: C416  # rows are no pairs

    def each(self, table: FromClause, condition: Any, value: Any, label: Any) -> dict[str, dict[str, Any]]:
        """Return the values of each site, by a label."""
        values_by_site: dict[str, dict[str, Any]] = defaultdict(dict)
        for site, named, value_of_label in self._rows(table, condition, label, value, grouped=(label,)):
            values_by_site[site][named] = value_of_label
        return values_by_site

    def runs(self) -> dict[str, dict[tuple[str, str], int]]:
        """Return the number of ended runs of each site, by kind and outcome."""
        outcome = func.coalesce(_runs.c.outcome, _runs.c.state)
        labels = (_runs.c.kind, outcome)
        counts_by_site: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
        for site, kind, ended, count in self._rows(
            _runs, _runs.c.ended_at.is_not(None), *labels, func.count(), grouped=labels
        ):
            counts_by_site[site][kind, ended] = count
        return counts_by_site

    def lasted(self) -> dict[str, dict[str, float]]:
        """Return the seconds that the newest ended run of each kind took, by site."""
        newest = select(func.max(_runs.c.id)).where(self._mine(_runs), _runs.c.ended_at.is_not(None))
        newest = newest.group_by(_runs.c.site, _runs.c.kind)
        query = select(_runs.c.site, _runs.c.kind, _runs.c.started_at, _runs.c.ended_at)
        seconds_by_site: dict[str, dict[str, float]] = defaultdict(dict)
        for site, kind, started, ended in self._connection.execute(
            query.where(_runs.c.id.in_(newest.scalar_subquery()))
        ):
            seconds_by_site[site][kind] = (ended - started).total_seconds()
        return seconds_by_site

    def _rows(self, table: FromClause, condition: Any, *columns: Any, grouped: tuple[Any, ...] = ()) -> Any:
        query = select(table.c.site, *columns).where(self._mine(table), condition)
        return self._connection.execute(query.group_by(table.c.site, *grouped))

    def _mine(self, table: FromClause) -> ColumnElement[bool]:
        return table.c.site == self._site if self._site is not None else true()


def _turned(values_by_name: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return values by site and name that were given by name and site."""
    values_by_site: dict[str, dict[str, Any]] = defaultdict(dict)
    for name, values in values_by_name.items():
        for site, value in values.items():
            values_by_site[site][name] = value
    return values_by_site


def _daily(state: RunState) -> ColumnElement[bool]:
    return and_(_runs.c.kind == RunKind.DAILY.value, _runs.c.state == state.value)
