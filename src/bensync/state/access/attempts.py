"""Attempts to sign in, counted by name and by address until one succeeds; neither is stored readable."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import delete, select, update

from bensync.state.db.transaction import SiteTransaction
from bensync.state.schema import access

_table = access.AttemptRow.__table__
_PURPOSE = b"sign-in attempt"


class AttemptCount(msgspec.Struct, frozen=True):
    """The number of sign-in attempts in a row that failed or are under way, and the times of the first and the last."""

    failures: int
    since: datetime
    last_at: datetime


class Attempts:
    """The sign-in attempts of the deployment."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction

    def attempts_of(self, subject: str, now: datetime, window: timedelta) -> AttemptCount:
        """Return the count of a subject, such as ``name:kim``; a count that began before the window does not count."""
        query = select(_table).where(_table.c.subject == self._key(subject), _table.c.since > now - window)
        # Locked until the count is written: a hundred guesses at once must not all see the count before the first.
        row = self._transaction.connection.execute(query.with_for_update()).one_or_none()
        return AttemptCount(row.failures, row.since, row.last_at) if row is not None else AttemptCount(0, now, now)

    def count(self, subject: str, tally: AttemptCount, now: datetime) -> None:
        """Count one more attempt."""
        row = {"failures": tally.failures + 1, "since": tally.since, "last_at": now}
        insert = self._transaction.insert(access.AttemptRow).values(subject=self._key(subject), **row)
        self._transaction.connection.execute(insert.on_conflict_do_update(index_elements=["subject"], set_=row))

    def forgive(self, subject: str) -> None:
        """Subtract one attempt, after a success among attempts that are under way."""
        # An UPDATE of the stored number: other attempts of the address may have been counted since it was read.
        where = (_table.c.subject == self._key(subject)) & (_table.c.failures > 0)
        self._transaction.connection.execute(update(_table).where(where).values(failures=_table.c.failures - 1))

    def clear(self, subject: str) -> None:
        """Reset the count to zero, after a success."""
        self._transaction.connection.execute(delete(_table).where(_table.c.subject == self._key(subject)))

    def forget(self, before: datetime) -> None:
        """Remove counts whose last attempt was before a time."""
        self._transaction.connection.execute(delete(_table).where(_table.c.last_at < before))

    def _key(self, subject: str) -> bytes:
        # People type passwords into the field for the name; a MAC shows neither these nor addresses.
        return self._transaction.vault.mac(subject.encode(), _PURPOSE)
