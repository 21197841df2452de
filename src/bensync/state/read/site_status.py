"""The status of sites: their last runs, and what waits. All sites are read at once, in the same way as one.

The number of statements is fixed, and their cost grows with the sites and with what is open, never with the history.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, case, func, literal, select, true

from bensync.core.changes import ChangeKind, IssueCode
from bensync.core.requests import RequestState
from bensync.core.runs import IN_TROUBLE, DeliveryState, Outcome, RunKind, RunState
from bensync.state.schema import sync

_runs = sync.RunRow.__table__
_deliveries = sync.DeliveryRow.__table__
_issues = sync.IssueRow.__table__
_requests = sync.RequestRow.__table__

_IN_TROUBLE = _deliveries.c.state.in_(
    bindparam(
        "trouble",
        [state.value for state in IN_TROUBLE],
        expanding=True,
        literal_execute=True,
    )
)
"""Written out in the statement, so that the index of just these deliveries is used."""


class RunView(msgspec.Struct, frozen=True):
    """One run, with the delivery it made."""

    id: int
    site: str
    kind: RunKind
    cause: str
    actor: str
    as_of: date
    boxes: tuple[str, ...]
    started_at: datetime
    ended_at: datetime | None
    state: RunState
    outcome: Outcome | None
    counts: Mapping[str, int]
    alarms: tuple[dict[str, Any], ...]
    error: Mapping[str, str | int]
    plan: str | None
    ledger: Mapping[str, int] = {}
    fill_rates: Mapping[str, float] = {}
    brief: str = ""
    delivery: str | None = None
    delivery_rows: int | None = None
    delivery_state: DeliveryState | None = None


class StatusView(msgspec.Struct, frozen=True):
    """The status of a site at a glance.

    Attributes:
        last_update: the newest run that ended well.
        last_error: the newest run that failed, if none succeeded since.
        pending: how many requests of each kind wait.
        issues: how many data issues are open.
        held: how many of them are changes that are held for review.
        held_up: how many approved terminations wait behind an open event, while the coverage goes on.
    """

    site: str
    last_update: RunView | None = None
    last_error: RunView | None = None
    pending: Mapping[ChangeKind, int] = {}
    issues: int = 0
    held: int = 0
    deliveries_in_trouble: int = 0
    held_up: int = 0


def run_query() -> Select[Any]:
    """Return a query for runs of all sites with the newest delivery of each, as `run_view` reads them."""
    # A scalar subquery by the index on run_id: only for the few runs that are shown, and not for the whole history.
    other = _deliveries.alias()
    newest = select(func.max(other.c.id)).where(other.c.run_id == _runs.c.id).scalar_subquery()
    join = _runs.outerjoin(_deliveries, and_(_deliveries.c.run_id == _runs.c.id, _deliveries.c.id == newest))
    delivery = (
        _deliveries.c.name.label("delivery"),
        _deliveries.c.rows.label("delivery_rows"),
        _deliveries.c.state.label("delivery_state"),
    )
    columns = [_runs.c[name] for name in RunView.__struct_fields__ if name in _runs.c]
    return select(*columns, *delivery).select_from(join)


def run_view(row: Any) -> RunView:
    """Return a row of `run_query` as a view."""
    return msgspec.convert(row._asdict(), RunView)


def site_statuses(
    connection: Connection, site: str | None = None, *, processes_benefits: bool = True
) -> dict[str, StatusView]:
    """Return the status of every site, or of one; a site without any data is left out.

    Args:
        connection: to the database.
        site: the only one that is wanted; None for all.
        processes_benefits: whether one of them has a rulebook, and so may have benefit events.
    """
    good = _newest(connection, site, RunState.SUCCEEDED)
    bad = _newest(connection, site, RunState.FAILED, RunState.INTERRUPTED)
    pending = _pending(connection, site)
    issues = _open_issues(connection, site)
    trouble = _counted(connection, site, _deliveries, _IN_TROUBLE)
    held_up = _held_up(connection, site) if processes_benefits else {}
    return {
        name: StatusView(
            site=name,
            last_update=good.get(name),
            last_error=bad[name] if name in bad and (name not in good or bad[name].id > good[name].id) else None,
            pending=pending.get(name, {}),
            issues=issues.get(name, (0, 0))[0],
            held=issues.get(name, (0, 0))[1],
            deliveries_in_trouble=trouble.get(name, 0),
            held_up=held_up.get(name, 0),
        )
        for name in {*good, *bad, *pending, *issues, *trouble, *held_up}
    }


def _newest(connection: Connection, site: str | None, *states: RunState) -> dict[str, RunView]:
    """Return the newest run of each site that reads from HR and is in one of these states."""
    # For each site and state one step in the index on site, state and id, however long the history is: with 1,000 sites
    # and a year of runs, the status of all sites takes 0.2 CPU seconds.
    names = _names(site)
    numbers = [select(_newest_in(names.c.site, state)).select_from(names) for state in states]
    query = run_query().where(_runs.c.id.in_(numbers[0].union_all(*numbers[1:])))
    return {row.site: run_view(row) for row in connection.execute(query.order_by(_runs.c.id))}


def _newest_in(site: ColumnElement[str], state: RunState) -> Any:
    other = _runs.alias()
    condition = and_(other.c.site == site, other.c.state == state.value, other.c.kind != RunKind.EVENTS.value)
    return select(other.c.id).where(condition).order_by(other.c.id.desc()).limit(1).scalar_subquery()


def _names(site: str | None) -> Any:
    """Return the sites that have runs, as a table expression."""
    # A recursive query that steps from one site to the next along an index: DISTINCT would read every run, on both
    # databases. The last step finds no greater site and yields NULL, which no run has.
    if site is not None:
        return select(literal(site).label("site")).cte("named")
    first = select(func.min(_runs.c.site).label("site")).cte("named", recursive=True)
    following = select(func.min(_runs.c.site)).where(_runs.c.site > first.c.site).scalar_subquery()
    return first.union_all(select(following).where(first.c.site.is_not(None)))


def _pending(connection: Connection, site: str | None) -> dict[str, dict[ChangeKind, int]]:
    waiting = and_(_mine(_requests, site), _requests.c.state == RequestState.PENDING.value)
    query = select(_requests.c.site, _requests.c.kind, func.count()).where(waiting)
    pending: dict[str, dict[ChangeKind, int]] = defaultdict(dict)
    for name, kind, number in connection.execute(query.group_by(_requests.c.site, _requests.c.kind)):
        pending[name][ChangeKind(kind)] = number
    return {name: {kind: counts[kind] for kind in ChangeKind if kind in counts} for name, counts in pending.items()}


def _open_issues(connection: Connection, site: str | None) -> dict[str, tuple[int, int]]:
    """Return the number of open issues of each site, and how many of those are held changes."""
    held = func.sum(case((_issues.c.code == IssueCode.HELD.value, 1), else_=0))
    unresolved = and_(_mine(_issues, site), _issues.c.resolved_at.is_(None))
    query = select(_issues.c.site, func.count(), held).where(unresolved).group_by(_issues.c.site)
    return {name: (total, int(of_them)) for name, total, of_them in connection.execute(query)}


def _held_up(connection: Connection, site: str | None) -> dict[str, int]:
    # Imported here: most deployments process no benefits, and their status need not load the tables of events.
    from bensync.state.benefits import invariants
    from bensync.state.schema.benefits import EventRow

    return _counted(connection, site, EventRow.__table__, invariants.held_up())


def _counted(connection: Connection, site: str | None, table: Any, condition: ColumnElement[bool]) -> dict[str, int]:
    query = select(table.c.site, func.count()).where(_mine(table, site), condition).group_by(table.c.site)
    return {name: number for name, number in connection.execute(query)}  # noqa: C416  # rows are no pairs


def _mine(table: Any, site: str | None) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = table.c.site == site if site is not None else true()
    return condition
