"""The comparison as frozen values: candidates, baselines, issues, changes, alarms, and the plan that holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum

import msgspec

from bensync.core.people import (
    Profile,
    Status,
    Values,
    decode_profile,
    decode_without_rows,
)
from bensync.core.values.texts import same_text


class IssueCode(StrEnum):
    """Why a data issue blocks a person; it is checked again in every run."""

    SSN_MISSING = "ssn_missing"
    SSN_INVALID = "ssn_invalid"
    SSN_DUPLICATE = "ssn_duplicate"
    STATUS_MISSING = "status_missing"
    STATUS_UNKNOWN = "status_unknown"
    START_POSTPONED = "start_postponed"
    """Somebody who was sent before starts later now: nothing is sent before that day, and coverage may run on."""
    NOT_STARTED = "not_started"
    """The first status row lies in the future: nothing is wrong, and nothing is sent before that day."""
    FIELD_RESTRICTED = "field_restricted"
    FIELD_INVALID = "field_invalid"
    VALUE_UNKNOWN = "value_unknown"
    VALUE_IMPLAUSIBLE = "value_implausible"
    HR_EMPLOYEE_DELETED = "hr_employee_deleted"
    NOT_SHOWN = "not_shown"
    """The answer lacks an employee whom HR named as changed, or whom the run asked for; the next run asks again."""
    ABSENT = "absent"
    """A read of everybody lacks an employee who was sent as active; absence is never a termination."""
    LEFT_SCOPE = "left_scope"
    """The rules of the site put an employee who was sent as active out of scope; that is never a termination."""
    HELD = "held"
    """A guard holds the row; it is judged again in every run, until the alarm is gone or a person released it."""


GONE = frozenset({IssueCode.HR_EMPLOYEE_DELETED, IssueCode.ABSENT, IssueCode.LEFT_SCOPE})
"""The issues of employees of whom HR has nothing more to say here; they are over once the participant is terminated."""
UNSEEN = GONE | {IssueCode.NOT_SHOWN}
"""The issues of employees whom the last run could not read because HR did not show them."""


class Issue(msgspec.Struct, frozen=True):
    """A person blocked because something cannot be trusted. ``detail`` holds no personal data."""

    employee_id: str
    code: IssueCode
    detail: str = ""


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """A person whose record was read and passed every check, ready to be compared with the baseline.

    Attributes:
        key: the keyed index of the SSN.
        fingerprint: the keyed hash of ``encoded``.
        encoded: the canonical bytes of the profile (`encode_profile`).
        due: the earliest later date of a dated row (sync-rules 3.3.3); None if no later row is entered.
        record_digest: the digest of the source record, by which the next run recognizes it as unchanged.
    """

    # A run holds up to a hundred thousand of these. So the profile stays encoded, and the garbage collector does not
    # walk them: they hold no containers that could form a cycle.

    employee_id: str
    key: bytes
    fingerprint: bytes
    encoded: bytes
    status: Status
    due: date | None = None
    record_digest: bytes | None = None

    def profile(self) -> Profile:
        """Return the profile behind the canonical bytes."""
        return decode_profile(self.encoded)

    def present(self) -> Profile:
        """Return the profile without its dated rows, which are most of the work of decoding it."""
        return decode_without_rows(self.encoded)


class BaselineState(StrEnum):
    """The life of a baseline."""

    LIVE = "LIVE"
    RETIRED = "RETIRED"
    """The SSN of its employee moved on."""
    MISSING = "MISSING"
    """Its employee is gone from HR: deleted, or absent and terminated, or released as gone by a person."""
    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    """The rules of the site put its employee out of scope after they were sent."""


class Baseline(msgspec.Struct, frozen=True, gc=False):
    """One baseline: what the benefits platform was last sent about the person with this key.

    ``encoded`` is None where the fingerprint is the expected one: only a row that differs needs its old values.
    """

    key: bytes
    employee_id: str
    fingerprint: bytes
    active: bool
    state: BaselineState
    due: date | None = None
    encoded: bytes | None = None
    record_digest: bytes | None = None


class ChangeKind(StrEnum):
    """The kind of a change or of a request."""

    NEW = "NEW"
    UPDATE = "UPDATE"
    TERMINATE = "TERMINATE"
    REACTIVATE = "REACTIVATE"
    REHIRE = "REHIRE"
    CORRECTION = "CORRECTION"
    UNCHANGED = "UNCHANGED"
    """A row of a full file that says nothing new; never a request."""
    LAST_SENT = "LAST_SENT"
    """A row of a full file for somebody who is blocked or held for review: what was last sent; never a request."""


class Change(msgspec.Struct, frozen=True, gc=False):
    """One row of the next file: a person who differs from the baseline, or whom a full file repeats."""

    candidate: Candidate
    kind: ChangeKind
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


class HeldChange(msgspec.Struct, frozen=True):
    """A row that a guard holds until a person decides."""

    change: Change
    alarm: str


class Ledger(msgspec.Struct, frozen=True):
    """The movements of one run in the number of active people that the benefits platform was sent.

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
        """Return all entries with their sum."""
        return {**msgspec.structs.asdict(self), "after": self.after}


class FieldFill(msgspec.Struct, frozen=True):
    """How many people of a first load have a value in one field of the file."""

    field: str
    filled: int
    required: bool


class FirstLoad(msgspec.Struct, frozen=True):
    """The quality of a first load.

    Attributes:
        people: everybody who was read.
        fields: the columns of the file, in its order.
        shared_ssns: people who share an SSN.
        odd_values: what is wrong with a field, such as "termination_date is the hire date" -> people.
    """

    people: int
    fields: tuple[FieldFill, ...]
    shared_ssns: int
    odd_values: Mapping[str, int]

    def empty(self) -> tuple[str, ...]:
        """Return the required fields that nobody has."""
        return tuple(entry.field for entry in self.fields if entry.required and not entry.filled)


class SyncPlan(msgspec.Struct, frozen=True):
    """The result of a comparison, with a reason for every person who was read.

    Attributes:
        as_of: the day on which the dated rows were judged.
        sends: the rows of the next file, ordered by key.
        held: rows that guards hold back.
        issues: people blocked by data issues.
        unchanged: employee ids that are not sent: they equal the baseline, or another record speaks for the person.
        outside: employee ids outside the ticked boxes of a resync.
        due: key -> next effective date to remember for people who are not sent (sync-rules 3.3.3).
        record_digests: key -> digest to remember for people who are not sent and whose source record reads differently
            although it gives the same profile.
        missing: keys of baselines whose employee is gone from HR, and of whom nothing is left to decide by absence.
        out_of_scope: employee id -> why the rules of the site put the employee out of scope.
        left_scope: keys of live baselines whose employee is out of scope now.
        taken_back: hires that nobody approved, and that HR deleted or postponed since: employee ids by key.
        returned: keys of missing baselines whose employee is back, unchanged.
        alarms: the guards that tripped.
        fingerprint: names exactly what guards stop: the held rows, or all rows where the run is refused; `allow` is
            bound to it.
        ledger: how the number of active people moves.
        sent: guard code -> rows of ``sends`` that count against the limits of later runs within the window; rows that a
            person released, and those of the first full read, do not count.
        first_load: the quality of the people who were read, where nobody was ever sent.
    """

    as_of: date
    sends: tuple[Change, ...]
    held: tuple[HeldChange, ...]
    issues: tuple[Issue, ...]
    unchanged: tuple[str, ...]
    outside: tuple[str, ...]
    due: Mapping[bytes, date | None]
    record_digests: Mapping[bytes, bytes]
    missing: tuple[bytes, ...]
    returned: tuple[bytes, ...]
    alarms: tuple[Alarm, ...]
    fingerprint: str
    ledger: Ledger
    sent: Mapping[str, int] = {}
    first_load: FirstLoad | None = None
    out_of_scope: Mapping[str, str] = {}
    left_scope: tuple[bytes, ...] = ()
    taken_back: Mapping[bytes, str] = {}


class FieldChange(msgspec.Struct, frozen=True, gc=False):
    """One field before and after; None is empty, so ``new=None`` reads as cleared (sync-rules 3.14)."""

    field: str
    old: str | None
    new: str | None


def field_changes(old: Values, new: Values, names: Sequence[str] | None = None) -> tuple[FieldChange, ...]:
    """Return the fields that differ: in the order of the new values, then those that were cleared.

    Values of an older version may be spelled otherwise, such as with decomposed letters; that is no difference.
    """
    wanted = names if names is not None else [*new, *(name for name in old if name not in new)]
    pairs = ((name, old.get(name), new.get(name)) for name in wanted)
    return tuple(FieldChange(name, before, after) for name, before, after in pairs if not same_text(before, after))
