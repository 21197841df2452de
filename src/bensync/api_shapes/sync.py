"""The shapes of runs, plans, deliveries, issues and the status of a site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from pydantic import Field

from bensync.api_shapes.base import Explained, Moment, Paged, Shape, copied, explained
from bensync.core.changes import ChangeKind
from bensync.core.runs import DeliveryKind, DeliveryState, Outcome, RunKind, RunState
from bensync.core.schedule import OVERDUE

if TYPE_CHECKING:
    from bensync.core import changes, runs
    from bensync.core.alerts import Alert
    from bensync.errors import BensyncError
    from bensync.state.read.lists import DeliveryRowView, IssueView
    from bensync.state.read.site_status import RunView, StatusView


class Alarm(Shape):
    """A guard that found a plan to look like an accident."""

    code: str
    count: int | None = None
    limit: str | None = None
    text: str | None = None
    refuses: bool | None = Field(default=None, description="it stops the whole run; the others hold rows")


class RunDelivery(Shape):
    """The delivery that a run made."""

    name: str
    rows: int | None
    state: DeliveryState | None


class Run(Shape):
    """One run."""

    id: int
    site: str
    kind: RunKind
    state: RunState
    outcome: Outcome | None
    counts: dict[str, int]
    delivery: RunDelivery | None
    alarms: list[Alarm]
    cause: str
    actor: str
    boxes: list[str]
    as_of: date
    started_at: Moment
    ended_at: Moment | None
    plan: str | None = Field(description="the fingerprint of what guards hold")
    ledger: dict[str, int] | None
    fill_rates: dict[str, float] = Field(description="which share of the employees has a value, by field")
    brief: str
    error: dict[str, str | int] | None


class RunIssue(Shape):
    """One employee whose data issue kept them out of a run's file."""

    employee_id: str
    code: str


class RunReport(Run):
    """One run with what it could not send; `sync`, `resync` and `snapshot` answer with it."""

    issues: list[RunIssue]


class Runs(Paged):
    """One page of runs."""

    runs: list[Run]


class Started(Shape):
    """Something was started, and continues in the background."""

    started: str


class PlanRow(Shape):
    """One row that a run would send."""

    employee_id: str
    kind: ChangeKind
    fields: list[str]
    reason: str
    effective_date: date | None


class HeldRow(PlanRow):
    """One row that a guard would hold."""

    alarm: str


class PlanIssue(RunIssue):
    """One employee whom a run would keep out of the file."""

    detail: str


class Plan(Shape):
    """What a run would send, hold for review, and leave out."""

    site: str
    fingerprint: str
    as_of: date
    rows: list[PlanRow]
    held: list[HeldRow]
    alarms: list[Alarm]
    issues: list[PlanIssue]
    unchanged: int
    outside: int = Field(description="how many employees are outside the ticked boxes of a resync")


class Delivery(Shape):
    """One file that was sent, or is on its way."""

    id: int
    site: str
    run: int
    feed: str
    kind: DeliveryKind
    sequence: int
    name: str
    state: DeliveryState
    rows: int
    size: int = Field(description="in bytes")
    sha256: str
    attempts: int
    created_at: Moment
    committed_at: Moment | None
    error: dict[str, str | int] | None


class DeliveryRow(Shape):
    """One employee in a file, and the fields that the file changes."""

    employee_id: str
    kind: ChangeKind
    fields: list[str]


class DeliveryDetail(Delivery):
    """One file with the employees in it."""

    people: list[DeliveryRow]


class Issue(Shape):
    """One employee who is blocked by a data issue."""

    id: int
    site: str
    employee_id: str
    code: str
    detail: str
    first_seen: Moment
    last_seen: Moment
    resolved_at: Moment | None


class Issues(Paged):
    """One page of data issues."""

    issues: list[Issue]


class LastUpdate(Shape):
    """The most recent run that succeeded."""

    at: Moment | None
    run: int
    kind: RunKind
    boxes: list[str]
    actor: str
    counts: dict[str, int]
    file: str | None
    state: RunState
    outcome: Outcome | None


class LastError(Shape):
    """The most recent run, where it failed."""

    at: Moment | None
    run: int
    kind: RunKind
    state: RunState
    code: int | None
    what: str | None
    why: str | None
    fix: str | None


class OpenAlert(Shape):
    """Something that is wrong now."""

    alert: str
    subject: str
    since: Moment


class SiteStatus(Shape):
    """A site at a glance."""

    site: str
    last_update: LastUpdate | None
    next_run: Moment | None = Field(description="null for a site that only receives")
    overdue: bool
    pending: dict[str, int] = Field(description="how many requests wait for a decision, by kind")
    issues: int = Field(description="how many data issues are open, held changes among them")
    held: int = Field(description="how many changes are held for review")
    deliveries_in_trouble: int
    last_error: LastError | None


class SiteReport(SiteStatus):
    """A site at a glance with its open alerts, as the command line shows it."""

    alerts: list[OpenAlert]
    disabled: Explained | None = Field(description="why nothing is done for this site")


def run(view: RunView) -> Run:
    """Return one run."""
    return copied(Run, view, **_run_fields(view))


def run_report(view: RunView, issues: Iterable[changes.Issue]) -> RunReport:
    """Return one run with what it could not send."""
    shapes = [RunIssue(employee_id=issue.employee_id, code=issue.code) for issue in issues]
    return copied(RunReport, view, issues=shapes, **_run_fields(view))


def plan(sync_plan: changes.SyncPlan, site: str) -> Plan:
    """Return what a run would send, hold and leave out."""
    return Plan(
        site=site,
        fingerprint=sync_plan.fingerprint,
        as_of=sync_plan.as_of,
        rows=[_plan_row(change) for change in sync_plan.sends],
        held=[HeldRow(**_plan_row(entry.change).model_dump(), alarm=entry.alarm) for entry in sync_plan.held],
        alarms=[copied(Alarm, alarm) for alarm in sync_plan.alarms],
        issues=[copied(PlanIssue, issue) for issue in sync_plan.issues],
        unchanged=len(sync_plan.unchanged),
        outside=len(sync_plan.outside),
    )


def delivery(file: runs.Delivery, site: str) -> Delivery:
    """Return one delivery."""
    return copied(Delivery, file, site=site, run=file.run_id, error=dict(file.error) or None)


def delivery_detail(file: runs.Delivery, site: str, rows: Iterable[DeliveryRowView]) -> DeliveryDetail:
    """Return one delivery with the employees in it."""
    people = [copied(DeliveryRow, row, fields=list(row.fields)) for row in rows]
    return copied(DeliveryDetail, file, site=site, run=file.run_id, error=dict(file.error) or None, people=people)


def issue(view: IssueView) -> Issue:
    """Return one data issue."""
    return copied(Issue, view)


def status(view: StatusView, next_run: datetime | None, now: datetime) -> SiteStatus:
    """Return the status of a site; ``next_run`` is None where it only receives."""
    return copied(SiteStatus, view, **_status_fields(view, next_run, now))


def report(
    view: StatusView, next_run: datetime | None, now: datetime, alerts: Sequence[Alert], broken: BensyncError | None
) -> SiteReport:
    """Return the status of a site with its open alerts, and what is wrong with its configuration."""
    return copied(
        SiteReport,
        view,
        alerts=[OpenAlert(alert=alert.name, subject=alert.subject, since=alert.raised_at) for alert in alerts],
        disabled=explained(broken) if broken is not None else None,
        **_status_fields(view, next_run, now),
    )


def _status_fields(view: StatusView, next_run: datetime | None, now: datetime) -> dict[str, object]:
    return {
        "last_update": _last_update(view.last_update) if view.last_update is not None else None,
        "next_run": next_run,
        "overdue": next_run is not None and now - next_run > OVERDUE,
        "pending": {kind.value: count for kind, count in view.pending.items()},
        "last_error": _last_error(view.last_error) if view.last_error is not None else None,
    }


def _run_fields(view: RunView) -> dict[str, object]:
    delivery = (
        RunDelivery(name=view.delivery, rows=view.delivery_rows, state=view.delivery_state) if view.delivery else None
    )
    return {
        "counts": dict(view.counts),
        "delivery": delivery,
        "alarms": [Alarm(**alarm) for alarm in view.alarms],
        "boxes": list(view.boxes),
        "ledger": dict(view.ledger) or None,
        "fill_rates": dict(view.fill_rates),
        "error": dict(view.error) or None,
    }


def _plan_row(change: changes.Change) -> PlanRow:
    return copied(PlanRow, change, employee_id=change.candidate.employee_id, fields=list(change.fields))


def _last_update(view: RunView) -> LastUpdate:
    return copied(
        LastUpdate,
        view,
        at=view.ended_at,
        run=view.id,
        boxes=list(view.boxes),
        counts=dict(view.counts),
        file=view.delivery,
    )


def _last_error(view: RunView) -> LastError:
    words = {name: view.error.get(name) for name in ("code", "what", "why", "fix")}
    return LastError.model_validate(
        {"at": view.ended_at, "run": view.id, "kind": view.kind, "state": view.state, **words}
    )
