"""activities_of(): the activities that an approval leaves (sync-rules 3.8, 3.9), and the events that it would touch.

Events are not changed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import msgspec

from bensync.benefits.engine.row_diff import HIRE, REHIRE, TERMINATION, date_rows, row_edits
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.rulebook.tables import Action, Trigger
from bensync.benefits.values.activities import Activity, ActivitySource, RowChange, RowEdit
from bensync.benefits.values.cases import Case
from bensync.benefits.values.enrollments import Enrollment
from bensync.benefits.values.events import SNAPSHOT, Event, EventStatus, Process
from bensync.core.changes import ChangeKind, FieldChange
from bensync.core.people import DatedRow, Participant, Profile, Standing, gap_begin
from bensync.core.status import STATUS_TABLE

HIR, TER, MSC = "HIR", "TER", "MSC"
"""The event classes of a hire, a termination, and a miscellaneous job change."""
_PAST_PR = frozenset({Process.NT, Process.ET, Process.EE, Process.FE, Process.RE})


class Approval(msgspec.Struct, frozen=True):
    """One approved request, or a manual correction: the participant before (None for NEW) and after it.

    ``effective_date`` is the day from which it counts, ``as_of`` that of the decision.
    """

    kind: ChangeKind
    before: Participant | None
    after: Participant
    changes: tuple[FieldChange, ...]
    effective_date: date
    as_of: date


def activities_of(approval: Approval, book: Rulebook) -> tuple[Activity, ...]:
    """Return the activities of an approval, not numbered yet: edits of known rows first, then those of its kind."""
    edits = row_edits(approval.kind, approval.before, approval.after)
    # First, because an edit may disconnect an event: what is new must not join an event that loses its row.
    corrections = [_edited(edit, book) for edit in edits if edit.edit is not RowEdit.INSERT]
    return (*corrections, *_own(approval, edits, book))


def _edited(edit: RowChange, book: Rulebook) -> Activity:
    """Return the activity for the edit of a row that events may have used."""
    rows = [row for row in (edit.old, edit.new) if row is not None]
    action, reason = _named([edit.new] if edit.new is not None else [], "correction", book)
    day = rows[-1].date
    return Activity(0, _source(book, rows), "", day, action, reason, change=edit, rows=tuple(rows[-1:]))


def _source(book: Rulebook, rows: Iterable[DatedRow]) -> ActivitySource:
    triggers = [trigger for row in rows for name in row.values if (trigger := book.trigger(name)) is not None]
    sources = {_source_of(book, trigger) for trigger in triggers}
    return ActivitySource.ADDRESS if ActivitySource.ADDRESS in sources else ActivitySource.JOB


def _source_of(book: Rulebook, trigger: Trigger) -> ActivitySource:
    if trigger.source is not None:
        return trigger.source
    return book.events[trigger.event].source if trigger.event in book.events else ActivitySource.JOB


def _own(approval: Approval, edits: Sequence[RowChange], book: Rulebook) -> tuple[Activity, ...]:
    kind, profile, on = approval.kind, approval.after.profile, approval.effective_date
    if kind is ChangeKind.NEW:
        active = approval.after.standing is Standing.ACTIVE
        return (_hire(profile, on, "hire", book),) if active else ()
    if kind is ChangeKind.TERMINATE:
        return (_termination(profile, on, 0, book),)
    if kind is ChangeKind.REHIRE:
        return (*_gap(approval, book), _hire(profile, on, "rehire", book))
    if kind is ChangeKind.REACTIVATE:
        return (Activity(0, ActivitySource.JOB, MSC, approval.as_of, "reactivation"),)
    return tuple(_of_fields(profile, approval.changes, edits, on, book))


def _gap(approval: Approval, book: Rulebook) -> tuple[Activity, ...]:
    """Return the termination of an employee who left and came back between two syncs (A-20)."""
    before, left = approval.before, gap_begin(approval.after.profile)
    if before is None or before.standing is not Standing.ACTIVE or left is None:
        return ()
    # Left and rehired on one day: HIR has the lower priority number and would go first, so the termination gets a rank
    # before it (model 2.5).
    return (_termination(approval.after.profile, left, -1 if left == approval.effective_date else 0, book),)


def _hire(profile: Profile, on: date, action: str, book: Rulebook) -> Activity:
    rows = _rows_of(profile, (HIRE, REHIRE, STATUS_TABLE), on)
    return Activity(0, ActivitySource.JOB, HIR, on, *_named(rows, action, book), rows=rows)


def _termination(profile: Profile, on: date, rank: int, book: Rulebook) -> Activity:
    rows = _rows_of(profile, (TERMINATION, STATUS_TABLE), on)
    return Activity(
        0, ActivitySource.JOB, TER, on, *_named(rows, "termination", book), rows=rows, rank=rank, final=True
    )


def _rows_of(profile: Profile, tables: tuple[str, ...], on: date) -> tuple[DatedRow, ...]:
    """Return the dated rows of a hire or a termination: those of its day. Losing one disconnects its event."""
    rows = (*profile.rows, *_dates_of(profile))
    return tuple(row for row in rows if row.table in tables and row.date == on)


def _dates_of(profile: Profile) -> tuple[DatedRow, ...]:
    return date_rows(Participant(0, b"", Standing.ACTIVE, profile, None, None, 0))


def _named(rows: Iterable[DatedRow], otherwise: str, book: Rulebook) -> tuple[str, str]:
    """Return action and reason of the last row that has an action; ``otherwise`` and no reason without one."""
    with_action = [row.values for row in rows if book.fields.action in row.values]
    return (
        (with_action[-1][book.fields.action], with_action[-1].get(book.fields.reason, ""))
        if with_action
        else (otherwise, "")
    )


def _of_fields(
    profile: Profile, changes: Sequence[FieldChange], edits: Sequence[RowChange], effective_date: date, book: Rulebook
) -> Iterator[Activity]:
    """Yield an activity for each new or corrected row and each class that it triggers, then those of other fields.

    A corrected row that changes nothing of today only flags the events that used it.
    """
    changed = {change.field for change in changes}
    dated_fields: set[str] = set()
    for edit in edits:
        # Deleted and re-dated rows act through the events that used them (`scheduling`), and dates of employment are no
        # rows of the profile.
        if edit.new is None or edit.new not in profile.rows or edit.edit is RowEdit.REDATE:
            continue
        # An old row that is corrected changes no value of today, so only fields that the request changes count.
        fields = _differing(edit.old, edit.new) & changed if edit.old else _newly(profile.rows, edit.new)
        dated_fields |= fields
        yield from _by_class(fields, edit.new.date, (edit.new,), book)
    yield from _by_class(changed - dated_fields, effective_date, (), book)


def _newly(rows: Sequence[DatedRow], row: DatedRow) -> set[str]:
    """Return the fields in which a row differs from the one before it in its table; every field for a first row."""
    earlier = [other for other in rows[: rows.index(row)] if other.table == row.table]
    return _differing(earlier[-1], row) if earlier else set(row.values)


def _differing(old: DatedRow, new: DatedRow) -> set[str]:
    return {name for name in {*old.values, *new.values} if old.values.get(name) != new.values.get(name)}


def _by_class(fields: Iterable[str], on: date, rows: tuple[DatedRow, ...], book: Rulebook) -> Iterator[Activity]:
    """Yield an activity for each class; a mapped action decides on the class of job changes (S4-08, model K15)."""
    action, reason = _named(rows, "change", book)
    meaning = book.meaning(action, reason, on)
    sources_by_class: dict[str, ActivitySource] = {}
    # Sorted here and below: sets have no order, and the numbers of activities must be the same in every run.
    for field in sorted(fields):
        trigger = book.trigger(field)
        if trigger is None:
            continue
        source = _source_of(book, trigger)
        mapped = meaning.event if meaning is not None and trigger.event == MSC else ""
        sources_by_class.setdefault(mapped or trigger.event, source)
    for name, source in sorted(sources_by_class.items()):
        yield Activity(0, source, name, on, action, reason, rows=rows)


class Effect(msgspec.Struct, frozen=True):
    """An event that a request touches, and the coverage rows that voiding it would reverse (sync-rules 3.9.4)."""

    event: Event
    edit: RowEdit
    disconnects: bool
    rows: tuple[Enrollment, ...]


def effects(case: Case, edits: Iterable[RowChange], book: Rulebook) -> tuple[Effect, ...]:
    """Return the events that rest on rows which are corrected, re-dated or deleted (sync-rules 3.9.4)."""
    touched = []
    for edit in edits:
        for event in case.events:
            if rests_on(event, edit):
                posted = tuple(row for row in case.enrollments if row.event == event.number and not row.reversed)
                touched.append(Effect(event, edit.edit, disconnects(event, edit, book), posted))
    return tuple(touched)


def touches(events: Iterable[Event], edits: Iterable[RowChange]) -> bool:
    """Return whether edits change a row that an event past PR rests on; such a request is of high risk (model 2.3)."""
    begun = [event for event in events if event.process in _PAST_PR and event.status is not EventStatus.VOID]
    return any(rests_on(event, edit) for edit in edits for event in begun)


def rests_on(event: Event, edit: RowChange) -> bool:
    """Return whether an event was brought by the row, or used it; a disconnected one and a snapshot rest on nothing."""
    row = edit.old
    if row is None or event.disconnected or event.event_class == SNAPSHOT:
        return False
    return row in event.rows or row in event.used


def disconnects(event: Event, edit: RowChange, book: Rulebook) -> bool:
    """Return whether an edit disconnects an event (S4-16, decision 77).

    It does if the row is gone, if the row brought the event and has another date or an action of another meaning, or
    if the row moved past the event's date.
    """
    if edit.old is None or edit.new is None:
        return edit.edit is RowEdit.DELETE
    brought = edit.old in event.rows
    if edit.edit is RowEdit.REDATE:
        return brought or edit.new.date > event.event_date
    return brought and meaning_of(edit.old, book) != meaning_of(edit.new, book)


def meaning_of(row: DatedRow, book: Rulebook) -> Action | None:
    """Return what the action of a dated row means on the day of the row; None without a mapped action."""
    return book.meaning(*_named((row,), "", book), row.date)
