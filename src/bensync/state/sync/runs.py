"""Runs, the lease that lets one at a time work on a site, and what is remembered from run to run."""

from __future__ import annotations

import os
import socket
import zlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, and_, func, or_, select, update

from bensync.core.changes import IssueCode, SyncPlan
from bensync.core.people import Status
from bensync.core.runs import Outcome, RunKind, RunState
from bensync.errors import BensyncError, BusyError, run_command
from bensync.state.db.transaction import SiteTransaction
from bensync.state.schema import sync

LEASE = timedelta(minutes=3)
"""A lease not renewed for so long is dead, wherever its holder is; a dead holder on this machine is noticed at once."""

_runs = sync.RunRow.__table__
_lease = sync.LeaseRow.__table__
_site = sync.SiteRow.__table__
_days = sync.DailyRunRow.__table__
_QUICKEST = 1
_SEAM = "\n"


class Lease(msgspec.Struct, frozen=True):
    """The right to work on a site, until somebody else takes it over; the epoch grows with every holder."""

    holder: str
    epoch: int


class SourceMemory(msgspec.Struct, frozen=True):
    """The values that one run leaves for the next.

    ``headcount`` is that of the last good read of everybody, which was on the UTC date ``everybody_on``; ``fill_rates``
    are those of the last full run. ``restored_at`` is set while the database comes from a backup and nobody has
    reported yet which files left after it was made. ``scope`` is the fingerprint of the rules of scope at that read.
    """

    watermark: str | None = None
    mapping: str | None = None
    headcount: int | None = None
    fill_rates: Mapping[str, float] = {}
    restored_at: datetime | None = None
    everybody_on: date | None = None
    scope: str = ""


class RunLog:
    """The runs of one site."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction

    def take_lease(self, now: datetime, lasting: timedelta = LEASE) -> Lease:
        """Take the lease of this site, and end the runs that a dead process left unfinished.

        Args:
            now: the moment.
            lasting: how long it holds unless it is renewed.

        Raises:
            BusyError: another run holds the lease; nothing was changed (A-09).
        """
        insert = self._transaction.insert(sync.LeaseRow).values(site=self._transaction.site, holder="", epoch=0)
        # The row must be there before it can be locked: two first runs of a new site would both find nothing.
        self._transaction.connection.execute(insert.on_conflict_do_nothing(index_elements=["site"]))
        query = select(_lease).where(_lease.c.site == self._transaction.site).with_for_update()
        held = self._transaction.connection.execute(query).one()
        free = or_(_lease.c.holder == "", _lease.c.expires < now)
        # A process that died on this machine is noticed at once; on another machine only when its lease expires (F02).
        if not _alive(held.holder):
            free = or_(free, _lease.c.holder == held.holder)
        # The epoch, and not the time, keeps two owners apart: one that sleeps beyond its lease finds another epoch when
        # it wakes, and changes no row (F04).
        condition = {"holder": _me(), "epoch": held.epoch + 1, "since": now, "expires": now + lasting}
        taken = self._transaction.connection.execute(
            update(_lease).where(_lease.c.site == self._transaction.site, free).values(**condition)
        )
        if taken.rowcount != 1:
            raise BusyError(
                f"Another run of site {self._transaction.site} is in progress.",
                f"{held.holder} holds it since {held.since:%Y-%m-%d %H:%M:%S} UTC.",
                "Wait until it is done; `bensync runs list` shows it.",
                retry=True,
                remedy=run_command("runs list"),
            )
        self.end_interrupted(now)
        return Lease(_me(), held.epoch + 1)

    def keep_lease(self, lease: Lease) -> None:
        """Check that a lease is still ours, and keep it so until the end of this transaction.

        Raises:
            BusyError: somebody else has taken it over; whatever we were about to write would be out of date (A-09).
        """
        # An UPDATE that changes nothing, instead of a SELECT: it locks the row, so nobody takes the lease over between
        # this check and the commit.
        same = update(_lease).where(self._held(lease)).values(epoch=lease.epoch)
        if self._transaction.connection.execute(same).rowcount != 1:
            raise BusyError(
                f"Another run of site {self._transaction.site} has taken over.",
                "This one was silent for too long, and its lease is gone.",
                "Nothing needs to be done: the other one finishes what was begun.",
                retry=True,
            )

    def renew_lease(self, lease: Lease, now: datetime) -> None:
        """Extend a lease whose holder is still at work."""
        self._transaction.connection.execute(update(_lease).where(self._held(lease)).values(expires=now + LEASE))

    def give_back_lease(self, lease: Lease) -> bool:
        """Release a lease, and return whether it was still ours; one that was taken over stays with its new holder."""
        free = update(_lease).where(self._held(lease)).values(holder="", expires=None)
        return self._transaction.connection.execute(free).rowcount == 1

    def end_interrupted(self, now: datetime) -> None:
        """End the runs whose process is gone. The caller holds the lease and has no run of its own."""
        dead = and_(_runs.c.site == self._transaction.site, _runs.c.state == RunState.RUNNING.value)
        ended = {"state": RunState.INTERRUPTED, "ended_at": now}
        self._transaction.connection.execute(update(_runs).where(dead).values(**ended))

    def forget_lease(self) -> None:
        """Release the lease in a copy of a database, in which no process can be at work."""
        condition = _lease.c.site == self._transaction.site
        self._transaction.connection.execute(update(_lease).where(condition).values(holder="", expires=None))

    def _held(self, lease: Lease) -> ColumnElement[bool]:
        condition = and_(_lease.c.holder == lease.holder, _lease.c.epoch == lease.epoch)
        return and_(_lease.c.site == self._transaction.site, condition)

    def start(
        self, kind: RunKind, cause: str, actor: str, as_of: date, now: datetime, boxes: Iterable[Status] = ()
    ) -> int:
        """Open a run; returns its number. The lease must be ours."""
        return self._transaction.add(
            sync.RunRow,
            kind=kind,
            cause=cause,
            actor=actor,
            as_of=as_of,
            boxes=sorted(box.lower() for box in boxes),
            started_at=now,
            state=RunState.RUNNING,
            counts={},
            alarms=[],
            error={},
            ledger={},
            fill_rates={},
            brief="",
        )

    def note_plan(
        self, run_id: int, plan: SyncPlan, counts: Mapping[str, int], fill_rates: Mapping[str, float]
    ) -> None:
        """Store the result of a plan before the run acts on it, with the reason for everybody who is not sent."""
        values = {
            "plan": plan.fingerprint,
            "counts": dict(counts),
            "alarms": [msgspec.to_builtins(alarm) for alarm in plan.alarms],
            "ledger": plan.ledger.as_json(),
            "fill_rates": dict(fill_rates),
        }
        self._update(run_id, values)
        verdicts = _verdicts(plan)
        self._transaction.add_all(sync.VerdictRow, ({"run_id": run_id, **verdict} for verdict in verdicts.values()))
        # One row for all of them: where HR lists everybody, a row each would be 100,000 rows with two indexes (decision
        # 59).
        if unchanged := [person for person in plan.unchanged if person not in verdicts]:
            self._transaction.add_all(sync.UnchangedRow, [{"run_id": run_id, "employees": pack_unchanged(unchanged)}])

    def latest_day(self) -> date:
        """Return the latest day that a run of this site was made for."""
        query = select(func.max(_runs.c.as_of)).where(_runs.c.site == self._transaction.site)
        return self._transaction.connection.scalar(query) or date.min

    def note_register(self, run_id: int, active: int, would_be: int) -> None:
        """Add the register's side to the ledger: active now, and active if everything that waits were approved."""
        held = self._transaction.connection.scalar(select(_runs.c.ledger).where(_runs.c.id == run_id)) or {}
        self._update(run_id, {"ledger": {**held, "register": active, "register_if_approved": would_be}})

    def note_brief(self, run_id: int, brief: str) -> None:
        """Store the sentence that says what a run did."""
        self._update(run_id, {"brief": brief})

    def count(self, run_id: int, **counts: int) -> None:
        """Add to the counts of a run."""
        held = self._transaction.connection.scalar(select(_runs.c.counts).where(_runs.c.id == run_id)) or {}
        self._update(run_id, {"counts": {**held, **counts}})

    def figures(self, run_id: int) -> tuple[RunKind, dict[str, int]]:
        """Return the kind and the counts of a run."""
        query = select(_runs.c.kind, _runs.c.counts).where(_runs.c.site == self._transaction.site, _runs.c.id == run_id)
        row = self._transaction.connection.execute(query).one()
        return RunKind(row.kind), row.counts

    def succeed(self, run_id: int, outcome: Outcome, now: datetime) -> None:
        """End a run well."""
        self._update(run_id, {"state": RunState.SUCCEEDED, "outcome": outcome, "ended_at": now, "error": {}})

    def fail(self, run_id: int, error: BensyncError, now: datetime) -> None:
        """End a run with its error; one that succeeded stays so, though the answer to its commit was lost."""
        running = and_(self._mine(run_id), _runs.c.state == RunState.RUNNING.value)
        ended = {"state": RunState.FAILED, "error": error.as_json(), "ended_at": now}
        self._transaction.connection.execute(update(_runs).where(running).values(**ended))

    def finish_day(self, run_id: int, after: time) -> None:
        """Count the UTC date of a daily run as done, if the run began at or after the hour (sync-rules 3.1.1)."""
        # The commit of a killed run's file counts as the day's; the run that found it then counts again, and the first
        # row stays.
        query = select(_runs.c.kind, _runs.c.started_at).where(self._mine(run_id))
        run = self._transaction.connection.execute(query).one()
        if run.kind == RunKind.DAILY and run.started_at.time() >= after:
            day = self._transaction.insert(sync.DailyRunRow).values(
                site=self._transaction.site, day=run.started_at.date(), run_id=run_id
            )
            self._transaction.connection.execute(day.on_conflict_do_nothing(index_elements=["site", "day"]))

    def daily_done(self, day: date) -> bool:
        """Return whether the daily run of this UTC date is done (sync-rules 3.1.1)."""
        query = select(_days.c.run_id).where(_days.c.site == self._transaction.site, _days.c.day == day)
        return self._transaction.connection.scalar(query) is not None

    def memory(self) -> SourceMemory:
        """Return the values that earlier runs left."""
        row = self._transaction.connection.execute(
            select(_site).where(_site.c.site == self._transaction.site)
        ).one_or_none()
        return _memory(row) if row is not None else SourceMemory()

    def remember(self, memory: SourceMemory) -> None:
        """Store the values for the next run."""
        values = msgspec.structs.asdict(memory)
        values["fill_rates"] = dict(memory.fill_rates)
        insert = self._transaction.insert(sync.SiteRow).values(site=self._transaction.site, **values)
        self._transaction.connection.execute(insert.on_conflict_do_update(index_elements=["site"], set_=values))

    def _update(self, run_id: int, values: Mapping[str, Any]) -> None:
        self._transaction.connection.execute(update(_runs).where(self._mine(run_id)).values(**values))

    def _mine(self, run_id: int) -> ColumnElement[bool]:
        return and_(_runs.c.site == self._transaction.site, _runs.c.id == run_id)


def _memory(row: Row[Any]) -> SourceMemory:
    return SourceMemory(**{name: getattr(row, name) for name in SourceMemory.__struct_fields__})


def _verdicts(plan: SyncPlan) -> dict[str, dict[str, str]]:
    """Return a verdict for each person who is neither sent nor unchanged; an issue outranks every other reason."""
    verdicts = dict.fromkeys(plan.outside, ("outside", "not in a population that was ticked"))
    verdicts |= {employee_id: ("out_of_scope", reason) for employee_id, reason in plan.out_of_scope.items()}
    for entry in plan.held:
        verdicts[entry.change.candidate.employee_id] = (IssueCode.HELD, entry.alarm)
    for issue in plan.issues:
        verdicts[issue.employee_id] = (issue.code, issue.detail)
    return {
        employee_id: {"employee_id": employee_id, "outcome": outcome, "reason": reason}
        for employee_id, (outcome, reason) in verdicts.items()
    }


def _me() -> str:
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_born(pid)}"


def _born(pid: int) -> str:
    """Return the start of a process in clock ticks since boot; empty where the system does not say.

    A number alone names nobody for long: in a container every process that is started anew may get the same one.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    # The name of the program stands in parentheses and may hold spaces and parentheses itself, so fields are counted
    # from the last one: the start is field 22 of proc(5), the twentieth behind it.
    return stat.rpartition(")")[2].split()[19]


def _alive(holder: str) -> bool:
    """Return whether a holder may still be at work; one on another machine counts until its lease expires."""
    host, _, process = holder.partition(":")
    pid, _, born = process.partition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # a process of another user: it is there, and that is all we ask
    return not born or _born(int(pid)) in {born, ""}


def among_unchanged(employee_id: str, packed: bytes) -> bool:
    """Return whether this employee is one of those that a run stored as unchanged."""
    return f"{_SEAM}{employee_id}{_SEAM}".encode() in zlib.decompress(packed)


def pack_unchanged(employee_ids: Iterable[str]) -> bytes:
    """Return many ids in one small value, for one check whether an employee is among them (decision 59)."""
    # A seam at both ends, too: one search for "\n12\n" finds a whole id, and never a part of 4123.
    return zlib.compress(_SEAM.join(("", *employee_ids, "")).encode(), _QUICKEST)
