"""Deletes what is old about people who stay: decided requests, rows of sent files, runs, issues, notices, searches."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select

from bensync.core.requests import RequestState
from bensync.core.runs import DeliveryState, RunState
from bensync.retention.kinds import Kind, Periods
from bensync.state.retention.facts import begin_of, is_newest
from bensync.state.retention.tally import Tally, delivered_at
from bensync.state.schema import benefits, sync
from bensync.state.site_state import SiteState

_activities = benefits.ActivityRow.__table__
_approvals = sync.ApprovalRow.__table__
_baselines = sync.BaselineRow.__table__
_checkpoints = benefits.EventCheckpointRow.__table__
_days = sync.DailyRunRow.__table__
_declined = sync.DeclinedRow.__table__
_deliveries = sync.DeliveryRow.__table__
_issues = sync.IssueRow.__table__
_notices = sync.NoticeRow.__table__
_participants = sync.ParticipantRow.__table__
_remarks = benefits.EventRemarkRow.__table__
_requests = sync.RequestRow.__table__
_rows = sync.DeliveryLineRow.__table__
_runs = sync.RunRow.__table__
_searches = benefits.PassiveSearchRow.__table__
_sendings = sync.NoticeSendingRow.__table__
_unchanged = sync.UnchangedRow.__table__
_verdicts = sync.VerdictRow.__table__

_DECIDED = (RequestState.APPROVED.value, RequestState.SUPERSEDED.value, RequestState.WITHDRAWN.value)
_ENDED = (DeliveryState.COMMITTED.value, DeliveryState.ABANDONED.value, DeliveryState.VOID.value)


class History:
    """The past of one site.

    Args:
        state: a transaction of the site that may write.
        tally: counts what is deleted.
    """

    def __init__(self, state: SiteState, tally: Tally) -> None:
        self._site = state.site
        self._holds = state.holds
        self._tally = tally
        # What mixes people in one row is kept as long as a hold names any of them: the row cannot be cut.
        self._mixed_stays = state.holds.count() > 0

    def delete(self, periods: Periods, today: date) -> None:
        """Delete everything whose period is over."""
        steps = {
            Kind.REQUESTS: self._requests,
            Kind.SENT_ROWS: self._sent_rows,
            Kind.RUNS: self._runs,
            Kind.ISSUES: self._issues,
            Kind.NOTICES: self._notices,
            Kind.SEARCHES: self._searches,
        }
        for kind, step in steps.items():
            cutoff = periods.cutoff(kind, today)
            if cutoff is not None:
                step(begin_of(cutoff))

    def _requests(self, before: datetime) -> None:
        # A decline is remembered as long as the person is there: without it, the declined value would be asked again.
        with_person = or_(self._has_key(_participants, _requests.c.key), self._has_key(_baselines, _requests.c.key))
        declined = and_(_requests.c.state == RequestState.DECLINED.value, not_(with_person))
        old = and_(
            _requests.c.site == self._site,
            or_(_requests.c.state.in_(_DECIDED), declined),
            _requests.c.decided_at < before,
            # The activity is the trace of the approval; the request goes with the person.
            not_(exists().where(_activities.c.request_id == _requests.c.id)),
            not_(self._holds.names(_requests.c.employee_id, _requests.c.key)),
            not_(is_newest(_requests)),
        )
        approvals = _approvals.c.request_id.in_(select(_requests.c.id).where(old))
        self._tally.delete(Kind.REQUESTS, _approvals, approvals)
        self._tally.delete(Kind.REQUESTS, _requests, old)
        tables = (_participants, _baselines, _requests)
        forgotten = [not_(self._has_key(table, _declined.c.key)) for table in tables]
        held = self._holds.names(None, _declined.c.key)
        of_site = and_(_declined.c.site == self._site, _declined.c.updated_at < before)
        self._tally.delete(Kind.REQUESTS, _declined, and_(of_site, not_(held), *forgotten))

    def _sent_rows(self, before: datetime) -> None:
        # The row that a baseline was made from proves what was sent last, and a request shows the row that opened it.
        ended = select(_deliveries.c.id).where(
            _deliveries.c.site == self._site, _deliveries.c.state.in_(_ENDED), delivered_at() < before
        )
        baseline = and_(
            _baselines.c.site == self._site,
            _baselines.c.key == _rows.c.key,
            _baselines.c.delivery_id == _rows.c.delivery_id,
        )
        request = and_(_requests.c.delivery_id == _rows.c.delivery_id, _requests.c.row_number == _rows.c.number)
        old = and_(
            _rows.c.site == self._site,
            _rows.c.delivery_id.in_(ended),
            not_(exists().where(baseline)),
            not_(exists().where(request)),
            not_(self._holds.names(_rows.c.employee_id, _rows.c.key)),
        )
        self._tally.delete(Kind.SENT_ROWS, _rows, old)

    def _runs(self, before: datetime) -> None:
        started = and_(_runs.c.site == self._site, _runs.c.started_at < before, _runs.c.state != RunState.RUNNING.value)
        old = select(_runs.c.id).where(started)
        kind = Kind.RUNS
        held = self._holds.names(_verdicts.c.employee_id, None)
        self._tally.delete(kind, _verdicts, and_(_verdicts.c.run_id.in_(old), not_(held)))
        people = select(_participants.c.id).where(self._holds.names(_participants.c.employee_id, _participants.c.key))
        remarks = and_(_remarks.c.run_id.in_(old), _remarks.c.participant_id.not_in(people))
        self._tally.delete(kind, _remarks, remarks)
        if not self._mixed_stays:
            self._tally.delete(kind, _unchanged, _unchanged.c.run_id.in_(old))
        last = _days.alias("last")
        newest_day = select(func.max(last.c.day)).where(last.c.site == self._site)
        past = and_(
            _days.c.site == self._site, _days.c.day < before.date(), _days.c.day != newest_day.scalar_subquery()
        )
        self._tally.delete(kind, _days, past)
        same = _runs.alias("same")
        newest = select(func.max(same.c.id)).where(same.c.site == self._site).group_by(same.c.kind, same.c.state)
        named_by = (_days, _deliveries, _unchanged, _verdicts, _remarks, _checkpoints)
        unnamed = [not_(exists().where(table.c.run_id == _runs.c.id)) for table in named_by]
        runs = and_(started, *unnamed, _runs.c.id.not_in(newest), not_(is_newest(_runs)))
        self._tally.delete(kind, _runs, runs)

    def _issues(self, before: datetime) -> None:
        old = and_(_issues.c.site == self._site, _issues.c.resolved_at < before)
        held = self._holds.names(_issues.c.employee_id, None)
        self._tally.delete(Kind.ISSUES, _issues, and_(old, not_(held), not_(is_newest(_issues))))

    def _notices(self, before: datetime) -> None:
        if self._mixed_stays:
            return
        unsent = exists().where(_sendings.c.notice_id == _notices.c.id, _sendings.c.sent_at.is_(None))
        old = and_(
            _notices.c.site == self._site, _notices.c.created_at < before, not_(unsent), not_(is_newest(_notices))
        )
        self._tally.delete(Kind.NOTICES, _sendings, _sendings.c.notice_id.in_(select(_notices.c.id).where(old)))
        self._tally.delete(Kind.NOTICES, _notices, old)

    def _searches(self, before: datetime) -> None:
        if not self._mixed_stays:
            old = and_(_searches.c.site == self._site, _searches.c.at < before, not_(is_newest(_searches)))
            self._tally.delete(Kind.SEARCHES, _searches, old)

    def _has_key(self, table: Any, key: ColumnElement[bytes]) -> ColumnElement[bool]:
        return exists().where(table.c.site == self._site, table.c.key == key)
