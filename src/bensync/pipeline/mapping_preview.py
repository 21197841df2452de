"""Try the mapping on one person of HR. Stores nothing, and works without keys and upload center."""

from __future__ import annotations

from datetime import date

import msgspec

from bensync.core.changes import Issue, IssueCode
from bensync.core.people import Status
from bensync.core.ports import Record, Source
from bensync.core.ssn import check_ssn
from bensync.core.status import StatusOptions, project
from bensync.errors import GuardTripped, SourceError, run_command
from bensync.mappings.reader import Reader
from bensync.mappings.trace import Traced, trace


class MappingPreview(msgspec.Struct, frozen=True):
    """What a run would read of one person.

    Attributes:
        employee_id: who it is.
        traced: every mapped field with its way from HR to us.
        status: what holds on the day; None where the person would be kept back.
        issue: why they would be kept back.
    """

    employee_id: str
    traced: tuple[Traced, ...]
    status: Status | None
    issue: Issue | None


def preview_mapping(
    source: Source, reader: Reader, options: StatusOptions, employee_id: str, since: str | None, as_of: date
) -> MappingPreview:
    """Read one person as the next run would.

    Args:
        source: HR.
        reader: the mapping.
        options: the BeneTrac Status options.
        employee_id: whom to read.
        since: the present watermark, so that few others are read; None reads HR from its first person on.
        as_of: the day on which the status must hold.

    Raises:
        SourceError: HR cannot be read, or does not show this person.
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
        f"HR shows no employee {employee_id}",
        "there is none of this number, or the reader may not see them",
        "give HR's internal number, which `bensync people list` and `bensync issues` show, not the employee number",
        remedy=run_command("people list"),
    )


def _judged(reader: Reader, options: StatusOptions, record: Record, as_of: date) -> Status | Issue:
    try:
        employee = reader.read(record)
    except GuardTripped as refusal:
        return Issue(record.id, IssueCode.VALUE_UNKNOWN, f"every run is refused: {refusal.why}")
    if isinstance(employee, Issue):
        return employee
    issue = check_ssn(employee)
    if issue is not None:
        return issue
    projected = project(employee, options, as_of)
    return projected if isinstance(projected, Issue) else projected[0].status
