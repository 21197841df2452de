"""The shapes of audit entries, and of what is kept and deleted: legal holds and retention runs."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import Field

from bensync.api_shapes.base import FieldDifference, Moment, Shape, copied, difference

if TYPE_CHECKING:
    from bensync.retention import plan as plans
    from bensync.state.read.lists import AuditView
    from bensync.state.retention.holds import LegalHold as Hold


class AuditEntry(Shape):
    """One audit entry: actor, action, time, and changes, which a list leaves out."""

    id: int
    site: str
    at: Moment
    actor: str
    verb: str
    object: str
    reason: str
    changes: list[FieldDifference]


class LegalHold(Shape):
    """One legal hold: nothing about the person is deleted while it is in force."""

    site: str
    employee_id: str
    reason: str
    placed_by: str
    placed_at: Moment
    released_by: str | None
    released_at: Moment | None


class DeletedRows(Shape):
    """Rows of one table that a retention run deletes; it names no value of a person."""

    kind: str = Field(description="the kind of data, as `[retention]` names it")
    table: str
    rows: int
    first: date | None = Field(description="the earliest day of the rows")
    last: date | None
    named_by: str = Field(description="the column whose values `keys` lists as ranges")
    keys: str


class RetentionPlan(Shape):
    """What a retention run of a site deletes."""

    site: str
    plan: str = Field(description="the fingerprint that `bensync retention apply` asks for")
    rows: int
    deleted: list[DeletedRows]
    employees: list[str] = Field(description="HR employee ids of the former employees who are deleted")
    kept: dict[str, int] = Field(description="former employees who are kept although their period is over, by reason")
    holds: int = Field(description="legal holds in force")
    mixed_kept: bool = Field(description="whether records that mix people are kept because of a legal hold")


class RetentionRun(RetentionPlan):
    """What a retention run of a site deleted."""

    erased: bool = Field(description="whether the bytes are gone from the file of the database, too")


class VerifiedTrail(Shape):
    """An audit trail of which no entry was changed or removed."""

    site: str = Field(description="empty for the trail of the deployment")
    entries: int


class TrailHead(Shape):
    """The last entry of an audit trail, to be kept elsewhere."""

    site: str = Field(description="empty for the trail of the deployment")
    id: int
    mac: str = Field(description="in hexadecimal digits")


def entry(view: AuditView) -> AuditEntry:
    """Return one audit entry."""
    return copied(AuditEntry, view, changes=[difference(change) for change in view.changes])


def legal_hold(view: Hold, site: str) -> LegalHold:
    """Return one legal hold."""
    return copied(LegalHold, view, site=site)


def retention_plan(plan: plans.RetentionPlan) -> RetentionPlan:
    """Return what a retention run would delete."""
    return RetentionPlan(**_retention(plan))


def retention_run(plan: plans.RetentionPlan, *, erased: bool) -> RetentionRun:
    """Return what a retention run deleted."""
    return RetentionRun(**_retention(plan), erased=erased)


def _retention(plan: plans.RetentionPlan) -> dict[str, Any]:
    return {
        "site": plan.site,
        "plan": plan.fingerprint(),
        "rows": plan.rows,
        "deleted": [copied(DeletedRows, part) for part in plan.deleted],
        "employees": list(plan.employees),
        "kept": {str(reason): number for reason, number in plan.kept.items()},
        "holds": plan.holds,
        "mixed_kept": plan.shared_kept,
    }
