"""After a restore: nothing leaves before a person has said which numbers were used since the backup was made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import and_, delete, exists, func, select, update

from bensync.core.runs import UNFINISHED, DeliveryKind, DeliveryState, Outcome, RunKind
from bensync.errors import ASK_OPERATOR, DatabaseOutdated, DecisionError, GuardTripped, run_command
from bensync.state.schema import sync
from bensync.state.site_state import SiteState
from bensync.state.sync.sent_log import SentFile

_A_DAY = 10
"""Files of one feed on one day, at most; more is a typing error."""
_MOST = 1_000
"""Numbers of a feed of which this database knows nothing."""

_deliveries = sync.DeliveryRow.__table__
_chunks = sync.DeliveryChunkRow.__table__
_VERB = "delivery.caught_up"


class ReceiverReport(msgspec.Struct, frozen=True):
    """The receiver's last number, as a person reports it.

    Attributes:
        feed: which file of the site.
        last: the last number that the receiver has; 0 for none.
        sha256: of that sealed file, if it is known; the next file follows it then without a break.
        reason: why, for the audit trail; holds no personal data.
        log: the last entry of the log of what was sent.
        seen: the highest number of a file that lies at the upload center; 0 for none, None if it shows nothing.
    """

    feed: str
    last: int
    reason: str
    sha256: str = ""
    log: SentFile | None = None
    seen: int | None = 0


class CaughtUp(msgspec.Struct, frozen=True):
    """The result of catching up: the numbers that will never be used again, and those that never left."""

    void: tuple[int, ...]
    abandoned: tuple[int, ...]


def refuse_restored(state: SiteState, *, delta: bool = False) -> None:
    """Stop whatever would send, as long as nobody has said what left after the backup was made.

    Args:
        state: a transaction of the site.
        delta: whether only changes would be sent; after a void delivery everybody must be sent once.

    Raises:
        GuardTripped: it must not be sent.
    """
    memory = state.runs.memory()
    if memory.restored_at is not None:
        raise DatabaseOutdated(
            "The database was restored from a backup (restored).",
            f"Since {memory.restored_at:%Y-%m-%d %H:%M} UTC nobody has entered which files left after the backup "
            "was made.",
            "Ask the receiver for its last number N, then run `bensync deliveries caught-up --last N --reason TEXT`.",
            remedy=ASK_OPERATOR,
        )
    if delta and _resync_waits(state):
        raise GuardTripped(
            "Files left that this database does not know (void_deliveries).",
            "It was restored from a backup, and only a full file can send the same people again.",
            "Look at `bensync plan --active --inactive`, then run `bensync resync --active --inactive`.",
            remedy=run_command("plan --active --inactive"),
        )


def is_caught_up(state: SiteState, feed: str) -> bool:
    """Return whether a person said last, before any file of a feed, that the receiver has none."""
    return state.audit.newest(_VERB) == _subject(feed, 0)


def catch_up(state: SiteState, report: ReceiverReport, actor: str, now: datetime) -> CaughtUp:
    """Give a void delivery to each number that the receiver has and this database does not, so that none is used again.

    A delivery that was under way when the backup was made becomes void too, if its number was used; otherwise it is
    abandoned, because it never left.

    Args:
        state: a transaction of the site.
        report: the last number that the receiver has.
        actor: the person who asked the receiver.
        now: the time.

    Raises:
        DecisionError: there is nothing to catch up with, or the reported number is impossible.
        BusyError: a run is at work.
    """
    # No run may be at work: it could publish one of the very numbers that are settled here.
    lease = state.runs.take_lease(now)
    sure = _last_sure(state, report.feed)
    _refuse_impossible(state, report, sure, now)
    under_way = _under_way(state, report.feed)
    # A used number becomes void even if the bytes are here: nobody knows whether the receiver has these or those of a
    # later file of that number (decision 28). One that was not used is free, and its rows are in the next plan.
    used = {number: row for number, row in under_way.items() if number <= report.last}
    _end(state, [row for number, row in under_way.items() if number not in used], DeliveryState.ABANDONED)
    _end(state, list(used.values()), DeliveryState.VOID)
    missing = [number for number in range(sure + 1, report.last + 1) if number not in used]
    if missing:
        _write(state, report, missing, actor, now)
    _remember_hash(state, report)
    # The mark goes in the transaction of the void deliveries: a killed process leaves the site stopped.
    state.runs.remember(msgspec.structs.replace(state.runs.memory(), restored_at=None))
    state.audit.record(actor, _VERB, _subject(report.feed, report.last), now, reason=report.reason)
    state.runs.give_back_lease(lease)
    return CaughtUp(tuple(sorted((*used, *missing))), tuple(sorted(under_way.keys() - used)))


def _subject(feed: str, last: int) -> str:
    return f"{feed} {last:06}"


def _refuse_impossible(state: SiteState, report: ReceiverReport, sure: int, now: datetime) -> None:
    logged = report.log.sequence if report.log is not None and report.log.sha256 else 0
    seen = report.seen or 0
    highest = max(sure, logged, seen)
    # Where nothing can be seen, only a person knows how a database without a history must begin.
    begins = report.seen is None and not state.deliveries.has_history(report.feed)
    most = highest + _most_since(state, report.feed, now)
    why = ""
    if report.last < sure:
        why = f"Number {sure:06} was delivered already when the backup was made."
    elif report.log is not None and logged > report.last:
        why = f"The log of sent files contains {report.log.name}."
    elif seen > report.last:
        why = f"A file with the number {seen:06} lies at the upload center."
    elif highest == sure and state.runs.memory().restored_at is None and not begins:
        why = "This database was not restored, and nothing is known of a file that it did not send."
    elif report.last > most:
        why = f"No more than {most:06} can be in use: {highest:06} is known, and at most {_A_DAY} files leave on a day."
    if why:
        fix = "Ask the receiver again, and compare its answer with `bensync deliveries list`."
        raise DecisionError(
            f"{report.last:06} cannot be the last number that the receiver has.", why, fix, remedy=ASK_OPERATOR
        )


def _most_since(state: SiteState, feed: str, now: datetime) -> int:
    """Return how many files may have left since the newest one that this database knows: a number too many is lost."""
    of_feed = and_(_deliveries.c.site == state.site, _deliveries.c.feed == feed)
    newest = state.transaction.connection.scalar(select(func.max(_deliveries.c.created_at)).where(of_feed))
    return _A_DAY * ((now - newest).days + 1) if newest is not None else _MOST


def _resync_waits(state: SiteState) -> bool:
    # A void delivery for which no full file was committed under a greater number of the same feed: what was in it is
    # unknown, so only a file with everybody makes the baseline true again.
    later = _deliveries.alias()
    whole = and_(later.c.state == DeliveryState.COMMITTED.value, later.c.kind == DeliveryKind.FULL.value)
    sent_again = exists().where(later.c.site == _deliveries.c.site, later.c.feed == _deliveries.c.feed, whole)
    condition = and_(_deliveries.c.site == state.site, _deliveries.c.state == DeliveryState.VOID.value)
    void = select(_deliveries.c.id).where(condition, ~sent_again.where(later.c.sequence > _deliveries.c.sequence))
    return state.transaction.connection.scalar(void.limit(1)) is not None


def _last_sure(state: SiteState, feed: str) -> int:
    ended = [DeliveryState.COMMITTED.value, DeliveryState.VOID.value]
    condition = and_(_deliveries.c.site == state.site, _deliveries.c.feed == feed, _deliveries.c.state.in_(ended))
    return state.transaction.connection.scalar(select(func.max(_deliveries.c.sequence)).where(condition)) or 0


def _under_way(state: SiteState, feed: str) -> dict[int, int]:
    """Return the ids of the unfinished deliveries by their sequence number."""
    unfinished = _deliveries.c.state.in_([unfinished.value for unfinished in UNFINISHED])
    condition = and_(_deliveries.c.site == state.site, _deliveries.c.feed == feed, unfinished)
    rows = state.transaction.connection.execute(select(_deliveries.c.sequence, _deliveries.c.id).where(condition))
    return {row.sequence: row.id for row in rows}


def _end(state: SiteState, ids: Sequence[int], ended: DeliveryState) -> None:
    """End deliveries without applying their consequences, and delete their bytes."""
    state.transaction.connection.execute(delete(_chunks).where(_chunks.c.delivery_id.in_(ids)))
    state.transaction.connection.execute(update(_deliveries).where(_deliveries.c.id.in_(ids)).values(state=ended))


def _write(state: SiteState, report: ReceiverReport, missing: Sequence[int], actor: str, now: datetime) -> None:
    """Write one run for the unknown runs, and a void delivery for each missing number."""
    run = state.runs.start(RunKind.RESTORE, "MANUAL", actor, now.date(), now)
    void = {"feed": report.feed, "run_id": run, "kind": DeliveryKind.DELTA, "state": DeliveryState.VOID, "rows": 0}
    none = {"size": 0, "sha256": "", "part": "", "attempts": 0, "error": {}, "consequences": {}, "created_at": now}
    rows = ({"sequence": number, "name": f"VOID_{number:06}", **void, **none} for number in missing)
    state.transaction.add_all(sync.DeliveryRow, rows)
    state.runs.note_brief(run, f"After a restore: numbers {missing[0]:06} to {missing[-1]:06} were used before it.")
    state.runs.succeed(run, Outcome.CAUGHT_UP, now)


def _remember_hash(state: SiteState, report: ReceiverReport) -> None:
    """Store the hash of the last file, which the next file must name as its predecessor."""
    logged = report.log.sha256 if report.log is not None and report.log.sequence == report.last else ""
    void = and_(_deliveries.c.sequence == report.last, _deliveries.c.state == DeliveryState.VOID.value)
    condition = and_(_deliveries.c.site == state.site, _deliveries.c.feed == report.feed, void)
    state.transaction.connection.execute(update(_deliveries).where(condition).values(sha256=report.sha256 or logged))
