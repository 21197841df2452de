"""Small builders for what lists show: a whole view from the few facts that a test is about."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from msgspec.structs import replace

from bensync.benefits.values.activities import Activity, ActivitySource
from bensync.benefits.values.cobra import CobraRecord
from bensync.benefits.values.enrollments import Coverage, Enrollment, PostingStep, Terms
from bensync.benefits.values.events import Event, EventStatus, Indicator, Process
from bensync.core.access import Actor, Right
from bensync.core.changes import ChangeKind, FieldChange
from bensync.core.people import Standing, Status
from bensync.core.requests import Origin, RequestState, Risk
from bensync.core.runs import Delivery, DeliveryKind, DeliveryState, Outcome, RunKind, RunState
from bensync.mappings.catalogue import FIELDS
from bensync.state.read.event_lists import CobraLine, CoverageLine, EventLine, RemarkLine, Summary, Who
from bensync.state.read.lists import AuditView, IssueView, PersonSummary, PersonView, RequestView
from bensync.state.read.site_status import RunView
from bensync.wording.visibility import Visibility
from tests.unit.benefits.cases import OPTIONS

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ADA = Who(7, "104", "Ada Vale")


def visibility(*rights: Right, fields: frozenset[str] = frozenset()) -> Visibility:
    """Return what a user with these rights sees."""
    return Visibility(Actor("kim", "acme", frozenset(rights), fields=fields), FIELDS)


def request_view(**facts: Any) -> RequestView:
    """Return a pending request about Ada Vale's city."""
    view = RequestView(
        id=1,
        site="acme",
        kind=ChangeKind.UPDATE,
        risk=Risk.LOW,
        state=RequestState.PENDING,
        person=PersonSummary("104", "Ada Vale", "***-**-6789"),
        effective_date=date(2026, 6, 20),
        warnings=(),
        changes=(FieldChange("city", "Akron", "Dayton"),),
        delivery="ACME_DELTA_000001.csv.gpg",
        superseded_by=None,
        opened_at=NOON,
        origin=Origin.ROW,
        participant_id=7,
        duplicate_of=None,
        decided_at=None,
        decided_by=None,
        decline_code=None,
        note=None,
        closed_because=None,
    )
    return replace(view, **facts)


def person_view(**facts: Any) -> PersonView:
    """Return Ada Vale, an active participant."""
    view = PersonView(
        id=7,
        site="acme",
        employee_id="104",
        name="Ada Vale",
        ssn="***-**-6789",
        status=Standing.ACTIVE,
        hr_status=Status.ACTIVE,
        hire_date=date(2024, 2, 1),
        termination_date=None,
        program="FULL",
        version=1,
        updated_at=NOON,
    )
    return replace(view, **facts)


def issue_view(**facts: Any) -> IssueView:
    """Return an open data issue."""
    view = IssueView(3, "acme", "104", "SSN_MISSING", "ssn is empty", NOON, NOON, None)
    return replace(view, **facts)


def audit_view(**facts: Any) -> AuditView:
    """Return an audit entry without changes."""
    view = AuditView(5, "acme", NOON, "kim", "participant.edit", "participant 7", "a typo in HR")
    return replace(view, **facts)


def delivery(**facts: Any) -> Delivery:
    """Return a file that was delivered."""
    file = Delivery(
        id=2,
        run_id=9,
        feed="benetrac",
        kind=DeliveryKind.DELTA,
        sequence=4,
        name="ACME_DELTA_000004.csv.gpg",
        state=DeliveryState.COMMITTED,
        rows=1200,
        size=2048,
        sha256="ab" * 32,
        part="",
        attempts=0,
        created_at=NOON,
        committed_at=NOON,
    )
    return replace(file, **facts)


def run_view(**facts: Any) -> RunView:
    """Return a daily run that delivered a file."""
    view = RunView(
        id=9,
        site="acme",
        kind=RunKind.DAILY,
        cause="SCHEDULE",
        actor="daemon",
        as_of=NOON.date(),
        boxes=(),
        started_at=NOON,
        ended_at=NOON,
        state=RunState.SUCCEEDED,
        outcome=Outcome.DELIVERED,
        counts={"pulled": 1200, "changed": 3, "requests": 2},
        alarms=(),
        error={},
        plan=None,
        delivery="ACME_DELTA_000004.csv.gpg",
        delivery_rows=3,
        delivery_state=DeliveryState.COMMITTED,
    )
    return replace(view, **facts)


def activity(**facts: Any) -> Activity:
    """Return a waiting activity of a hire."""
    trace = Activity(3, ActivitySource.JOB, "HIR", date(2026, 5, 1), "HIR", "NEW", request_id=1)
    return replace(trace, **facts)


def event(**facts: Any) -> Event:
    """Return an open event of a hire."""
    hire = Event(2, "HIR", date(2026, 5, 1), 10, ActivitySource.JOB, EventStatus.OPEN, Process.PR, activities=(3,))
    return replace(hire, **facts)


def event_line(**facts: Any) -> EventLine:
    """Return the same event as a list shows it."""
    line = EventLine(
        who=ADA,
        number=2,
        event_class="HIR",
        event_date=date(2026, 5, 1),
        priority=10,
        source=ActivitySource.JOB,
        status=EventStatus.OPEN,
        process=Process.PR,
        indicator=Indicator.NORMAL,
        flags=(),
        final=False,
        program="FULL",
        stops_short=False,
        notified=None,
        entered=None,
        finished=None,
    )
    return replace(line, **facts)


def enrollment(**facts: Any) -> Enrollment:
    """Return a row of medical coverage."""
    first = date(2026, 5, 1)
    row = Enrollment(1, 2, "medical", PostingStep.ADD, Coverage.ELECT, first, first, OPTIONS["medical"])
    return replace(row, **facts)


def coverage_line(**facts: Any) -> CoverageLine:
    """Return the same row as a list shows it."""
    row = enrollment()
    terms: Terms = row.terms
    line = CoverageLine(
        ADA,
        row.number,
        row.event,
        row.plan_type,
        terms.plan,
        terms.option,
        row.step,
        row.coverage,
        row.effective_date,
        row.deduction_begin,
        reversed=False,
    )
    return replace(line, **facts)


def cobra_record(**facts: Any) -> CobraRecord:
    """Return a COBRA record that has just opened."""
    record = CobraRecord(3, date(2026, 5, 20), "TER", date(2026, 6, 1), date(2027, 11, 30))
    return replace(record, **facts)


def cobra_line(**facts: Any) -> CobraLine:
    """Return the same record as a list shows it."""
    return CobraLine(ADA, cobra_record(**facts))


def remark_line() -> RemarkLine:
    """Return one remark of a run."""
    return RemarkLine(ADA, "no_rule", 2, "medical", "MED", "no add rule names the event class")


def summary(**facts: Any) -> Summary:
    """Return a run of benefit events."""
    view = Summary(
        run_id=11,
        as_of=NOON.date(),
        actor="daemon",
        state=RunState.SUCCEEDED,
        started_at=NOON,
        ended_at=NOON,
        counts={"people": 2, "posted": 3, "failed": 0},
        remarks={"no_rule": 1},
        error={},
    )
    return replace(view, **facts)
