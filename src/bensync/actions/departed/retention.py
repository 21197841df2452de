"""Previews and applies retention: deletes the records of a site whose period is over, on the decision of a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from bensync.actions.authorization import RETENTION, authorize, require_reason, require_second_person
from bensync.core.access import Actor, Right
from bensync.core.changes import FieldChange
from bensync.errors import RELOAD, DecisionError
from bensync.fault_points import point
from bensync.retention.kinds import Periods
from bensync.retention.plan import DeletedRows, RetentionPlan
from bensync.state.db.engine import overwrite_deleted
from bensync.state.db.transaction import PAGE, pages
from bensync.state.retention.sweep import sweep
from bensync.state.store import Store

_PEOPLE = "retention.people"


class RetentionApplied(msgspec.Struct, frozen=True):
    """A retention run: what it deleted, and whether the deleted bytes are gone from the file of the database."""

    plan: RetentionPlan
    erased: bool


def preview(
    store: Store, site: str, periods: Periods, actor: Actor, now: datetime, *, benefits: bool = False
) -> RetentionPlan:
    """Return what a retention run would delete today; nothing is changed.

    Args:
        store: the state.
        site: the site.
        periods: how long each kind is kept.
        actor: the person who asks.
        now: the moment.
        benefits: whether the site processes benefit events.

    Raises:
        Denied: this actor may not see the audit trail.
        StateError: the legal holds are not those of the audit trail.
    """
    authorize(store, site, actor, Right.SEE_AUDIT, now)
    # The same statements as in `apply`, rolled back: two ways of finding the rows could differ.
    with store.rehearse(site) as state:
        return sweep(state, periods, now.astimezone(UTC).date(), benefits=benefits)


def apply(
    store: Store,
    site: str,
    periods: Periods,
    fingerprint: str,
    reason: str,
    actor: Actor,
    now: datetime,
    *,
    takes_two: bool = False,
    benefits: bool = False,
) -> RetentionApplied:
    """Delete exactly what a preview showed, in one transaction with its audit entries.

    Args:
        store: the state.
        site: the site.
        periods: how long each kind is kept.
        fingerprint: of the plan that the person saw.
        reason: why, for the audit trail; it names nobody.
        actor: the person who decides.
        now: the moment.
        takes_two: whether a second person must do the same.
        benefits: whether the site processes benefit events.

    Raises:
        Denied: this actor may not delete records.
        DecisionError: the plan has changed since, the reason is missing, or a second person is needed.
        BusyError: a run is at work at this site.
        StateError: the legal holds are not those of the audit trail.
    """
    authorize(store, site, actor, Right.DELETE_RECORDS, now)
    reason = require_reason(reason, "Nothing was deleted.")
    today = now.astimezone(UTC).date()
    with store.rehearse(site) as state:
        _refuse_other(sweep(state, periods, today, benefits=benefits), fingerprint)
    if takes_two:
        (act,) = RETENTION
        require_second_person(store, site, actor, act, f"plan {fingerprint}", now)
    with store.write(site, "retention.apply") as state:
        # No run may be at work: what it has read already would be gone before it is written.
        lease = state.runs.take_lease(now)
        overwrite_deleted(state.transaction.connection)
        plan = sweep(state, periods, today, benefits=benefits)
        _refuse_other(plan, fingerprint)
        point("retention.deleted")
        if plan.rows:
            subject = f"{plan.rows} rows, plan {fingerprint}"
            state.audit.record(actor.name, "retention.apply", subject, now, reason=reason, changes=_changes(plan))
            state.audit.record_all(actor.name, _PEOPLE, now, _people(plan))
        state.runs.give_back_lease(lease)
    return RetentionApplied(plan, store.erase_deleted())


def _refuse_other(plan: RetentionPlan, fingerprint: str) -> None:
    if plan.fingerprint() != fingerprint:
        raise DecisionError(
            "Nothing was deleted.",
            "What would be deleted is not what the preview showed: records, legal holds, or periods changed since.",
            "Run `bensync retention preview` again, review it, and apply the plan that it names.",
            remedy=RELOAD,
        )


def _changes(plan: RetentionPlan) -> Iterator[FieldChange]:
    return (FieldChange(f"{part.kind}.{part.table}", _text(part), None) for part in plan.deleted)


def _text(part: DeletedRows) -> str:
    """Return what was deleted from a table, by counts, days and keys; no value of a person is in it."""
    days = f", {part.first} to {part.last}" if part.first is not None else ""
    keys = f", {part.named_by} {part.keys}" if part.keys else ""
    return f"{part.rows} row{'s' if part.rows > 1 else ''}{days}{keys}"


def _people(plan: RetentionPlan) -> Iterator[tuple[str, list[FieldChange]]]:
    for page in pages(plan.employees, PAGE):
        yield f"{len(page)} former employees", [FieldChange("employee_id", ", ".join(page), None)]
