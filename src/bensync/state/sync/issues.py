"""Data issues. An issue blocks a person until HR is fixed; every run tries them again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, not_, select, update

from bensync.core.changes import UNSEEN, ChangeKind, Issue, IssueCode
from bensync.state.db.transaction import SiteTransaction, pages
from bensync.state.schema import sync

_table = sync.IssueRow.__table__
_rows = sync.DeliveryLineRow.__table__


class DataIssues:
    """The open issues of one site."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction

    def open_codes(self) -> dict[str, frozenset[IssueCode]]:
        """Return the codes of the open issues by employee (sync-rules 3.2 c)."""
        codes: dict[str, set[IssueCode]] = defaultdict(set)
        query = select(_table.c.employee_id, _table.c.code).where(self._open())
        for row in self._transaction.connection.execute(query):
            codes[row.employee_id].add(IssueCode(row.code))
        return {employee: frozenset(of_employee) for employee, of_employee in codes.items()}

    def record(
        self, issues: Iterable[Issue], settled: Collection[str], deleted: Collection[str], now: datetime
    ) -> list[Issue]:
        """Open or renew the issues of a run, and resolve the other issues of people with nothing left to send.

        An answer that lacks an employee resolves nothing: the cause of the issue may still be there. The issues of an
        employee whom HR reports as deleted are resolved; only the issue that reports this stays open, until somebody
        terminates or releases them, or HR shows them again (A-25).

        Args:
            issues: the issues of this run.
            settled: employees with nothing left to send.
            deleted: employees whom HR reports as deleted.
            now: the moment.

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
            and (
                employee in settled
                or (employee in deleted and code is not IssueCode.HR_EMPLOYEE_DELETED)
                # Of the issues that HR does not show a person, only the newest says how it is.
                or (code in UNSEEN and any((employee, newer) in by_person for newer in UNSEEN))
            )
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
        """Resolve the issues of people whose present values a delivery holds. Only its commit may call this."""
        # A set, and not the list of the plan: after a restart the run that commits a file has no plan of its own.
        repeated = _rows.c.kind == ChangeKind.LAST_SENT.value
        sent = select(_rows.c.employee_id).where(_rows.c.delivery_id == delivery_id, not_(repeated))
        where = and_(self._open(), _table.c.employee_id.in_(sent))
        self._transaction.connection.execute(update(_table).where(where).values(resolved_at=now))

    def codes_of(self, employee_id: str) -> frozenset[IssueCode]:
        """Return the codes of the open issues of one employee."""
        query = select(_table.c.code).where(self._open(), _table.c.employee_id == employee_id)
        return frozenset(map(IssueCode, self._transaction.connection.scalars(query)))

    def resolve_all(self, employee_ids: Collection[str], now: datetime) -> None:
        """Resolve all issues of employees whom HR does not show, and of whom nothing is left to decide."""
        for page in pages(employee_ids):
            where = and_(self._open(), _table.c.employee_id.in_(page))
            self._transaction.connection.execute(update(_table).where(where).values(resolved_at=now))

    def _open(self) -> ColumnElement[bool]:
        return (_table.c.site == self._transaction.site) & _table.c.resolved_at.is_(None)
