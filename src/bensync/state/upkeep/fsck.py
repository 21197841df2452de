"""The invariants of the database, which hold at any moment, whatever was killed when. It checks, and fixes nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, distinct, exists, func, or_, select, text, union

from bensync.core.ports import PreflightFinding
from bensync.core.requests import RequestState
from bensync.core.runs import UNFINISHED, UNSETTLED, DeliveryState, RunState
from bensync.state.benefits import invariants
from bensync.state.benefits.invariants import Check, finding
from bensync.state.db.transaction import SiteTransaction
from bensync.state.schema import benefits, sync
from bensync.state.schema.all_tables import every_table
from bensync.state.site_state import SiteState
from bensync.state.sync.received import ReceivedState
from bensync.state.sync.sent_log import SentFile

_PAGE = 1000
FIX = "Restore a backup, or report it with the output of `bensync fsck --json`."
_FIX_HOLDS = "Find out who could write to the database; `bensync retention hold` places a hold that is missing."
_NUMBER = re.compile(r"request (\d+)\b")
_PARTICIPANT = re.compile(r"participant (\d+)\b")
_APPROVALS = ("request.approve", "request.approve_as_ssn_correction")

_activities = benefits.ActivityRow.__table__
_audit = sync.AuditRow.__table__
_baselines = sync.BaselineRow.__table__
_chunks = sync.DeliveryChunkRow.__table__
_deliveries = sync.DeliveryRow.__table__
_leases = sync.LeaseRow.__table__
_participants = sync.ParticipantRow.__table__
_received = sync.ReceivedFileRow.__table__
_requests = sync.RequestRow.__table__
_rows = sync.DeliveryLineRow.__table__
_runs = sync.RunRow.__table__


def check(state: SiteState) -> Iterator[PreflightFinding]:
    """Yield one finding for each invariant of one site."""
    for subject, broken in _INVARIANTS.items():
        yield finding(subject, broken(state.transaction), FIX)
    yield from invariants.check(state.transaction)
    yield finding("legal holds are those of the audit trail", state.holds.differences(), _FIX_HOLDS)


def check_sent(state: SiteState, last: SentFile | None) -> PreflightFinding:
    """Return the finding whether the database knows each file in the log of published files."""
    return finding("the database knows everything that was sent", _unknown_files(state.transaction, last), FIX)


def check_database(connection: Connection) -> Iterator[PreflightFinding]:
    """Yield the findings about the database as a whole."""
    yield finding("every reference leads somewhere", _dangling(connection), FIX)
    yield finding("the file of the database is sound", _unsound(connection), FIX)


def check_access(deployment: SiteState) -> Iterator[PreflightFinding]:
    """Yield the findings about accounts and their rights; ``deployment`` is the state of the deployment."""
    from bensync.state.access import trail_rights  # the tables of access, which the checks of a site do not need

    fix = "Find out who could write to the database; `bensync users reset` and `bensync users grant` renew a right."
    rows = trail_rights.unproven(deployment.transaction)
    yield finding("every row that gives a right was written by bensync", rows, fix)
    differences = trail_rights.differences(deployment.transaction)
    yield finding("accounts and roles are those of the audit trail", differences, fix)


def sites(connection: Connection) -> list[str]:
    """Return the sites of which anything is stored."""
    listed = [table.c.site for table in every_table() if "site" in table.c]
    return sorted(connection.scalars(union(*(select(column).distinct() for column in listed))))


def _strayed_baselines(transaction: SiteTransaction) -> Iterator[str]:
    """A baseline equals the newest committed delivery row of the person."""
    committed = and_(_deliveries.c.id == _rows.c.delivery_id, _deliveries.c.state == DeliveryState.COMMITTED.value)
    # Three questions: is a baseline missing or from another delivery than the newest committed one that has the person;
    # is it from no such delivery; does it differ from the row it was made from. Ids of deliveries grow with time, so
    # the greatest is the newest. A baseline without a delivery is from a snapshot, and is left out.
    newest = (
        select(_rows.c.key, func.max(_rows.c.delivery_id).label("delivery_id"))
        .select_from(_rows.join(_deliveries, committed))
        .where(_rows.c.site == transaction.site)
        .group_by(_rows.c.key)
        .subquery()
    )
    condition = and_(_baselines.c.site == transaction.site, _baselines.c.key == newest.c.key)
    unlike = or_(_baselines.c.id.is_(None), _baselines.c.delivery_id.is_distinct_from(newest.c.delivery_id))
    query = (
        select(newest.c.delivery_id, _baselines.c.id).select_from(newest.outerjoin(_baselines, condition)).where(unlike)
    )
    for row in transaction.connection.execute(query):
        who = f"baseline {row.id} is not" if row.id is not None else "there is no baseline"
        yield f"{who} from delivery {row.delivery_id}, the newest that has the person"
    joined = _baselines.outerjoin(newest, newest.c.key == _baselines.c.key)
    strayed = and_(_baselines.c.site == transaction.site, _baselines.c.delivery_id.is_not(None), newest.c.key.is_(None))
    for number in transaction.connection.scalars(select(_baselines.c.id).select_from(joined).where(strayed)):
        yield f"baseline {number} is from a delivery that was not committed, or does not have the person"
    same = and_(_rows.c.delivery_id == _baselines.c.delivery_id, _rows.c.key == _baselines.c.key)
    differs = or_(_rows.c.fingerprint != _baselines.c.fingerprint, _rows.c.active != _baselines.c.active)
    joined = _baselines.join(_rows, same)
    query = select(_baselines.c.id).select_from(joined).where(_baselines.c.site == transaction.site, differs)
    for number in transaction.connection.scalars(query):
        yield f"baseline {number} differs from its delivery"


def _crowded_feeds(transaction: SiteTransaction) -> Iterator[str]:
    """One delivery of a feed at a time."""
    unsettled = and_(
        _deliveries.c.site == transaction.site, _deliveries.c.state.in_([state.value for state in UNFINISHED])
    )
    query = select(_deliveries.c.feed, func.count()).where(unsettled).group_by(_deliveries.c.feed)
    for feed, number in transaction.connection.execute(query.having(func.count() > 1)):
        yield f"feed {feed} has {number} deliveries that are not at an end"


def _gaps(transaction: SiteTransaction) -> Iterator[str]:
    """The numbers of a feed are 1, 2, 3 ...; a void one has a row that says so."""
    number = _deliveries.c.sequence
    kept = and_(_deliveries.c.site == transaction.site, _deliveries.c.state != DeliveryState.ABANDONED.value)
    figures = select(_deliveries.c.feed, func.min(number), func.max(number), func.count(distinct(number)))
    for feed, first, last, held in transaction.connection.execute(figures.where(kept).group_by(_deliveries.c.feed)):
        if (first, held) != (1, last):
            yield f"feed {feed} goes from {first} to {last} and has {held} numbers"


def _changed_bytes(transaction: SiteTransaction) -> Iterator[str]:
    """Sealed bytes never change, and are there until the delivery is at an end."""
    sealed = and_(_deliveries.c.state.in_([state.value for state in UNFINISHED]), _deliveries.c.sha256 != "")
    query = select(_deliveries.c.id, _deliveries.c.size, _deliveries.c.sha256)
    for delivery in transaction.connection.execute(query.where(_deliveries.c.site == transaction.site, sealed)).all():
        # The pieces are read a few at a time: a sealed file of a large employer would fill the memory.
        content = select(_chunks.c.content).where(_chunks.c.delivery_id == delivery.id).order_by(_chunks.c.number)
        digest, size = hashlib.sha256(), 0
        for piece in transaction.connection.scalars(content.execution_options(yield_per=8)):
            digest.update(piece)
            size += len(piece)
        if (digest.hexdigest(), size) != (delivery.sha256, delivery.size):
            yield f"delivery {delivery.id} holds {size} bytes, and not those that were sealed ({delivery.size})"


def _unsealed_deliveries(transaction: SiteTransaction) -> Iterator[str]:
    """What may be at the upload center was sealed before, and its bytes are kept; nothing else's are (F21, F33)."""
    seen = [*(state.value for state in UNSETTLED), DeliveryState.COMMITTED.value]
    unsealed = and_(_deliveries.c.state.in_(seen), _deliveries.c.sha256 == "")
    for number in transaction.connection.scalars(_of_site(transaction, unsealed)):
        yield f"delivery {number} was never sealed"
    closed = _deliveries.c.state.not_in([state.value for state in UNFINISHED])
    kept = exists().where(_chunks.c.delivery_id == _deliveries.c.id)
    for number in transaction.connection.scalars(_of_site(transaction, and_(closed, kept))):
        yield f"delivery {number} is at an end, and its bytes are still kept"


def _of_site(transaction: SiteTransaction, condition: Any) -> Select[Any]:
    return select(_deliveries.c.id).where(_deliveries.c.site == transaction.site, condition)


def _early_requests(transaction: SiteTransaction) -> Iterator[str]:
    """A request comes from a file that arrived, and is about the person of its row."""
    # Outer joins leave NULL where a request has no such file, and NULL compares as unknown: drift is not reported.
    join = _requests.outerjoin(_deliveries, _deliveries.c.id == _requests.c.delivery_id)
    join = join.outerjoin(_received, _received.c.id == _requests.c.received_id)
    early = or_(_deliveries.c.state != DeliveryState.COMMITTED.value, _received.c.state != ReceivedState.ACCEPTED.value)
    condition = _requests.c.site == transaction.site
    for number in transaction.connection.scalars(select(_requests.c.id).select_from(join).where(condition, early)):
        yield f"request {number} is from a file that did not arrive"
    same = and_(_rows.c.delivery_id == _requests.c.delivery_id, _rows.c.number == _requests.c.row_number)
    join = _requests.outerjoin(_rows, same)
    unlike = and_(condition, _requests.c.delivery_id.is_not(None), _rows.c.key.is_distinct_from(_requests.c.key))
    for number in transaction.connection.scalars(select(_requests.c.id).select_from(join).where(unlike)):
        yield f"request {number} is about somebody else than its row"


def _undecided_requests(transaction: SiteTransaction) -> Iterator[str]:
    """Who approved or declined stands on the request and in the audit trail; nobody decided the others."""
    approved, declined = RequestState.APPROVED.value, RequestState.DECLINED.value
    columns = (_requests.c.id, _requests.c.state, _requests.c.decided_at, _requests.c.decided_by)
    audited = _audited(transaction)
    # A request that somebody put back as it was before its decision waits again, or waited until another replaced it.
    undecided = select(_requests.c.id).where(
        _requests.c.site == transaction.site, _requests.c.state.not_in([approved, declined])
    )
    for number in transaction.connection.scalars(undecided):
        if any(number in numbers for numbers in audited.values()):
            yield f"request {number} is undecided, and the audit trail has its decision"
    decided = [_requests.c.decided_at.is_not(None), _requests.c.state.in_([approved, declined])]
    for row in transaction.connection.execute(
        select(*columns).where(_requests.c.site == transaction.site, or_(*decided))
    ):
        if row.state == RequestState.PENDING or row.decided_at is None:
            yield f"request {row.id} is {row.state.lower()}, with a decision or without"
        elif row.state in {approved, declined} and not row.decided_by:
            yield f"request {row.id} is {row.state.lower()} by nobody"
        elif row.state in {approved, declined} and row.id not in audited[row.state]:
            yield f"request {row.id} is {row.state.lower()}, and no audit entry says so"


def _audited(transaction: SiteTransaction) -> Mapping[str, set[int]]:
    decided: dict[str, set[int]] = {RequestState.APPROVED.value: set(), RequestState.DECLINED.value: set()}
    # All decisions in one pass: the object of an entry is a text, by which no index finds a request.
    query = select(_audit.c.verb, _audit.c.object).where(
        _audit.c.site == transaction.site, _audit.c.verb.in_([*_APPROVALS, "request.decline"])
    )
    for verb, subject in transaction.connection.execute(query):
        state = RequestState.DECLINED if verb == "request.decline" else RequestState.APPROVED
        if number := _NUMBER.match(subject):
            decided[state].add(int(number[1]))
    return decided


def _old_participants(transaction: SiteTransaction) -> Iterator[str]:
    """A participant is as the last decision about them left it, and not as before."""
    query = select(_audit.c.id, _audit.c.at, _audit.c.object).where(
        _audit.c.site == transaction.site,
        or_(_audit.c.verb.in_(_APPROVALS), _audit.c.verb.like("participant.%")),
    )
    last: dict[int, tuple[int, datetime]] = {}
    for entry, at, subject in transaction.connection.execute(query.order_by(_audit.c.id)):
        if number := _PARTICIPANT.search(subject):
            last[int(number[1])] = (entry, at)
    # A decision writes both times from one clock reading, so neither can be before the other unless a row is older.
    query = select(_participants.c.id, _participants.c.updated_at).where(_participants.c.site == transaction.site)
    for row in transaction.connection.execute(query):
        entry, at = last.get(row.id, (0, row.updated_at))
        if row.updated_at < at:
            yield f"participant {row.id} is older than audit entry {entry}, which changed it"


def _groundless_activities(transaction: SiteTransaction) -> Iterator[str]:
    """What was applied was approved before."""
    join = _activities.join(_requests, _requests.c.id == _activities.c.request_id)
    refused = and_(_activities.c.site == transaction.site, _requests.c.state != RequestState.APPROVED.value)
    for number in transaction.connection.scalars(select(_activities.c.id).select_from(join).where(refused)):
        yield f"activity {number} is from a request that was not approved"


def _ownerless_runs(transaction: SiteTransaction) -> Iterator[str]:
    """A run is at work only under the lease, and alone (F02)."""
    running = and_(_runs.c.site == transaction.site, _runs.c.state == RunState.RUNNING.value)
    running_runs = transaction.connection.scalars(select(_runs.c.id).where(running).order_by(_runs.c.id)).all()
    holder = transaction.connection.scalar(select(_leases.c.holder).where(_leases.c.site == transaction.site))
    # With a holder the newest run is the one at work; a killed process leaves its run and its lease together.
    for number in running_runs if not holder else running_runs[:-1]:
        yield f"run {number} is at work without the lease"


def _requests_of_strangers(transaction: SiteTransaction) -> Iterator[str]:
    """What waits for a decision is about a participant of this site, in no later version than there is."""
    join = _requests.outerjoin(_participants, _participants.c.id == _requests.c.participant_id)
    foreign = or_(
        _participants.c.site.is_distinct_from(transaction.site), _participants.c.version < _requests.c.basis_version
    )
    condition = and_(_requests.c.site == transaction.site, _requests.c.participant_id.is_not(None))
    for number in transaction.connection.scalars(select(_requests.c.id).select_from(join).where(condition, foreign)):
        yield f"request {number} is about a participant that is not there"


def _unknown_files(transaction: SiteTransaction, last: SentFile | None) -> Iterator[str]:
    """The log of sent files outlives a database that is put back manually."""
    if last is None or not last.sha256:
        return
    kept = and_(_deliveries.c.feed == last.feed, _deliveries.c.state != DeliveryState.ABANDONED.value)
    query = select(_deliveries.c.sequence, _deliveries.c.sha256).where(_deliveries.c.site == transaction.site, kept)
    newest = transaction.connection.execute(query.order_by(_deliveries.c.sequence.desc()).limit(1)).one_or_none()
    if newest is None or newest.sequence < last.sequence:
        yield f"{last.name} was published on {last.at:%Y-%m-%d %H:%M} UTC"
    elif newest.sequence == last.sequence and newest.sha256 not in {last.sha256, ""}:
        yield f"{last.name} was published with other bytes on {last.at:%Y-%m-%d %H:%M} UTC"


_INVARIANTS: Mapping[str, Check] = {
    "a baseline is what was sent last": _strayed_baselines,
    "one delivery of a feed at a time": _crowded_feeds,
    "the numbers of a feed have no gap": _gaps,
    "sealed bytes did not change": _changed_bytes,
    "bytes are kept as long as they are needed": _unsealed_deliveries,
    "requests come from files that arrived": _early_requests,
    "every decision has a person and an audit entry": _undecided_requests,
    "participants are as the last decision left them": _old_participants,
    "what was applied was approved": _groundless_activities,
    "requests are about participants that are there": _requests_of_strangers,
    "a run is at work under the lease": _ownerless_runs,
}


def _dangling(connection: Connection) -> Iterator[str]:
    """PostgreSQL looks after its references by itself."""
    if connection.dialect.name == "sqlite":
        for row in connection.execute(text("PRAGMA foreign_key_check")):
            yield f"row {row[1]} of {row[0]} refers to a row of {row[2]} that is not there"


def _unsound(connection: Connection) -> Iterator[str]:
    """PostgreSQL checks its pages when it reads them; here they are all read by the other checks."""
    if connection.dialect.name == "sqlite":
        yield from (line for line in connection.scalars(text("PRAGMA integrity_check")) if line != "ok")
