"""Read-only lists for screens, one statement each; only what is shown is unsealed, and no SSN leaves unmasked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Select, and_, exists, func, select

from bensync.core.changes import ChangeKind, FieldChange
from bensync.core.intake.selections import decided_apart
from bensync.core.people import Standing, Status, Values, decode_profile, masked_ssn
from bensync.core.requests import DeclineCode, Origin, Request, RequestState, Risk, WarningCode
from bensync.core.runs import Delivery
from bensync.state.audit.chain import DETAIL
from bensync.state.db.transaction import SiteTransaction
from bensync.state.read.site_status import RunView, StatusView, run_query, run_view, site_statuses
from bensync.state.schema import sync
from bensync.state.sync.participants import PARTICIPANT_PROFILE
from bensync.state.sync.requests import opened, with_files

if TYPE_CHECKING:  # the rules of benefits come with them
    from bensync.benefits.values.activities import Activity

T = TypeVar("T")

_runs = sync.RunRow.__table__
_deliveries = sync.DeliveryRow.__table__
_rows = sync.DeliveryLineRow.__table__
_issues = sync.IssueRow.__table__
_requests = sync.RequestRow.__table__
_people = sync.ParticipantRow.__table__
_audit = sync.AuditRow.__table__
_changes = msgspec.json.Decoder(tuple[FieldChange, ...])


class Listing(msgspec.Struct, Generic[T], frozen=True):
    """The newest entries of a list, oldest of them first, and how many there are in all."""

    items: Sequence[T]
    total: int


class PersonSummary(msgspec.Struct, frozen=True):
    """The person that a request is about, as its row describes them."""

    employee_id: str
    name: str
    ssn: str


class DeliveryRowView(msgspec.Struct, frozen=True):
    """One row of a delivery: the employee and the changed fields."""

    number: int
    employee_id: str
    kind: ChangeKind
    fields: tuple[str, ...]


class IssueView(msgspec.Struct, frozen=True):
    """One data issue that blocks a person."""

    id: int
    site: str
    employee_id: str
    code: str
    detail: str
    first_seen: datetime
    last_seen: datetime
    resolved_at: datetime | None


class RequestView(msgspec.Struct, frozen=True):
    """One request with the person it is about; the SSN is masked in the changes, too.

    ``declined_before`` is what HR says and an approval leaves out, because it was declined before; ``apart`` the fields
    that can be decided one by one; ``left_out`` those that the approval left out. ``held_up`` is an
    approved termination whose event waits behind an open one, while the coverage goes on.
    """

    id: int
    site: str
    kind: ChangeKind
    risk: Risk
    state: RequestState
    person: PersonSummary
    effective_date: date
    warnings: tuple[WarningCode, ...]
    changes: tuple[FieldChange, ...]
    delivery: str | None
    superseded_by: int | None
    opened_at: datetime
    origin: Origin
    participant_id: int | None
    duplicate_of: int | None
    decided_at: datetime | None
    decided_by: str | None
    decline_code: DeclineCode | None
    note: str | None
    closed_because: str | None
    declined_before: tuple[FieldChange, ...] = ()
    left_out: tuple[str, ...] = ()
    apart: frozenset[str] = frozenset()
    held_up: bool = False


class PersonView(msgspec.Struct, frozen=True):
    """One participant; ``status`` is the approved one, ``hr_status`` the one in HR at the time of the approval."""

    id: int
    site: str
    employee_id: str
    name: str
    ssn: str
    status: Standing
    hr_status: Status
    hire_date: date | None
    termination_date: date | None
    program: str
    version: int
    updated_at: datetime


class PersonDetail(msgspec.Struct, frozen=True):
    """One participant with everything that was approved, and the traces it left."""

    person: PersonView
    values: Values
    activities: tuple[Activity, ...]


class AuditView(msgspec.Struct, frozen=True):
    """One audit entry: the actor, the verb, the object and the time, and the changes if they were read."""

    id: int
    site: str
    at: datetime
    actor: str
    verb: str
    object: str
    reason: str
    changes: tuple[FieldChange, ...] = ()


class Lists:
    """The lists of one site."""

    def __init__(self, transaction: SiteTransaction) -> None:
        self._transaction = transaction

    def runs(self, limit: int | None = None) -> Listing[RunView]:
        """Return the newest runs."""
        return self._listing(self._run_query(), _runs, limit, run_view)

    def run(self, number: int) -> RunView | None:
        """Return one run, or None."""
        return self._only(self._run_query().where(_runs.c.id == number), run_view)

    def deliveries(self, limit: int | None = None) -> Listing[Delivery]:
        """Return the newest deliveries."""
        columns = [_deliveries.c[name] for name in Delivery.__struct_fields__]
        query = select(*columns).where(_deliveries.c.site == self._transaction.site)
        return self._listing(query, _deliveries, limit, _delivery)

    def delivery_rows(self, number: int) -> list[DeliveryRowView]:
        """Return the rows of a delivery."""
        query = select(_rows).where(_rows.c.site == self._transaction.site, _rows.c.delivery_id == number)
        return [
            DeliveryRowView(
                row.number, row.employee_id, ChangeKind(row.kind), tuple(filter(None, row.fields.split(",")))
            )
            for row in self._transaction.connection.execute(query.order_by(_rows.c.number))
        ]

    def issues(self, limit: int | None = None, *, resolved: bool = False) -> Listing[IssueView]:
        """Return the open issues, or with ``resolved`` all issues."""
        query = select(_issues).where(_issues.c.site == self._transaction.site)
        if not resolved:
            query = query.where(_issues.c.resolved_at.is_(None))
        return self._listing(query, _issues, limit, _issue)

    def issue(self, number: int) -> IssueView | None:
        """Return one issue, or None."""
        return self._only(
            select(_issues).where(_issues.c.site == self._transaction.site, _issues.c.id == number), _issue
        )

    def people(self, limit: int | None = None, standing: Standing | None = None) -> Listing[PersonView]:
        """Return the newest participants."""
        query = select(_people).where(_people.c.site == self._transaction.site)
        if standing is not None:
            query = query.where(_people.c.standing == standing.value)
        return self._listing(query, _people, limit, self._person)

    def participants_of(self, employee_id: str) -> list[int]:
        """Return the numbers of the participants that were last approved for an HR employee; usually one."""
        condition = and_(_people.c.site == self._transaction.site, _people.c.employee_id == employee_id)
        return list(self._transaction.connection.scalars(select(_people.c.id).where(condition).order_by(_people.c.id)))

    def person(self, number: int) -> PersonDetail | None:
        """Return one participant, or None."""
        query = select(_people).where(_people.c.site == self._transaction.site, _people.c.id == number)
        return self._only(query, self._person_detail)

    def requests(
        self, limit: int | None = None, state: RequestState | None = None, kind: ChangeKind | None = None
    ) -> Listing[RequestView]:
        """Return the newest requests."""
        query = self._request_query()
        if state is not None:
            query = query.where(_requests.c.state == state.value)
        if kind is not None:
            query = query.where(_requests.c.kind == kind.value)
        listing = self._listing(query, _requests, limit, self._request)
        return Listing(self._marked(listing.items), listing.total)

    def request(self, number: int) -> RequestView | None:
        """Return one request, or None."""
        view = self._only(self._request_query().where(_requests.c.id == number), self._request)
        return self._marked([view])[0] if view is not None else None

    def waiting(self) -> list[tuple[int, bool]]:
        """Return the numbers of all pending requests, oldest first, each with whether its risk is HIGH."""
        condition = and_(_requests.c.site == self._transaction.site, _requests.c.state == RequestState.PENDING.value)
        query = select(_requests.c.id, _requests.c.risk).where(condition).order_by(_requests.c.id)
        return [(row.id, row.risk == Risk.HIGH.value) for row in self._transaction.connection.execute(query)]

    def pending_of(self, participant_id: int) -> list[int]:
        """Return the numbers of the pending requests about a participant, or possibly about them."""
        about = func.coalesce(_requests.c.participant_id, _requests.c.duplicate_of)
        condition = and_(_requests.c.site == self._transaction.site, about == participant_id)
        query = select(_requests.c.id).where(condition, _requests.c.state == RequestState.PENDING.value)
        return list(self._transaction.connection.scalars(query.order_by(_requests.c.id)))

    def audit(self, limit: int | None = None) -> Listing[AuditView]:
        """Return the newest audit entries, without their changes."""
        query = select(_audit).where(_audit.c.site == self._transaction.site)
        return self._listing(query, _audit, limit, _audit_entry)

    def audit_entry(self, number: int) -> AuditView | None:
        """Return one audit entry with its changes, or None."""
        query = select(_audit).where(_audit.c.site == self._transaction.site, _audit.c.id == number)
        return self._only(query, self._audit_detail)

    def status(self) -> StatusView:
        """Return the status of the site."""
        site = self._transaction.site
        return site_statuses(self._transaction.connection, site).get(site, StatusView(site))

    def _run_query(self) -> Select[Any]:
        return run_query().where(_runs.c.site == self._transaction.site)

    def _request_query(self) -> Select[Any]:
        return with_files().where(_requests.c.site == self._transaction.site)

    def _request(self, row: Any) -> RequestView:
        return seen(opened(row, self._transaction), self._transaction.site)

    def _marked(self, views: Sequence[RequestView]) -> Sequence[RequestView]:
        """Return the requests with those marked whose approved termination waits behind an open event."""
        leavers = {
            view.participant_id
            for view in views
            if view.state is RequestState.APPROVED and view.kind is ChangeKind.TERMINATE
        }
        if not leavers:
            return views
        # Imported here, as for activities: most lists show no approved termination.
        from bensync.state.benefits import invariants
        from bensync.state.schema.benefits import EventRow

        events = EventRow.__table__
        waits = exists().where(events.c.participant_id == _requests.c.participant_id, invariants.held_up())
        # The last approved termination alone: an earlier one ended before the person came back.
        last = select(func.max(_requests.c.id)).where(
            _requests.c.site == self._transaction.site,
            _requests.c.participant_id.in_(leavers),
            _requests.c.state == RequestState.APPROVED.value,
            _requests.c.kind == ChangeKind.TERMINATE.value,
            waits,
        )
        held_up = set(self._transaction.connection.scalars(last.group_by(_requests.c.participant_id)))
        return [msgspec.structs.replace(view, held_up=True) if view.id in held_up else view for view in views]

    def _person(self, row: Any) -> PersonView:
        return self._person_detail(row, whole=False).person

    def _person_detail(self, row: Any, *, whole: bool = True) -> PersonDetail:
        profile = decode_profile(PARTICIPANT_PROFILE.open(self._transaction.vault, row))
        person = PersonView(
            id=row.id,
            site=row.site,
            employee_id=row.employee_id,
            name=_name(profile.values),
            ssn=masked_ssn(profile.values.get("ssn")) or "",
            status=Standing(row.standing),
            hr_status=profile.status,
            hire_date=row.hire_date,
            termination_date=row.termination_date,
            program=row.program,
            version=row.version,
            updated_at=row.updated_at,
        )
        traces = self._activities(row.id) if whole else ()
        # The masked SSN takes the place of the full one here, and not on a page: no interface can forget it. To see one
        # in full is an action of its own, which is audited.
        return PersonDetail(person, {**profile.values, "ssn": person.ssn}, traces)

    def _activities(self, participant_id: int) -> tuple[Activity, ...]:
        # Imported here: a list of runs need not load the rules of benefits.
        from bensync.state.benefits.activities import activities_of

        return activities_of(self._transaction, participant_id)

    def _audit_detail(self, row: Any) -> AuditView:
        sealed = row.sealed_detail is not None
        changes = _changes.decode(DETAIL.open(self._transaction.vault, row)) if sealed else ()
        return msgspec.structs.replace(_audit_entry(row), changes=_masked(changes))

    def _listing(self, query: Select[Any], table: Any, limit: int | None, view: Callable[[Any], T]) -> Listing[T]:
        # The newest are taken in descending order, and then turned: a terminal shows the newest last.
        total = self._transaction.connection.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = self._transaction.connection.execute(query.order_by(table.c.id.desc()).limit(limit)).all()
        return Listing([view(row) for row in reversed(rows)], total)

    def _only(self, query: Select[Any], view: Callable[[Any], T]) -> T | None:
        row = self._transaction.connection.execute(query).one_or_none()
        return view(row) if row is not None else None

    def _count(self, table: Any, condition: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(table).where(table.c.site == self._transaction.site, condition)
        return self._transaction.connection.scalar(query) or 0


def seen(request: Request, site: str) -> RequestView:
    """Return a request as a screen may show it."""
    values = request.profile.values
    shared = {name: getattr(request, name) for name in RequestView.__struct_fields__ if hasattr(request, name)}
    shared["changes"] = _masked(request.changes)
    shared["declined_before"] = _masked(request.declined_before)
    shared["apart"] = decided_apart(request)
    person = PersonSummary(request.employee_id, _name(values), masked_ssn(values.get("ssn")) or "")
    return RequestView(**shared, site=site, person=person)


def _name(values: Values) -> str:
    return " ".join(values[name] for name in ("first_name", "last_name") if name in values)


def _masked(changes: Sequence[FieldChange]) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(change.field, masked_ssn(change.old), masked_ssn(change.new)) if change.field == "ssn" else change
        for change in changes
    )


def _delivery(row: Any) -> Delivery:
    return msgspec.convert(row._asdict(), Delivery)


def _issue(row: Any) -> IssueView:
    return msgspec.convert(row._asdict(), IssueView)


def _audit_entry(row: Any) -> AuditView:
    return AuditView(row.id, row.site, row.at, row.actor, row.verb, row.object, row.reason)
