"""Tries the mapping on one employee in HR. Stores nothing, and works without keys and upload center."""

from __future__ import annotations

from datetime import date

import msgspec

from bensync.core.changes import Issue, IssueCode
from bensync.core.people import Status
from bensync.core.ports import Record, Source
from bensync.core.status import StatusOptions, judge
from bensync.errors import GuardTripped, SourceError, run_command
from bensync.mappings.reader import Reader
from bensync.mappings.trace import Traced, trace


class MappingPreview(msgspec.Struct, frozen=True):
    """What a run would read of one employee.

    Attributes:
        employee_id: the employee's id in HR.
        traced: every mapped field with the steps from HR's value to ours.
        status: the status on the day; None if a data issue would block the employee.
        issue: the issue that would block the employee.
    """

    employee_id: str
    traced: tuple[Traced, ...]
    status: Status | None
    issue: Issue | None


def preview_mapping(
    source: Source, reader: Reader, options: StatusOptions, employee_id: str, since: str | None, as_of: date
) -> MappingPreview:
    """Read one employee as the next run would.

    Args:
        source: HR.
        reader: the mapping.
        options: the BeneTrac Status options.
        employee_id: the employee's id in HR.
        since: the present watermark, so that few others are read; None reads everybody in HR.
        as_of: the day that the status is read for.

    Raises:
        SourceError: HR cannot be read, or does not show this employee.
    """
    record = _record(source, reader, employee_id, since)
    judged = _judged(reader, options, record, as_of)
    traced = trace(reader, record)
    if isinstance(judged, Issue):
        return MappingPreview(employee_id, traced, None, judged)
    return MappingPreview(employee_id, traced, judged, None)


def _record(source: Source, reader: Reader, employee_id: str, since: str | None) -> Record:
    pull = source.pull(reader.mapping.wanted(), since, frozenset({employee_id}))
    for page in pull.pages:
        for record in page:
            if record.id == employee_id:
                return record
    raise SourceError(
        f"HR shows no employee {employee_id}.",
        "There is none of this number, or the reader may not see them.",
        "Give HR's internal number, which `bensync people list` and `bensync issues` show, not the employee number.",
        remedy=run_command("people list"),
    )


def _judged(reader: Reader, options: StatusOptions, record: Record, as_of: date) -> Status | Issue:
    try:
        employee = reader.read(record)
    except GuardTripped as refusal:
        # A code table that rejects unlisted values stops a whole run; a preview shows the value instead.
        return Issue(record.id, IssueCode.VALUE_UNKNOWN, f"every run is refused: {refusal.why.rstrip('.')}")
    if isinstance(employee, Issue):
        return employee
    projected = judge(employee, options, as_of)
    return projected if isinstance(projected, Issue) else projected[0].status
