"""Alerts of a site: one row per key. This module says which notices are new; others choose the receivers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, true, update

from bensync.core.alerts import (
    Alert,
    AlertCondition,
    AlertKey,
    RunTimes,
    alert_name,
    alert_notice,
    cleared_notice,
    is_news,
)
from bensync.core.changes import IssueCode
from bensync.core.ports import Notice
from bensync.core.requests import RequestState, Risk
from bensync.core.runs import RunKind, RunState
from bensync.state.db.transaction import SiteTransaction
from bensync.state.schema import sync

_alerts = sync.AlertRow.__table__
_runs = sync.RunRow.__table__
_days = sync.DailyRunRow.__table__
_issues = sync.IssueRow.__table__
_requests = sync.RequestRow.__table__

_SILENT = (IssueCode.HELD.value, IssueCode.NOT_STARTED.value, IssueCode.NOT_SHOWN.value)


class OpenAlerts:
    """The alerts of one site, and the facts in the database that alerts rest on."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction

    def raise_(self, trouble: AlertCondition, now: datetime) -> Notice | None:
        """Record that something is wrong; return the notice to send, or None if it is no news."""
        before = self._lock(trouble.name, now)
        news = is_news(trouble, before, now)
        lasts = before is not None and before.cleared_at is None
        after = Alert(
            name=trouble.name,
            subject=trouble.subject,
            detail=trouble.detail,
            episode=(before.episode if before else 0) + news,
            raised_at=before.raised_at if before and lasts else now,
            seen_at=now,
        )
        self._keep(after)
        return alert_notice(self._transaction.site, after) if news else None

    def clear(self, key: AlertKey, now: datetime, part: str = "") -> Notice | None:
        """Record that a trouble is over; return the notice about it, or None if there was no alert."""
        return next(iter(self._clear(_alerts.c.key == alert_name(key, part), now)), None)

    def clear_all(self, keys: Iterable[AlertKey], now: datetime) -> list[Notice]:
        """Clear the alerts of several kinds, with all their parts; return their notices."""
        # A part follows a colon, so that one key that begins like another is not cleared with it.
        condition = [
            or_(_alerts.c.key == str(key), _alerts.c.key.startswith(f"{key}:", autoescape=True)) for key in keys
        ]
        return self._clear(or_(*condition), now) if condition else []

    def open(self) -> list[Alert]:
        """Return the open alerts, oldest first."""
        return open_everywhere(self._transaction.connection, self._transaction.site).get(self._transaction.site, [])

    def run_times(self) -> RunTimes:
        """Return the times of the site's first run, last finished day and last failure."""
        condition = _runs.c.site == self._transaction.site
        daily = select(_runs.c.started_at, _runs.c.state).where(condition, _runs.c.kind == RunKind.DAILY.value)
        last = self._transaction.connection.execute(daily.order_by(_runs.c.id.desc()).limit(1)).one_or_none()
        return RunTimes(
            first=self._transaction.connection.scalar(select(func.min(_runs.c.started_at)).where(condition)),
            done=self._transaction.connection.scalar(
                select(func.max(_days.c.day)).where(_days.c.site == self._transaction.site)
            ),
            failed=last.started_at if last is not None and last.state == RunState.FAILED else None,
        )

    def oldest(self, risk: Risk | None = None) -> datetime | None:
        """Return when the oldest pending request was opened, of one risk or of all."""
        waiting = and_(_requests.c.site == self._transaction.site, _requests.c.state == RequestState.PENDING.value)
        query = select(func.min(_requests.c.opened_at)).where(waiting)
        since: datetime | None = self._transaction.connection.scalar(
            query if risk is None else query.where(_requests.c.risk == risk.value)
        )
        return since

    def oldest_issue(self, code: IssueCode) -> datetime | None:
        """Return when the oldest open issue of a code was opened."""
        open_issues = and_(_issues.c.site == self._transaction.site, _issues.c.resolved_at.is_(None))
        query = select(func.min(_issues.c.first_seen)).where(open_issues, _issues.c.code == code.value)
        since: datetime | None = self._transaction.connection.scalar(query)
        return since

    def is_anybody(self, *, held: bool) -> bool:
        """Return whether anybody is blocked: held for review, or by a data issue."""
        code = _issues.c.code == IssueCode.HELD.value if held else _issues.c.code.not_in(_SILENT)
        query = select(_issues.c.id).where(
            _issues.c.site == self._transaction.site, _issues.c.resolved_at.is_(None), code
        )
        return self._transaction.connection.scalar(query.limit(1)) is not None

    def _lock(self, name: str, now: datetime) -> Alert | None:
        """Lock the row of an alert until the end of the transaction; return the alert, or None if it is a new one."""
        # Inserted with episode 0 before it is locked, for a row that is not there cannot be locked: two processes that
        # see the same trouble at once would both send a notice.
        insert = self._transaction.insert(sync.AlertRow).values(
            site=self._transaction.site, key=name, subject="", detail="", episode=0, raised_at=now, seen_at=now
        )
        self._transaction.connection.execute(insert.on_conflict_do_nothing(index_elements=["site", "key"]))
        row = self._transaction.connection.execute(select(_alerts).where(self._mine(name)).with_for_update()).one()
        return _alert(row) if row.episode else None

    def _keep(self, alert: Alert) -> None:
        values = {
            "subject": alert.subject,
            "detail": alert.detail,
            "episode": alert.episode,
            "raised_at": alert.raised_at,
            "seen_at": alert.seen_at,
            "cleared_at": alert.cleared_at,
        }
        self._transaction.connection.execute(update(_alerts).where(self._mine(alert.name)).values(**values))

    def _clear(self, which: ColumnElement[bool], now: datetime) -> list[Notice]:
        query = select(_alerts).where(self._lasting(), which).order_by(_alerts.c.id).with_for_update()
        alerts = [_alert(row) for row in self._transaction.connection.execute(query)]
        for alert in alerts:
            over_now = update(_alerts).where(self._mine(alert.name)).values(cleared_at=now)
            self._transaction.connection.execute(over_now)
        return [cleared_notice(self._transaction.site, alert, now) for alert in alerts]

    def _mine(self, name: str) -> ColumnElement[bool]:
        return and_(_alerts.c.site == self._transaction.site, _alerts.c.key == name)

    def _lasting(self) -> ColumnElement[bool]:
        return and_(_alerts.c.site == self._transaction.site, _alerts.c.cleared_at.is_(None))


def open_everywhere(connection: Connection, site: str | None = None) -> dict[str, list[Alert]]:
    """Return the open alerts, oldest first, of every site that has some, or of one."""
    condition = _alerts.c.site == site if site is not None else true()
    query = select(_alerts).where(condition, _alerts.c.cleared_at.is_(None)).order_by(_alerts.c.raised_at, _alerts.c.id)
    alerts: dict[str, list[Alert]] = defaultdict(list)
    for row in connection.execute(query):
        alerts[row.site].append(_alert(row))
    return alerts


def _alert(row: Row[tuple[object, ...]]) -> Alert:
    return Alert(
        name=row.key,
        subject=row.subject,
        detail=row.detail,
        episode=row.episode,
        raised_at=row.raised_at,
        seen_at=row.seen_at,
        cleared_at=row.cleared_at,
    )
