"""Deliveries: rows and sealed bytes are written down before the first byte leaves, and never change after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, case, delete, exists, func, not_, or_, select, update

from bensync.core.changes import Change, ChangeKind
from bensync.core.people import Profile, Standing, Status, decode_profile
from bensync.core.requests import RequestState
from bensync.core.runs import IN_DOUBT, IN_TROUBLE, UNPUBLISHED, UNSETTLED, Delivery, DeliveryKind, DeliveryState
from bensync.errors import BensyncError, DeliveryInDoubt, StateError, run_command
from bensync.state.db.transaction import PAGE, SiteTransaction
from bensync.state.schema import sync
from bensync.state.sync.baselines import ROW_PROFILE

_deliveries = sync.DeliveryRow.__table__
_chunks = sync.DeliveryChunkRow.__table__
_rows = sync.DeliveryLineRow.__table__
_runs = sync.RunRow.__table__
_people = sync.ParticipantRow.__table__
_requests = sync.RequestRow.__table__
_declined = sync.DeclinedRow.__table__
_COLUMNS = [_deliveries.c[name] for name in Delivery.__struct_fields__]


class Slot(msgspec.Struct, frozen=True):
    """The place of the next delivery of a feed.

    Attributes:
        sequence: its number.
        previous: the hash of the sealed file before it.
        part: what an abandoned delivery of this number may have left at the upload center.
    """

    sequence: int
    previous: str
    part: str = ""


class FileRow(msgspec.Struct, frozen=True):
    """One row of a file, as intake reads it: the profile and its canonical bytes."""

    number: int
    key: bytes
    fingerprint: bytes
    profile: Profile
    encoded: bytes


class Deliveries:
    """The deliveries of one site."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction

    def open_slot(self, feed: str) -> Slot:
        """Abandon deliveries that never left, and return the next number without a gap (A-57)."""
        # First give numbers back, then count: both are one transaction, so a kill in between leaves no gap.
        self.abandon_failed()
        of_feed = (_deliveries.c.site == self._transaction.site) & (_deliveries.c.feed == feed)
        query = select(_deliveries.c.sequence, _deliveries.c.sha256).where(
            of_feed, _deliveries.c.state != DeliveryState.ABANDONED.value
        )
        last = self._transaction.connection.execute(
            query.order_by(_deliveries.c.sequence.desc()).limit(1)
        ).one_or_none()
        sequence, previous = (last.sequence + 1, last.sha256) if last is not None else (1, "")
        # An abandoned delivery of this number may have left its temporary file; the next upload removes it (F23).
        left = select(_deliveries.c.part).where(of_feed, _deliveries.c.sequence == sequence, _deliveries.c.part != "")
        part = self._transaction.connection.scalar(left.order_by(_deliveries.c.id.desc()).limit(1))
        return Slot(sequence, previous, part or "")

    def last_sequence(self, feed: str) -> int:
        """Return the number of the last delivery of a feed that has one; 0 when there is none."""
        of_feed = (_deliveries.c.site == self._transaction.site) & (_deliveries.c.feed == feed)
        query = select(func.max(_deliveries.c.sequence)).where(
            of_feed, _deliveries.c.state != DeliveryState.ABANDONED.value
        )
        return self._transaction.connection.scalar(query) or 0

    def has_history(self, feed: str) -> bool:
        """Return whether a file of a feed left, or may have left, according to this database."""
        left = [state.value for state in (DeliveryState.COMMITTED, DeliveryState.VOID, *UNSETTLED)]
        of_feed = (_deliveries.c.site == self._transaction.site) & (_deliveries.c.feed == feed)
        query = select(_deliveries.c.id).where(of_feed, _deliveries.c.state.in_(left))
        return self._transaction.connection.scalar(query.limit(1)) is not None

    def abandon_failed(self) -> None:
        """Abandon deliveries that were never sealed, or failed before publishing; the next plan has their rows."""
        # Only these two states: the file of any other may be under its final name, or its bytes go out again.
        unsent = _deliveries.c.state.in_([DeliveryState.PREPARED.value, DeliveryState.FAILED.value])
        condition = (_deliveries.c.site == self._transaction.site) & unsent
        for number in self._transaction.connection.scalars(select(_deliveries.c.id).where(condition)).all():
            self._set(number, state=DeliveryState.ABANDONED)
            self._drop_bytes(number)

    def prepare(
        self,
        run_id: int,
        feed: str,
        kind: DeliveryKind,
        slot: Slot,
        name: str,
        changes: Sequence[Change],
        *,
        consequences: Mapping[str, Any],
        now: datetime,
    ) -> int:
        """Write down a delivery with its rows; `seal` completes it.

        Args:
            run_id: the run that made it.
            feed: which file of the site.
            kind: delta or full.
            slot: its number.
            name: its file name.
            changes: its rows, in order.
            consequences: what the commit must do besides (JSON values).
            now: the moment.
        """
        number = self._transaction.add(
            sync.DeliveryRow,
            run_id=run_id,
            feed=feed,
            kind=kind,
            sequence=slot.sequence,
            name=name,
            state=DeliveryState.PREPARED,
            rows=len(changes),
            size=0,
            sha256="",
            part=slot.part,
            attempts=0,
            error={},
            created_at=now,
            consequences=dict(consequences),
        )
        seal = self._transaction.vault.seal
        self._transaction.add_all(
            sync.DeliveryLineRow,
            (
                {
                    "delivery_id": number,
                    "number": row,
                    "key": change.candidate.key,
                    "employee_id": change.candidate.employee_id,
                    "kind": change.kind,
                    "fields": ",".join(change.fields),
                    "fingerprint": change.candidate.fingerprint,
                    "active": change.candidate.status is Status.ACTIVE,
                    "due": change.candidate.due,
                    "sealed_profile": seal(
                        change.candidate.encoded,
                        ROW_PROFILE.place,
                        change.candidate.key,
                        change.candidate.fingerprint,
                        number,
                    ),
                    "mark": change.candidate.record_digest,
                }
                for row, change in enumerate(changes, start=1)
            ),
        )
        return number

    def store_chunk(self, delivery_id: int, number: int, content: bytes) -> None:
        """Store a piece of the sealed bytes; nothing sends them before `seal`."""
        row = {"delivery_id": delivery_id, "number": number, "content": content}
        self._transaction.connection.execute(_chunks.insert().values(**row))

    def seal(self, delivery_id: int, size: int, sha256: str) -> None:
        """Freeze the stored bytes: from here on every attempt sends these, under this name."""
        self._must_move(delivery_id, DeliveryState.PREPARED, DeliveryState.SEALED, size=size, sha256=sha256)

    def unsettled(self) -> list[Delivery]:
        """Return deliveries that are sealed and neither committed nor given up, oldest first."""
        return self._read(_deliveries.c.state.in_([state.value for state in UNSETTLED]))

    def get(self, delivery_id: int) -> Delivery | None:
        """Return one delivery of this site, or None."""
        deliveries = self._read(_deliveries.c.id == delivery_id)
        return deliveries[0] if deliveries else None

    def chunk(self, delivery_id: int, number: int) -> bytes | None:
        """Return one piece of the sealed bytes, or None behind the last."""
        query = select(_chunks.c.content).where(_chunks.c.delivery_id == delivery_id, _chunks.c.number == number)
        content: bytes | None = self._transaction.connection.scalar(query)
        return content

    def begin(self, delivery_id: int, part: str) -> None:
        """Store the temporary name under which an upload is about to begin."""
        self._set(delivery_id, part=part)

    def uploaded(self, delivery_id: int) -> None:
        """Mark a delivery as uploaded, with all its bytes at the upload center; a file in doubt stays in doubt."""
        self._move(delivery_id, DeliveryState.SEALED, state=DeliveryState.UPLOADED)

    def intend(self, delivery_id: int) -> None:
        """Write down the intent to publish: from here on the file may be under its final name."""
        delivery = self.get(delivery_id)
        if delivery is None or delivery.state not in UNPUBLISHED:
            raise _moved(delivery_id)
        # Committed before the rename, whose answer can be lost: from here on a file of this name and size at the upload
        # center counts as ours (F28), and one that is missing is never sent again unasked (F30).
        self._must_move(delivery_id, delivery.state, DeliveryState.PUBLISHING)

    def fail(self, delivery_id: int, error: BensyncError) -> None:
        """Record a failed transfer. One that may have been published stays so, and is settled before anything else."""
        self._set(delivery_id, error=error.as_json(), attempts=_deliveries.c.attempts + 1)
        if isinstance(error, DeliveryInDoubt):
            self._move(delivery_id, DeliveryState.PUBLISHING, state=DeliveryState.UNKNOWN)
        # PUBLISHING is not among them: whatever the error says, the file may be under its final name, and a failed
        # delivery gives its number back.
        for state in (DeliveryState.PREPARED, *UNPUBLISHED):
            self._move(delivery_id, state, state=DeliveryState.FAILED)

    def reopen(self, delivery_id: int) -> None:
        """Send a delivery in trouble again because a person decided so: same bytes, same name, as if never sent."""
        for trouble in IN_TROUBLE:
            self._move(delivery_id, trouble, state=DeliveryState.SEALED)

    def commit(self, delivery_id: int, now: datetime) -> dict[str, Any]:
        """Mark a delivery as committed; returns the consequences written down with it. Its bytes are dropped."""
        delivery = self.get(delivery_id)
        if delivery is None or delivery.state not in IN_DOUBT:
            raise _moved(delivery_id)
        self._must_move(delivery_id, delivery.state, DeliveryState.COMMITTED, committed_at=now, error={})
        # Not before the commit: until then a retry must send these very bytes under this name (decision 3).
        self._drop_bytes(delivery_id)
        query = select(_deliveries.c.consequences).where(_deliveries.c.id == delivery_id)
        consequences: dict[str, Any] = self._transaction.connection.execute(query).scalar_one()
        return consequences

    def asking(self, delivery_id: int) -> Iterator[Sequence[FileRow]]:
        """Yield the rows of a delivery that may ask for something, in order, a page at a time.

        People who are the same in the benefits platform, have no pending request, and for whom nothing was declined are
        left out. In a full file few are left, so the database finds them; nobody else is opened.
        """
        # The join is by the unique index of participants on site and key, the other two by indexes of the requests.
        standing = case((_rows.c.active, Standing.ACTIVE.value), else_=Standing.TERMINATED.value)
        equal = and_(_people.c.fingerprint == _rows.c.fingerprint, _people.c.standing == standing)
        settled = exists().where(_people.c.site == _rows.c.site, _people.c.key == _rows.c.key, equal)
        waiting = and_(_requests.c.site == _rows.c.site, _requests.c.state == RequestState.PENDING.value)
        same_key = exists().where(waiting, _requests.c.key == _rows.c.key)
        same_employee = exists().where(waiting, _requests.c.employee_id == _rows.c.employee_id)
        # A declined value that HR took back must be forgotten, or it would count as declined when HR says it again. A
        # decline of an older version has no row of its own.
        about = and_(_requests.c.site == _rows.c.site, _requests.c.key == _rows.c.key)
        declined = exists().where(about, _requests.c.state == RequestState.DECLINED.value)
        kept = exists().where(_declined.c.site == _rows.c.site, _declined.c.key == _rows.c.key)
        repeated = _rows.c.kind == ChangeKind.LAST_SENT.value
        asks = or_(not_(settled), same_key, same_employee, declined, kept)
        return self._told(delivery_id, and_(not_(repeated), asks))

    def _told(self, delivery_id: int, which: ColumnElement[bool]) -> Iterator[Sequence[FileRow]]:
        vault = self._transaction.vault
        names = (_rows.c.number, *ROW_PROFILE.columns)
        # Every page is a statement of its own, which begins behind the last row: the caller opens and closes requests
        # between two pages, and SQLite does not say whether an open cursor would see that.
        query = select(*names).where(_rows.c.delivery_id == delivery_id, which).order_by(_rows.c.number).limit(PAGE)
        last = 0
        while True:
            page = [
                FileRow(row.number, row.key, row.fingerprint, decode_profile(encoded), encoded)
                for row in self._transaction.connection.execute(query.where(_rows.c.number > last)).all()
                # A loop over one value only names it: each profile is unsealed once, and used twice above.
                for encoded in (ROW_PROFILE.open(vault, row),)
            ]
            if not page:
                return
            yield page
            last = page[-1].number

    def kinds(self, delivery_id: int) -> dict[ChangeKind, int]:
        """Return the number of rows of a delivery by kind."""
        query = select(_rows.c.kind, func.count()).where(_rows.c.delivery_id == delivery_id).group_by(_rows.c.kind)
        return {ChangeKind(kind): count for kind, count in self._transaction.connection.execute(query)}

    def sent_by_guard(self, since: datetime) -> dict[str, int]:
        """Return guard code -> rows that the committed deliveries of runs since then count (`SyncPlan.sent`)."""
        # By the start of the run, because a slow upload must not carry yesterday's rows into today's window.
        query = (
            select(_deliveries.c.consequences)
            .join(_runs, _runs.c.id == _deliveries.c.run_id)
            .where(_runs.c.site == self._transaction.site, _runs.c.started_at > since)
            .where(_deliveries.c.state == DeliveryState.COMMITTED.value)
        )
        sent: Counter[str] = Counter()
        for consequences in self._transaction.connection.scalars(query):
            sent.update(consequences.get("sent", {}))  # deliveries before version 0.3 have none
        return dict(sent)

    def _read(self, condition: Any) -> list[Delivery]:
        query = (
            select(*_COLUMNS).where(_deliveries.c.site == self._transaction.site, condition).order_by(_deliveries.c.id)
        )
        return [msgspec.convert(row._asdict(), Delivery) for row in self._transaction.connection.execute(query)]

    def _move(self, delivery_id: int, before: DeliveryState, **values: Any) -> bool:
        """Change a delivery only if it still stands where we believe it does."""
        # The state is part of the UPDATE, and the number of changed rows is the answer: a second owner of the site, or
        # a person who confirms meanwhile, loses instead of moving a delivery back.
        where = (_deliveries.c.id == delivery_id) & (_deliveries.c.state == before.value)
        return self._transaction.connection.execute(update(_deliveries).where(where).values(**values)).rowcount == 1

    def _must_move(self, delivery_id: int, before: DeliveryState, after: DeliveryState, **values: Any) -> None:
        if not self._move(delivery_id, before, state=after, **values):
            raise _moved(delivery_id)

    def _set(self, delivery_id: int, **values: Any) -> None:
        self._transaction.connection.execute(
            update(_deliveries).where(_deliveries.c.id == delivery_id).values(**values)
        )

    def _drop_bytes(self, delivery_id: int) -> None:
        self._transaction.connection.execute(delete(_chunks).where(_chunks.c.delivery_id == delivery_id))


def _moved(delivery_id: int) -> StateError:
    return StateError(
        f"Delivery {delivery_id} is in another state than expected.",
        "Another process has moved it meanwhile.",
        "`bensync deliveries list` shows its state; the next run goes on from there.",
        remedy=run_command("deliveries list"),
    )
