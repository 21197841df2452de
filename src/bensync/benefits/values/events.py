"""Benefit events as frozen values: their status, process status, indicator and flags."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import msgspec

from bensync.benefits.values.activities import ActivitySource
from bensync.benefits.values.offers import Choice, EligibilityFinding, Prepared, Remark
from bensync.core.people import DatedRow

SNAPSHOT = "SNP"
"""The class of the event with which a participant of a snapshot begins; it decided nothing that could be stale."""


class EventStatus(StrEnum):
    """Whether an event is in process; CLOSED is both waiting and done, and the process status says which."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    VOID = "VOID"


class Process(StrEnum):
    """The process status of an event: how far its processing has come."""

    # S3-36 to S3-59 define them.

    AE = "AE"
    """Program assignment in error: several programs fit."""
    AN = "AN"
    """Program assignment found none."""
    AS = "AS"
    """One program fits; of an event in the queue, none may fit, too (S3-38)."""
    FA = "FA"
    """Finished at assignment: no program, and no coverage to end."""
    FP = "FP"
    """Finished at preparation: the event changes nothing, and offers nothing."""
    PE = "PE"
    """Preparation in error: the rulebook cannot say what the event means."""
    PR = "PR"
    """Prepared: the options wait for elections or a final mark."""
    NT = "NT"
    """Notified: the statement of the options was sent."""
    ET = "ET"
    """Elections entered, and not judged yet."""
    EE = "EE"
    """Elections in error: at least one is not valid, and none was posted."""
    FE = "FE"
    """Finished with elections: the coverage rows are posted."""
    RE = "RE"
    """Reopened: what the event posted is reversed, and its elections can be entered again."""


FINISHED = frozenset({Process.FA, Process.FP, Process.FE})
"""The statuses of events that are done."""

ASSIGNING = frozenset({Process.AE, Process.AN, Process.AS})
"""The statuses of events whose program was looked up and that are not prepared yet."""

UNPREPARED = ASSIGNING | {Process.PE}
BEGUN = frozenset({Process.PR, Process.NT, Process.ET, Process.EE, Process.RE})
"""Prepared, and not finished."""


class Indicator(StrEnum):
    """The extra work of the next run on an event, besides the usual processing."""

    # S3-187 to S3-192 define them.

    NORMAL = "NORMAL"
    ASSIGN = "ASSIGN"
    PREPARE = "PREPARE"
    ELECT = "ELECT"
    RE_ENTER = "RE_ENTER"
    VOID = "VOID"


class Flag(StrEnum):
    """A fact that an administrator should check on an event; the engine sets flags and never clears them."""

    # S3-193 defines them.

    OUT_OF_SEQUENCE = "out_of_sequence"
    DISCONNECTED = "disconnected"
    ELIG_ADDR = "elig_addr"
    ELIG_JOB = "elig_job"
    ELIG_MULTI = "elig_multi"
    MULTI_ACTIVITY = "multi_activity"


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """A benefit event of one participant.

    Attributes:
        number: counts the events of a participant from 1; 0 is kept for open enrollment (S3-158).
        rows: the dated rows of HR that brought it; losing one disconnects it.
        used: the dated rows that its eligibility rests on.
        activities: the activities that it was made of, the first one read first.
        final: processed at the next run, with defaults where nothing was elected (S3-109).
        forced: it was finished by a final mark; elections that are entered again leave its defaults in place.
        set_aside: closed manually while it was in process.
        schedule: the schedule whose runs process it; empty where only runs of all schedules do (S3-121).
        findings: what spoke for and against each program and plan when a run was asked to record it.
        notified: when the statement was made (S3-154); ``entered``: when elections came in.
    """

    number: int
    event_class: str
    event_date: date
    priority: int
    source: ActivitySource
    status: EventStatus
    process: Process
    rank: int = 0
    indicator: Indicator = Indicator.NORMAL
    flags: frozenset[Flag] = frozenset()
    final: bool = False
    forced: bool = False
    set_aside: bool = False
    program: str = ""
    action: str = ""
    reason: str = ""
    rows: tuple[DatedRow, ...] = ()
    used: tuple[DatedRow, ...] = ()
    activities: tuple[int, ...] = ()
    prepared: Prepared | None = None
    choices: tuple[Choice, ...] = ()
    messages: tuple[Remark, ...] = ()
    schedule: str = ""
    findings: tuple[EligibilityFinding, ...] = ()
    notified: date | None = None
    entered: date | None = None
    finished: date | None = None

    @property
    def order(self) -> tuple[date, int, int, int]:
        """Return the sort key of the queue: date, rank, priority number, then age; the lowest goes first (S3-60)."""
        return self.event_date, self.rank, self.priority, self.number

    @property
    def disconnected(self) -> bool:
        """Return whether HR lost a row that it stands on; such an event can only be voided (S3-131)."""
        return Flag.DISCONNECTED in self.flags

    @property
    def loss_of_all(self) -> bool:
        """Return whether it would end every coverage."""
        return self.prepared is not None and self.prepared.loss_of_all

    @property
    def over(self) -> bool:
        """Return whether no run processes the event any more, unless an administrator reprocesses it."""
        return self.process in FINISHED or self.status is EventStatus.VOID or self.disconnected


def flagged(event: Event, *flags: Flag) -> Event:
    """Return the event with these flags added to its own."""
    return msgspec.structs.replace(event, flags=event.flags | set(flags))
