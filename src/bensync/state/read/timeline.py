"""What happened to one HR employee, run by run: the answers behind `bensync explain`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

import msgspec
from sqlalchemy import and_, select

from bensync.core.changes import BaselineState, ChangeKind
from bensync.core.people import Profile, decode_profile
from bensync.core.requests import DeclineCode, RequestState, WarningCode
from bensync.core.runs import DeliveryState
from bensync.state.db.transaction import SiteTransaction
from bensync.state.schema import sync
from bensync.state.sync.baselines import SENT_PROFILE
from bensync.state.sync.runs import among_unchanged

_audit = sync.AuditRow.__table__
_baselines = sync.BaselineRow.__table__
_deliveries = sync.DeliveryRow.__table__
_requests = sync.RequestRow.__table__
_rows = sync.DeliveryLineRow.__table__
_runs = sync.RunRow.__table__
_unchanged = sync.UnchangedRow.__table__
_verdicts = sync.VerdictRow.__table__
RELEASE = "employee.release"
"""The verb of the audit entry about an employee whom a person released as gone from HR."""
_PACKS = 8
"""Packs of ids in memory at once: where HR lists everybody, one holds everybody."""


class LastSent(msgspec.Struct, frozen=True):
    """The details that were last sent for an employee, and the day on which the next dated row takes effect."""

    profile: Profile
    state: BaselineState
    due: date | None


class EpisodeKind(StrEnum):
    """What happened to an employee: three kinds of a run, two of a request, and one of a person."""

    SENT = "sent"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    REQUEST_OPENED = "request_opened"
    REQUEST_CLOSED = "request_closed"
    RELEASED = "released"


class Episode(msgspec.Struct, frozen=True):
    """One event in the history of an employee, as values; `bensync.wording.timeline` words them.

    Attributes:
        at: the start of the run, or the time at which the request was opened or closed.
        kind: what happened.
        run: the run that it happened in.
        request: the request that it happened to.
        change: the kind of the row that was sent, or of the request.
        fields: the fields that the row changed; empty for a row with all fields.
        file: the name of the file that holds the row.
        row: the number of the E record of the row in its file.
        delivery: the state of that file now.
        outcome: why a run sent nothing: the code of a data issue, or `outside`.
        detail: what the run recorded beside the outcome; the code of the guard for a held row.
        effective_date: the date on which the requested change takes effect.
        warnings: what the request warned of.
        state: how the request was closed.
        decided_by: the person who decided the request or released the employee; None where bensync closed it.
        decline_code: the reason of a declined request.
        superseded_by: the request that replaced it.
        closed_because: why bensync closed it.
    """

    at: datetime
    kind: EpisodeKind
    run: int | None = None
    request: int | None = None
    change: ChangeKind | None = None
    fields: tuple[str, ...] = ()
    file: str | None = None
    row: int | None = None
    delivery: DeliveryState | None = None
    outcome: str = ""
    detail: str = ""
    effective_date: date | None = None
    warnings: tuple[WarningCode, ...] = ()
    state: RequestState | None = None
    decided_by: str | None = None
    decline_code: DeclineCode | None = None
    superseded_by: int | None = None
    closed_because: str | None = None


class Timeline:
    """The past of the employees of one site."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction

    def last_sent(self, employee_id: str) -> LastSent | None:
        """The newest baseline of an employee."""
        condition = and_(_baselines.c.site == self._transaction.site, _baselines.c.employee_id == employee_id)
        live_first = _baselines.c.state != BaselineState.LIVE.value
        query = select(_baselines).where(condition).order_by(live_first, _baselines.c.id.desc()).limit(1)
        row = self._transaction.connection.execute(query).one_or_none()
        if row is None:
            return None
        profile = decode_profile(SENT_PROFILE.open(self._transaction.vault, row))
        return LastSent(profile, BaselineState(row.state), row.due)

    def episodes(self, employee_id: str) -> Sequence[Episode]:
        """Return the history of an employee, oldest first."""
        not_sent = (*self._unchanged(employee_id), *self._skipped(employee_id))
        episodes = [*self._sent(employee_id), *not_sent, *self._requests(employee_id), *self._released(employee_id)]
        return sorted(episodes, key=lambda episode: (episode.at, episode.request or 0))

    def _sent(self, employee_id: str) -> list[Episode]:
        join = _rows.join(_deliveries, _deliveries.c.id == _rows.c.delivery_id).join(
            _runs, _runs.c.id == _deliveries.c.run_id
        )
        columns = (_rows.c.number, _rows.c.kind, _rows.c.fields, _deliveries.c.name, _deliveries.c.state)
        query = select(*columns, _runs.c.id, _runs.c.started_at).select_from(join)
        rows = self._transaction.connection.execute(
            query.where(_rows.c.site == self._transaction.site, _rows.c.employee_id == employee_id)
        )
        return [
            Episode(
                row.started_at,
                EpisodeKind.SENT,
                run=row.id,
                change=ChangeKind(row.kind),
                fields=tuple(row.fields.split(",")) if row.fields else (),
                file=row.name,
                row=row.number,
                delivery=DeliveryState(row.state),
            )
            for row in rows
        ]

    def _unchanged(self, employee_id: str) -> list[Episode]:
        join = _unchanged.join(_runs, _runs.c.id == _unchanged.c.run_id)
        query = select(_unchanged.c.employees, _runs.c.id, _runs.c.started_at).select_from(join)
        rows = self._transaction.connection.execute(
            query.where(_unchanged.c.site == self._transaction.site).execution_options(yield_per=_PACKS)
        )
        return [
            Episode(row.started_at, EpisodeKind.UNCHANGED, run=row.id)
            for row in rows
            if among_unchanged(employee_id, row.employees)
        ]

    def _skipped(self, employee_id: str) -> list[Episode]:
        join = _verdicts.join(_runs, _runs.c.id == _verdicts.c.run_id)
        condition = and_(_verdicts.c.site == self._transaction.site, _verdicts.c.employee_id == employee_id)
        query = select(_verdicts.c.outcome, _verdicts.c.reason, _runs.c.id, _runs.c.started_at).select_from(join)
        rows = self._transaction.connection.execute(query.where(condition))
        return [
            Episode(row.started_at, EpisodeKind.SKIPPED, run=row.id, outcome=row.outcome, detail=row.reason)
            for row in rows
        ]

    def _released(self, employee_id: str) -> list[Episode]:
        """Return when somebody released the employee as gone from HR; the audit trail alone has it."""
        condition = and_(_audit.c.site == self._transaction.site, _audit.c.object == f"employee {employee_id}")
        query = select(_audit.c.at, _audit.c.actor, _audit.c.reason).where(condition, _audit.c.verb == RELEASE)
        return [
            Episode(row.at, EpisodeKind.RELEASED, decided_by=row.actor, detail=row.reason)
            for row in self._transaction.connection.execute(query)
        ]

    def _requests(self, employee_id: str) -> list[Episode]:
        condition = and_(_requests.c.site == self._transaction.site, _requests.c.employee_id == employee_id)
        episodes: list[Episode] = []
        for row in self._transaction.connection.execute(select(_requests).where(condition)):
            opened = Episode(
                row.opened_at,
                EpisodeKind.REQUEST_OPENED,
                request=row.id,
                change=ChangeKind(row.kind),
                effective_date=row.effective_date,
                warnings=tuple(map(WarningCode, row.warnings)),
            )
            episodes.append(opened)
            if row.decided_at is not None:
                closed = Episode(
                    row.decided_at,
                    EpisodeKind.REQUEST_CLOSED,
                    request=row.id,
                    change=opened.change,
                    state=RequestState(row.state),
                    decided_by=row.decided_by,
                    decline_code=DeclineCode(row.decline_code) if row.decline_code else None,
                    superseded_by=row.superseded_by,
                    closed_because=row.closed_because,
                    fields=tuple(filter(None, row.left_out.split(","))),
                )
                episodes.append(closed)
        return episodes
