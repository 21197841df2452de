"""Outgoing notices. A notice is written in the same transaction as the event that it reports.

So a notice leaves if and only if its event is committed. Sending comes later, one channel at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, and_, select, update

from bensync.core.ports import Notice
from bensync.core.values.texts import visible
from bensync.state.db.transaction import SiteTransaction
from bensync.state.schema import sync

_DOUBLINGS = 6

_notices = sync.NoticeRow.__table__
_sendings = sync.NoticeSendingRow.__table__


class Sending(msgspec.Struct, frozen=True):
    """One notice that waits for one channel.

    Attributes:
        channel: the name of the channel, or of one recipient of it whom the server refused at first.
        attempts: how often sending failed.
        error: the last failure.
    """

    notice_id: int
    channel: str
    notice: Notice
    attempts: int
    error: str


class Notices:
    """The outgoing notices of one site."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction

    def add(self, notice: Notice, now: datetime, channels: Iterable[str]) -> None:
        """Add a notice for these channels, unless one with the same key exists."""
        insert = self._transaction.insert(sync.NoticeRow).values(
            site=self._transaction.site,
            key=notice.key,
            subject=visible(notice.subject),
            body=visible(notice.body),
            created_at=now,
        )
        once = insert.on_conflict_do_nothing(index_elements=["site", "key"]).returning(_notices.c.id)
        # RETURNING is empty if the key exists, on both databases: a notice that was written before gets no second
        # sending, even if its channels were changed since.
        notice_id = self._transaction.connection.scalar(once)
        if notice_id is not None:
            sendings = (
                {"notice_id": notice_id, "channel": channel, "attempts": 0, "error": ""} for channel in channels
            )
            self._transaction.add_all(sync.NoticeSendingRow, sendings)

    def unsent(self, channel: str | None = None, now: datetime | None = None) -> list[Sending]:
        """Return the notices that wait, oldest first.

        Args:
            channel: only those for this channel.
            now: only those that are due at this time: after each failed attempt there is a pause.
        """
        waiting = and_(_sendings.c.site == self._transaction.site, _sendings.c.sent_at.is_(None))
        if channel is not None:
            waiting = and_(waiting, _sendings.c.channel == channel)
        query = select(_sendings, _notices.c.key, _notices.c.subject, _notices.c.body, _notices.c.created_at)
        rows = self._transaction.connection.execute(
            query.join(_notices, _notices.c.id == _sendings.c.notice_id)
            .where(waiting)
            .order_by(_notices.c.id, _sendings.c.channel)
        )
        # The pause grows with each attempt, which the two databases would each compute in their own way; only the
        # notices that wait come this far.
        return [_sending(row) for row in rows if now is None or now >= row.created_at + pause(row.attempts)]

    def mark_sent(self, sending: Sending, now: datetime) -> None:
        """Record that a notice was sent over a channel."""
        self._mark(sending, sent_at=now, error="")

    def add_refused(self, sending: Sending, channels: Iterable[str]) -> None:
        """Let a notice wait for recipients who did not get it with the others, each with a sending of their own."""
        error = "the server refused this recipient"
        owed = (
            {"notice_id": sending.notice_id, "channel": channel, "attempts": sending.attempts + 1, "error": error}
            for channel in channels
        )
        self._transaction.add_all(sync.NoticeSendingRow, owed)

    def mark_failed(self, sending: Sending, error: str) -> None:
        """Record that sending failed; the notice is tried again until it leaves."""
        self._mark(sending, error=error)

    def _mark(self, sending: Sending, **values: object) -> None:
        condition = and_(
            _sendings.c.site == self._transaction.site,
            _sendings.c.notice_id == sending.notice_id,
            _sendings.c.channel == sending.channel,
        )
        statement = update(_sendings).where(condition).values(attempts=_sendings.c.attempts + 1, **values)
        self._transaction.connection.execute(statement)


def pause(attempts: int) -> timedelta:
    """Return how long after its creation a notice is tried again: 0, 1, 3, 7 ... minutes, later every hour."""
    doubling = min(attempts, _DOUBLINGS)
    return timedelta(minutes=2**doubling - 1 + 60 * (attempts - doubling))


def _sending(row: Row[Any]) -> Sending:
    notice = Notice(row.key, row.subject, row.body, alert=row.key.startswith("alert:"))
    return Sending(row.notice_id, row.channel, notice, row.attempts, row.error)
