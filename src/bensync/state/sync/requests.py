"""The queue: requests that wait for an administrator, and what became of the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import product
from typing import Any

import msgspec
from sqlalchemy import Row, Select, String, and_, cast, func, or_, select, update

from bensync.core.changes import ChangeKind, FieldChange
from bensync.core.people import Participant, Profile, decode_profile, encode_profile
from bensync.core.requests import DeclineCode, Origin, Proposal, Request, RequestState, Risk, WarningCode
from bensync.core.values.ssn import without_ssn
from bensync.state.db.sealed_columns import SealedColumn
from bensync.state.db.transaction import SiteTransaction, pages
from bensync.state.schema import sync

REVERTED = "reverted"
"""Why a request was closed without a decision: no difference is left."""
_MOVES = {ChangeKind.NEW: 1, ChangeKind.REHIRE: 1, ChangeKind.REACTIVATE: 1, ChangeKind.TERMINATE: -1}

_table = sync.RequestRow.__table__
_approvals = sync.ApprovalRow.__table__
_deliveries = sync.DeliveryRow.__table__
_received = sync.ReceivedFileRow.__table__
# A request gets its number from the database, after its values are sealed. These columns never change, and say what an
# approval would do and from where it comes.
_ASKED = (
    *("key", "fingerprint", "kind", "effective_date", "participant_id", "duplicate_of", "basis_version"),
    *("delivery_id", "received_id", "row_number", "opened_at"),
)
PROPOSED_PROFILE = SealedColumn(_table, "sealed_profile", *_ASKED)
CHANGES = SealedColumn(_table, "sealed_changes", *_ASKED)
HR_PROFILE = SealedColumn(_table, "sealed_hr_profile", *_ASKED)
DECLINED = SealedColumn(_table, "sealed_declined", *_ASKED)
NOTE = SealedColumn(_table, "sealed_note", "id")

_changes = msgspec.json.Decoder(tuple[FieldChange, ...])


class PendingRequest(msgspec.Struct, frozen=True):
    """A pending request, as far as intake needs it."""

    id: int
    key: bytes
    employee_id: str
    kind: ChangeKind
    origin: Origin
    fingerprint: bytes
    basis_version: int


class FileRef(msgspec.Struct, frozen=True):
    """The file that a request comes from: a delivery of this deployment, or a file that it received."""

    delivery_id: int | None = None
    received_id: int | None = None


class NewRequest(msgspec.Struct, frozen=True):
    """A request about to be opened.

    Attributes:
        proposal: what it asks for.
        profile: what an approval applies.
        key: the SSN key.
        fingerprint: that of what HR said in full.
        participant: the participant that it changes; None for a new one.
        row: its file and row number.
        hr_profile: what HR said in full, where ``profile`` leaves declined values out.
        declined_before: what ``profile`` leaves out.
    """

    proposal: Proposal
    profile: Profile
    key: bytes
    fingerprint: bytes
    participant: Participant | None
    row: tuple[FileRef, int] | None = None
    hr_profile: Profile | None = None
    declined_before: tuple[FieldChange, ...] = ()


class ApprovalOptions(msgspec.Struct, frozen=True):
    """The choices of a person with an approval; see `bensync.actions.approvals.approve`.

    ``left_out`` holds the fields that the person left out; None for those that the request itself leaves out.
    """

    as_ssn_correction: bool = False
    voiding: bool = False
    left_out: tuple[str, ...] | None = None


WAYS = tuple(ApprovalOptions(correction, voiding) for correction, voiding in product((False, True), repeat=2))


class FirstApproval(msgspec.Struct, frozen=True):
    """The first of two approvals."""

    actor: str
    way: ApprovalOptions


class Requests:
    """The requests of one site."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction

    def open(self, opening: NewRequest, now: datetime) -> int:
        """Add one request to the queue; return its number."""
        return self._transaction.add(sync.RequestRow, **self._columns(opening, now))

    def open_all(self, openings: Iterable[NewRequest], now: datetime) -> int:
        """Add many requests to the queue; return how many."""
        rows = [self._columns(opening, now) for opening in openings]
        self._transaction.add_all(sync.RequestRow, rows)
        return len(rows)

    def pending(self, keys: Sequence[bytes], employee_ids: Sequence[str]) -> list[PendingRequest]:
        """Return the pending requests for these SSNs or these HR employees; the two lists go in pairs."""
        requests: dict[int, PendingRequest] = {}
        names = [_table.c[name] for name in PendingRequest.__struct_fields__]
        query = select(*names).where(self._mine(), _table.c.state == RequestState.PENDING.value)
        for people in pages(zip(keys, employee_ids, strict=True)):
            own = _table.c.key.in_([key for key, _ in people])
            same = _table.c.employee_id.in_([employee for _, employee in people])
            for row in self._transaction.connection.execute(query.where(or_(own, same))).all():
                requests[row.id] = _pending(row)
        return list(requests.values())

    def last_declined(self, keys: Iterable[bytes]) -> dict[bytes, PendingRequest]:
        """Return the requests whose decline was the last decision on their key, by key (sync-rules 3.7.6)."""
        decided = _table.c.state.in_([RequestState.APPROVED.value, RequestState.DECLINED.value])
        requests: dict[bytes, PendingRequest] = {}
        for page in pages(keys):
            # First the newest decision of each key, then only those that are declines: a condition on declines alone
            # would also find one that an approval followed. Ids grow with time, so the greatest is the newest.
            last = select(func.max(_table.c.id)).where(self._mine(), decided, _table.c.key.in_(page))
            where = and_(_table.c.id.in_(last.group_by(_table.c.key)), _table.c.state == RequestState.DECLINED.value)
            names = [_table.c[name] for name in PendingRequest.__struct_fields__]
            for row in self._transaction.connection.execute(select(*names).where(where)):
                requests[row.key] = _pending(row)
        return requests

    def get(self, numbers: Sequence[int]) -> dict[int, Request]:
        """Return requests by number; numbers of other sites are not found."""
        return {request.id: request for page in pages(numbers) for request in self._read(_table.c.id.in_(page))}

    def newest_of(self, key: bytes) -> Request | None:
        """Return the newest request for an SSN, in whatever state."""
        query = select(func.max(_table.c.id)).where(self._mine(), _table.c.key == key)
        number = self._transaction.connection.scalar(query)
        return self.get([number]).get(number) if number is not None else None

    def pending_ids(self) -> list[int]:
        """Return the numbers of all pending requests, oldest first."""
        where = and_(self._mine(), _table.c.state == RequestState.PENDING.value)
        return list(self._transaction.connection.scalars(select(_table.c.id).where(where).order_by(_table.c.id)))

    def waiting(self) -> dict[Risk, int]:
        """Return the number of pending requests by risk."""
        pending = and_(self._mine(), _table.c.state == RequestState.PENDING.value)
        query = select(_table.c.risk, func.count()).where(pending).group_by(_table.c.risk)
        return {Risk(risk): count for risk, count in self._transaction.connection.execute(query)}

    def would_move(self) -> int:
        """Return how the number of active participants would change if all pending requests were approved."""
        pending = and_(self._mine(), _table.c.state == RequestState.PENDING.value)
        # Grouped as text, because PostgreSQL cannot compare JSON values. Few combinations of warnings occur, so few
        # texts are decoded.
        warnings = cast(_table.c.warnings, String)
        query = select(_table.c.kind, warnings, func.count()).where(pending, _table.c.kind.in_(list(_MOVES)))
        return sum(
            _MOVES[ChangeKind(kind)] * count
            for kind, said, count in self._transaction.connection.execute(query.group_by(_table.c.kind, warnings))
            # Approving these moves no count: one adds an inactive participant, one rehires an active participant.
            if not {WarningCode.INACTIVE_NEW, WarningCode.GAP} & set(msgspec.json.decode(said))
        )

    def claim(self, numbers: Iterable[int], state: RequestState, actor: str, now: datetime, **values: Any) -> set[int]:
        """Decide the requests that are still pending, and return their ids; somebody else decided the others (A-45)."""
        decided = {"state": state, "decided_at": now, "decided_by": actor, **values}
        claimed: set[int] = set()
        for page in pages(numbers):
            pending = and_(self._mine(), _table.c.id.in_(page), _table.c.state == RequestState.PENDING.value)
            # The state in the WHERE decides between two people who decide at once. RETURNING names what this one
            # decided: only for these may anything else be written.
            statement = update(_table).where(pending).values(decided).returning(_table.c.id)
            claimed.update(self._transaction.connection.scalars(statement))
        return claimed

    def note_left_out(self, number: int, fields: Sequence[str], code: DeclineCode) -> None:
        """Store which fields an approval left out, and why."""
        where = and_(self._mine(), _table.c.id == number)
        left = {"left_out": ",".join(fields), "decline_code": code}
        self._transaction.connection.execute(update(_table).where(where).values(**left))

    def first_approval(self, request: Request) -> FirstApproval | None:
        """Return the first of two approvals and its choices, or None if it was not for this request as it is now."""
        condition = and_(_approvals.c.site == self._transaction.site, _approvals.c.request_id == request.id)
        # No FOR UPDATE: pages ask this in a read-only transaction, in which PostgreSQL refuses row locks. Writers of a
        # site wait for each other already.
        row = self._transaction.connection.execute(select(_approvals).where(condition)).one_or_none()
        if row is None:
            return None
        # The MAC does not show which choices it covers, so each way is tried; there are four.
        left_out = None if row.left_out is None else _names(row.left_out)
        ways = (msgspec.structs.replace(way, left_out=left_out) for way in WAYS)
        return next(
            (FirstApproval(row.actor, way) for way in ways if row.digest == self._looked_at(request, way)), None
        )

    def approve_first(self, request: Request, actor: str, now: datetime, way: ApprovalOptions) -> None:
        """Store the first of two approvals; it replaces one for other content."""
        left_out = None if way.left_out is None else ",".join(way.left_out)
        digest = self._looked_at(request, way)
        row = {"site": self._transaction.site, "actor": actor, "at": now, "digest": digest, "left_out": left_out}
        insert = self._transaction.insert(sync.ApprovalRow).values(request_id=request.id, **row)
        self._transaction.connection.execute(insert.on_conflict_do_update(index_elements=["request_id"], set_=row))

    def _looked_at(self, request: Request, way: ApprovalOptions) -> bytes:
        """Return a MAC over everything that a person decides upon."""
        # If HR sends another change before the second person looks, the MAC fits no longer, and the first approval
        # lapses. Without the vault's key nobody can write an approval that another person never gave.
        profile = encode_profile(request.profile)
        chosen: dict[str, object] = {"as_ssn_correction": way.as_ssn_correction, "voiding": way.voiding}
        # Only where it is set, so that the first approvals of version 0.2 still fit.
        if way.left_out is not None:
            chosen["left_out"] = way.left_out
        content = (request.id, request.kind, request.changes, request.effective_date, request.basis_version)
        return self._transaction.vault.mac(msgspec.json.encode((content, chosen, profile)), b"approval")

    def seal_note(self, number: int, note: str) -> bytes | None:
        """Return a note of an administrator, sealed because it may name people; an SSN in it is masked."""
        return NOTE.seal(self._transaction.vault, without_ssn(note).encode(), {"id": number}) if note else None

    def withdraw(self, ids: Iterable[int], now: datetime) -> set[int]:
        """Close pending requests whose change HR took back, and return them (sync-rules 3.6.3)."""
        closed = {"state": RequestState.WITHDRAWN, "decided_at": now, "closed_because": "withdrawn"}
        withdrawn: set[int] = set()
        for page in pages(ids):
            where = and_(self._mine(), _table.c.id.in_(page), _table.c.state == RequestState.PENDING.value)
            statement = update(_table).where(where).values(**closed).returning(_table.c.id)
            withdrawn.update(self._transaction.connection.scalars(statement))
        return withdrawn

    def supersede(self, numbers: Iterable[int], because: str, now: datetime, by: int | None = None) -> None:
        """Close pending requests that something newer replaced (sync-rules 3.6.3, 3.6.4)."""
        closed = {"state": RequestState.SUPERSEDED, "decided_at": now, "closed_because": because, "superseded_by": by}
        for page in pages(numbers):
            where = and_(self._mine(), _table.c.id.in_(page), _table.c.state == RequestState.PENDING.value)
            self._transaction.connection.execute(update(_table).where(where).values(**closed))

    def link_successors(self, pairs: Iterable[tuple[int, bytes]]) -> None:
        """Name the pending request of a key as the successor of superseded ones."""
        for number, key in pairs:
            query = select(_table.c.id).where(
                self._mine(), _table.c.key == key, _table.c.state == RequestState.PENDING.value
            )
            where = and_(self._mine(), _table.c.id == number)
            # One row at most: a unique partial index allows one pending request for each key.
            successor = query.scalar_subquery()
            self._transaction.connection.execute(update(_table).where(where).values(superseded_by=successor))

    def _columns(self, opening: NewRequest, now: datetime) -> dict[str, Any]:
        proposal, participant, vault = opening.proposal, opening.participant, self._transaction.vault
        file, row_number = opening.row or (FileRef(), None)
        columns = {
            "key": opening.key,
            "employee_id": opening.profile.employee_id,
            "participant_id": participant.id if participant else None,
            "duplicate_of": proposal.duplicate_of,
            "kind": proposal.kind,
            "risk": proposal.risk,
            "state": RequestState.PENDING,
            "origin": proposal.origin,
            "warnings": list(proposal.warnings),
            "effective_date": proposal.effective_date,
            "fingerprint": opening.fingerprint,
            "basis_version": participant.version if participant else 0,
            "delivery_id": file.delivery_id,
            "received_id": file.received_id,
            "row_number": row_number,
            "opened_at": now,
        }
        hr, left = opening.hr_profile, opening.declined_before
        return {
            **columns,
            "sealed_profile": PROPOSED_PROFILE.seal(vault, encode_profile(opening.profile), columns),
            "sealed_changes": CHANGES.seal(vault, msgspec.json.encode(proposal.changes), columns),
            "sealed_hr_profile": HR_PROFILE.seal(vault, encode_profile(hr), columns) if hr is not None else None,
            "sealed_declined": DECLINED.seal(vault, msgspec.json.encode(left), columns) if left else None,
        }

    def _read(self, condition: Any) -> list[Request]:
        rows = self._transaction.connection.execute(with_files().where(self._mine(), condition).order_by(_table.c.id))
        return [opened(row, self._transaction) for row in rows]

    def _mine(self) -> Any:
        return _table.c.site == self._transaction.site


def _pending(row: Row[Any]) -> PendingRequest:
    kind, origin = ChangeKind(row.kind), Origin(row.origin)
    return PendingRequest(row.id, row.key, row.employee_id, kind, origin, row.fingerprint, row.basis_version)


def with_files() -> Select[Any]:
    """Return a query for requests, each with the name of its file, delivered or received."""
    # Outer joins: a request comes from a delivery, from a received file, or from no file at all, as drift does.
    join = _table.outerjoin(_deliveries, _deliveries.c.id == _table.c.delivery_id)
    join = join.outerjoin(_received, _received.c.id == _table.c.received_id)
    return select(_table, func.coalesce(_deliveries.c.name, _received.c.name).label("delivery")).select_from(join)


def opened(row: Row[Any], transaction: SiteTransaction) -> Request:
    """Return a row of `with_files` as a request."""
    vault = transaction.vault
    note = NOTE.open(vault, row).decode() if row.sealed_note is not None else None
    return Request(
        id=row.id,
        key=row.key,
        employee_id=row.employee_id,
        kind=ChangeKind(row.kind),
        risk=Risk(row.risk),
        state=RequestState(row.state),
        origin=Origin(row.origin),
        warnings=tuple(WarningCode(code) for code in row.warnings),
        effective_date=row.effective_date,
        changes=_changes.decode(CHANGES.open(vault, row)),
        profile=decode_profile(PROPOSED_PROFILE.open(vault, row)),
        fingerprint=row.fingerprint,
        basis_version=row.basis_version,
        opened_at=row.opened_at,
        participant_id=row.participant_id,
        duplicate_of=row.duplicate_of,
        delivery=row.delivery.removesuffix(".csv.gpg") if row.delivery else None,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        decline_code=DeclineCode(row.decline_code) if row.decline_code else None,
        note=note,
        superseded_by=row.superseded_by,
        closed_because=row.closed_because,
        declined_before=_changes.decode(DECLINED.open(vault, row)) if row.sealed_declined is not None else (),
        hr_profile=decode_profile(HR_PROFILE.open(vault, row)) if row.sealed_hr_profile is not None else None,
        left_out=_names(row.left_out),
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))
