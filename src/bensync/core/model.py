"""The words of the trade as frozen values; `docs/glossary.md` says what each one means.

Keys and fingerprints are opaque bytes here: only the vault can make them, so that the core never holds a secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum

import msgspec

Values = Mapping[str, str]
"""Field name of the catalogue -> normalised text. A field that is empty has no key."""


class Status(StrEnum):
    """What the BeneTrac Status of the source says of an employee (S0-18)."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class Standing(StrEnum):
    """What the benefits side says of a participant (model 2.3)."""

    ACTIVE = "ACTIVE"
    TERMINATED = "TERMINATED"


class IssueCode(StrEnum):
    """Why a person is kept back; retried every run."""

    SSN_MISSING = "ssn_missing"
    SSN_INVALID = "ssn_invalid"
    SSN_DUPLICATE = "ssn_duplicate"
    STATUS_MISSING = "status_missing"
    STATUS_UNKNOWN = "status_unknown"
    NOT_STARTED = "not_started"
    """The first status row lies in the future: nothing is wrong, and nothing is sent before that day."""
    FIELD_RESTRICTED = "field_restricted"
    FIELD_INVALID = "field_invalid"
    VALUE_UNKNOWN = "value_unknown"
    HR_EMPLOYEE_DELETED = "hr_employee_deleted"
    HELD = "held"
    """A guard holds the row; looked at again every run, until the alarm is gone or a person released it."""


class WarningCode(StrEnum):
    """What a request tells the administrator to look at before deciding."""

    STATUS_CONFLICT = "status_conflict"
    RETROACTIVE = "retroactive"
    INCOMPLETE = "incomplete"
    INACTIVE_NEW = "inactive_new"
    POSSIBLE_DUPLICATE = "possible_duplicate"
    IDENTITY_CHANGED = "identity_changed"
    GAP = "gap"
    PREVIOUSLY_DECLINED = "previously_declined"
    REACTIVATES = "reactivates"
    ENDS_COVERAGE = "ends_coverage"
    SECOND_APPROVER = "second_approver"
    TOUCHES_EVENT = "touches_event"


WARNING_WORDS: Mapping[WarningCode, str] = {
    WarningCode.STATUS_CONFLICT: "the termination date in HR contradicts the status there",
    WarningCode.RETROACTIVE: "it takes effect in the past",
    WarningCode.INCOMPLETE: "fields are missing that a participant should have",
    WarningCode.INACTIVE_NEW: "a person who is not on the benefits side yet comes as inactive",
    WarningCode.POSSIBLE_DUPLICATE: "the same HR employee is on the benefits side already, under another SSN",
    WarningCode.IDENTITY_CHANGED: "the SSN belonged to another HR employee so far",
    WarningCode.GAP: "left and came back between two updates; coverage may have a gap",
    WarningCode.PREVIOUSLY_DECLINED: "the last request about this person was declined",
    WarningCode.REACTIVATES: "a terminated participant becomes active again",
    WarningCode.ENDS_COVERAGE: "the participant's coverage ends",
    WarningCode.SECOND_APPROVER: "it reaches so far back that a second person should look at it",
    WarningCode.TOUCHES_EVENT: "it changes what a benefit event rests on that was worked off",
}
"""What each warning means, in words for the administrator."""


class DatedRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One effective-dated row of the source: its table in our words, its date, its non-empty values."""

    table: str
    date: date
    values: Values


class Employee(msgspec.Struct, frozen=True):
    """One person as HR sees them, in our words, with all dated rows: past and future.

    ``rows`` are ordered by table, then date, then by which was entered later (sync-rules 3.3.1).
    """

    id: str
    values: Values
    rows: tuple[DatedRow, ...]


class Profile(msgspec.Struct, frozen=True, gc=False):
    """The syncing record of one person as of one day: what a file says, a request proposes, an approval applies.

    ``values`` holds the person's own fields, then those of the dated tables, each in catalogue order; ``rows`` the
    dated rows up to that day. ``left_date`` is when an active person was last gone: the first day of the last inactive
    time before the present active one.
    """

    employee_id: str
    status: Status
    status_date: date
    values: Values
    rows: tuple[DatedRow, ...] = ()
    left_date: date | None = None


class _Present(msgspec.Struct, frozen=True, gc=False):
    """A profile, as far as it tells of the day itself."""

    employee_id: str
    status: Status
    status_date: date
    values: Values
    left_date: date | None = None


class Issue(msgspec.Struct, frozen=True):
    """A person kept back because something cannot be trusted. ``detail`` holds no personal data."""

    employee_id: str
    code: IssueCode
    detail: str = ""


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """A person who was read, is trustworthy, and stands ready to be compared with the baseline.

    The profile travels as its canonical bytes, which keeps a hundred thousand candidates small.
    ``due`` is the earliest later date of a dated row (sync-rules 3.3.3), ``mark`` that of the record as it was read.
    """

    employee_id: str
    key: bytes
    fingerprint: bytes
    encoded: bytes
    status: Status
    due: date | None = None
    mark: bytes | None = None

    def profile(self) -> Profile:
        """The profile behind the canonical bytes."""
        return decode_profile(self.encoded)

    def present(self) -> Profile:
        """The same without its dated rows, which are most of the work of reading it."""
        found = _present_decoder.decode(self.encoded)
        return Profile(found.employee_id, found.status, found.status_date, found.values, (), found.left_date)


class BaselineState(StrEnum):
    """The life of a baseline."""

    LIVE = "LIVE"
    RETIRED = "RETIRED"
    """The SSN of its employee moved on."""
    MISSING = "MISSING"
    """Its employee is gone from HR."""


class Known(msgspec.Struct, frozen=True, gc=False):
    """One baseline: what the benefits side was last told of the person with this key.

    ``encoded`` is None where nobody needs the old values.
    """

    key: bytes
    employee_id: str
    fingerprint: bytes
    active: bool
    state: BaselineState
    due: date | None = None
    encoded: bytes | None = None
    mark: bytes | None = None


class Kind(StrEnum):
    """What a change or a request amounts to."""

    NEW = "NEW"
    UPDATE = "UPDATE"
    TERMINATE = "TERMINATE"
    REACTIVATE = "REACTIVATE"
    REHIRE = "REHIRE"
    CORRECTION = "CORRECTION"
    UNCHANGED = "UNCHANGED"
    """A row of a full file that tells nothing new; never a request."""


class Change(msgspec.Struct, frozen=True, gc=False):
    """One row of the next file: a person who differs from the baseline, or whom a full file repeats."""

    candidate: Candidate
    kind: Kind
    fields: tuple[str, ...]
    reason: str
    effective_date: date | None = None
    ssn_changed: bool = False


class Alarm(msgspec.Struct, frozen=True):
    """Why a plan looks like an accident. A refusing alarm stops the run; the others hold rows."""

    code: str
    count: int
    limit: str
    text: str
    refuses: bool = False


class Held(msgspec.Struct, frozen=True):
    """A row that a guard holds until a person decides."""

    change: Change
    alarm: str


class Ledger(msgspec.Struct, frozen=True):
    """How one run moves the number of active people that the benefits side was told of.

    ``moved`` holds what is neither: an SSN that took its baseline along, an employee gone from HR or back.
    """

    before: int
    hires: int = 0
    rehires: int = 0
    reactivations: int = 0
    terminations: int = 0
    moved: int = 0

    @property
    def after(self) -> int:
        """Active people once the run is committed."""
        return self.before + self.hires + self.rehires + self.reactivations - self.terminations + self.moved

    def as_json(self) -> dict[str, int]:
        """All entries with the sum."""
        return {**msgspec.structs.asdict(self), "after": self.after}


class Plan(msgspec.Struct, frozen=True):
    """The pure result of comparing, with a reason for every person looked at.

    Attributes:
        sends: the rows of the next file, ordered by key.
        held: rows that guards hold back.
        issues: people kept back.
        unchanged: employee ids that equal the baseline and are not sent.
        outside: employee ids outside the ticked boxes of a resync.
        due: key -> next effective date to remember for people who are not sent (sync-rules 3.3.3).
        marks: key -> mark to remember for people who are not sent, and whose record says the same in other words.
        missing: keys of baselines whose employee was deleted in HR.
        returned: keys of missing baselines whose employee is back, unchanged.
        alarms: the guards that tripped.
        fingerprint: names exactly what guards stop: the held rows, or all rows where the run is refused; `allow` is
            bound to it.
    """

    as_of: date
    sends: tuple[Change, ...]
    held: tuple[Held, ...]
    issues: tuple[Issue, ...]
    unchanged: tuple[str, ...]
    outside: tuple[str, ...]
    due: Mapping[bytes, date | None]
    marks: Mapping[bytes, bytes]
    missing: tuple[bytes, ...]
    returned: tuple[bytes, ...]
    alarms: tuple[Alarm, ...]
    fingerprint: str
    ledger: Ledger


class Risk(StrEnum):
    """HIGH is never approved in bulk (sync-rules 3.7.4)."""

    LOW = "LOW"
    HIGH = "HIGH"


class RequestState(StrEnum):
    """The life of a request; only PENDING can be decided."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    SUPERSEDED = "SUPERSEDED"


class Origin(StrEnum):
    """Where a request came from: a row of a file, or the status comparison after every run (sync-rules 3.6.5)."""

    ROW = "ROW"
    DRIFT = "DRIFT"


class DeclineCode(StrEnum):
    """Why a request was declined."""

    INELIGIBLE = "INELIGIBLE"
    DUPLICATE = "DUPLICATE"
    ERROR = "ERROR"
    OTHER = "OTHER"


class FieldChange(msgspec.Struct, frozen=True, gc=False):
    """One field before and after; None is empty, so ``new=None`` reads as cleared (sync-rules 3.14)."""

    field: str
    old: str | None
    new: str | None


class Proposal(msgspec.Struct, frozen=True):
    """What intake says of one row: the request that should wait in the queue."""

    kind: Kind
    risk: Risk
    warnings: tuple[WarningCode, ...]
    changes: tuple[FieldChange, ...]
    effective_date: date
    origin: Origin = Origin.ROW
    duplicate_of: int | None = None
    """The participant that belongs to the same HR employee (sync-rules 3.6.2)."""


class Participant(msgspec.Struct, frozen=True):
    """One person as the benefits side knows them: what was last approved.

    ``profile.status`` is what HR said at that approval; ``standing`` is what counts.
    """

    id: int
    key: bytes
    standing: Standing
    profile: Profile
    hire_date: date | None
    termination_date: date | None
    version: int
    program: str = "NOB"
    benefit_record: int = 0

    @property
    def employee_id(self) -> str:
        """The HR employee that was last approved for this person."""
        return self.profile.employee_id


class Request(msgspec.Struct, frozen=True):
    """A proposal in the queue, with its life.

    ``fingerprint`` is that of what HR said, ``closed_because`` says why a superseded one ended.
    """

    id: int
    key: bytes
    employee_id: str
    kind: Kind
    risk: Risk
    state: RequestState
    origin: Origin
    warnings: tuple[WarningCode, ...]
    effective_date: date
    changes: tuple[FieldChange, ...]
    profile: Profile
    fingerprint: bytes
    basis_version: int
    opened_at: datetime
    participant_id: int | None = None
    duplicate_of: int | None = None
    delivery: str | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    decline_code: DeclineCode | None = None
    note: str | None = None
    superseded_by: int | None = None
    closed_because: str | None = None


_encoder = msgspec.msgpack.Encoder()
_profile_decoder = msgspec.msgpack.Decoder(Profile)
_present_decoder = msgspec.msgpack.Decoder(_Present)


def encode_profile(profile: Profile) -> bytes:
    """The canonical bytes of a profile (MessagePack): same profile, same bytes. They are fingerprinted and sealed."""
    return _encoder.encode(profile)


def decode_profile(encoded: bytes) -> Profile:
    """The profile that `encode_profile` wrote."""
    return _profile_decoder.decode(encoded)


def masked_ssn(text: str | None) -> str | None:
    """An SSN as people may see it: its last four digits; None where there is none (S1-22)."""
    if text is None:
        return None
    return f"***-**-{text[-4:]}" if len(text) == 9 and text.isdecimal() else "***-**-****"


def last_hire(values: Values) -> date | None:
    """The last hire or rehire date among a profile's values."""
    hired = max(values.get("hire_date", ""), values.get("rehire_date", ""))
    return date.fromisoformat(hired) if hired else None


def termination_date(values: Values) -> date | None:
    """The termination date that HR holds, if any."""
    text = values.get("termination_date")
    return date.fromisoformat(text) if text else None


def gap_begin(profile: Profile) -> date | None:
    """When somebody who is active left the last time: what HR calls the termination date, else what the rows show."""
    return termination_date(profile.values) or profile.left_date


def field_changes(old: Values, new: Values, names: Sequence[str] | None = None) -> tuple[FieldChange, ...]:
    """The fields that differ, in the order of the new values, then of those that were cleared."""
    wanted = names if names is not None else [*new, *(name for name in old if name not in new)]
    return tuple(FieldChange(name, old.get(name), new.get(name)) for name in wanted if old.get(name) != new.get(name))
