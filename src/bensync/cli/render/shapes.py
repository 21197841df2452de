"""The JSON shapes that scripts rely on; more keys may come, none goes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bensync.core.schedule import OVERDUE

if TYPE_CHECKING:
    from bensync.actions.approvals import Decision
    from bensync.core.changes import Change, FieldChange, Issue, SyncPlan
    from bensync.core.runs import Delivery
    from bensync.state.read.lists import AuditView, DeliveryRowView, IssueView, PersonDetail, PersonView, RequestView
    from bensync.state.read.site_status import RunView, StatusView

Shape = dict[str, Any]


def run(view: RunView, issues: Iterable[Issue] | None = None) -> Shape:
    """One run; the people kept back where they are at hand."""
    shape: Shape = {
        "id": view.id,
        "site": view.site,
        "kind": view.kind,
        "state": view.state,
        "outcome": view.outcome,
        "counts": dict(view.counts),
        "delivery": _made(view),
        "alarms": [_alarm(alarm) for alarm in view.alarms],
        "cause": view.cause,
        "actor": view.actor,
        "boxes": list(view.boxes),
        "as_of": view.as_of,
        "started_at": view.started_at,
        "ended_at": view.ended_at,
        "plan": view.plan,
        "ledger": dict(view.ledger) or None,
        "fill_rates": dict(view.fill_rates),
        "brief": view.brief,
        "error": dict(view.error) or None,
    }
    if issues is not None:
        shape["issues"] = [{"employee_id": issue.employee_id, "code": issue.code} for issue in issues]
    return shape


def plan(found: SyncPlan, site: str) -> Shape:
    """What a run would send, hold and keep back."""
    return {
        "site": site,
        "fingerprint": found.fingerprint,
        "as_of": found.as_of,
        "rows": [_change(change) for change in found.sends],
        "held": [{**_change(entry.change), "alarm": entry.alarm} for entry in found.held],
        "alarms": [
            {
                "code": alarm.code,
                "count": alarm.count,
                "limit": alarm.limit,
                "text": alarm.text,
                "refuses": alarm.refuses,
            }
            for alarm in found.alarms
        ],
        "issues": [
            {"employee_id": issue.employee_id, "code": issue.code, "detail": issue.detail} for issue in found.issues
        ],
        "unchanged": len(found.unchanged),
        "outside": len(found.outside),
    }


def status(view: StatusView, next_run: datetime | None, now: datetime) -> Shape:
    """A site at a glance; one that only receives has no next run."""
    return {
        "site": view.site,
        "last_update": _update(view.last_update) if view.last_update is not None else None,
        "next_run": next_run,
        "overdue": next_run is not None and now - next_run > OVERDUE,
        "pending": {kind.value: count for kind, count in view.pending.items()},
        "issues": view.issues,
        "deliveries_in_trouble": view.deliveries_in_trouble,
        "last_error": _failure(view.last_error) if view.last_error is not None else None,
    }


def request(view: RequestView) -> Shape:
    """One request."""
    return {
        "id": view.id,
        "site": view.site,
        "kind": view.kind,
        "risk": view.risk,
        "state": view.state,
        "person": {"employee_id": view.person.employee_id, "name": view.person.name, "ssn": view.person.ssn},
        "effective_date": view.effective_date,
        "warnings": list(view.warnings),
        "changes": _changes(view.changes),
        "delivery": view.delivery,
        "superseded_by": view.superseded_by,
        "opened_at": view.opened_at,
        "origin": view.origin,
        "participant": view.participant_id,
        "duplicate_of": view.duplicate_of,
        "decided_at": view.decided_at,
        "decided_by": view.decided_by,
        "decline_code": view.decline_code,
        "note": view.note,
        "closed_because": view.closed_because,
    }


def decisions(made: Iterable[Decision], left: Iterable[int]) -> Shape:
    """What became of decisions, and which requests were left alone."""
    return {"decisions": [_decision(decision) for decision in made], "left": list(left)}


def person(view: PersonView) -> Shape:
    """One participant."""
    return {
        "employee_id": view.employee_id,
        "name": view.name,
        "ssn": view.ssn,
        "status": view.status,
        "hire_date": view.hire_date,
        "termination_date": view.termination_date,
        "hr_status": view.hr_status,
        "program": view.program,
        "site": view.site,
        "id": view.id,
        "version": view.version,
        "updated_at": view.updated_at,
    }


def person_detail(detail: PersonDetail, pending: Iterable[int]) -> Shape:
    """One participant with all that was approved."""
    return {
        **person(detail.person),
        "values": dict(detail.values),
        "activities": [
            {"class": trace.event_class, "date": trace.event_date, "action": trace.action, "final": trace.final}
            for trace in detail.activities
        ],
        "pending_requests": list(pending),
    }


def delivery(found: Delivery, site: str, rows: Iterable[DeliveryRowView] | None = None) -> Shape:
    """One delivery, with whom it told about where that is wanted."""
    shape: Shape = {
        "id": found.id,
        "site": site,
        "run": found.run_id,
        "feed": found.feed,
        "kind": found.kind,
        "sequence": found.sequence,
        "name": found.name,
        "state": found.state,
        "rows": found.rows,
        "size": found.size,
        "sha256": found.sha256,
        "attempts": found.attempts,
        "created_at": found.created_at,
        "committed_at": found.committed_at,
        "error": dict(found.error) or None,
    }
    if rows is not None:
        shape["people"] = [
            {"employee_id": row.employee_id, "kind": row.kind, "fields": list(row.fields)} for row in rows
        ]
    return shape


def issue(view: IssueView) -> Shape:
    """One person kept back."""
    return {
        "id": view.id,
        "site": view.site,
        "employee_id": view.employee_id,
        "code": view.code,
        "detail": view.detail,
        "first_seen": view.first_seen,
        "last_seen": view.last_seen,
        "resolved_at": view.resolved_at,
    }


def audit(view: AuditView) -> Shape:
    """One audit entry."""
    return {
        "id": view.id,
        "site": view.site,
        "at": view.at,
        "actor": view.actor,
        "verb": view.verb,
        "object": view.object,
        "reason": view.reason,
        "changes": _changes(view.changes),
    }


def _made(view: RunView) -> Shape | None:
    if view.delivery is None:
        return None
    return {"name": view.delivery, "rows": view.delivery_rows, "state": view.delivery_state}


def _alarm(alarm: Shape) -> Shape:
    return {name: alarm.get(name) for name in ("code", "count", "limit", "text", "refuses")}


def _change(change: Change) -> Shape:
    return {
        "employee_id": change.candidate.employee_id,
        "kind": change.kind,
        "fields": list(change.fields),
        "reason": change.reason,
        "effective_date": change.effective_date,
    }


def _update(view: RunView) -> Shape:
    return {
        "at": view.ended_at,
        "run": view.id,
        "kind": view.kind,
        "boxes": list(view.boxes),
        "actor": view.actor,
        "counts": dict(view.counts),
        "file": view.delivery,
        "state": view.state,
        "outcome": view.outcome,
    }


def _failure(view: RunView) -> Shape:
    told = {name: view.error.get(name) for name in ("code", "what", "why", "fix")}
    return {"at": view.ended_at, "run": view.id, "kind": view.kind, "state": view.state, **told}


def _changes(changes: Iterable[FieldChange]) -> list[Shape]:
    return [{"field": change.field, "old": change.old, "new": change.new} for change in changes]


def _decision(decision: Decision) -> Shape:
    shape: Shape = {"id": decision.request_id, "done": decision.done, "waits": decision.waits}
    if decision.error is not None:
        shape |= {"why": decision.error.why, "fix": decision.error.fix, "successor": decision.successor}
    return shape
