"""The words of benefit events as frozen values: activities, events, and the case of one participant."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from bensync.benefits.values.cobra import CobraRecord
from bensync.benefits.values.enrollments import Assignment, Enrollment, Terms
from bensync.core.people import DatedRow, Participant

SNAPSHOT = "SNP"
"""The class of the event with which a participant of a snapshot begins; it decided nothing that could be stale."""
INFO = "INFO"
"""The class of an activity that is listed and never processed (S2-10)."""


class ActivitySource(StrEnum):
    """What made an activity; the first three name the eligibility-changed flag that they set."""

    # S3-111 defines them, and S3-104 the flags.

    ADDRESS = "ADDRESS"
    JOB = "JOB"
    MULTIJOB = "MULTIJOB"
    PASSIVE = "PASSIVE"
    MANUAL = "MANUAL"


class RowEdit(StrEnum):
    """What happened to a dated row of HR (sync-rules 3.9.1)."""

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
    """The trace of an approved change, of time passing, or of an administrator's hand, on its way to an event.

    Attributes:
        id: the order in which activities are read.
        event_class: a class of the rulebook, or INFO; empty for an edit of a row that makes no event of its own.
        change: the edit of a dated row that flags or disconnects events; None where the activity is none.
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


class EventStatus(StrEnum):
    """Only an OPEN event is processed; CLOSED is both waiting and done, the process status tells which."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    VOID = "VOID"


class Process(StrEnum):
    """The process status of an event: how far its processing has come."""

    # S3-36 to S3-59 define them.

    AE = "AE"
    AN = "AN"
    AS = "AS"
    FA = "FA"
    FP = "FP"
    PE = "PE"
    PR = "PR"
    NT = "NT"
    ET = "ET"
    EE = "EE"
    FE = "FE"
    RE = "RE"


FINISHED = frozenset({Process.FA, Process.FP, Process.FE})
"""Nothing is left to do."""
ASSIGNING = frozenset({Process.AE, Process.AN, Process.AS})
"""A program was looked for, and nothing was prepared yet."""
UNPREPARED = ASSIGNING | {Process.PE}


class Indicator(StrEnum):
    """What the next run does with an event in addition to the usual processing."""

    # S3-187 to S3-192 define them.

    NORMAL = "NORMAL"
    ASSIGN = "ASSIGN"
    PREPARE = "PREPARE"
    ELECT = "ELECT"
    RE_ENTER = "RE_ENTER"
    VOID = "VOID"


class Flag(StrEnum):
    """What an administrator should check on an event; the engine sets flags and never clears them."""

    # S3-193 defines them.

    OUT_OF_SEQUENCE = "out_of_sequence"
    DISCONNECTED = "disconnected"
    ELIG_ADDR = "elig_addr"
    ELIG_JOB = "elig_job"
    ELIG_MULTI = "elig_multi"
    MULTI_ACTIVITY = "multi_activity"


class CoverageOutcome(StrEnum):
    """What becomes of the present coverage of a plan type (S3-112)."""

    YES = "YES"
    NO = "NO"
    ONLY = "ONLY"
    """It will be ended."""
    FUTURE = "FUTURE"
    """It has not begun, and will be ended."""


class EligibilityFinding(msgspec.Struct, frozen=True):
    """What speaks against a program, or against a plan of it: names of facts, never their values; nothing fits."""

    program: str
    plan: str
    against: tuple[str, ...]


class Option(msgspec.Struct, frozen=True):
    """One priced option that a person is eligible for; ``history_only`` cannot be chosen through this event."""

    terms: Terms
    begin: date
    deduction_begin: date
    proof: bool = False
    history_only: bool = False
    minimum: Decimal | None = None
    maximum: Decimal | None = None


class Offer(msgspec.Struct, frozen=True):
    """What one plan type offers: its options, and the one that counts where nobody chooses.

    Attributes:
        held: what becomes of the present coverage.
        default: which of the options a final mark loads; None keeps what is there.
        auto_add: whether the default is loaded without anybody's mark (model K3).
        waivable: whether the present coverage may be waived through this event; ``waive_begin`` says from when.
    """

    plan_type: str
    held: CoverageOutcome
    options: tuple[Option, ...]
    default: Terms | None = None
    auto_add: bool = False
    waivable: bool = True
    waive_begin: date | None = None

    @property
    def electable(self) -> bool:
        """Whether anything may be chosen."""
        return any(not option.history_only for option in self.options)


class Ending(msgspec.Struct, frozen=True):
    """A coverage that ends, and its last day; ``waives`` where the event class cancels instead of ending (S4-10)."""

    plan_type: str
    terms: Terms
    last_day: date
    cobra: bool
    waives: bool = False


class Update(msgspec.Struct, frozen=True):
    """A coverage that goes on with other figures."""

    plan_type: str
    old: Terms
    new: Terms
    begin: date
    deduction_begin: date


class Remark(msgspec.Struct, frozen=True):
    """One line of the report that is no posting: why something was left, skipped or refused. No personal data."""

    code: str
    event: int = 0
    plan_type: str = ""
    plan: str = ""
    detail: str = ""


class Prepared(msgspec.Struct, frozen=True):
    """What an event means for every plan type, before anybody chooses.

    ``faults`` say why it cannot be prepared; ``loss_of_all`` that every present coverage would end (S3-135).
    """

    offers: tuple[Offer, ...] = ()
    endings: tuple[Ending, ...] = ()
    updates: tuple[Update, ...] = ()
    remarks: tuple[Remark, ...] = ()
    faults: tuple[Remark, ...] = ()
    loss_of_all: bool = False

    @property
    def electable(self) -> bool:
        """Whether anything may be chosen."""
        return any(offer.electable for offer in self.offers)

    @property
    def idle(self) -> bool:
        """Whether nothing can come of the event."""
        return not (self.electable or self.endings or self.updates or self.loss_of_all)

    @property
    def needs_person(self) -> bool:
        """Whether somebody must choose or confirm before anything is posted."""
        return self.loss_of_all or any(offer.electable and not offer.auto_add for offer in self.offers)


class Choice(msgspec.Struct, frozen=True):
    """What was elected for one plan type; an empty plan waives. ``proof``: the proof asked for was received."""

    plan_type: str
    plan: str = ""
    option: str = ""
    contribution: Decimal | None = None
    proof: bool = False


class Event(msgspec.Struct, frozen=True):
    """A benefit event of one participant.

    Attributes:
        number: counts the events of a participant from 1; 0 is kept for open enrollment (S3-158).
        rows: the dated rows of HR that brought it; losing one disconnects it.
        used: the dated rows that its eligibility rests on.
        activities: the activities that it was made of, the first one read first.
        final: worked off at the next run, with defaults where nothing was elected (S3-109).
        forced: it was finished by a final mark; elections that are entered again leave its defaults in place.
        set_aside: closed by hand while it was in process.
        schedule: the schedule whose runs work it off; empty where only runs of all schedules do (S3-121).
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
        """Which of two events goes first: the earlier date, then the lower priority number, then the older (S3-60)."""
        return self.event_date, self.rank, self.priority, self.number

    @property
    def disconnected(self) -> bool:
        """Whether HR lost a row that it stands on; such an event can only be voided (S3-131)."""
        return Flag.DISCONNECTED in self.flags

    @property
    def loss_of_all(self) -> bool:
        """Whether it would end every coverage."""
        return self.prepared is not None and self.prepared.loss_of_all

    @property
    def over(self) -> bool:
        """Whether its turn will not come any more, unless somebody asks for it."""
        return self.process in FINISHED or self.status is EventStatus.VOID or self.disconnected


class Case(msgspec.Struct, frozen=True):
    """All that is kept of one participant for benefit events; the benefit record is always 0 (S4-02)."""

    participant: Participant
    activities: tuple[Activity, ...] = ()
    events: tuple[Event, ...] = ()
    enrollments: tuple[Enrollment, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    cobra: tuple[CobraRecord, ...] = ()

    @property
    def open(self) -> Event | None:
        """The one event that is in process, if any."""
        return next((event for event in self.events if event.status is EventStatus.OPEN), None)

    def event(self, number: int) -> Event:
        """The event of this number.

        Raises:
            KeyError: there is none.
        """
        for event in self.events:
            if event.number == number:
                return event
        raise KeyError(number)

    def put(self, event: Event) -> Case:
        """The case with this event in the place of the one of the same number, or behind all others."""
        events = {one.number: one for one in self.events} | {event.number: event}
        return msgspec.structs.replace(self, events=tuple(events.values()))


def flagged(event: Event, *flags: Flag) -> Event:
    """The event with these flags set."""
    return msgspec.structs.replace(event, flags=event.flags | set(flags))
