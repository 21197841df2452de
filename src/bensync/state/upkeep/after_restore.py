"""After a restore: nothing leaves before a person has said which numbers were used since the backup was made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import and_, delete, exists, func, select, update

from bensync.core.runs import UNFINISHED, DeliveryKind, DeliveryState, Outcome, RunKind
from bensync.errors import DecisionError, GuardTripped
from bensync.state.schema import sync
from bensync.state.site_state import SiteState
from bensync.state.sync.sent_log import SentFile

_MOST = 10_000  # numbers at once; more is a slip of the hand

_deliveries = sync.DeliveryRow.__table__
_chunks = sync.DeliveryChunkRow.__table__


class ReceiverReport(msgspec.Struct, frozen=True):
    """What a person knows from the receiver.

    Attributes:
        feed: which file of the site.
        last: the last number that the receiver has; 0 for none.
        sha256: of that sealed file, if it is known; the next file follows it then without a break.
        reason: why, for the audit trail; holds no personal data.
        log: the last entry of the log of what was sent.
    """

    feed: str
    last: int
    reason: str
    sha256: str = ""
    log: SentFile | None = None


class CaughtUp(msgspec.Struct, frozen=True):
    """What came of it: the numbers that will never be used again, and those that never left."""

    void: tuple[int, ...]
    abandoned: tuple[int, ...]


def refuse_restored(work: SiteState, *, delta: bool = False) -> None:
    """Stop whatever would send, as long as nobody has said what left after the backup was made.

    Args:
        work: the site.
        delta: whether only changes would be sent; after a void delivery everybody must be told about once.

    Raises:
        GuardTripped: it must not be sent.
    """
    memory = work.runs.memory()
    if memory.restored_at is not None:
        raise GuardTripped(
            "The database was restored from a backup (restored)",
            f"since {memory.restored_at:%Y-%m-%d %H:%M} UTC nobody has said what left after the backup was made",
            "ask the receiver for its last number N: `bensync deliveries caught-up --last N --reason TEXT`",
        )
    if delta and _resync_waits(work):
        raise GuardTripped(
            "Files left that this database does not know (void_deliveries)",
            "it was restored from a backup, and what was told meanwhile can only be told again",
            "look at `bensync plan --active --inactive`, then run `bensync resync --active --inactive`",
        )


def catch_up(work: SiteState, told: ReceiverReport, actor: str, now: datetime) -> CaughtUp:
    """Never use again the numbers that the receiver has and this database does not know.

    Each of them gets a void delivery, so that numbers still have no gap. What was under way when the backup was made
    is void too, if its number was used, and otherwise never left.

    Raises:
        DecisionError: there is nothing to catch up with, or what is told cannot be.
        BusyError: a run is at work.
    """
    lease = work.runs.take_lease(now)
    sure = _last_sure(work, told.feed)
    _refuse_impossible(work, told, sure)
    under_way = _under_way(work, told.feed)
    used = {number: row for number, row in under_way.items() if number <= told.last}
    _end(work, [row for number, row in under_way.items() if number not in used], DeliveryState.ABANDONED)
    _end(work, list(used.values()), DeliveryState.VOID)
    missing = [number for number in range(sure + 1, told.last + 1) if number not in used]
    if missing:
        _write(work, told, missing, actor, now)
    _remember_hash(work, told)
    work.runs.remember(msgspec.structs.replace(work.runs.memory(), restored_at=None))
    work.audit.record(actor, "delivery.caught_up", f"{told.feed} {told.last:06}", now, reason=told.reason)
    work.runs.give_back_lease(lease)
    return CaughtUp(tuple(sorted((*used, *missing))), tuple(sorted(under_way.keys() - used)))


def _refuse_impossible(work: SiteState, told: ReceiverReport, sure: int) -> None:
    why = ""
    if told.last < sure:
        why = f"number {sure:06} was delivered already when the backup was made"
    elif told.log is not None and told.log.sha256 and told.log.sequence > told.last:
        why = f"the log of what was sent knows {told.log.name}"
    elif told.last - sure > _MOST:
        why = f"that would be {told.last - sure} files since {sure:06}"
    elif told.last == sure and work.runs.memory().restored_at is None:
        why = "this database knows that number, and was not restored"
    if why:
        fix = "ask the receiver once more, and look at `bensync deliveries`"
        raise DecisionError(f"{told.last:06} cannot be the last number that the receiver has", why, fix)


def _resync_waits(work: SiteState) -> bool:
    later = _deliveries.alias()
    whole = and_(later.c.state == DeliveryState.COMMITTED.value, later.c.kind == DeliveryKind.FULL.value)
    told_again = exists().where(later.c.site == _deliveries.c.site, later.c.feed == _deliveries.c.feed, whole)
    mine = and_(_deliveries.c.site == work.site, _deliveries.c.state == DeliveryState.VOID.value)
    void = select(_deliveries.c.id).where(mine, ~told_again.where(later.c.sequence > _deliveries.c.sequence))
    return work.transaction.connection.scalar(void.limit(1)) is not None


def _last_sure(work: SiteState, feed: str) -> int:
    ended = [DeliveryState.COMMITTED.value, DeliveryState.VOID.value]
    mine = and_(_deliveries.c.site == work.site, _deliveries.c.feed == feed, _deliveries.c.state.in_(ended))
    return work.transaction.connection.scalar(select(func.max(_deliveries.c.sequence)).where(mine)) or 0


def _under_way(work: SiteState, feed: str) -> dict[int, int]:
    """The deliveries that were not at an end, by their number."""
    unfinished = _deliveries.c.state.in_([state.value for state in UNFINISHED])
    mine = and_(_deliveries.c.site == work.site, _deliveries.c.feed == feed, unfinished)
    rows = work.transaction.connection.execute(select(_deliveries.c.sequence, _deliveries.c.id).where(mine))
    return {row.sequence: row.id for row in rows}


def _end(work: SiteState, ids: Sequence[int], state: DeliveryState) -> None:
    """End deliveries without any consequence; their bytes are of no more use."""
    work.transaction.connection.execute(delete(_chunks).where(_chunks.c.delivery_id.in_(ids)))
    work.transaction.connection.execute(update(_deliveries).where(_deliveries.c.id.in_(ids)).values(state=state))


def _write(work: SiteState, told: ReceiverReport, missing: Sequence[int], actor: str, now: datetime) -> None:
    """A run that stands for those that are not known, and a void delivery for each number."""
    run = work.runs.start(RunKind.RESTORE, "MANUAL", actor, now.date(), now)
    void = {"feed": told.feed, "run_id": run, "kind": DeliveryKind.DELTA, "state": DeliveryState.VOID, "rows": 0}
    none = {"size": 0, "sha256": "", "part": "", "attempts": 0, "error": {}, "consequences": {}, "created_at": now}
    rows = ({"sequence": number, "name": f"VOID_{number:06}", **void, **none} for number in missing)
    work.transaction.add_all(sync.DeliveryRow, rows)
    work.runs.note_brief(run, f"After a restore: numbers {missing[0]:06} to {missing[-1]:06} were used before it.")
    work.runs.succeed(run, Outcome.CAUGHT_UP, now)


def _remember_hash(work: SiteState, told: ReceiverReport) -> None:
    """What the next file must say that it follows."""
    logged = told.log.sha256 if told.log is not None and told.log.sequence == told.last else ""
    void = and_(_deliveries.c.sequence == told.last, _deliveries.c.state == DeliveryState.VOID.value)
    mine = and_(_deliveries.c.site == work.site, _deliveries.c.feed == told.feed, void)
    work.transaction.connection.execute(update(_deliveries).where(mine).values(sha256=told.sha256 or logged))
