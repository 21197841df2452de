"""Deletes everything about the former employees of a site whose period is over and whom nothing needs any more."""

from __future__ import annotations

from collections import Counter
from datetime import date

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    and_,
    exists,
    not_,
    or_,
    select,
)

from bensync.retention.former import KeepReason, reason_to_keep
from bensync.retention.kinds import Kind, Periods
from bensync.state.db.transaction import pages
from bensync.state.retention.facts import FormerFacts
from bensync.state.retention.tally import Tally
from bensync.state.schema import benefits as cases
from bensync.state.schema import sync
from bensync.state.site_state import SiteState

_approvals = sync.ApprovalRow.__table__
_baselines = sync.BaselineRow.__table__
_issues = sync.IssueRow.__table__
_participants = sync.ParticipantRow.__table__
_requests = sync.RequestRow.__table__
_rows = sync.DeliveryLineRow.__table__
_verdicts = sync.VerdictRow.__table__

_OF_PARTICIPANT = (
    cases.EventRemarkRow.__table__,
    cases.CobraRow.__table__,
    cases.DependentRow.__table__,
    cases.AssignmentRow.__table__,
    cases.EnrollmentRow.__table__,
    cases.EventRow.__table__,
    cases.ActivityRow.__table__,
)
"""Tables whose rows belong to one participant, each before the tables that it refers to."""

# The people who are deleted in this transaction: with them in a table, one statement for each other table suffices,
# whatever their number.
_former = Table(
    "former_person",
    MetaData(),
    Column("participant_id", Integer),
    Column("key", LargeBinary),
    Column("employee_id", String),
    prefixes=["TEMPORARY"],
)


def delete_former(
    state: SiteState, periods: Periods, today: date, tally: Tally, *, benefits: bool
) -> tuple[Counter[KeepReason], list[str]]:
    """Delete everything about former employees whose period is over.

    Args:
        state: a transaction of the site that may write.
        periods: how long they are kept.
        today: the UTC date.
        tally: counts what is deleted.
        benefits: whether the site processes benefit events.

    Returns:
        How many are kept nevertheless, by reason, and the HR employee ids of those who were deleted.
    """
    kept: Counter[KeepReason] = Counter()
    cutoff, cobra_cutoff = (periods.cutoff(kind, today) for kind in (Kind.FORMER_PEOPLE, Kind.COBRA))
    if cutoff is None:
        return kept, []
    facts, deletable = FormerFacts(state, benefits=benefits), []
    for people in (facts.terminated(cutoff), facts.never_approved(cutoff)):
        for person in people:
            reason = reason_to_keep(person.facts, cutoff, cobra_cutoff)
            if reason is None:
                deletable.append(person[:3])
            elif reason is not KeepReason.RECENT:
                kept[reason] += 1
    if deletable:
        connection = state.transaction.connection
        _former.create(connection, checkfirst=False)
        for page in pages(deletable):
            connection.execute(_former.insert(), [dict(zip(_former.c.keys(), person, strict=True)) for person in page])
        _delete(state.site, tally)
        _former.drop(connection, checkfirst=False)
    return kept, sorted({employee_id for _, _, employee_id in deletable})


def _delete(site: str, tally: Tally) -> None:
    kind = Kind.FORMER_PEOPLE
    numbers = select(_former.c.participant_id).where(_former.c.participant_id.is_not(None))
    keys, employees = select(_former.c.key), select(_former.c.employee_id)
    for table in _OF_PARTICIPANT:
        tally.delete(kind, table, table.c.participant_id.in_(numbers))
    requests = or_(
        _requests.c.participant_id.in_(numbers),
        _of_site(_requests, site) & _requests.c.key.in_(keys),
    )
    tally.delete(kind, _approvals, _approvals.c.request_id.in_(select(_requests.c.id).where(requests)))
    tally.delete(kind, _requests, requests)
    for table in (sync.DeclinedRow.__table__, _rows, _baselines):
        tally.delete(kind, table, _of_site(table, site) & table.c.key.in_(keys))
    tally.delete(kind, _participants, _participants.c.id.in_(numbers))
    # Another record may have had the same employee id; what is said about the id then stays.
    for table in (_issues, _verdicts):
        others = [
            not_(exists().where(_of_site(other, site), other.c.employee_id == table.c.employee_id))
            for other in (_participants, _baselines)
        ]
        tally.delete(kind, table, and_(_of_site(table, site), table.c.employee_id.in_(employees), *others))


def _of_site(table: Table, site: str) -> ColumnElement[bool]:
    return table.c.site == site
