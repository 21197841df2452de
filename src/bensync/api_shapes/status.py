"""How a deployment is: the status of its sites, findings of checks, backups, and the state key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import ConfigDict, Field

from bensync.api_shapes.base import Explained, Moment, Shape, copied, explained
from bensync.core.runs import Outcome, RunKind, RunState
from bensync.core.schedule import OVERDUE

if TYPE_CHECKING:
    from bensync.core.alerts import Alert
    from bensync.core.ports import PreflightFinding
    from bensync.errors import BensyncError
    from bensync.state.read.site_status import RunView, StatusView
    from bensync.state.upkeep import backup as backups
    from bensync.state.upkeep import key_rotation
    from bensync.state.upkeep.restore import Restored


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
    held_up: int = Field(
        description="how many approved terminations wait behind an open benefit event, while the coverage goes on"
    )
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


class Finding(Shape):
    """One thing that was checked."""

    site: str | None = Field(description="null for the deployment as a whole")
    subject: str
    ok: bool
    detail: str
    fix: str = Field(description="how to fix it; empty where it is well")


class BackupFile(Shape):
    """A copy of the database in one file."""

    model_config = ConfigDict(serialize_by_alias=True)

    file: str
    schema_: str = Field(serialization_alias="schema", description="the schema of the database")
    tables: int
    rows: dict[str, int] = Field(description="the number of rows of each table")
    size: int = Field(description="in bytes")
    broken: list[Finding] = Field(description="inconsistencies of the database, and so of its copy")


class RestoredDatabase(Shape):
    """A database that was replaced by a backup."""

    model_config = ConfigDict(serialize_by_alias=True)

    file: str
    schema_: str = Field(serialization_alias="schema", description="the schema of the database")
    came_from: str = Field(description="the schema of the backup")
    rows: dict[str, int] = Field(description="the number of rows of each table")
    kept: str | None = Field(description="the file with the database before")
    sites: list[str] = Field(description="sites that send nothing until somebody records what the receiver has")


class KeyVersion(Shape):
    """One version of the state key."""

    version: int
    held: bool = Field(description="whether the key in use has it")
    newest: bool = Field(description="whether new values are encrypted with it")
    values: int = Field(description="values that it encrypts")


class KeyRotation(Shape):
    """A rotation of the state key."""

    version: int
    values: int = Field(description="values that were encrypted again")
    to_set: str | None = Field(description="the key to set where bensync cannot write it; the rotation goes on then")


class RetiredKey(Shape):
    """A version of the state key that encrypts nothing any more."""

    version: int
    by_hand: bool = Field(description="whether a person must remove it from where the key is kept")


class SiteTotal(Shape):
    """The sum of all sites."""

    sites: int
    disabled: int
    failed: int
    overdue: int
    pending: dict[str, int]
    issues: int
    deliveries_in_trouble: int
    held_up: int = Field(description="how many approved terminations wait behind an open event")
    alerts: dict[str, int] = Field(description="how many alerts are open, by kind")


class DaemonState(Shape):
    """Whether the daemon answers."""

    alive: bool | None = Field(description="null where the configuration gives it no address")


class QueueState(Shape):
    """The queue of the workers."""

    waiting: int
    at_work: int
    workers: int


def finding(site: str, line: PreflightFinding) -> Finding:
    """Return one finding of a check; ``site`` is empty for the deployment as a whole."""
    return copied(Finding, line, site=site or None)


def backup(copy: backups.Backup) -> BackupFile:
    """Return one backup."""
    return BackupFile(
        file=str(copy.file),
        schema_=copy.schema,
        tables=len(copy.rows),
        rows=dict(copy.rows),
        size=copy.size,
        broken=[finding("", line) for line in copy.broken],
    )


def restored(file: str, done: Restored) -> RestoredDatabase:
    """Return the result of a restore from a file."""
    return RestoredDatabase(
        file=file,
        schema_=done.schema,
        came_from=done.came_from,
        rows=dict(done.rows),
        kept=str(done.kept) if done.kept else None,
        sites=list(done.sites),
    )


def key_version(version: key_rotation.Version) -> KeyVersion:
    """Return one version of the state key."""
    return copied(KeyVersion, version)


def rotation(done: key_rotation.Rotated) -> KeyRotation:
    """Return what a rotation did."""
    return copied(KeyRotation, done, to_set=done.to_set or None)
