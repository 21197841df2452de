"""Finds the dated rows that were inserted, corrected, re-dated or deleted between two profiles (sync-rules 3.9.1).

Rows are compared by content, because a source need not give ids (decision 9).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import date

from bensync.benefits.values.activities import RowChange, RowEdit
from bensync.core.changes import ChangeKind
from bensync.core.people import EMPLOYMENT_TABLES, DatedRow, Participant, normalized_row

HIRE, REHIRE, TERMINATION = EMPLOYMENT_TABLES
Pairing = Callable[[DatedRow], Hashable]


def row_edits(kind: ChangeKind, before: Participant | None, after: Participant) -> tuple[RowChange, ...]:
    """Return the edits of dated rows that an approval makes (sync-rules 3.9.1).

    Hire, rehire and termination date count as rows where the request is about nothing else: in every other kind they
    change because something new happened.
    """
    if before is None:
        return ()
    edits = compare(before.profile.rows, after.profile.rows)
    if kind not in (ChangeKind.UPDATE, ChangeKind.CORRECTION):
        return edits
    moved = compare(date_rows(before), date_rows(after))
    return (*edits, *(edit for edit in moved if edit.edit is not RowEdit.INSERT))


def date_rows(participant: Participant) -> tuple[DatedRow, ...]:
    """Return hire, rehire and termination date as dated rows, so that moving one counts as re-dating a row."""
    dates_by_table = [(table, participant.profile.values.get(field)) for table, field in EMPLOYMENT_TABLES.items()]
    return tuple(DatedRow(table, date.fromisoformat(text), {}) for table, text in dates_by_table if text)


def compare(before: Sequence[DatedRow], after: Sequence[DatedRow]) -> tuple[RowChange, ...]:
    """Return the edits that lead from one history to another.

    A row that vanished and one that appeared are one and the same if they are of one table and agree in their values
    (re-dated) or in their date (corrected); what is left was deleted or inserted.
    """
    gone, come = _without(before, after), _without(after, before)
    # Equal values are the stronger sign, so re-dated rows are paired first; each pairing takes its rows off both lists.
    changes = [RowChange(RowEdit.REDATE, old, new) for old, new in _pairs(gone, come, _by_values)]
    changes += [RowChange(RowEdit.CORRECT, old, new) for old, new in _pairs(gone, come, _by_date)]
    changes += [RowChange(RowEdit.DELETE, old, None) for old in gone]
    return (*changes, *(RowChange(RowEdit.INSERT, None, new) for new in come))


def _without(rows: Sequence[DatedRow], others: Sequence[DatedRow]) -> list[DatedRow]:
    """Return the rows that are missing from the others; equal rows are counted, whatever their spelling is."""
    left = [normalized_row(row) for row in others]
    missing = []
    for row in rows:
        spelled = normalized_row(row)
        if spelled in left:
            left.remove(spelled)
        else:
            missing.append(row)
    return missing


def _by_values(row: DatedRow) -> Hashable:
    return row.table, frozenset(row.values.items())


def _by_date(row: DatedRow) -> Hashable:
    return row.table, row.date


def _pairs(gone: list[DatedRow], come: list[DatedRow], same: Pairing) -> list[tuple[DatedRow, DatedRow]]:
    """Return pairs of rows that agree in one respect, and remove them from both lists."""
    pairs = []
    for old in list(gone):
        new = next((row for row in come if same(row) == same(old)), None)
        if new is not None:
            gone.remove(old)
            come.remove(new)
            pairs.append((old, new))
    return pairs
