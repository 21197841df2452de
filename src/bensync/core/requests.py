"""A request in the queue as frozen values: its proposal, risk, state and warnings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from enum import StrEnum

import msgspec

from bensync.core.changes import ChangeKind, FieldChange
from bensync.core.people import Profile


class WarningCode(StrEnum):
    """The warnings that an administrator should check before deciding on a request."""

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
    REQUIRED_CLEARED = "required_cleared"
    HIRED_AS_A_CHILD = "hired_as_a_child"
    ENDED_ON_HIRE = "ended_on_hire"
    NEGATIVE_PAY = "negative_pay"
    PLACEHOLDER_SSN = "placeholder_ssn"
    ENDED_BEFORE_HIRE = "ended_before_hire"
    POSTAL_CODE = "postal_code"


WARNING_WORDS: Mapping[WarningCode, str] = {
    WarningCode.STATUS_CONFLICT: "The termination date in HR contradicts the status in HR.",
    WarningCode.RETROACTIVE: "The change is retroactive.",
    WarningCode.INCOMPLETE: "Required fields are missing.",
    WarningCode.INACTIVE_NEW: "The employee is inactive and is not in the benefits platform yet.",
    WarningCode.POSSIBLE_DUPLICATE: "The same employee is already in the benefits platform with another SSN.",
    WarningCode.IDENTITY_CHANGED: "The SSN belonged to another employee until now.",
    WarningCode.GAP: "The employee left and came back between two syncs; coverage may have a gap.",
    WarningCode.PREVIOUSLY_DECLINED: "An earlier request for this person was declined.",
    WarningCode.REACTIVATES: "A terminated participant becomes active again.",
    WarningCode.ENDS_COVERAGE: "The participant leaves, so their coverage must end.",
    # True with and without a rule of the site: only `far_back` in its `second_approver` insists on a second approval.
    WarningCode.SECOND_APPROVER: "The change is retroactive beyond this site's limit. A second person should check it.",
    WarningCode.TOUCHES_EVENT: "It changes data that a processed benefit event is based on.",
    WarningCode.REQUIRED_CLEARED: "HR cleared a required field.",
    WarningCode.HIRED_AS_A_CHILD: "The hire date is before the age of 14.",
    WarningCode.ENDED_ON_HIRE: "The termination date is the hire date.",
    WarningCode.NEGATIVE_PAY: "The pay rate is negative.",
    WarningCode.PLACEHOLDER_SSN: "The SSN looks like a placeholder.",
    WarningCode.ENDED_BEFORE_HIRE: "The termination date is before the first hire date.",
    WarningCode.POSTAL_CODE: "The US postal code does not have five or nine digits.",
}
"""What each warning means, in words for the administrator."""


class Risk(StrEnum):
    """The risk of a request; a HIGH risk request is never approved in bulk."""

    # sync-rules 3.7.4 defines it.

    LOW = "LOW"
    HIGH = "HIGH"


class Caution(StrEnum):
    """The statement that a person confirms before a request is approved; `bensync.wording.cautions` words it."""

    ENDS_BENEFITS = "ends_benefits"
    ENDS_NO_COVERAGE = "ends_no_coverage"
    REACTIVATES = "reactivates"
    POSSIBLE_DUPLICATE = "possible_duplicate"
    IDENTITY_CHANGED = "identity_changed"
    TOUCHES_EVENT = "touches_event"
    FAR_BACK = "far_back"
    IMPLAUSIBLE = "implausible"
    DECLINED_BEFORE = "declined_before"


def caution_of(
    kind: ChangeKind,
    risk: Risk,
    warnings: Collection[WarningCode],
    *,
    touches: bool = False,
    processes_benefits: bool = True,
) -> Caution | None:
    """Return the statement to confirm before a request is approved (S0-21, S0-26); None where none is needed.

    Args:
        kind: the kind of the request.
        risk: its risk; low risk needs a statement only if ``touches``.
        warnings: its warnings.
        touches: whether, by now, it changes data that a processed benefit event is based on.
        processes_benefits: whether the site has a rulebook, so that an approved termination ends coverage.
    """
    if risk is not Risk.HIGH and not touches:
        return None
    if kind is ChangeKind.TERMINATE and not processes_benefits:
        return Caution.ENDS_NO_COVERAGE
    if kind in _CAUTIONS:
        return _CAUTIONS[kind]
    if WarningCode.POSSIBLE_DUPLICATE in warnings:
        return Caution.POSSIBLE_DUPLICATE
    if kind is ChangeKind.NEW and WarningCode.PREVIOUSLY_DECLINED in warnings:
        return Caution.DECLINED_BEFORE
    # A wrong identity is worse than a disturbed event, and the request lists both as warnings.
    if WarningCode.IDENTITY_CHANGED in warnings:
        return Caution.IDENTITY_CHANGED
    if touches or WarningCode.TOUCHES_EVENT in warnings:
        return Caution.TOUCHES_EVENT
    return Caution.FAR_BACK if WarningCode.SECOND_APPROVER in warnings else Caution.IMPLAUSIBLE


_CAUTIONS: Mapping[ChangeKind, Caution] = {
    ChangeKind.TERMINATE: Caution.ENDS_BENEFITS,
    ChangeKind.REACTIVATE: Caution.REACTIVATES,
}


class RequestState(StrEnum):
    """The life of a request; only PENDING can be decided."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    SUPERSEDED = "SUPERSEDED"
    WITHDRAWN = "WITHDRAWN"
    """HR took the change back before anybody decided."""


class Origin(StrEnum):
    """Where a request came from: a row of a file, or the status comparison after every run."""

    # sync-rules 3.6.5 defines the comparison.

    ROW = "ROW"
    DRIFT = "DRIFT"


class DeclineCode(StrEnum):
    """Why a request was declined."""

    INELIGIBLE = "INELIGIBLE"
    DUPLICATE = "DUPLICATE"
    ERROR = "ERROR"
    OTHER = "OTHER"


class Proposal(msgspec.Struct, frozen=True):
    """The request that intake makes of one row, before it is in the queue."""

    kind: ChangeKind
    risk: Risk
    warnings: tuple[WarningCode, ...]
    changes: tuple[FieldChange, ...]
    effective_date: date
    origin: Origin = Origin.ROW
    duplicate_of: int | None = None
    """The participant that belongs to the same HR employee (sync-rules 3.6.2)."""


class Request(msgspec.Struct, frozen=True):
    """A proposal in the queue, with its life.

    Attributes:
        changes: what an approval changes.
        profile: what an approval applies.
        fingerprint: that of what HR says in full.
        basis_version: the version of the participant that the changes were computed against.
        declined_before: what HR says too, and an approval leaves out because it was declined before.
        hr_profile: what HR says in full; None if that is ``profile``.
        left_out: the fields that the approval left out.
        closed_because: the reason why bensync closed it.
    """

    id: int
    key: bytes
    employee_id: str
    kind: ChangeKind
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
    declined_before: tuple[FieldChange, ...] = ()
    hr_profile: Profile | None = None
    left_out: tuple[str, ...] = ()

    @property
    def in_hr(self) -> Profile:
        """Return what HR says in full."""
        return self.hr_profile or self.profile
