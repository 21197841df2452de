"""The audit trail. An entry is written in the same transaction as the change that it records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec
from sqlalchemy import Connection, and_, func, select

from bensync.core.access import is_same_person, people_of
from bensync.core.changes import FieldChange
from bensync.core.values.ssn import without_ssn
from bensync.core.values.texts import visible
from bensync.state.audit.chain import DETAIL, AuditEntry, Chain
from bensync.state.db.transaction import SiteTransaction, pages
from bensync.state.schema import sync

_audit = sync.AuditRow.__table__

_changes = msgspec.json.Decoder(tuple[FieldChange, ...])


class ApprovalStep(msgspec.Struct, frozen=True):
    """One step of an action that takes two people; ``done`` after the second."""

    actor: str
    at: datetime
    done: bool


class PendingApproval(msgspec.Struct, frozen=True):
    """An action that takes two people and waits for the second.

    Attributes:
        site: the site of the audit trail.
        act: the action, as the trail names it.
        subject: the object of the action.
        actor: the first person.
        at: the time of the first step.
    """

    site: str
    act: str
    subject: str
    actor: str
    at: datetime


class AuditTrail:
    """The audit trail of one site.

    Attributes:
        trail: the chain of MACs over the entries.
    """

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction
        self.trail = Chain(transaction)

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
        """Append one entry, and return its number.

        An SSN in ``reason`` is masked: people type it, although the form asks them to name nobody. Characters that act
        on a terminal are replaced.
        """
        return self.trail.append(
            [AuditEntry(now, actor, verb, subject, visible(without_ssn(reason)), _detail(changes))]
        )

    def record_all(
        self, actor: str, verb: str, now: datetime, changes_by_subject: Iterable[tuple[str, Iterable[FieldChange]]]
    ) -> None:
        """Append one entry for each pair of a subject and its changes, with the same actor and verb."""
        self.trail.append(
            [AuditEntry(now, actor, verb, subject, detail=_detail(changes)) for subject, changes in changes_by_subject]
        )

    def count(self, actor: str, verb: str, after: datetime) -> int:
        """Return how many entries an actor has with a verb after a time."""
        condition = (_audit.c.site == self._transaction.site) & (_audit.c.actor == actor) & (_audit.c.verb == verb)
        # The index on site and verb finds them; the whole trail only grows.
        return (
            self._transaction.connection.scalar(
                select(func.count()).select_from(_audit).where(condition, _audit.c.at > after)
            )
            or 0
        )

    def steps(self, act: str, subject: str, after: datetime) -> ApprovalStep | None:
        """Return the newest of the two steps of an action after a time, or None."""
        verbs = [f"{act}.{step}" for step in ("first", "second")]
        condition = and_(_audit.c.site == self._transaction.site, _audit.c.verb.in_(verbs), _audit.c.object == subject)
        query = select(_audit.c.actor, _audit.c.verb, _audit.c.at).where(condition, _audit.c.at > after)
        row = self._transaction.connection.execute(query.order_by(_audit.c.id.desc()).limit(1)).one_or_none()
        return ApprovalStep(row.actor, row.at, done=row.verb.endswith(".second")) if row is not None else None

    def made_account(self, name: str, other: str, after: datetime) -> bool:
        """Return whether one of two people gave the other the means to sign in after a time, as any trail says."""
        accounts = {f"user {account}" for account in people_of(name) | people_of(other)}
        gives_means = _audit.c.verb.in_(["users.add", "users.reset", "users.enable", "users.token"])
        # By site, because the index begins with it: the trails of all sites together may have millions of entries.
        sites = self._transaction.connection.scalars(select(sync.AuditHeadRow.__table__.c.site)).all()
        condition = and_(_audit.c.site.in_(sites), gives_means, _audit.c.object.in_(accounts), _audit.c.at > after)
        query = select(_audit.c.actor, _audit.c.object).where(condition)
        return any(
            is_same_person(row.actor, maker) and row.object.removeprefix("user ") in people_of(user)
            for row in self._transaction.connection.execute(query)
            for maker, user in ((name, other), (other, name))
        )

    def pending_approvals(self, acts: Iterable[str], after: datetime) -> list[PendingApproval]:
        """Return the actions whose first step is after a time and whose second is missing, oldest first."""
        return pending_approvals(self._transaction.connection, [self._transaction.site], acts, after)

    def newest(self, verb: str) -> str | None:
        """Return the object of the newest entry with a verb, or None."""
        condition = and_(_audit.c.site == self._transaction.site, _audit.c.verb == verb)
        query = select(_audit.c.object).where(condition).order_by(_audit.c.id.desc()).limit(1)
        return self._transaction.connection.scalar(query)

    def changed(self, verb: str) -> Iterator[FieldChange]:
        """Yield the changes of all entries with a verb, oldest first."""
        condition = and_(
            _audit.c.site == self._transaction.site, _audit.c.verb == verb, _audit.c.sealed_detail.is_not(None)
        )
        query = select(*DETAIL.columns).where(condition).order_by(_audit.c.id)
        for row in self._transaction.connection.execute(query):
            yield from _changes.decode(DETAIL.open(self._transaction.vault, row))


def about_event(number: int) -> str:
    """Return the name of an event in the audit trail."""
    return f"event {number}"


def about_activity(number: int) -> str:
    """Return the name of an activity in the audit trail."""
    return f"activity {number}"


def about_dependent(number: int) -> str:
    """Return the name of a dependent in the audit trail: a number within the participant, and no name."""
    return f"dependent {number}"


def subject(participant_id: int, about: str = "") -> str:
    """Return the object of an entry about a participant, or about something that belongs to them."""
    return f"participant {participant_id}, {about}" if about else f"participant {participant_id}"


def _detail(changes: Iterable[FieldChange]) -> bytes | None:
    listed = tuple(changes)
    return msgspec.json.encode(listed) if listed else None


def pending_approvals(
    connection: Connection, sites: Iterable[str], acts: Iterable[str], after: datetime
) -> list[PendingApproval]:
    """Return the actions of several sites that wait for a second person: site by site, oldest first.

    Args:
        connection: an open transaction.
        sites: the sites.
        acts: the actions, as the trail names them.
        after: an older first step does not count any more.
    """
    verbs = [f"{act}.{step}" for act in acts for step in ("first", "second")]
    columns = [_audit.c[name] for name in ("site", "verb", "object", "actor", "at")]
    pending: list[PendingApproval] = []
    for page in pages(sites):
        condition = and_(_audit.c.site.in_(page), _audit.c.verb.in_(verbs), _audit.c.at > after)
        waiting: dict[tuple[str, str, str], PendingApproval] = {}
        for row in connection.execute(select(*columns).where(condition).order_by(_audit.c.id)):
            # A second step ends the first one; another first step after it begins anew.
            act, _, step = row.verb.rpartition(".")
            waiting.pop((row.site, act, row.object), None)
            if step == "first":
                waiting[row.site, act, row.object] = PendingApproval(row.site, act, row.object, row.actor, row.at)
        order = {site: place for place, site in enumerate(page)}
        pending += sorted(waiting.values(), key=lambda approval: order[approval.site])
    return pending
