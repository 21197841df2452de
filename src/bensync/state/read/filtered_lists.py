"""Lists of one site as pages that can be searched, filtered and put in order; counting and ordering are the database's.

Only what a page shows is unsealed, except by a search for a name: names are sealed, so it opens one person at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from itertools import islice
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Select, String, and_, case, cast, func, not_, or_, select

from bensync.core.changes import ChangeKind, IssueCode
from bensync.core.people import Standing, Values
from bensync.core.requests import RequestState, Risk, WarningCode
from bensync.core.runs import IN_TROUBLE, Delivery, Outcome, RunKind, RunState
from bensync.core.values.limits import PAGE_SIZE
from bensync.state.db.sealed_columns import SealedColumn
from bensync.state.read.lists import AuditView, IssueView, Lists, PersonView, RequestView
from bensync.state.read.site_status import RunView, run_view
from bensync.state.schema import sync
from bensync.state.sync.participants import PARTICIPANT_PROFILE
from bensync.state.sync.requests import PROPOSED_PROFILE, with_files

T = TypeVar("T")


NAME_FIELDS = ("first_name", "middle_name", "last_name")
MOST_FOUND = 500
"""A search returns no more people than this; more letters narrow it."""

_requests = sync.RequestRow.__table__
_people = sync.ParticipantRow.__table__
_runs = sync.RunRow.__table__
_audit = sync.AuditRow.__table__
_issues = sync.IssueRow.__table__
_deliveries = sync.DeliveryRow.__table__


class RequestGroup(StrEnum):
    """The groups in which an administrator reviews requests; every request is in exactly one."""

    IDENTITY = "identity"
    """Who is it? Two people may be one, or one SSN may have had two owners."""
    TERMINATED = "terminated"
    RETURNING = "returning"
    NEW = "new"
    CHANGED = "changed"


class SortOrder(StrEnum):
    """What comes first."""

    URGENT = "urgent"
    """High risk before low, then the most urgent kind, then the oldest effective date."""
    OLDEST = "oldest"
    NEWEST = "newest"
    EFFECTIVE = "effective"


class RequestFilter(msgspec.Struct, frozen=True):
    """Which requests a list shows.

    Attributes:
        state: in which state; None for all.
        bucket: the group; None for all.
        risk: of which risk; None for both.
        ids: only these, as a search found them; None for all.
    """

    state: RequestState | None = RequestState.PENDING
    bucket: RequestGroup | None = None
    risk: Risk | None = None
    ids: tuple[int, ...] | None = None


class GroupCount(msgspec.Struct, frozen=True):
    """The number of pending requests in a group, and the number of those with high risk."""

    total: int = 0
    high: int = 0


class Badges(msgspec.Struct, frozen=True):
    """The counts of everything that needs a person."""

    requests: int
    kept_back: int
    held: int
    in_trouble: int


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list, and how many entries there are in all."""

    items: Sequence[T]
    total: int
    number: int
    size: int

    @property
    def pages(self) -> int:
        """The number of pages, at least one."""
        return max(1, -(-self.total // self.size))


class DayChanges(msgspec.Struct, frozen=True):
    """The people that the runs of one day sent: joined, left and changed."""

    on: date
    joined: int = 0
    left: int = 0
    changed: int = 0


class _Named(msgspec.Struct, frozen=True):
    """The part of a sealed profile that a search looks at."""

    employee_id: str
    values: Values


_named = msgspec.msgpack.Decoder(_Named)
_IN_TROUBLE = [state.value for state in IN_TROUBLE]

_IDENTITY_WARNINGS = (WarningCode.POSSIBLE_DUPLICATE, WarningCode.IDENTITY_CHANGED)
_KINDS: Mapping[RequestGroup, tuple[ChangeKind, ...]] = {
    RequestGroup.TERMINATED: (ChangeKind.TERMINATE,),
    RequestGroup.RETURNING: (ChangeKind.REACTIVATE, ChangeKind.REHIRE),
    RequestGroup.NEW: (ChangeKind.NEW,),
    RequestGroup.CHANGED: (ChangeKind.UPDATE, ChangeKind.CORRECTION),
}
_PAIN = {
    kind.value: place
    for place, kind in enumerate(
        (
            ChangeKind.TERMINATE,
            ChangeKind.REACTIVATE,
            ChangeKind.NEW,
            ChangeKind.REHIRE,
            ChangeKind.CORRECTION,
            ChangeKind.UPDATE,
        )
    )
}
"""The most urgent first: coverage that ends late costs money every day, coverage that begins late harms a person."""


class FilteredLists(Lists):
    """The same views of one site, page by page; a page is counted from 1."""

    def badges(self) -> Badges:
        """Return the counts of everything that needs a person."""
        open_issues = _issues.c.resolved_at.is_(None)
        held = _issues.c.code == IssueCode.HELD.value
        return Badges(
            self._count(_requests, _requests.c.state == RequestState.PENDING.value),
            self._count(_issues, and_(open_issues, ~held)),
            self._count(_issues, and_(open_issues, held)),
            self._count(_deliveries, _deliveries.c.state.in_(_IN_TROUBLE)),
        )

    def tallies(self) -> dict[RequestGroup, GroupCount]:
        """Return the pending requests by group, with empty groups."""
        # One pass over the pending requests counts all groups, for each request is in exactly one of them.
        bucket_name = case(*((_lies_in(bucket), bucket.value) for bucket in RequestGroup)).label("bucket")
        waiting = select(bucket_name, _requests.c.risk).where(self._wanted(RequestFilter())).subquery()
        high = func.sum(case((waiting.c.risk == Risk.HIGH.value, 1), else_=0)).label("high")
        query = select(waiting.c.bucket, func.count().label("total"), high).group_by(waiting.c.bucket)
        counts = {RequestGroup(row.bucket): GroupCount(row.total, int(row.high)) for row in self._rows(query)}
        return {bucket: counts.get(bucket, GroupCount()) for bucket in RequestGroup}

    def request_page(
        self, wanted: RequestFilter, order: SortOrder, number: int, size: int = PAGE_SIZE
    ) -> Page[RequestView]:
        """Return one page of requests."""
        # First the ids in their order, then the rows of this page alone: the sorting need not carry sealed profiles,
        # and an IN list has no order of its own.
        where = self._wanted(wanted)
        total = self._count(_requests, where)
        numbers = select(_requests.c.id).where(where).order_by(*_ordered(order))
        page = list(self._transaction.connection.scalars(numbers.limit(size).offset((number - 1) * size)))
        rows = {row.id: row for row in self._rows(with_files().where(_requests.c.id.in_(page)))}
        views = [self._request(rows[request_id]) for request_id in page]
        return Page(self._marked(views), total, number, size)

    def numbers(self, wanted: RequestFilter, order: SortOrder = SortOrder.URGENT, upto: int | None = None) -> list[int]:
        """Return the numbers of all requests of a list, in its order, up to the number ``upto`` if it is given."""
        where = self._wanted(wanted)
        if upto is not None:
            # A decision on a whole list covers what its reader saw, and nothing that arrived since.
            where = and_(where, _requests.c.id <= upto)
        return list(
            self._transaction.connection.scalars(select(_requests.c.id).where(where).order_by(*_ordered(order)))
        )

    def newest(self) -> int:
        """Return the number of the newest request; 0 while there is none."""
        query = select(func.max(_requests.c.id)).where(_requests.c.site == self._transaction.site)
        return self._transaction.connection.scalar(query) or 0

    def find_requests(
        self, text: str, names: Collection[str], state: RequestState | None = RequestState.PENDING
    ) -> tuple[int, ...]:
        """Return the newest requests whose number, HR employee or name fits, `MOST_FOUND` at most.

        Args:
            text: what is searched for.
            names: the fields of the name that the reader sees; others are not searched, or each letter could be tried.
            state: only requests in this state; None for all.
        """
        columns = (_requests.c.id, _requests.c.employee_id, *PROPOSED_PROFILE.columns)
        query = select(*columns).where(self._wanted(RequestFilter(state=state))).order_by(_requests.c.id.desc())
        return self._found(query, PROPOSED_PROFILE, text, names)

    def people_page(
        self, number: int, size: int = PAGE_SIZE, *, standing: Standing | None = None, ids: Sequence[int] | None = None
    ) -> Page[PersonView]:
        """Return one page of participants, newest first; ``ids`` are those that a search found."""
        query = select(_people).where(_people.c.site == self._transaction.site)
        if standing is not None:
            query = query.where(_people.c.standing == standing.value)
        if ids is not None:
            query = query.where(_people.c.id.in_(ids))
        return self._page(query, _people, number, size, self._person)

    def find_people(self, text: str, names: Collection[str]) -> tuple[int, ...]:
        """Return the newest participants whose number, HR employee or name fits; see `find_requests`."""
        columns = (_people.c.id, _people.c.employee_id, *PARTICIPANT_PROFILE.columns)
        query = select(*columns).where(_people.c.site == self._transaction.site).order_by(_people.c.id.desc())
        return self._found(query, PARTICIPANT_PROFILE, text, names)

    def run_page(self, number: int, size: int = PAGE_SIZE) -> Page[RunView]:
        """Return one page of runs, newest first."""
        return self._page(self._run_query(), _runs, number, size, run_view)

    def delivery_page(self, number: int, size: int = PAGE_SIZE) -> Page[Delivery]:
        """Return one page of deliveries, newest first."""
        return self._delivery_page(_deliveries.c.id.is_not(None), number, size)

    def deliveries_in_trouble(self) -> list[Delivery]:
        """Return the deliveries that a person should look at, newest first."""
        return list(self._delivery_page(_deliveries.c.state.in_(_IN_TROUBLE), 1, PAGE_SIZE).items)

    def delivery_of(self, run_id: int) -> Delivery | None:
        """Return the last delivery that a run made, or None."""
        return next(iter(self._delivery_page(_deliveries.c.run_id == run_id, 1, 1).items), None)

    def issue_page(self, number: int, size: int = PAGE_SIZE, *, code: str = "") -> Page[IssueView]:
        """Return one page of the open issues, newest first; ``code`` selects one cause."""
        query = select(_issues).where(_issues.c.site == self._transaction.site, _issues.c.resolved_at.is_(None))
        if code:
            query = query.where(_issues.c.code == code)
        return self._page(query, _issues, number, size, lambda row: msgspec.convert(row._asdict(), IssueView))

    def causes(self) -> dict[str, int]:
        """Return the number of open issues by cause, the most frequent first."""
        condition = and_(_issues.c.site == self._transaction.site, _issues.c.resolved_at.is_(None))
        number = func.count().label("number")
        query = (
            select(_issues.c.code, number)
            .where(condition)
            .group_by(_issues.c.code)
            .order_by(number.desc(), _issues.c.code)
        )
        return {row.code: row.number for row in self._rows(query)}

    def audit_page(
        self,
        number: int,
        size: int = PAGE_SIZE,
        *,
        actor: str = "",
        verb: str = "",
        subject: str = "",
        refused: bool = False,
        hidden: Collection[str] = (),
        about: Collection[str] = (),
    ) -> Page[AuditView]:
        """Return one page of audit entries, newest first.

        Args:
            number: which page.
            size: entries of a page.
            actor: only what this one did.
            verb: only what begins like this.
            subject: only what is about one object, such as ``request 44``.
            refused: only what was tried and refused.
            hidden: users who are none of the reader's business; nothing by or about them is shown.
            about: the only users whom an entry may be about, with ``hidden``.
        """
        query = select(_audit).where(_audit.c.site == self._transaction.site)
        if refused:
            query = query.where(or_(_audit.c.verb.endswith(".refuse"), _audit.c.verb.endswith(".refused")))
        if hidden:
            # With a comma in longer objects, such as "user kim, nightly, 90 days" of a token that two people make.
            named = [_audit.c.object.startswith(f"user {name},", autoescape=True) for name in about]
            others = not_(_audit.c.object.startswith("user "))
            subjects = or_(others, _audit.c.object.in_([f"user {name}" for name in about]), *named)
            query = query.where(_audit.c.actor.not_in(hidden), subjects)
        if actor:
            query = query.where(_audit.c.actor == actor)
        if verb:
            query = query.where(_audit.c.verb.startswith(verb, autoescape=True))
        if subject:
            # With the comma: what belongs to participant 4 is found with them, and participant 44 is not.
            query = query.where(or_(_audit.c.object == subject, _audit.c.object.startswith(subject + ",")))
        names = [name for name in AuditView.__struct_fields__ if name in _audit.c]
        return self._page(
            query, _audit, number, size, lambda row: AuditView(**{name: getattr(row, name) for name in names})
        )

    def days(self, since: date) -> list[DayChanges]:
        """Return the people sent by day, oldest first, without the days on which nobody was."""
        delivered = and_(
            _runs.c.site == self._transaction.site, _runs.c.as_of >= since, _runs.c.outcome == Outcome.DELIVERED.value
        )
        days: dict[date, DayChanges] = {}
        for row in self._rows(select(_runs.c.as_of, _runs.c.counts, _runs.c.ledger).where(delivered)):
            # Added up here: the counts are inside the JSON of a run, and a day has only as many runs as somebody
            # started.
            day, book = days.get(row.as_of, DayChanges(row.as_of)), row.ledger
            joined = sum(book.get(name, 0) for name in ("hires", "rehires", "reactivations"))
            left = book.get("terminations", 0)
            changed = max(0, row.counts.get("changed", 0) - joined - left)
            days[row.as_of] = DayChanges(row.as_of, day.joined + joined, day.left + left, day.changed + changed)
        return sorted(days.values(), key=lambda day: day.on)

    def fill_rates(self) -> Mapping[str, float]:
        """Return the share of people with a value in the newest full read, by field."""
        kinds = [RunKind.RESYNC.value, RunKind.SNAPSHOT.value]
        full = and_(_runs.c.kind.in_(kinds), _runs.c.state == RunState.SUCCEEDED.value)
        query = (
            select(_runs.c.fill_rates).where(_runs.c.site == self._transaction.site, full).order_by(_runs.c.id.desc())
        )
        rates: Mapping[str, float] | None = self._transaction.connection.scalar(query.limit(1))
        return rates or {}

    def _delivery_page(self, condition: ColumnElement[bool], number: int, size: int) -> Page[Delivery]:
        columns = [_deliveries.c[name] for name in Delivery.__struct_fields__]
        query = select(*columns).where(_deliveries.c.site == self._transaction.site, condition)
        return self._page(query, _deliveries, number, size, lambda row: msgspec.convert(row._asdict(), Delivery))

    def _wanted(self, wanted: RequestFilter) -> ColumnElement[bool]:
        conditions = [_requests.c.site == self._transaction.site]
        if wanted.state is not None:
            conditions.append(_requests.c.state == wanted.state.value)
        if wanted.risk is not None:
            conditions.append(_requests.c.risk == wanted.risk.value)
        if wanted.bucket is not None:
            conditions.append(_lies_in(wanted.bucket))
        if wanted.ids is not None:
            conditions.append(_requests.c.id.in_(wanted.ids))
        return and_(*conditions)

    def _found(self, query: Select[Any], profiles: SealedColumn, text: str, names: Collection[str]) -> tuple[int, ...]:
        words = text.casefold().split()
        if not words:
            return ()
        # Names are sealed, so no index finds them: people are opened from the newest on, until enough fit.
        rows = self._transaction.connection.execute(query.execution_options(yield_per=500))
        fitting = (row.id for row in rows if self._fits(row, profiles, words, names))
        return tuple(islice(fitting, MOST_FOUND))

    def _fits(self, row: Any, profiles: SealedColumn, words: Sequence[str], names: Collection[str]) -> bool:
        if len(words) == 1 and words[0] in {str(row.id), row.employee_id.casefold()}:
            return True
        if not names:
            return False
        values = _named.decode(profiles.open(self._transaction.vault, row)).values
        name = " ".join(values.get(part, "") for part in NAME_FIELDS if part in names).casefold()
        return all(word in name for word in words)

    def _page(self, query: Select[Any], table: Any, number: int, size: int, view: Callable[[Any], T]) -> Page[T]:
        total = self._transaction.connection.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = self._rows(query.order_by(table.c.id.desc()).limit(size).offset((number - 1) * size))
        return Page([view(row) for row in rows], total, number, size)

    def _rows(self, query: Select[Any]) -> Iterator[Any]:
        return iter(self._transaction.connection.execute(query).all())


def _lies_in(bucket: RequestGroup) -> ColumnElement[bool]:
    warnings = cast(_requests.c.warnings, String)
    # Warnings are a JSON list. As text, a code in its quotes is found by both databases in the same way.
    doubtful = or_(*(warnings.contains(f'"{code.value}"') for code in _IDENTITY_WARNINGS))
    if bucket is RequestGroup.IDENTITY:
        return doubtful
    return and_(_requests.c.kind.in_([kind.value for kind in _KINDS[bucket]]), ~doubtful)


def _ordered(order: SortOrder) -> Sequence[Any]:
    if order is SortOrder.OLDEST:
        return (_requests.c.id,)
    if order is SortOrder.NEWEST:
        return (_requests.c.id.desc(),)
    if order is SortOrder.EFFECTIVE:
        return (_requests.c.effective_date, _requests.c.id)
    high_first = case((_requests.c.risk == Risk.HIGH.value, 0), else_=1)
    pain = case(_PAIN, value=_requests.c.kind, else_=len(_PAIN))
    return (high_first, pain, _requests.c.effective_date, _requests.c.id)
