"""The shapes of the status of a site."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import Field

from bensync.api_shapes.base import Explained, Moment, Shape, copied, explained
from bensync.core.runs import Outcome, RunKind, RunState
from bensync.core.schedule import OVERDUE

if TYPE_CHECKING:
    from bensync.core.alerts import Alert
    from bensync.errors import BensyncError
    from bensync.state.read.site_status import RunView, StatusView


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
    # An interrupted run has no error: its process ended before it could write one.
    words = {name: view.error.get(name) for name in ("code", "what", "why", "fix")}
    return LastError.model_validate(
        {"at": view.ended_at, "run": view.id, "kind": view.kind, "state": view.state, **words}
    )
