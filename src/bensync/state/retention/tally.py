"""Deletes rows, and counts what it deletes: by kind and table, with days and keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, delete, func, null, select

from bensync.retention.kinds import Kind
from bensync.retention.plan import DeletedRows, Ranges
from bensync.state.schema import benefits, sync

_deliveries = sync.DeliveryRow.__table__
_notices = sync.NoticeRow.__table__
_rows = sync.DeliveryLineRow.__table__
_runs = sync.RunRow.__table__
_sendings = sync.NoticeSendingRow.__table__

_PAGE = 10_000


def delivered_at() -> ColumnElement[datetime]:
    """Return the moment of a delivery: of its commit, or where it never arrived, of its creation."""
    return func.coalesce(_deliveries.c.committed_at, _deliveries.c.created_at)


def _of_run(table: Table) -> Any:
    return select(_runs.c.started_at).where(_runs.c.id == table.c.run_id).scalar_subquery()


def _of_delivery(table: Table) -> Any:
    return select(delivered_at()).where(_deliveries.c.id == table.c.delivery_id).scalar_subquery()


def _days() -> Mapping[Table, tuple[str, Any]]:
    """Return for each table the column that names its rows, and the expression for their day."""
    verdict, unchanged = sync.VerdictRow.__table__, sync.UnchangedRow.__table__
    remark, baseline = benefits.EventRemarkRow.__table__, sync.BaselineRow.__table__
    request, day = sync.RequestRow.__table__, sync.DailyRunRow.__table__
    written = select(_notices.c.created_at).where(_notices.c.id == _sendings.c.notice_id).scalar_subquery()
    named_by_column: dict[Table, tuple[str, Any]] = {
        sync.ParticipantRow.__table__: ("id", "updated_at"),
        sync.ApprovalRow.__table__: ("request_id", "at"),
        sync.IssueRow.__table__: ("id", "last_seen"),
        sync.NoticeRow.__table__: ("id", "created_at"),
        sync.DeclinedRow.__table__: ("", "updated_at"),
        benefits.ActivityRow.__table__: ("participant_id", "event_date"),
        benefits.EventRow.__table__: ("participant_id", "event_date"),
        benefits.EnrollmentRow.__table__: ("participant_id", "effective_date"),
        benefits.AssignmentRow.__table__: ("participant_id", "effective_date"),
        benefits.CobraRow.__table__: ("participant_id", "until"),
        benefits.DependentRow.__table__: ("participant_id", "effective_date"),
        benefits.PassiveSearchRow.__table__: ("id", "at"),
        _runs: ("id", "started_at"),
        day: ("run_id", "day"),
    }
    return {
        **{table: (name, table.c[moment]) for table, (name, moment) in named_by_column.items()},
        request: ("id", func.coalesce(request.c.decided_at, request.c.opened_at)),
        baseline: ("id", _of_delivery(baseline)),
        _rows: ("delivery_id", _of_delivery(_rows)),
        verdict: ("run_id", _of_run(verdict)),
        unchanged: ("run_id", _of_run(unchanged)),
        remark: ("run_id", _of_run(remark)),
        _sendings: ("notice_id", written),
    }


class Tally:
    """The rows that a retention run deletes.

    Args:
        connection: an open transaction that may write.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._days = _days()
        self._parts: list[DeletedRows] = []

    @property
    def parts(self) -> tuple[DeletedRows, ...]:
        """What was deleted, in order."""
        return tuple(self._parts)

    def delete(self, kind: Kind, table: Table, condition: ColumnElement[bool]) -> None:
        """Delete the rows of a table that a condition selects, and count them."""
        # Counted in the same transaction and by the same condition: the audit entry names what is deleted, and nothing
        # else.
        part = self._measure(kind, table, condition)
        if part.rows:
            self._connection.execute(delete(table).where(condition))
            self._parts.append(part)

    def _measure(self, kind: Kind, table: Table, condition: ColumnElement[bool]) -> DeletedRows:
        name, moment = self._days[table]
        column: Column[Any] | None = table.c[name] if name else None
        total, first, last, ranges = 0, None, None, Ranges()
        # Grouped by the key, so that a table with thousands of rows for each key sends one line for it.
        query = select(null() if column is None else column, func.count(), func.min(moment), func.max(moment))
        query = query.where(condition)
        if column is not None:
            query = query.group_by(column).order_by(column)
        for key, rows, begins, ends in self._connection.execute(query.execution_options(yield_per=_PAGE)):
            total += rows
            first = min((day for day in (first, _day(begins)) if day is not None), default=None)
            last = max((day for day in (last, _day(ends)) if day is not None), default=None)
            if key is not None:
                ranges.add([key])
        return DeletedRows(kind, str(table.name), total, first, last, name, str(ranges))


def _day(moment: date | datetime | None) -> date | None:
    return moment.date() if isinstance(moment, datetime) else moment
