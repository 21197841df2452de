"""Rows of the tables of benefit events, and the values behind them: the one place where columns and values meet."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Row

from bensync.benefits.engine.event_order import is_queued
from bensync.benefits.engine.run import awaits_loss_confirmation
from bensync.benefits.values.activities import Activity, ActivitySource, ActivityState, RowChange
from bensync.benefits.values.cobra import CobraRecord, CobraState, Milestone
from bensync.benefits.values.dependents import Dependent
from bensync.benefits.values.enrollments import Assignment, Enrollment
from bensync.benefits.values.events import Event, EventStatus, Indicator
from bensync.core.people import DatedRow
from bensync.state.db.sealed_columns import SealedColumn
from bensync.state.db.vault import Vault
from bensync.state.schema import benefits

# The number of the participant and not the SSN's key: a corrected SSN leaves all events and coverage as they are
# (decision 47).
ORIGIN = SealedColumn(benefits.ActivityRow.__table__, "sealed_origin", "participant_id", "number")
EVENT = SealedColumn(
    benefits.EventRow.__table__, "sealed_event", "participant_id", "number", "status", "process", "indicator"
)
ENROLLMENT = SealedColumn(benefits.EnrollmentRow.__table__, "sealed_enrollment", "participant_id", "number")
DEPENDENT = SealedColumn(benefits.DependentRow.__table__, "sealed_dependent", "participant_id", "version")


class _Origin(msgspec.Struct, frozen=True):
    """The dated rows behind an activity."""

    change: RowChange | None
    rows: tuple[DatedRow, ...]


_encoder = msgspec.msgpack.Encoder()
_events = msgspec.msgpack.Decoder(Event)
_enrollments = msgspec.msgpack.Decoder(Enrollment)
_dependents = msgspec.msgpack.Decoder(Dependent)
_origins = msgspec.msgpack.Decoder(_Origin)


def activity_row(participant_id: int, activity: Activity, vault: Vault) -> dict[str, Any]:
    """Return the columns of an activity; without a dated row behind it nothing is sealed."""
    origin = _Origin(activity.change, activity.rows)
    has_origin = activity.change is not None or activity.rows
    columns = {
        "participant_id": participant_id,
        "number": activity.id,
        "request_id": activity.request_id,
        "source": activity.source.value,
        "event_class": activity.event_class,
        "event_date": activity.event_date,
        "action": activity.action,
        "reason": activity.reason,
        "rank": activity.rank,
        "final": activity.final,
        "state": activity.state.value,
    }
    return {**columns, "sealed_origin": ORIGIN.seal(vault, _encoder.encode(origin), columns) if has_origin else None}


def activity_of(row: Row[Any], vault: Vault | None) -> Activity:
    """Return the activity of a row; without a vault, the dated rows behind it are left out."""
    origin = _Origin(None, ())
    if vault is not None and row.sealed_origin is not None:
        origin = _origins.decode(ORIGIN.open(vault, row))
    return Activity(
        id=row.number,
        source=ActivitySource(row.source),
        event_class=row.event_class,
        event_date=row.event_date,
        action=row.action,
        reason=row.reason,
        change=origin.change,
        rows=origin.rows,
        rank=row.rank,
        final=row.final,
        state=ActivityState(row.state),
        request_id=row.request_id,
    )


def event_row(participant_id: int, event: Event, vault: Vault) -> dict[str, Any]:
    """Return the columns of an event, and the whole of it sealed."""
    # The plain columns are for searches and are computed here alone; nothing is read back from them, so they cannot
    # disagree with the sealed event (decision 47).
    columns = {
        "participant_id": participant_id,
        "number": event.number,
        "event_class": event.event_class,
        "event_date": event.event_date,
        "priority": event.priority,
        "source": event.source.value,
        "status": event.status.value,
        "process": event.process.value,
        "indicator": event.indicator.value,
        "flags": sorted(event.flags),
        "activities": list(event.activities),
        "final": event.final,
        "program": event.program,
        "stops_short": awaits_loss_confirmation(event),
        "pending": _pending(event),
        "notified": event.notified,
        "entered": event.entered,
        "finished": event.finished,
    }
    return {**columns, "sealed_event": EVENT.seal(vault, _encoder.encode(event), columns)}


def event_of(row: Row[Any], vault: Vault) -> Event:
    """Return the event of a row."""
    return _events.decode(EVENT.open(vault, row))


def _pending(event: Event) -> bool:
    """Return whether a run must look at an event: it is in process or queued, or an indicator asks for something."""
    return event.status is EventStatus.OPEN or is_queued(event) or event.indicator is not Indicator.NORMAL


def enrollment_row(participant_id: int, row: Enrollment, vault: Vault) -> dict[str, Any]:
    """Return the columns of a coverage row, and the whole of it sealed."""
    columns = {
        "participant_id": participant_id,
        "number": row.number,
        "event": row.event,
        "plan_type": row.plan_type,
        "plan": row.terms.plan,
        "option": row.terms.option,
        "step": row.step.value,
        "coverage": row.coverage.value,
        "effective_date": row.effective_date,
        "deduction_begin": row.deduction_begin,
        "reversed": row.reversed,
    }
    return {**columns, "sealed_enrollment": ENROLLMENT.seal(vault, _encoder.encode(row), columns)}


def enrollment_of(row: Row[Any], vault: Vault) -> Enrollment:
    """Return the enrollment of a row, with the reversal that the plain column has."""
    # A trigger lets only `reversed` change, so a reversal is not in the sealed value.
    enrollment = _enrollments.decode(ENROLLMENT.open(vault, row))
    return (
        msgspec.structs.replace(enrollment, reversed=row.reversed)
        if row.reversed != enrollment.reversed
        else enrollment
    )


def dependent_row(participant_id: int, version: Dependent, vault: Vault) -> dict[str, Any]:
    """Return the columns of a version of a dependent, and the whole of it sealed; nothing personal is in the others."""
    columns = {
        "participant_id": participant_id,
        "version": version.version,
        "number": version.number,
        "effective_date": version.effective_date,
        "dropped": version.dropped is not None,
    }
    return {**columns, "sealed_dependent": DEPENDENT.seal(vault, _encoder.encode(version), columns)}


def dependent_of(row: Row[Any], vault: Vault) -> Dependent:
    """Return the version of a dependent of a row."""
    return _dependents.decode(DEPENDENT.open(vault, row))


def assignment_row(participant_id: int, number: int, assignment: Assignment) -> dict[str, Any]:
    """Return the columns of an assignment; its number is its place among those of the participant."""
    return {"participant_id": participant_id, "number": number, **msgspec.structs.asdict(assignment)}


def assignment_of(row: Row[Any]) -> Assignment:
    """Return the assignment of a row."""
    return Assignment(row.event, row.program, row.effective_date, row.reversed)


def cobra_row(participant_id: int, record: CobraRecord) -> dict[str, Any]:
    """Return the columns of a COBRA record."""
    milestones = [[step.value, on.isoformat()] for step, on in record.milestones]
    encoded = {"state": record.state.value, "milestones": milestones, "dependents": list(record.dependents)}
    return {"participant_id": participant_id, **msgspec.structs.asdict(record), **encoded}


def cobra_of(row: Row[Any]) -> CobraRecord:
    """Return the COBRA record of a row."""
    return CobraRecord(
        event=row.event,
        event_date=row.event_date,
        action=row.action,
        occurrence_date=row.occurrence_date,
        until=row.until,
        state=CobraState(row.state),
        milestones=tuple((Milestone(step), date.fromisoformat(on)) for step, on in row.milestones),
        employment_record=row.employment_record,
        dependents=tuple(row.dependents),
    )
