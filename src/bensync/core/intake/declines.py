"""What was declined, per person, field and value: it stays declined until HR changes it (sync-rules 3.7.6).

A request shows a declined value, and its approval leaves it out unless somebody chooses it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

import msgspec

from bensync.core.changes import FieldChange
from bensync.core.intake.proposals import changes
from bensync.core.people import DatedRow, Participant, Profile, Standing, Status, last_hire

STATUS, HISTORY = "status", "history"
"""Names of what can be decided apart and is no field: the status, and rewritten dated rows of the past."""


class DeclinedValue(msgspec.Struct, frozen=True):
    """One value of one field that was declined.

    Attributes:
        field: the name of the field, or `STATUS`, or ``employee_id``.
        value: what HR said; None for a cleared field.
        since: the date of the dated row that holds the value; None for a field without dated rows.
        request: the number of the request that was decided.
    """

    field: str
    value: str | None
    since: date | None
    request: int


class Declines(msgspec.Struct, frozen=True):
    """All that is declined for one person.

    Attributes:
        values: the declined values.
        added: dated rows of HR that were declined as a whole.
        removed: approved dated rows whose removal in HR was declined.
        version: that of the participant after the last decision.
    """

    values: tuple[DeclinedValue, ...] = ()
    added: tuple[DatedRow, ...] = ()
    removed: tuple[DatedRow, ...] = ()
    version: int = 0

    def __bool__(self) -> bool:
        """Return whether anything is declined."""
        return bool(self.values or self.added or self.removed)


def declined_fields(profile: Profile, declines: Declines) -> frozenset[str]:
    """Return the fields whose present value in HR is declined."""
    return frozenset(entry.field for entry in declines.values if _is_present(entry, profile))


def without_declined(profile: Profile, participant: Participant, declines: Declines) -> Profile:
    """Return what HR says with the approved values in place of declined ones; the same object where none is declined.

    Args:
        profile: what HR says in full.
        participant: the participant as last approved.
        declines: what is declined for this person.
    """
    fields = declined_fields(profile, declines)
    rows = _merged_rows(profile.rows, participant.profile.rows, declines)
    if not fields and rows == profile.rows:
        return profile
    own = participant.profile
    values = {name: text for name, text in profile.values.items() if name not in fields}
    values |= {name: text for name, text in own.values.items() if name in fields}
    # In the order of HR's values: fingerprints depend on it. A field that HR has no more goes last.
    ordered = {name: values[name] for name in profile.values if name in values} | values
    merged = msgspec.structs.replace(profile, values=ordered, rows=rows)
    if "employee_id" in fields:
        merged = msgspec.structs.replace(merged, employee_id=own.employee_id)
    if STATUS in fields:
        status = Status.ACTIVE if participant.standing is Standing.ACTIVE else Status.INACTIVE
        merged = msgspec.structs.replace(merged, status=status, status_date=own.status_date, left_date=own.left_date)
    return merged


def declined_changes(profile: Profile, participant: Participant, declines: Declines) -> tuple[FieldChange, ...]:
    """Return the differences that `without_declined` leaves out, for a page that shows them unticked."""
    fields = declined_fields(profile, declines)
    left = tuple(change for change in changes(profile, participant) if change.field in fields)
    own = participant.profile.rows
    hidden = {row.table for row in declines.added if row in profile.rows and row not in own}
    hidden |= {row.table for row in declines.removed if row not in profile.rows}
    named = {change.field for change in left}
    # A row that was declined together with a field is part of that field's line.
    apart = hidden - {row.table for row in (*profile.rows, *own) if named & row.values.keys()}
    return (*left, FieldChange(HISTORY, None, None)) if apart else left


def declining(
    profile: Profile, participant: Participant, fields: Collection[str], request: int, before: Declines
) -> Declines:
    """Return what is declined after a decision that leaves these fields out.

    Args:
        profile: what HR says in full.
        participant: the participant before the decision.
        fields: the fields that the decision leaves out.
        request: the number of the request.
        before: what was declined before, without what this decision chose (`released`).
    """
    changed = {change.field for change in changes(profile, participant)}
    values = [DeclinedValue(name, *_present(profile, name), request) for name in sorted(changed.intersection(fields))]
    own, every = participant.profile.rows, (*profile.rows, *participant.profile.rows)
    tables = {row.table for row in every if _is_declined_table(row.table, every, changed, fields)}
    added = [row for row in profile.rows if row.table in tables and row not in own]
    removed = [row for row in own if row.table in tables and row not in profile.rows]
    entries = {(entry.field, entry.value, entry.since): entry for entry in (*before.values, *values)}
    return msgspec.structs.replace(
        before,
        values=tuple(entries.values()),
        added=_joined(before.added, added),
        removed=_joined(before.removed, removed),
    )


def released(declines: Declines, profile: Profile, fields: Collection[str]) -> Declines:
    """Return what is still declined once a person chose these fields of what HR says."""
    chosen = {entry.field for entry in declines.values if entry.field in fields and _is_present(entry, profile)}
    # Rows that were declined with a chosen field come back with it. A value of the past that HR has replaced since
    # stays declined: choosing the present one does not choose it.
    rows = (*profile.rows, *declines.added, *declines.removed)
    tables = {row.table for row in rows if chosen & row.values.keys() or HISTORY in fields}
    return msgspec.structs.replace(
        declines,
        values=tuple(entry for entry in declines.values if not (entry.field in chosen and _is_present(entry, profile))),
        added=tuple(row for row in declines.added if row.table not in tables),
        removed=tuple(row for row in declines.removed if row.table not in tables),
    )


def still_declined(declines: Declines, profile: Profile) -> Declines:
    """Return the declines that still concern what HR says; once HR changes a declined value, it counts as new."""
    return msgspec.structs.replace(
        declines,
        values=tuple(entry for entry in declines.values if _is_present(entry, profile) or _in_past(entry, profile)),
        added=tuple(row for row in declines.added if row in profile.rows),
        removed=tuple(row for row in declines.removed if row not in profile.rows),
    )


def is_status_declined(declines: Declines, profile: Profile, version: int) -> bool:
    """Return whether the status in HR was declined for a participant of this version (sync-rules 3.6.5, A-17)."""
    return declines.version == version and STATUS in declined_fields(profile, declines)


def _is_declined_table(table: str, rows: Iterable[DatedRow], changed: Collection[str], fields: Collection[str]) -> bool:
    """Return whether the rows of a table are declined with these fields: all of its changed fields are left out."""
    touched = {name for row in rows if row.table == table for name in row.values if name in changed}
    # A table without a changed field holds corrections of the past, which go with the request as a whole.
    return (touched or set(changed)) <= set(fields)


def _present(profile: Profile, field: str) -> tuple[str | None, date | None]:
    """Return what HR says of a field, and the date of the dated row that holds it."""
    if field == "employee_id":
        return profile.employee_id, None
    if field == STATUS:
        # With its dates: a person who is terminated once more later is another decision.
        ended, hired = profile.values.get("termination_date", ""), last_hire(profile.values)
        return f"{profile.status} {ended} {hired or ''}", profile.status_date
    value = profile.values.get(field)
    tables = {row.table for row in profile.rows if field in row.values}
    last = next((row for row in reversed(profile.rows) if row.table in tables), None)
    return value, last.date if last is not None and last.values.get(field) == value else None


def _is_present(entry: DeclinedValue, profile: Profile) -> bool:
    return (entry.value, entry.since) == _present(profile, entry.field)


def _in_past(entry: DeclinedValue, profile: Profile) -> bool:
    """Return whether a dated row of HR still holds a declined value, though a later row replaced it."""
    return any(row.date == entry.since and row.values.get(entry.field) == entry.value for row in profile.rows)


def _merged_rows(rows: Sequence[DatedRow], own: Sequence[DatedRow], declines: Declines) -> tuple[DatedRow, ...]:
    """Return the dated rows of HR without what is declined in them; rows that are approved already stay as they are."""
    merged: list[DatedRow] = []
    for row in rows:
        if row in own:
            merged.append(row)
        elif row not in declines.added:
            merged.append(_with_approved(row, merged, own, declines))
    merged += (row for row in declines.removed if row not in rows)
    # Stable: rows of one table and date keep the order in which they were entered (sync-rules 3.3.1).
    return tuple(sorted(merged, key=lambda row: (row.table, row.date)))


def _with_approved(row: DatedRow, earlier: Sequence[DatedRow], own: Sequence[DatedRow], declines: Declines) -> DatedRow:
    """Return a row of HR with the approved values in place of the declined ones.

    They come from the approved row of that date, or from the row before it.
    """
    declined = [
        entry.field
        for entry in declines.values
        if entry.since == row.date and row.values.get(entry.field) == entry.value
    ]
    if not declined:
        return row
    same_day = [other for other in own if (other.table, other.date) == (row.table, row.date)]
    before = [other for other in earlier if other.table == row.table]
    approved = next(iter(same_day), None) or next(reversed(before), None)
    values = {name: text for name, text in row.values.items() if name not in declined}
    if approved is not None:
        values |= {name: approved.values[name] for name in declined if name in approved.values}
    return msgspec.structs.replace(row, values=values)


def _joined(first: Iterable[DatedRow], second: Iterable[DatedRow]) -> tuple[DatedRow, ...]:
    """Return the rows of both, each once."""
    joined: list[DatedRow] = []
    for row in (*first, *second):
        if row not in joined:
            joined.append(row)
    return tuple(joined)
