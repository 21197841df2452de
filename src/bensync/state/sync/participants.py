"""Participants: people as an administrator last approved them. Only decisions change them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, func, or_, select, update

from bensync.core.changes import BaselineState
from bensync.core.people import Participant, Profile, Standing, decode_profile, encode_profile
from bensync.state.db.sealed_columns import SealedColumn
from bensync.state.db.transaction import SiteTransaction, pages
from bensync.state.schema import sync
from bensync.state.sync.baselines import SENT_PROFILE
from bensync.state.sync.deliveries import FileRow

_table = sync.ParticipantRow.__table__
_baseline = sync.BaselineRow.__table__

PARTICIPANT_PROFILE = SealedColumn(_table, "sealed_profile", "key", "fingerprint")


class Participants:
    """The participants of one site."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction

    def any(self) -> bool:
        """Return whether the site has any participant."""
        query = select(_table.c.id).where(_table.c.site == self._transaction.site).limit(1)
        return self._transaction.connection.scalar(query) is not None

    def active(self) -> int:
        """Return the number of active participants."""
        condition = and_(_table.c.site == self._transaction.site, _table.c.standing == Standing.ACTIVE.value)
        return self._transaction.connection.scalar(select(func.count()).select_from(_table).where(condition)) or 0

    def by_keys(self, keys: Iterable[bytes]) -> dict[bytes, Participant]:
        """Return participants by their key."""
        participants = (row for page in pages(keys) for row in self._rows(_table.c.key.in_(page)))
        return {participant.key: participant for participant in participants}

    def by_employees(self, employee_ids: Iterable[str]) -> dict[str, Participant]:
        """Return participants by the HR employee that was last approved for them."""
        participants = (row for page in pages(employee_ids) for row in self._rows(_table.c.employee_id.in_(page)))
        return {participant.employee_id: participant for participant in participants}

    def numbers_by_employees(self, employee_ids: Iterable[str]) -> dict[str, int]:
        """Return the numbers of participants by the HR employee that was last approved for them."""
        numbers: dict[str, int] = {}
        for page in pages(employee_ids):
            query = select(_table.c.employee_id, _table.c.id)
            of_page = and_(_table.c.site == self._transaction.site, _table.c.employee_id.in_(page))
            numbers |= {row.employee_id: row.id for row in self._transaction.connection.execute(query.where(of_page))}
        return numbers

    def alike(self, rows: Sequence[FileRow]) -> tuple[dict[bytes, Participant], dict[str, Participant]]:
        """Return the participants that rows are about: by their key, and by the HR employee last approved for them.

        A participant who equals the row shares its profile: most people in a full file do, and none is decoded twice.
        """
        by_key = {row.key: row for row in rows}
        participants: list[Participant] = []
        for page in pages(rows):
            keys, employees = [row.key for row in page], [row.profile.employee_id for row in page]
            participants += self._rows(or_(_table.c.key.in_(keys), _table.c.employee_id.in_(employees)), by_key)
        own = (participant for participant in participants if participant.key in by_key)
        return {participant.key: participant for participant in own}, {
            participant.employee_id: participant for participant in participants
        }

    def by_ids(self, ids: Iterable[int]) -> dict[int, Participant]:
        """Return participants by their number."""
        participants = (row for page in pages(ids) for row in self._rows(_table.c.id.in_(page)))
        return {participant.id: participant for participant in participants}

    def terminated(self, employee_ids: Iterable[str]) -> frozenset[str]:
        """Return which of these HR employees have a participant, and none that is active."""
        standings: dict[str, set[str]] = {}
        for page in pages(employee_ids):
            query = select(_table.c.employee_id, _table.c.standing)
            of_page = and_(_table.c.site == self._transaction.site, _table.c.employee_id.in_(page))
            for row in self._transaction.connection.execute(query.where(of_page)):
                standings.setdefault(row.employee_id, set()).add(row.standing)
        return frozenset(who for who, each in standings.items() if each == {Standing.TERMINATED.value})

    def approved(self, employee_ids: Mapping[bytes, str]) -> frozenset[bytes]:
        """Return those of these keys whose SSN or HR employee has a participant."""
        matched: set[bytes] = set()
        for page in pages(employee_ids.items()):
            query = select(_table.c.key, _table.c.employee_id).where(_table.c.site == self._transaction.site)
            own = _table.c.key.in_([key for key, _ in page])
            same = _table.c.employee_id.in_([employee_id for _, employee_id in page])
            rows = self._transaction.connection.execute(query.where(or_(own, same))).all()
            keys, employees = {row.key for row in rows}, {row.employee_id for row in rows}
            matched.update(key for key, employee_id in page if key in keys or employee_id in employees)
        return frozenset(matched)

    def adrift(self) -> list[tuple[Participant, Profile, bytes]]:
        """Return participants whose status differs from their live baseline (sync-rules 3.6.5).

        Each comes with the profile and the fingerprint of that baseline.

        Only live baselines count: the orphan of a changed SSN and a deleted employee are no drift (A-25, A-35).
        """
        # The status of both sides is in plain columns, so the database finds the few who differ, and nobody else's
        # profile is unsealed. Both tables have a unique index on site and key.
        join = _table.join(_baseline, and_(_baseline.c.site == _table.c.site, _baseline.c.key == _table.c.key))
        differs = _baseline.c.active != (_table.c.standing == Standing.ACTIVE.value)
        live = _baseline.c.state == BaselineState.LIVE.value
        query = (
            select(
                _table,
                _baseline.c.sealed_profile.label("sent_profile"),
                _baseline.c.fingerprint.label("sent_fingerprint"),
                _baseline.c.delivery_id.label("sent_by"),
            )
            .select_from(join)
            .where(_table.c.site == self._transaction.site, live, differs)
        )
        unseal, place = self._transaction.vault.unseal, SENT_PROFILE.place
        return [
            (
                self._open(row),
                decode_profile(unseal(row.sent_profile, place, row.key, row.sent_fingerprint, row.sent_by)),
                row.sent_fingerprint,
            )
            for row in self._transaction.connection.execute(query)
        ]

    def save(self, participant: Participant, now: datetime) -> int:
        """Write a participant: new where the id is 0, else only if nobody else changed them since; returns the id.

        Raises:
            ValueError: somebody did; the caller must look again.
        """
        return self.save_all([participant], now)[0]

    def save_all(self, participants: Sequence[Participant], now: datetime) -> list[int]:
        """Write many participants in a few statements, as `save` does; return their ids in the same order.

        Raises:
            ValueError: somebody changed one of them since; the caller must look again.
        """
        changed = [
            {**self._columns(participant, now), "who": participant.id, "before": participant.version - 1}
            for participant in participants
            if participant.id
        ]
        if changed:
            condition = and_(
                _table.c.site == self._transaction.site,
                _table.c.id == bindparam("who"),
                _table.c.version == bindparam("before"),
            )
            # The version that was read is part of the WHERE: a participant who was changed meanwhile is one row less.
            if self._transaction.connection.execute(update(_table).where(condition), changed).rowcount != len(changed):
                raise ValueError("the participant changed in between")
        new = [participant for participant in participants if not participant.id]
        # A bulk insert returns no ids, so they are asked for by key afterwards.
        self.fill(new, now)
        ids = self._ids([participant.key for participant in new])
        return [participant.id or ids[participant.key] for participant in participants]

    def _ids(self, keys: Sequence[bytes]) -> dict[bytes, int]:
        ids: dict[bytes, int] = {}
        for page in pages(keys):
            query = select(_table.c.key, _table.c.id).where(
                _table.c.site == self._transaction.site, _table.c.key.in_(page)
            )
            ids |= {row.key: row.id for row in self._transaction.connection.execute(query)}
        return ids

    def fill(self, participants: Iterable[Participant], now: datetime) -> None:
        """Write new participants; without requests only a snapshot into empty stores may do so."""
        rows = ({**self._columns(participant, now), "created_at": now} for participant in participants)
        self._transaction.add_all(sync.ParticipantRow, rows)

    def _columns(self, participant: Participant, now: datetime) -> dict[str, Any]:
        encoded, vault = encode_profile(participant.profile), self._transaction.vault
        fingerprint = vault.fingerprint(encoded)
        return {
            "key": participant.key,
            "employee_id": participant.employee_id,
            "standing": participant.standing,
            "hire_date": participant.hire_date,
            "termination_date": participant.termination_date,
            "program": participant.program,
            "benefit_record": participant.benefit_record,
            "version": participant.version,
            "sealed_profile": vault.seal(encoded, PARTICIPANT_PROFILE.place, participant.key, fingerprint),
            "fingerprint": fingerprint,
            "updated_at": now,
        }

    def _rows(self, condition: Any, rows_by_key: Mapping[bytes, FileRow] = {}) -> list[Participant]:
        query = select(_table).where(_table.c.site == self._transaction.site, condition)
        return [self._open(row, rows_by_key.get(row.key)) for row in self._transaction.connection.execute(query).all()]

    def _open(self, row: Row[Any], file_row: FileRow | None = None) -> Participant:
        encoded = PARTICIPANT_PROFILE.open(self._transaction.vault, row)
        profile = file_row.profile if file_row is not None and file_row.encoded == encoded else decode_profile(encoded)
        ended: date | None = row.termination_date
        return Participant(
            id=row.id,
            key=row.key,
            standing=Standing(row.standing),
            profile=profile,
            hire_date=row.hire_date,
            termination_date=ended,
            version=row.version,
            program=row.program,
            benefit_record=row.benefit_record,
        )
