"""Data issues. An issue blocks a person until HR is fixed; every run tries them again."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select, update

from bensync.core.changes import Issue, IssueCode
from bensync.state.db.transaction import SiteTransaction, pages
from bensync.state.schema import sync

_table = sync.IssueRow.__table__
_rows = sync.DeliveryLineRow.__table__


class DataIssues:
    """The open issues of one site."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction

    def open_employees(self) -> list[str]:
        """Return employees with an open issue (sync-rules 3.2 c)."""
        query = select(_table.c.employee_id).where(self._open()).distinct()
        return list(self._transaction.connection.scalars(query))

    def record(
        self, issues: Iterable[Issue], settled: Collection[str], gone: Collection[str], now: datetime
    ) -> list[Issue]:
        """Open or renew the issues of a run, and resolve the other issues of people with nothing left to send.

        The issues of an employee who is gone from HR are resolved; only the issue that reports this stays open, until
        somebody ends the coverage or HR shows the employee again (A-25).

        Returns:
            the issues that are new, worth an alert.
        """
        # A person may have several issues at once, so all comparisons are of pairs of employee and code.
        by_person = {(issue.employee_id, issue.code): issue for issue in issues}
        rows = self._transaction.connection.execute(select(_table).where(self._open())).all()
        ids_by_pair = {(row.employee_id, IssueCode(row.code)): row.id for row in rows}
        for pair, number in ids_by_pair.items():
            if pair in by_person:
                fresh = {"last_seen": now, "detail": by_person[pair].detail}
                self._transaction.connection.execute(update(_table).where(_table.c.id == number).values(**fresh))
        over = [
            number
            for (employee, code), number in ids_by_pair.items()
            if (employee, code) not in by_person
            and (employee in settled or (employee in gone and code is not IssueCode.HR_EMPLOYEE_DELETED))
        ]
        for page in pages(over):
            self._transaction.connection.execute(update(_table).where(_table.c.id.in_(page)).values(resolved_at=now))
        new = [issue for pair, issue in by_person.items() if pair not in ids_by_pair]
        self._transaction.add_all(
            sync.IssueRow,
            (
                {
                    "employee_id": issue.employee_id,
                    "code": issue.code,
                    "detail": issue.detail,
                    "first_seen": now,
                    "last_seen": now,
                }
                for issue in new
            ),
        )
        return new

    def resolve_told(self, delivery_id: int, now: datetime) -> None:
        """Resolve the issues of everybody in a delivery. Only its commit may call this."""
        # A set, and not the list of the plan: after a restart the run that commits a file has no plan of its own.
        sent = select(_rows.c.employee_id).where(_rows.c.delivery_id == delivery_id)
        where = and_(self._open(), _table.c.employee_id.in_(sent))
        self._transaction.connection.execute(update(_table).where(where).values(resolved_at=now))

    def _open(self) -> ColumnElement[bool]:
        return (_table.c.site == self._transaction.site) & _table.c.resolved_at.is_(None)
