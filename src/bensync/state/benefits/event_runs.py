"""The records of runs of benefit events: checkpoint, remarks, totals, and calls for the next run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, String, Table, and_, case, cast, delete, func, select

from bensync.benefits.values.events import EventStatus, Flag
from bensync.benefits.values.offers import Remark
from bensync.core.runs import RunKind, RunState
from bensync.state.db.transaction import SiteTransaction
from bensync.state.schema import benefits, sync

_KEPT = 60
"""The remarks of this many runs are kept."""


class BeganWith(StrEnum):
    """How the benefit events of a site began (S3-13)."""

    SNAPSHOT = "SNAPSHOT"
    """A snapshot of HR."""
    BEGIN = "BEGIN"
    """The participants as they were, without coverage."""
    CENSUS = "CENSUS"
    """A census of present coverage."""
    RUNS = "RUNS"
    """Runs of a version that did not ask how."""


WHOLE = "whole"
"""The count of a run that looked at everybody who waits."""

_runs = sync.RunRow.__table__
_events = benefits.EventRow.__table__
_remarks = benefits.EventRemarkRow.__table__
_checkpoints = benefits.EventCheckpointRow.__table__
_calls = sync.EventCallRow.__table__
_begun = benefits.EventBeginRow.__table__


class EventRuns:
    """The runs of events of one site."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction

    def begun(self) -> bool:
        """Return whether benefit events have begun: the coverage that people had before is known (S3-13)."""
        return self._transaction.connection.scalar(select(_begun.c.began_with).where(self._mine(_begun))) is not None

    def begin(self, began_with: BeganWith, now: datetime) -> None:
        """Record how benefit events begin; only the first beginning counts."""
        values = {"site": self._transaction.site, "began_with": began_with.value, "at": now}
        insert = self._transaction.insert(benefits.EventBeginRow).values(values)
        self._transaction.connection.execute(insert.on_conflict_do_nothing(index_elements=["site"]))

    def call(self, now: datetime) -> None:
        """Record that something changed that a run must process."""
        insert = self._transaction.insert(sync.EventCallRow).values(site=self._transaction.site, at=now)
        self._transaction.connection.execute(insert.on_conflict_do_update(index_elements=["site"], set_={"at": now}))

    def answer(self, began: datetime) -> None:
        """Remove the call that a run which began then has answered."""
        # A change while the run was under way may have come behind the page of its participant: that call stays.
        condition = and_(self._mine(_calls), _calls.c.at <= began)
        self._transaction.connection.execute(delete(_calls).where(condition))

    def called(self) -> bool:
        """Return whether something changed that no run has processed."""
        return self._transaction.connection.scalar(select(_calls.c.at).where(self._mine(_calls))) is not None

    def due(self, today: date) -> bool:
        """Return whether something changed, or no run has processed everybody today."""
        if self.called():
            return True
        done = and_(_runs.c.kind == RunKind.EVENTS.value, _runs.c.state == RunState.SUCCEEDED.value)
        query = select(_runs.c.counts).where(self._mine(_runs), done, _runs.c.as_of == today)
        return not any(counts.get(WHOLE) for counts in self._transaction.connection.scalars(query))

    def checkpoint(self, basis: str) -> int:
        """Return the last participant of an interrupted run on the same basis, or 0."""
        # Another day, mode or rulebook would decide other things about the people before it, so those begin anew.
        condition = and_(self._mine(_checkpoints), _checkpoints.c.basis == basis)
        return self._transaction.connection.scalar(select(_checkpoints.c.after).where(condition)) or 0

    def reach(self, run_id: int, basis: str, after: int) -> None:
        """Store the last participant of the page that a run just saved."""
        # In the transaction of that page: a run that is killed after it neither repeats nor skips anybody (decision
        # 48).
        row = {"run_id": run_id, "basis": basis, "after": after}
        insert = self._transaction.insert(benefits.EventCheckpointRow).values(site=self._transaction.site, **row)
        self._transaction.connection.execute(insert.on_conflict_do_update(index_elements=["site"], set_=row))

    def forget(self) -> None:
        """Remove the checkpoint at the end of a run, so that the next one begins with the first participant."""
        self._transaction.connection.execute(delete(_checkpoints).where(self._mine(_checkpoints)))

    def remark(self, run_id: int, remarks: Iterable[tuple[int, Remark]]) -> None:
        """Store the remarks of a run about participants."""
        rows = (
            {
                "run_id": run_id,
                "participant_id": participant_id,
                "code": remark.code,
                "event": remark.event,
                "plan_type": remark.plan_type,
                "plan": remark.plan,
                "detail": remark.detail,
            }
            for participant_id, remark in remarks
        )
        self._transaction.add_all(benefits.EventRemarkRow, rows)

    def forget_old_remarks(self) -> None:
        """Delete the remarks of old runs."""
        # With fewer runs than that the subquery is empty, and the comparison with NULL deletes nothing.
        condition = and_(self._mine(_runs), _runs.c.kind == RunKind.EVENTS.value)
        oldest = (
            select(_runs.c.id).where(condition).order_by(_runs.c.id.desc()).offset(_KEPT).limit(1).scalar_subquery()
        )
        self._transaction.connection.execute(delete(_remarks).where(self._mine(_remarks), _remarks.c.run_id <= oldest))

    def totals(self) -> dict[str, int]:
        """Return the number of events by process, event status and indicator, with flags and marks (S3-101)."""
        totals: dict[str, int] = {}
        for name in ("process", "status", "indicator"):
            column = _events.c[name]
            query = select(column, func.count()).where(self._mine(_events)).group_by(column).order_by(column)
            totals |= {f"{name}.{value}": number for value, number in self._transaction.connection.execute(query)}
        # Flags are a JSON list, which each database searches in its own way. As text, a flag in its quotes is found by
        # both, and one pass over the events counts all of them.
        flags_text = cast(_events.c.flags, String)
        marks: dict[str, ColumnElement[Any]] = {
            **{f"flag.{flag}": flags_text.contains(f'"{flag.value}"') for flag in Flag},
            "final": and_(_events.c.final, _events.c.status != EventStatus.VOID.value),
            "loss_of_all": _events.c.stops_short,
        }
        counted = [func.coalesce(func.sum(case((mark, 1), else_=0)), 0) for mark in marks.values()]
        row = self._transaction.connection.execute(select(*counted).where(self._mine(_events))).one()
        return totals | {name: int(number) for name, number in zip(marks, row, strict=True) if number}

    def _mine(self, table: Table) -> ColumnElement[bool]:
        return table.c.site == self._transaction.site
