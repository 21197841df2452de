"""The shapes of runs, plans, deliveries, received files and issues."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from pydantic import Field

from bensync.api_shapes.base import Error, Moment, Paged, Shape, copied, error
from bensync.core.changes import ChangeKind
from bensync.core.runs import DeliveryKind, DeliveryState, Outcome, RunKind, RunState
from bensync.state.sync.received import ReceivedState
from bensync.wording.sync import issue_detail

if TYPE_CHECKING:
    from bensync.core import changes, runs
    from bensync.pipeline.receive import IntakeReport
    from bensync.state.read.lists import DeliveryRowView, IssueView
    from bensync.state.read.site_status import RunView
    from bensync.state.sync import received
    from bensync.state.upkeep import after_restore


class Alarm(Shape):
    """A safety limit that a plan has reached."""

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


class FieldFill(Shape):
    """How many people of a first load have a value in one field."""

    field: str
    filled: int
    required: bool


class FirstLoad(Shape):
    """The quality of a first load, before which nobody was ever sent."""

    people: int
    fields: list[FieldFill] = Field(description="the columns of the file, in its order")
    shared_ssns: int = Field(description="people who share an SSN")
    odd_values: dict[str, int] = Field(description="what is wrong with a field, and for how many people")


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
    first_load: FirstLoad | None
    out_of_scope: int = Field(description="how many of the employees that were read are out of scope")


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


class Released(Shape):
    """An employee who was released as gone from HR."""

    site: str
    employee_id: str


class ReceivedFile(Shape):
    """One file that was checked."""

    site: str
    name: str
    sequence: int
    state: ReceivedState
    rows: int = Field(description="how many employees are in it")
    requests: int = Field(description="how many requests it opened")
    reason: str | None = Field(description="why it was quarantined")
    size: int = Field(description="in bytes")
    sha256: str = Field(description="of the sealed file; empty where it was too large to be read")
    received_at: Moment


class Intake(Shape):
    """The result of reading an inbox."""

    site: str
    files: list[ReceivedFile] = Field(description="the files read now, in order")
    stopped: Error | None = Field(description="why later files wait; null when nothing waits")
    strangers: list[str] = Field(description="names that have not the form of files of this site")


class CaughtUp(Shape):
    """What a site does after a restore, once somebody recorded which files the receiver has."""

    site: str
    last: int = Field(description="the highest file number that the receiver has")
    void: list[int] = Field(description="numbers of files that the receiver has and this database does not know")
    abandoned: list[int] = Field(description="deliveries that were begun and are not sent any more")


class Issues(Paged):
    """One page of data issues."""

    issues: list[Issue]


def received_file(file: received.ReceivedFile, site: str) -> ReceivedFile:
    """Return one file that a site received."""
    return copied(ReceivedFile, file, site=site, reason=file.reason or None)


def intake(report: IntakeReport, site: str, strangers: list[str]) -> Intake:
    """Return what reading the inbox of a site did."""
    stopped = error(report.stopped) if report.stopped is not None else None
    files = [received_file(file, site) for file in report.files]
    return Intake(site=site, files=files, stopped=stopped, strangers=strangers)


def caught_up(done: after_restore.CaughtUp, site: str, last: int) -> CaughtUp:
    """Return what follows from the last number that the receiver has."""
    return CaughtUp(site=site, last=last, void=list(done.void), abandoned=list(done.abandoned))


def run(view: RunView) -> Run:
    """Return one run."""
    return copied(Run, view, **run_fields(view))


def run_fields(view: RunView) -> dict[str, object]:
    """Return the fields of a run that a view keeps in another way."""
    delivery = (
        RunDelivery(name=view.delivery, rows=view.delivery_rows, state=view.delivery_state) if view.delivery else None
    )
    return {
        "counts": dict(view.counts),
        "delivery": delivery,
        "alarms": [Alarm(**alarm) for alarm in view.alarms],
        "boxes": list(view.boxes),
        # The database holds an empty mapping where the run ended before it; null says so to a program.
        "ledger": dict(view.ledger) or None,
        "fill_rates": dict(view.fill_rates),
        "error": dict(view.error) or None,
    }


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
        # Counted, not listed: on a usual day this is nearly everybody.
        unchanged=len(sync_plan.unchanged),
        outside=len(sync_plan.outside),
        first_load=_first_load(sync_plan.first_load) if sync_plan.first_load else None,
        out_of_scope=len(sync_plan.out_of_scope),
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
    return copied(Issue, view, detail=issue_detail(view.code, view.detail))


def _first_load(load: changes.FirstLoad) -> FirstLoad:
    fields = [copied(FieldFill, entry) for entry in load.fields]
    return copied(FirstLoad, load, fields=fields, odd_values=dict(load.odd_values))


def _plan_row(change: changes.Change) -> PlanRow:
    return copied(PlanRow, change, employee_id=change.candidate.employee_id, fields=list(change.fields))
