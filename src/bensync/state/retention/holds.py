"""Legal holds of a site. A row counts only together with the audit entry that placed it.

Removing a row, or its proof, must not let anything be deleted: `refuse_unproven` stops a retention run that finds a
difference between the rows and the audit trail.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select, union, update

from bensync.core.values.ssn import without_ssn
from bensync.core.values.texts import visible
from bensync.errors import DecisionError, StateError, run_command
from bensync.state.db.transaction import SiteTransaction
from bensync.state.schema import sync

PLACE, RELEASE = "hold.place", "hold.release"
"""The verbs in the audit trail; the object is ``employee ID``."""

_PURPOSE = b"legal hold"
_PROVEN = ("id", "employee_id", "key", "reason", "placed_by", "placed_at", "released_by", "released_at")

_audit = sync.AuditRow.__table__
_baselines = sync.BaselineRow.__table__
_holds = sync.LegalHoldRow.__table__
_issues = sync.IssueRow.__table__
_participants = sync.ParticipantRow.__table__
_requests = sync.RequestRow.__table__
_rows = sync.DeliveryLineRow.__table__
_verdicts = sync.VerdictRow.__table__


class LegalHold(msgspec.Struct, frozen=True):
    """One legal hold of an HR employee; ``released_at`` is None while it is in force."""

    employee_id: str
    reason: str
    placed_by: str
    placed_at: datetime
    released_by: str | None = None
    released_at: datetime | None = None


class LegalHolds:
    """The legal holds of one site."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction

    def open(self) -> list[LegalHold]:
        """Return the holds in force, oldest first."""
        return self._read(self._in_force())

    def of(self, employee_id: str) -> list[LegalHold]:
        """Return every hold of an HR employee, also those that were released, oldest first."""
        return self._read(and_(self._mine(), _holds.c.employee_id == employee_id))

    def count(self) -> int:
        """Return how many holds are in force."""
        query = select(func.count()).select_from(_holds).where(self._in_force())
        return self._transaction.connection.scalar(query) or 0

    def knows(self, employee_id: str) -> bool:
        """Return whether anything about an HR employee is stored."""
        tables = (_participants, _baselines, _requests, _rows, _issues, _verdicts)
        about = [
            exists().where(table.c.site == self._transaction.site, table.c.employee_id == employee_id)
            for table in tables
        ]
        return bool(self._transaction.connection.scalar(select(or_(*about))))

    def place(self, employee_id: str, reason: str, actor: str, now: datetime) -> None:
        """Place a hold.

        Raises:
            DecisionError: one is in force already.
        """
        if any(hold.released_at is None for hold in self.of(employee_id)):
            raise DecisionError(
                f"No legal hold was placed on employee {employee_id}.",
                "A legal hold is in force already.",
                "See it with `bensync retention holds`.",
                remedy=run_command("retention holds"),
            )
        values = {
            "employee_id": employee_id,
            "key": self._key(employee_id),
            "reason": visible(without_ssn(reason)),
            "placed_by": actor,
            "placed_at": now,
        }
        number = self._transaction.add(sync.LegalHoldRow, **values, proof=b"")
        self._sign(number)

    def release(self, employee_id: str, actor: str, now: datetime) -> None:
        """Release the hold in force.

        Raises:
            DecisionError: there is none.
        """
        where = and_(self._in_force(), _holds.c.employee_id == employee_id)
        number = self._transaction.connection.scalar(select(_holds.c.id).where(where))
        if number is None:
            raise DecisionError(
                f"No legal hold of employee {employee_id} was released.",
                "No legal hold is in force for this employee.",
                "See the legal holds with `bensync retention holds`.",
                remedy=run_command("retention holds"),
            )
        ended = update(_holds).where(_holds.c.id == number).values(released_by=actor, released_at=now)
        self._transaction.connection.execute(ended)
        self._sign(number)

    def names(self, employee_id: Any, key: Any) -> ColumnElement[bool]:
        """Return the condition that a row is about a person on hold.

        Args:
            employee_id: the column with the HR employee id; None if the table has none.
            key: the column with the key of the SSN, likewise.
        """
        named = [] if employee_id is None else [employee_id.in_(self._employees())]
        return or_(*named, *([] if key is None else [key.in_(self._keys())]))

    def differences(self) -> Iterator[str]:
        """Yield each difference between the rows and the audit trail."""
        trail: dict[str, bool] = {}
        entries = select(_audit.c.verb, _audit.c.object).where(
            _audit.c.site == self._transaction.site, _audit.c.verb.in_([PLACE, RELEASE])
        )
        for verb, subject in self._transaction.connection.execute(entries.order_by(_audit.c.id)):
            trail[subject.removeprefix("employee ")] = verb == PLACE
        in_force = set()
        for row in self._transaction.connection.execute(select(_holds).where(self._mine()).order_by(_holds.c.id)):
            if not hmac.compare_digest(row.proof, self._proof(row)):
                yield f"the legal hold {row.id} of employee {row.employee_id} was not written by bensync as it is"
            if row.released_at is None:
                in_force.add(row.employee_id)
        placed = {employee_id for employee_id, holds in trail.items() if holds}
        yield from (f"the legal hold of employee {gone} is missing" for gone in sorted(placed - in_force))
        yield from (f"no entry placed the legal hold of employee {unplaced}" for unplaced in sorted(in_force - placed))

    def refuse_unproven(self) -> None:
        """Raise if the holds are not those of the audit trail.

        Raises:
            StateError: they are not, so nobody knows what must be kept.
        """
        if (difference := next(self.differences(), None)) is not None:
            raise StateError(
                "Nothing was deleted.",
                f"The legal holds are not those of the audit trail: {difference}.",
                "Find out who could write to the database; `bensync fsck` lists every difference.",
                remedy=run_command("fsck"),
            )

    def _employees(self) -> Any:
        """Return a query for the HR employee ids of people on hold, also the former ids of an SSN on hold."""
        sources = (_participants, _baselines, _requests, _rows)
        keyed = [
            select(table.c.employee_id).where(table.c.site == self._transaction.site, table.c.key.in_(self._keys()))
            for table in sources
        ]
        return union(select(_holds.c.employee_id).where(self._in_force()), *keyed)

    def _keys(self) -> Any:
        """Return a query for the keys of SSNs that an HR employee on hold has or had."""
        held: Select[Any] = select(_holds.c.employee_id).where(self._in_force())
        named = [
            select(table.c.key).where(table.c.site == self._transaction.site, table.c.employee_id.in_(held))
            for table in (_participants, _baselines, _requests, _rows)
        ]
        return union(select(_holds.c.key).where(self._in_force(), _holds.c.key.is_not(None)), *named)

    def _key(self, employee_id: str) -> bytes | None:
        for table in (_participants, _baselines):
            where = and_(table.c.site == self._transaction.site, table.c.employee_id == employee_id)
            query = select(table.c.key).where(where).order_by(table.c.id.desc()).limit(1)
            key: bytes | None = self._transaction.connection.scalar(query)
            if key is not None:
                return key
        return None

    def _sign(self, number: int) -> None:
        row = self._transaction.connection.execute(select(_holds).where(_holds.c.id == number)).one()
        signed = update(_holds).where(_holds.c.id == number).values(proof=self._proof(row))
        self._transaction.connection.execute(signed)

    def _proof(self, row: Row[Any]) -> bytes:
        texts = [_text(getattr(row, name)) for name in _PROVEN]
        return self._transaction.vault.mac(msgspec.json.encode(texts), _PURPOSE)

    def _read(self, condition: ColumnElement[bool]) -> list[LegalHold]:
        columns = [_holds.c[name] for name in LegalHold.__struct_fields__]
        query = select(*columns).where(condition).order_by(_holds.c.placed_at, _holds.c.id)
        return [LegalHold(*row) for row in self._transaction.connection.execute(query)]

    def _mine(self) -> ColumnElement[bool]:
        return _holds.c.site == self._transaction.site

    def _in_force(self) -> ColumnElement[bool]:
        return and_(self._mine(), _holds.c.released_at.is_(None))


def _text(value: object) -> object:
    if isinstance(value, datetime):
        # In UTC: the same moment with another offset would be another text.
        return value.astimezone(UTC).isoformat()
    return value.hex() if isinstance(value, bytes) else value
