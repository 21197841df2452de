"""Activities: the traces of approved changes and edited dated rows on their way to benefit events, as frozen values."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import msgspec

from bensync.core.people import DatedRow

INFO = "INFO"
"""The class of an activity that is listed and never processed (S2-10)."""


class ActivitySource(StrEnum):
    """The origin of an activity; the first three set the eligibility-changed flag of their name."""

    # S3-111 defines them, and S3-104 the flags.

    ADDRESS = "ADDRESS"
    JOB = "JOB"
    MULTIJOB = "MULTIJOB"
    PASSIVE = "PASSIVE"
    MANUAL = "MANUAL"


class RowEdit(StrEnum):
    """The kind of an edit of a dated row of HR (sync-rules 3.9.1)."""

    INSERT = "INSERT"
    CORRECT = "CORRECT"
    REDATE = "REDATE"
    DELETE = "DELETE"


class RowChange(msgspec.Struct, frozen=True):
    """One dated row before and after; an inserted row has no before, a deleted one no after."""

    edit: RowEdit
    old: DatedRow | None
    new: DatedRow | None


class ActivityState(StrEnum):
    """The life of an activity."""

    WAITING = "WAITING"
    HELD = "HELD"
    INFO = "INFO"
    PROCESSED = "PROCESSED"
    DELETED = "DELETED"


class Activity(msgspec.Struct, frozen=True):
    """The trace of an approved change, of time passing, or of a manual entry, on its way to an event.

    Attributes:
        id: the order in which activities are read.
        event_class: a class of the rulebook, or INFO; empty for an edit of a row that makes no event of its own.
        change: the edit of a dated row that flags or disconnects events; None if the activity is no edit.
        rows: the dated rows that brought it; an event of it is tied to them.
        rank: orders events of one day before their priority does: -1 for a termination that a rehire of the same
            day follows (model 2.5).
        final: approving was the confirmation (model K4).
    """

    id: int
    source: ActivitySource
    event_class: str
    event_date: date
    action: str = ""
    reason: str = ""
    change: RowChange | None = None
    rows: tuple[DatedRow, ...] = ()
    rank: int = 0
    final: bool = False
    state: ActivityState = ActivityState.WAITING
    request_id: int | None = None
