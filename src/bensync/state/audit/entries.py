"""Audit entries and notices, written in the same transaction as what they tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, func, select, update

from bensync.core.changes import FieldChange
from bensync.core.ports import Notice
from bensync.core.ssn import without_ssn
from bensync.state.audit.chain import DETAIL, AuditEntry, Chain
from bensync.state.db.transaction import SiteTransaction, pages
from bensync.state.schema import sync

_DOUBLINGS = 6

_audit = sync.AuditRow.__table__
_notices = sync.NoticeRow.__table__
_sendings = sync.NoticeSendingRow.__table__

_changes = msgspec.json.Decoder(tuple[FieldChange, ...])


class Sending(msgspec.Struct, frozen=True):
    """One notice that waits for one channel.

    Attributes:
        attempts: how often it failed there.
        error: how, the last time.
    """

    notice_id: int
    channel: str
    notice: Notice
    attempts: int
    error: str


class ApprovalStep(msgspec.Struct, frozen=True):
    """One of two people did their part of an act; ``done`` when it was the second."""

    actor: str
    at: datetime
    done: bool


class PendingApproval(msgspec.Struct, frozen=True):
    """An act that takes two people, and has one: it waits for a second person.

    Attributes:
        site: whose trail it stands in.
        act: what, as the trail calls it.
        subject: exactly what of.
        actor: who the first was.
    """

    site: str
    act: str
    subject: str
    actor: str
    at: datetime


class AuditTrail:
    """The audit trail and the outgoing notices of one site.

    Attributes:
        trail: the chain that the audit entries form.
    """

    def __init__(self, desk: SiteTransaction) -> None:
        self._desk = desk
        self.trail = Chain(desk)

    def record(
        self,
        actor: str,
        verb: str,
        subject: str,
        now: datetime,
        *,
        reason: str = "",
        changes: Iterable[FieldChange] = (),
    ) -> int:
        """Write down who did what to whom, and what it changed; returns the number of the entry.

        Reasons are typed by people, who were asked to name nobody; an SSN in one is masked all the same.
        """
        return self.trail.append([AuditEntry(now, actor, verb, subject, without_ssn(reason), _detail(changes))])

    def record_all(
        self, actor: str, verb: str, now: datetime, told: Iterable[tuple[str, Iterable[FieldChange]]]
    ) -> None:
        """Write down that somebody did the same to many: to whom, and what it changed."""
        self.trail.append([AuditEntry(now, actor, verb, subject, detail=_detail(changes)) for subject, changes in told])

    def count(self, actor: str, verb: str, after: datetime) -> int:
        """How often somebody did something since a moment."""
        mine = (_audit.c.site == self._desk.site) & (_audit.c.actor == actor) & (_audit.c.verb == verb)
        return (
            self._desk.connection.scalar(select(func.count()).select_from(_audit).where(mine, _audit.c.at > after)) or 0
        )

    def steps(self, act: str, subject: str, after: datetime) -> ApprovalStep | None:
        """The newest of the two steps that two people take for one act, since a moment."""
        known = [f"{act}.{step}" for step in ("first", "second")]
        mine = and_(_audit.c.site == self._desk.site, _audit.c.verb.in_(known), _audit.c.object == subject)
        query = select(_audit.c.actor, _audit.c.verb, _audit.c.at).where(mine, _audit.c.at > after)
        row = self._desk.connection.execute(query.order_by(_audit.c.id.desc()).limit(1)).one_or_none()
        return ApprovalStep(row.actor, row.at, done=row.verb.endswith(".second")) if row is not None else None

    def pending_approvals(self, acts: Iterable[str], after: datetime) -> list[PendingApproval]:
        """Which of these acts have their first step since a moment, and not their second; oldest first."""
        return pending_approvals(self._desk.connection, [self._desk.site], acts, after)

    def newest(self, verb: str) -> str | None:
        """What the newest entry of this verb is about; None while there is none."""
        mine = and_(_audit.c.site == self._desk.site, _audit.c.verb == verb)
        query = select(_audit.c.object).where(mine).order_by(_audit.c.id.desc()).limit(1)
        return self._desk.connection.scalar(query)

    def changed(self, verb: str) -> Iterator[FieldChange]:
        """What all entries of this verb changed, oldest first."""
        mine = and_(_audit.c.site == self._desk.site, _audit.c.verb == verb, _audit.c.sealed_detail.is_not(None))
        query = select(_audit.c.sealed_detail).where(mine).order_by(_audit.c.id)
        for sealed in self._desk.connection.scalars(query):
            yield from _changes.decode(self._desk.vault.unseal(sealed, DETAIL))

    def notify(self, notice: Notice, now: datetime, channels: Iterable[str]) -> None:
        """Queue a notice for these channels; one with the same key was queued already and is not repeated."""
        insert = self._desk.insert(sync.NoticeRow).values(
            site=self._desk.site, key=notice.key, subject=notice.subject, body=notice.body, created_at=now
        )
        once = insert.on_conflict_do_nothing(index_elements=["site", "key"]).returning(_notices.c.id)
        number = self._desk.connection.scalar(once)
        if number is not None:
            ways = ({"notice_id": number, "channel": channel, "attempts": 0, "error": ""} for channel in channels)
            self._desk.add_all(sync.NoticeSendingRow, ways)

    def unsent(self, channel: str | None = None, now: datetime | None = None) -> list[Sending]:
        """What waits, oldest first.

        Args:
            channel: only what waits for this one.
            now: only what is due: after each failed attempt there is a pause.
        """
        waiting = and_(_sendings.c.site == self._desk.site, _sendings.c.sent_at.is_(None))
        if channel is not None:
            waiting = and_(waiting, _sendings.c.channel == channel)
        query = select(_sendings, _notices.c.key, _notices.c.subject, _notices.c.body, _notices.c.created_at)
        rows = self._desk.connection.execute(
            query.join(_notices, _notices.c.id == _sendings.c.notice_id)
            .where(waiting)
            .order_by(_notices.c.id, _sendings.c.channel)
        )
        return [_sending(row) for row in rows if now is None or now >= row.created_at + pause(row.attempts)]

    def mark_sent(self, sending: Sending, now: datetime) -> None:
        """Note that a notice left over a channel."""
        self._mark(sending, sent_at=now, error="")

    def mark_failed(self, sending: Sending, error: str) -> None:
        """Note that a notice could not be sent over a channel; it is tried again later, for ever."""
        self._mark(sending, error=error)

    def _mark(self, sending: Sending, **values: object) -> None:
        mine = and_(
            _sendings.c.site == self._desk.site,
            _sendings.c.notice_id == sending.notice_id,
            _sendings.c.channel == sending.channel,
        )
        statement = update(_sendings).where(mine).values(attempts=_sendings.c.attempts + 1, **values)
        self._desk.connection.execute(statement)


def about_event(number: int) -> str:
    """How the audit trail names an event of a participant."""
    return f"event {number}"


def about_activity(number: int) -> str:
    """How the audit trail names an activity of a participant."""
    return f"activity {number}"


def subject(participant_id: int, about: str = "") -> str:
    """The object of an audit entry: the participant, and what of theirs."""
    return f"participant {participant_id}, {about}" if about else f"participant {participant_id}"


def pause(attempts: int) -> timedelta:
    """How long after its beginning a notice is due for one more attempt: 0, 1, 3, 7 ... minutes, later every hour."""
    doubling = min(attempts, _DOUBLINGS)
    return timedelta(minutes=2**doubling - 1 + 60 * (attempts - doubling))


def _sending(row: Row[Any]) -> Sending:
    notice = Notice(row.key, row.subject, row.body, alert=row.key.startswith("alert:"))
    return Sending(row.notice_id, row.channel, notice, row.attempts, row.error)


def _detail(changes: Iterable[FieldChange]) -> bytes | None:
    told = tuple(changes)
    return msgspec.json.encode(told) if told else None


def pending_approvals(
    connection: Connection, sites: Iterable[str], acts: Iterable[str], after: datetime
) -> list[PendingApproval]:
    """Which of these acts have their first step since a moment, and not their second: site by site, oldest first."""
    known = [f"{act}.{step}" for act in acts for step in ("first", "second")]
    columns = [_audit.c[name] for name in ("site", "verb", "object", "actor", "at")]
    found: list[PendingApproval] = []
    for page in pages(sites):
        mine = and_(_audit.c.site.in_(page), _audit.c.verb.in_(known), _audit.c.at > after)
        waiting: dict[tuple[str, str, str], PendingApproval] = {}
        for row in connection.execute(select(*columns).where(mine).order_by(_audit.c.id)):
            act, _, step = row.verb.rpartition(".")
            waiting.pop((row.site, act, row.object), None)
            if step == "first":
                waiting[row.site, act, row.object] = PendingApproval(row.site, act, row.object, row.actor, row.at)
        order = {site: place for place, site in enumerate(page)}
        found += sorted(waiting.values(), key=lambda half: order[half.site])
    return found
