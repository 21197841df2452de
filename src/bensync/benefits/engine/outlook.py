"""outlook(): what an approval would do to coverage, found by processing it on a scratch copy of the case.

Nothing here is kept, and nothing is put into sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import msgspec

from bensync.benefits.engine import activity_queue
from bensync.benefits.engine.approval_activities import Approval, activities_of
from bensync.benefits.engine.event_order import is_queued
from bensync.benefits.engine.event_stages import RunContext
from bensync.benefits.engine.passive_events import REVIEWED
from bensync.benefits.engine.run import CaseResult, awaits_loss_confirmation, process_case
from bensync.benefits.values.calendar import plus
from bensync.benefits.values.cases import Case
from bensync.benefits.values.cobra import CobraRecord, CobraState
from bensync.benefits.values.enrollments import Coverage, Enrollment, Terms, rows_of
from bensync.benefits.values.events import Event, Flag
from bensync.benefits.values.offers import Offer, Remark


class Shift(msgspec.Struct, frozen=True):
    """Days on which the coverage of a plan type differs from the coverage without the approval.

    Attributes:
        plan_type: of what.
        begin: the first of these days.
        until: the last of them; None where there is no end in sight.
        before: what would hold without the approval; None for nothing.
        after: what holds with it.
        unbegun: whether nothing held on the day before either, so that what is lost does not even begin.
    """

    plan_type: str
    begin: date
    until: date | None
    before: Terms | None
    after: Terms | None
    unbegun: bool = False

    @property
    def last_day(self) -> date:
        """Return the day before the first day that differs."""
        return plus(self.begin, days=-1)


class Disturbance(msgspec.Struct, frozen=True):
    """An event of before that the approval flags, and the coverage rows that voiding it would reverse."""

    event: Event
    flags: frozenset[Flag]
    rows: tuple[Enrollment, ...]

    @property
    def disconnects(self) -> bool:
        """Return whether the event loses the row that brought it, so that it can only be voided."""
        return Flag.DISCONNECTED in self.flags


class Outlook(msgspec.Struct, frozen=True):
    """The consequences of one approval in the next run, compared with a run without it.

    Attributes:
        events: the events that are made of the approval, or joined by it, as far as they come.
        queued: those of them that wait until another event is finished; what they bring shows only then.
        shifts: where coverage begins, ends or becomes another.
        offers: what somebody may choose through these events.
        cobra: records that open.
        spared: records that would open without the approval.
        disturbed: earlier events that somebody must look at afterwards.
        stops: events of these that would end every coverage, and wait for a person (S3-135).
        remarks: what is left, refused, or waits for another event.
        carriers: whose members' coverage is touched, by code.
    """

    events: tuple[Event, ...] = ()
    queued: tuple[Event, ...] = ()
    shifts: tuple[Shift, ...] = ()
    offers: tuple[tuple[Event, Offer], ...] = ()
    cobra: tuple[CobraRecord, ...] = ()
    spared: tuple[CobraRecord, ...] = ()
    disturbed: tuple[Disturbance, ...] = ()
    stops: tuple[Event, ...] = ()
    remarks: tuple[Remark, ...] = ()
    carriers: tuple[str, ...] = ()

    @property
    def ends(self) -> tuple[Shift, ...]:
        """Coverages that are lost."""
        return tuple(shift for shift in self.shifts if shift.after is None)

    @property
    def begins(self) -> tuple[Shift, ...]:
        """Coverages that begin."""
        return tuple(shift for shift in self.shifts if shift.before is None)

    @property
    def changes(self) -> tuple[Shift, ...]:
        """Coverages that become others."""
        return tuple(shift for shift in self.shifts if shift.before is not None and shift.after is not None)


def outlook(case: Case | None, approval: Approval, day: RunContext) -> Outlook:
    """Return what follows from an approval, compared with a run without it.

    Args:
        case: the participant as they are now; None where the approval makes them.
        approval: the request as it would be applied.
        day: the rulebook and the day of the run.
    """
    now = case if case is not None else Case(approval.after)
    # Both cases are processed by the engine that the run uses. What waits anyway happens in both, so it is not shown as
    # a consequence of this approval (decision 52).
    without = process_case(now, day)
    scratch = msgspec.structs.replace(now, participant=approval.after)
    approved = activity_queue.add(scratch, activities_of(approval, day.book))
    with_it = process_case(approved, day)
    fresh = {activity.id for activity in approved.activities} - {activity.id for activity in now.activities}
    events = tuple(event for event in with_it.case.events if fresh & {*event.activities})
    return Outlook(
        events=events,
        queued=tuple(event for event in events if is_queued(event)),
        shifts=tuple(coverage_shifts(without.case.enrollments, with_it.case.enrollments)),
        offers=tuple((event, offer) for event in events for offer in _offered(event)),
        cobra=_only(with_it.case, without.case),
        spared=_only(without.case, with_it.case),
        disturbed=tuple(_disturbed(without.case, with_it.case)),
        stops=tuple(event for event in events if awaits_loss_confirmation(event)),
        remarks=_new_remarks(without, with_it),
        carriers=tuple(code for code in with_it.carriers if code not in without.carriers),
    )


def coverage_shifts(without: Sequence[Enrollment], with_it: Sequence[Enrollment]) -> Iterator[Shift]:
    """Yield the stretches of days on which two histories of coverage differ, plan type by plan type."""
    for kind in dict.fromkeys(row.plan_type for row in (*without, *with_it)):
        stretches = _stretches(_picture(without, kind), _picture(with_it, kind))
        for place, (begin, before, after) in enumerate(stretches):
            if before != after:
                # A stretch lasts until the day before the next one; the last one has no end in sight.
                until = plus(stretches[place + 1][0], days=-1) if place + 1 < len(stretches) else None
                unbegun = after is None and (place == 0 or stretches[place - 1][1:] == (None, None))
                yield Shift(kind, begin, until, before, after, unbegun)


def _picture(rows: Iterable[Enrollment], kind: str) -> dict[date, Terms | None]:
    """Return what holds from each day on; of two rows of one day the later one counts."""
    return {row.effective_date: row.terms if row.coverage is Coverage.ELECT else None for row in rows_of(rows, kind)}


def _stretches(
    before: Mapping[date, Terms | None], after: Mapping[date, Terms | None]
) -> list[tuple[date, Terms | None, Terms | None]]:
    """Return the days on which the pair of coverages (without, with) changes, with the new pair."""
    stretches: list[tuple[date, Terms | None, Terms | None]] = []
    old: Terms | None = None
    new: Terms | None = None
    for on in sorted({*before, *after}):
        old, new = before.get(on, old), after.get(on, new)
        if not stretches or stretches[-1][1:] != (old, new):
            stretches.append((on, old, new))
    return stretches


def _offered(event: Event) -> Iterator[Offer]:
    """Yield the offers of an event that wait for an election; none once the event is over."""
    prepared = event.prepared
    if prepared is not None and not event.over:
        yield from (offer for offer in prepared.offers if offer.electable)


def _only(case: Case, other: Case) -> tuple[CobraRecord, ...]:
    """Return the COBRA records that are open in one case and not in the other."""
    open_elsewhere = {record.event for record in other.cobra if record.state is CobraState.OPEN}
    return tuple(
        record for record in case.cobra if record.state is CobraState.OPEN and record.event not in open_elsewhere
    )


def _disturbed(without: Case, with_it: Case) -> Iterator[Disturbance]:
    """Yield the events that get a flag which an administrator should check."""
    for event in without.events:
        flags = (with_it.event(event.number).flags - event.flags) & REVIEWED
        if flags:
            rows = (row for row in without.enrollments if row.event == event.number and not row.reversed)
            yield Disturbance(event, flags, tuple(rows))


def _new_remarks(without: CaseResult, with_it: CaseResult) -> tuple[Remark, ...]:
    return tuple(dict.fromkeys(remark for remark in with_it.remarks if remark not in without.remarks))
