"""Audit entries and notices, written in the same transaction as what they tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from sqlalchemy import select, update

from bensync.core.model import FieldChange
from bensync.core.ports import Notice
from bensync.state import tables
from bensync.state.desk import Desk, of

DETAIL = b"audit"

_notices = of(tables.Notice)


class Journal:
    """The audit trail and the outgoing notices of one site."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def audit(
        self,
        actor: str,
        verb: str,
        subject: str,
        now: datetime,
        *,
        reason: str = "",
        changes: Iterable[FieldChange] = (),
    ) -> None:
        """Write down who did what to whom, and what it changed."""
        told = tuple(changes)
        detail = self._desk.vault.seal(msgspec.json.encode(told), DETAIL) if told else None
        self._desk.add(
            tables.Audit, at=now, actor=actor, verb=verb, object=subject, reason=reason, sealed_detail=detail
        )

    def notify(self, notice: Notice, now: datetime) -> None:
        """Queue a notice; one with the same key was queued already and is not repeated."""
        insert = self._desk.insert(tables.Notice).values(
            site=self._desk.site,
            key=notice.key,
            subject=notice.subject,
            body=notice.body,
            attempts=0,
            error="",
            created_at=now,
        )
        self._desk.connection.execute(insert.on_conflict_do_nothing(index_elements=["site", "key"]))

    def unsent(self) -> list[tuple[int, Notice]]:
        """The notices that wait, oldest first."""
        waiting = (_notices.c.site == self._desk.site) & _notices.c.sent_at.is_(None)
        rows = self._desk.connection.execute(select(_notices).where(waiting).order_by(_notices.c.id))
        return [(row.id, Notice(row.key, row.subject, row.body)) for row in rows]

    def mark_sent(self, number: int, now: datetime) -> None:
        """Note that a notice left."""
        self._mark(number, sent_at=now, error="")

    def mark_failed(self, number: int, error: str) -> None:
        """Note that a notice could not be sent; it is tried again later."""
        self._mark(number, error=error)

    def _mark(self, number: int, **values: object) -> None:
        mine = (_notices.c.site == self._desk.site) & (_notices.c.id == number)
        statement = update(_notices).where(mine).values(attempts=_notices.c.attempts + 1, **values)
        self._desk.connection.execute(statement)
