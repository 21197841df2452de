"""What happened to one HR employee, run by run: the answers behind `bensync explain`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import msgspec
from sqlalchemy import and_, select

from bensync.core.changes import BaselineState
from bensync.core.people import Profile, decode_profile
from bensync.state.db.transaction import SiteTransaction
from bensync.state.schema import sync
from bensync.state.sync import id_pack
from bensync.state.sync.baselines import PROFILE

_baselines = sync.BaselineRow.__table__
_deliveries = sync.DeliveryRow.__table__
_requests = sync.RequestRow.__table__
_rows = sync.DeliveryLineRow.__table__
_runs = sync.RunRow.__table__
_unchanged = sync.UnchangedRow.__table__
_verdicts = sync.VerdictRow.__table__
_PACKS = 8
"""Packs of ids in memory at once: where HR lists everybody, one holds everybody."""


class LastSent(msgspec.Struct, frozen=True):
    """The details that were last sent for an employee, and the day on which the next dated row takes effect."""

    profile: Profile
    state: BaselineState
    due: date | None


class Episode(msgspec.Struct, frozen=True):
    """One thing that happened: what a run said of the employee, or what became of a request.

    ``file`` and ``row`` say where the employee stands in a file: the ``row``-th E record.
    """

    at: datetime
    event: str
    reason: str
    run: int | None = None
    file: str | None = None
    row: int | None = None
    request: int | None = None


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
        profile = decode_profile(self._transaction.vault.unseal(row.sealed_profile, PROFILE, row.key))
        return LastSent(profile, BaselineState(row.state), row.due)

    def episodes(self, employee_id: str) -> Sequence[Episode]:
        """Everything that happened to an employee, oldest first."""
        quiet = (*self._unchanged(employee_id), *self._passed_over(employee_id))
        found = [*self._sent(employee_id), *quiet, *self._requested(employee_id)]
        return sorted(found, key=lambda episode: (episode.at, episode.request or 0))

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
                f"{row.kind.lower()} row",
                f"{row.fields.replace(',', ', ') or 'all fields'}; the file is {row.state.lower()}",
                run=row.id,
                file=row.name,
                row=row.number,
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
            Episode(row.started_at, "unchanged", "same as last sent", run=row.id)
            for row in rows
            if id_pack.among(employee_id, row.employees)
        ]

    def _passed_over(self, employee_id: str) -> list[Episode]:
        join = _verdicts.join(_runs, _runs.c.id == _verdicts.c.run_id)
        condition = and_(_verdicts.c.site == self._transaction.site, _verdicts.c.employee_id == employee_id)
        query = select(_verdicts.c.outcome, _verdicts.c.reason, _runs.c.id, _runs.c.started_at).select_from(join)
        rows = self._transaction.connection.execute(query.where(condition))
        return [Episode(row.started_at, row.outcome.replace("_", " "), row.reason, run=row.id) for row in rows]

    def _requested(self, employee_id: str) -> list[Episode]:
        condition = and_(_requests.c.site == self._transaction.site, _requests.c.employee_id == employee_id)
        episodes: list[Episode] = []
        for row in self._transaction.connection.execute(select(_requests).where(condition)):
            why = ", ".join(row.warnings) or "no warnings"
            asked = f"{row.kind}, effective {row.effective_date}; {why}"
            episodes.append(Episode(row.opened_at, "request opened", asked, request=row.id))
            if row.decided_at is not None:
                after = f"request {row.superseded_by} took its place" if row.superseded_by else row.closed_because
                by = f"by {row.decided_by}" if row.decided_by else after or ""
                code = f", {row.decline_code}" if row.decline_code else ""
                episodes.append(Episode(row.decided_at, f"request {row.state.lower()}", by + code, request=row.id))
        return episodes
