"""Baselines: the record of each person that the benefits platform was last sent. A committed delivery moves them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Any, TypeVar

from msgspec.structs import replace
from sqlalchemy import ColumnElement, Row, and_, bindparam, exists, func, literal, not_, or_, select, update

from bensync.core.changes import Baseline, BaselineState, Candidate, ChangeKind
from bensync.core.people import Status
from bensync.state.db.sealed_columns import SealedColumn
from bensync.state.db.transaction import PAGE, SiteTransaction, pages
from bensync.state.schema.sync import BaselineRow, DeliveryLineRow

T = TypeVar("T")

_table = BaselineRow.__table__
_rows = DeliveryLineRow.__table__
_SENT = ("key", "fingerprint", "delivery_id")

SENT_PROFILE = SealedColumn(_table, "sealed_profile", *_SENT, place="sent")
"""The profile of a baseline. It is that of the delivery row, which is copied and not sealed anew: both have one place,
and belong to the delivery."""
ROW_PROFILE = SealedColumn(_rows, "sealed_profile", *_SENT, place="sent")
"""The profile of a delivery row."""
_COLUMNS = [_table.c[name] for name in ("key", "employee_id", "fingerprint", "active", "state", "due", "mark")]
_STATES = {state.value: state for state in BaselineState}
_REPEATED = [ChangeKind.UNCHANGED.value, ChangeKind.LAST_SENT.value]
_MOST = 4
"""From one in so many on, all baselines are read in a row, for that is quicker than to look each of them up."""


class BaselineStore:
    """The baselines of one site."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction

    def known(self, candidates: Sequence[Candidate]) -> dict[bytes, Baseline]:
        """Return every baseline with the key or the employee of one of these people, by its key.

        The old profile comes along only where the fingerprints differ, for only then somebody reads it.
        """
        by_key = {candidate.key: candidate for candidate in candidates}
        baselines = {row.key: _known(row, by_key.get(row.key)) for row in self._about(candidates, by_key)}
        differing = [key for key, baseline in baselines.items() if _differs(baseline, by_key.get(key))]
        # A second query for the few who differ: otherwise a full read would open every profile for nothing.
        for page in pages(differing):
            query = select(*SENT_PROFILE.columns).where(self._mine(), _table.c.key.in_(page))
            for row in self._transaction.connection.execute(query):
                encoded = SENT_PROFILE.open(self._transaction.vault, row)
                baselines[row.key] = replace(baselines[row.key], encoded=encoded)
        return baselines

    def of_employees(self, employee_ids: Iterable[str]) -> list[Baseline]:
        """Return the live baselines of these employees."""
        baselines: list[Baseline] = []
        for page in pages(employee_ids):
            query = select(*_COLUMNS).where(self._live(), _table.c.employee_id.in_(page))
            baselines += (_known(row, None) for row in self._transaction.connection.execute(query))
        return baselines

    def due(self, as_of: date) -> list[str]:
        """Return the employees with a dated row that came due although nothing changed in HR (sync-rules 3.2 b)."""
        query = select(_table.c.employee_id).where(self._live(), _table.c.due <= as_of)
        return list(self._transaction.connection.scalars(query))

    def active(self) -> int:
        """Return the number of live baselines that are active."""
        query = select(func.count()).select_from(_table).where(self._live(), _table.c.active)
        return self._transaction.connection.scalar(query) or 0

    def active_after(self, delivery_id: int | None, missing: Sequence[bytes], returned: Sequence[bytes]) -> int:
        """Return how many live baselines would be active once these rows were taken over.

        Args:
            delivery_id: the delivery whose rows count; None for no rows.
            missing: keys of baselines that are about to be marked as gone from HR.
            returned: keys of baselines that are about to be live again.
        """
        # Counted in sets on purpose: the ledger is also reckoned by the kinds of the rows, and no file leaves when
        # the two numbers differ. A fault in one way of counting must not be able to hide in the other.
        rows = _rows.c
        sent = select(rows.key).where(rows.delivery_id == delivery_id)
        movers = select(rows.employee_id).where(rows.delivery_id == delivery_id)
        staying = and_(_table.c.key.not_in(sent), _table.c.employee_id.not_in(movers), _table.c.key.not_in(missing))
        stay = select(func.count()).select_from(_table).where(self._live(), _table.c.active, staying)
        back = select(func.count()).select_from(_table).where(self._mine(), _table.c.active, _table.c.key.in_(returned))
        active = select(func.count()).select_from(_rows).where(rows.delivery_id == delivery_id, rows.active)
        return sum(self._transaction.connection.scalar(query) or 0 for query in (stay, back, active))

    def any(self) -> bool:
        """Return whether the site has any baseline."""
        query = select(_table.c.id).where(_table.c.site == self._transaction.site).limit(1)
        return self._transaction.connection.scalar(query) is not None

    def live_people(self) -> dict[str, bool]:
        """Return whether each employee with a live baseline was sent as active."""
        query = select(_table.c.employee_id, _table.c.active).where(self._live()).order_by(_table.c.employee_id)
        return {row.employee_id: row.active for row in self._transaction.connection.execute(query)}

    def out_of_scope(self) -> int:
        """Return the number of employees who left the scope after they were sent."""
        condition = and_(self._mine(), _table.c.state == BaselineState.OUT_OF_SCOPE.value)
        return self._transaction.connection.scalar(select(func.count()).select_from(_table).where(condition)) or 0

    def inactive(self) -> int:
        """Return the number of live baselines that are inactive."""
        query = select(func.count()).select_from(_table).where(self._live(), not_(_table.c.active))
        return self._transaction.connection.scalar(query) or 0

    def unseen(self, looked_at: AbstractSet[str]) -> list[Baseline]:
        """Return the live baselines of all other employees than these."""
        # Ids alone first: of a company of a million people, only the few who are missing are built as values.
        query = select(_table.c.employee_id).where(self._live()).execution_options(yield_per=PAGE * 20)
        ids = self._transaction.connection.scalars(query)
        return self.of_employees([employee for employee in ids if employee not in looked_at])

    def mark_gone(self, employee_ids: Iterable[str]) -> None:
        """Mark the live baselines of employees as gone from HR, on a person's decision."""
        self.set_state([baseline.key for baseline in self.of_employees(employee_ids)], BaselineState.MISSING)

    def take_over(self, delivery_id: int) -> None:
        """Make the rows of a delivery the baseline, in sets: only the commit of that delivery may call this.

        A baseline whose employee now has another SSN is retired (sync-rules 3.4.4); two who swapped theirs are
        both among the rows, so neither is. An unchanged row retires nobody.
        """
        # Retiring comes first: the upsert below makes rows of the same employee live under another key.
        rows = _rows.c
        delivered = rows.delivery_id == delivery_id
        own = and_(self._live(), _table.c.key == rows.key)
        staying = and_(rows.kind.in_(_REPEATED), exists().where(own).correlate(_rows))
        moved = and_(
            self._live(),
            _table.c.employee_id.in_(select(rows.employee_id).where(delivered, not_(staying))),
            _table.c.key.not_in(select(rows.key).where(delivered)),
        )
        self._transaction.connection.execute(update(_table).where(moved).values(state=BaselineState.RETIRED, due=None))
        # The database copies the rows itself, sealed profiles included: those are bound to the delivery and the person
        # in both tables, so a commit opens no value and its time does not depend on the vault.
        copied = ("site", "key", "employee_id", "fingerprint", "active", "due", "delivery_id", "sealed_profile", "mark")
        query = select(*(rows[name] for name in copied)).where(delivered)
        insert = self._transaction.insert(BaselineRow).from_select(
            [*copied, "state"], query.add_columns(literal(BaselineState.LIVE.value))
        )
        fresh = {name: insert.excluded[name] for name in (*copied[2:], "state")}
        self._transaction.connection.execute(insert.on_conflict_do_update(index_elements=["site", "key"], set_=fresh))

    def fill(self, candidates: Iterable[Candidate]) -> None:
        """Write baselines from HR without a delivery: only a snapshot into empty stores may call this."""
        seal = self._transaction.vault.seal
        self._transaction.add_all(
            BaselineRow,
            (
                {
                    "key": candidate.key,
                    "employee_id": candidate.employee_id,
                    "fingerprint": candidate.fingerprint,
                    "active": candidate.status is Status.ACTIVE,
                    "state": BaselineState.LIVE,
                    "due": candidate.due,
                    "sealed_profile": seal(
                        candidate.encoded, SENT_PROFILE.place, candidate.key, candidate.fingerprint, None
                    ),
                    "mark": candidate.record_digest,
                }
                for candidate in candidates
            ),
        )

    def remember_due(self, due: Mapping[bytes, date | None]) -> None:
        """Keep the next effective dates of people who were not sent (sync-rules 3.3.3)."""
        for key, day in due.items():
            self._transaction.connection.execute(
                update(_table).where(self._mine(), _table.c.key == key).values(due=day)
            )

    def record_digests(self, as_of: date) -> frozenset[bytes]:
        """Return the record digests of people whose row would be the same on this day if their record is the same."""
        # The day is no part of a digest, so employees with a dated row that comes due must be read again (decision 41).
        not_due = or_(_table.c.due.is_(None), _table.c.due > as_of)
        query = select(_table.c.mark).where(self._live(), not_due, _table.c.mark.is_not(None))
        digests = self._transaction.connection.scalars(query.execution_options(yield_per=PAGE * 20))
        return frozenset(mark for page in digests.partitions() for mark in page)

    def as_told(self, employee_ids: AbstractSet[str]) -> Iterator[Candidate]:
        """Yield these employees as last sent, for a file that repeats them."""
        # A full file repeats nearly everybody, so one pass over all live baselines replaces lookups by page.
        unseal = self._transaction.vault.unseal
        names = ("employee_id", "key", "fingerprint", "active", "due", "mark", "delivery_id", "sealed_profile")
        query = select(*(_table.c[name] for name in names)).where(self._live())
        # Closed here if a profile does not open, and not when the cursor happens to be collected.
        with self._transaction.connection.execute(query.execution_options(yield_per=PAGE)) as rows:
            for employee_id, key, fingerprint, active, due, mark, delivery_id, sealed in rows:
                if employee_id in employee_ids:
                    status = Status.ACTIVE if active else Status.INACTIVE
                    encoded = unseal(sealed, SENT_PROFILE.place, key, fingerprint, delivery_id)
                    yield Candidate(employee_id, key, fingerprint, encoded, status, due, mark)

    def remember_digests(self, marks: Mapping[bytes, bytes]) -> None:
        """Store the record digests of people whose profile is the same although their record is another."""
        if marks:
            # The parameters have names of their own: SQLAlchemy reserves those of the columns for the new values.
            statement = update(_table).where(self._mine(), _table.c.key == bindparam("of")).values(mark=bindparam("is"))
            self._transaction.connection.execute(statement, [{"of": key, "is": mark} for key, mark in marks.items()])

    def set_state(self, keys: Sequence[bytes], state: BaselineState) -> None:
        """Mark baselines as gone from HR, or as back."""
        for page in pages(keys):
            statement = update(_table).where(self._mine(), _table.c.key.in_(page))
            self._transaction.connection.execute(statement.values(state=state))

    def _about(self, candidates: Sequence[Candidate], by_key: Mapping[bytes, Candidate]) -> Iterator[Row[Any]]:
        """Yield the rows with the key or the employee of one of these people; ``by_key`` has one of them for each key.

        Where many people are asked for, all rows are read instead of looking each person up.
        """
        query = select(*_COLUMNS).where(self._mine())
        all_rows = select(func.count()).select_from(_table).where(self._mine())
        if len(by_key) > PAGE and len(by_key) * _MOST > (self._transaction.connection.scalar(all_rows) or 0):
            # Nearly every row matches by its key. The set of employees is built only if some rows do not, as after a
            # corrected SSN: with 100,000 people it would be held for nothing.
            others: list[Row[Any]] = []
            for row in self._transaction.connection.execute(query.execution_options(yield_per=PAGE * 20)):
                if row.key in by_key:
                    yield row
                else:
                    others.append(row)
            if others:
                employees = {candidate.employee_id for candidate in candidates}
                yield from (row for row in others if row.employee_id in employees)
            return
        # Everybody, not one for each key: the other of two records with one SSN has a baseline of its own.
        for page in pages(candidates):
            keys = [candidate.key for candidate in page]
            employees_of_page = [candidate.employee_id for candidate in page]
            # Each side of the OR has an index. SQLite uses them only because `sqlite_statistics` claims a large table.
            matching = or_(_table.c.key.in_(keys), _table.c.employee_id.in_(employees_of_page))
            yield from self._transaction.connection.execute(query.where(matching)).all()

    def _mine(self) -> ColumnElement[bool]:
        return _table.c.site == self._transaction.site

    def _live(self) -> ColumnElement[bool]:
        return and_(_table.c.site == self._transaction.site, _table.c.state == BaselineState.LIVE.value)


def _known(row: Row[Any], candidate: Candidate | None) -> Baseline:
    """Return a baseline without its profile; equal values are shared, which halves what a full read has to hold."""
    key, employee_id, fingerprint, active, state, due, mark = tuple(row)
    if candidate is not None:
        key, employee_id = candidate.key, _shared(employee_id, candidate.employee_id)
        fingerprint, mark = _shared(fingerprint, candidate.fingerprint), _shared(mark, candidate.record_digest)
    return Baseline(key, employee_id, fingerprint, active, _STATES[state], due, record_digest=mark)


def _shared(sent: T, seen: T) -> T:
    return seen if seen == sent else sent


def _differs(baseline: Baseline, candidate: Candidate | None) -> bool:
    """Return whether the plan will compare the old profile."""
    if candidate is None:
        return False
    return candidate.fingerprint != baseline.fingerprint or baseline.state is BaselineState.RETIRED
