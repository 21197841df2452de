"""What would approval change? One row of a file against the participant with the same SSN (sync-rules 3.6)."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from bensync.core.changes import ChangeKind, FieldChange, field_changes
from bensync.core.people import Participant, Profile, Standing, Status, gap_begin, last_hire, termination_date
from bensync.core.requests import Origin, Proposal, Request, Risk, WarningCode
from bensync.core.status import contradicts, termination_effective

REQUIRED = ("ssn", "birth_date", "gender", "address1", "city", "state", "postal_code", "hire_date")
"""What a participant should have; a request without one is `incomplete`, but can be approved (sync-rules 3.6.6)."""

_RISKY_KINDS = frozenset({ChangeKind.TERMINATE, ChangeKind.REACTIVATE})
_RISKY_WARNINGS = frozenset({WarningCode.IDENTITY_CHANGED, WarningCode.POSSIBLE_DUPLICATE, WarningCode.SECOND_APPROVER})


class IntakeRules(msgspec.Struct, frozen=True):
    """The settings of a site that classification depends on."""

    required: tuple[str, ...] = REQUIRED
    second_approver_after: timedelta = timedelta(days=60)
    """A termination that reaches further back asks for a second approver."""
    second_approver: frozenset[str] = frozenset()
    """What two people must approve: kinds in small letters, ``high_risk``, ``far_back``."""


def classify(
    profile: Profile,
    participant: Participant | None,
    owner: Participant | None,
    as_of: date,
    rules: IntakeRules,
    *,
    declined_before: bool = False,
) -> Proposal | None:
    """The request that a row asks for, or None where approval would change nothing.

    Args:
        profile: the row.
        participant: the one with this SSN on the benefits platform.
        owner: who belongs to the same HR employee under another SSN, if anybody.
        as_of: the day of the file.
        rules: settings of the site.
        declined_before: whether the last decision on this person was a decline (sync-rules 3.7.6).
    """
    kind = _kind(profile, participant)
    if kind is None:
        return None
    warnings = _warnings(kind, profile, participant, owner, as_of, rules)
    if declined_before:
        warnings.append(WarningCode.PREVIOUSLY_DECLINED)
    return Proposal(
        kind=kind,
        risk=_risk(kind, warnings),
        warnings=tuple(warnings),
        changes=changes(profile, participant),
        effective_date=effective_date(kind, profile, as_of),
        duplicate_of=owner.id if owner is not None and participant is None else None,
    )


def drift(profile: Profile, participant: Participant, as_of: date, rules: IntakeRules) -> Proposal:
    """The request for a participant whose status differs from what HR was last seen to say (sync-rules 3.6.5, A-18).

    Args:
        profile: `drifted` of that participant.
        participant: the participant as they are now.
        as_of: the day of the run.
        rules: settings of the site.
    """
    kind = ChangeKind.TERMINATE if profile.status is Status.INACTIVE else ChangeKind.REACTIVATE
    warnings = _warnings(kind, profile, participant, None, as_of, rules)
    return Proposal(
        kind,
        Risk.HIGH,
        tuple(warnings),
        changes(profile, participant),
        effective_date(kind, profile, as_of),
        Origin.DRIFT,
    )


def drifted(profile: Profile, participant: Participant) -> Profile:
    """Return the participant's own profile with the status of HR; drift compares nothing else (sync-rules 3.6.5)."""
    values = {name: value for name, value in participant.profile.values.items() if name != "termination_date"}
    if "termination_date" in profile.values:
        values["termination_date"] = profile.values["termination_date"]
    return msgspec.structs.replace(
        participant.profile, status=profile.status, status_date=profile.status_date, values=values
    )


def as_correction(request: Request, owner: Participant, as_of: date, rules: IntakeRules) -> Request:
    """A possible duplicate as it is if it is decided as a corrected SSN of the participant it may be (model L12)."""
    would = classify(request.profile, owner, None, as_of, rules)
    kind = would.kind if would is not None else ChangeKind.UPDATE
    return msgspec.structs.replace(request, kind=kind, changes=changes(request.profile, owner))


def with_high_risk(proposal: Proposal) -> Proposal:
    """The same request, of high risk because a processed benefit event rests on what it changes."""
    warnings = (*proposal.warnings, WarningCode.TOUCHES_EVENT)
    return msgspec.structs.replace(proposal, risk=Risk.HIGH, warnings=warnings)


def changes(profile: Profile, participant: Participant | None) -> tuple[FieldChange, ...]:
    """What approval would change, field by field; for a person nobody knows yet, every field."""
    if participant is None:
        standing = Standing.ACTIVE if profile.status is Status.ACTIVE else Standing.TERMINATED
        fields = (FieldChange(name, None, value) for name, value in profile.values.items())
        return (FieldChange("status", None, standing), *fields)
    differences = list(field_changes(participant.profile.values, profile.values))
    if participant.employee_id != profile.employee_id:
        differences.insert(0, FieldChange("employee_id", participant.employee_id, profile.employee_id))
    standing = Standing.ACTIVE if profile.status is Status.ACTIVE else Standing.TERMINATED
    if standing is not participant.standing:
        differences.insert(0, FieldChange("status", participant.standing, standing))
    return tuple(differences)


def effective_date(kind: ChangeKind, profile: Profile, as_of: date) -> date:
    """The day from which a request would count."""
    if kind is ChangeKind.TERMINATE or (kind is ChangeKind.NEW and profile.status is Status.INACTIVE):
        return termination_effective(profile, as_of)
    if kind in (ChangeKind.NEW, ChangeKind.REHIRE):
        return last_hire(profile.values) or profile.status_date
    return as_of


def _kind(profile: Profile, participant: Participant | None) -> ChangeKind | None:
    """The matching table of 3.6, row by row."""
    if participant is None:
        return ChangeKind.NEW
    active = profile.status is Status.ACTIVE
    if active == (participant.standing is Standing.ACTIVE) and profile == participant.profile:
        return None
    if participant.standing is Standing.ACTIVE:
        if not active:
            return ChangeKind.TERMINATE
        if _left_and_came_back(profile, participant):
            return ChangeKind.REHIRE
    elif active:
        hired = last_hire(profile.values)
        ended = participant.termination_date
        return ChangeKind.REHIRE if hired is not None and ended is not None and hired > ended else ChangeKind.REACTIVATE
    if changes(profile, participant):
        return ChangeKind.UPDATE
    rewritten = any(row not in profile.rows for row in participant.profile.rows)
    return ChangeKind.CORRECTION if rewritten else None


def _left_and_came_back(profile: Profile, participant: Participant) -> bool:
    """A termination and a rehire between two runs, both new to us (A-20)."""
    ended, hired = gap_begin(profile), last_hire(profile.values)
    before = last_hire(participant.profile.values)
    if ended is None or hired is None or before is None:
        return False
    return ended > before and hired >= ended and hired != before and ended != gap_begin(participant.profile)


def _warnings(
    kind: ChangeKind,
    profile: Profile,
    participant: Participant | None,
    owner: Participant | None,
    as_of: date,
    rules: IntakeRules,
) -> list[WarningCode]:
    effective = effective_date(kind, profile, as_of)
    late = as_of - effective
    new = kind is ChangeKind.NEW
    # A hire date is always in sight, and the first load would mark everybody: NEW is never called retroactive.
    applicable = {
        WarningCode.ENDS_COVERAGE: kind is ChangeKind.TERMINATE,
        WarningCode.REACTIVATES: kind is ChangeKind.REACTIVATE,
        WarningCode.GAP: kind is ChangeKind.REHIRE
        and participant is not None
        and participant.standing is Standing.ACTIVE,
        WarningCode.INACTIVE_NEW: new and profile.status is Status.INACTIVE,
        WarningCode.POSSIBLE_DUPLICATE: new and owner is not None,
        WarningCode.IDENTITY_CHANGED: participant is not None and participant.employee_id != profile.employee_id,
        WarningCode.STATUS_CONFLICT: contradicts(profile, as_of),
        WarningCode.RETROACTIVE: not new and late > timedelta(0),
        WarningCode.SECOND_APPROVER: kind is ChangeKind.TERMINATE and late > rules.second_approver_after,
        WarningCode.INCOMPLETE: not profile.values.keys() >= {*rules.required},
    }
    return [code for code, applies in applicable.items() if applies]


def _risk(kind: ChangeKind, warnings: list[WarningCode]) -> Risk:
    return Risk.HIGH if kind in _RISKY_KINDS or not _RISKY_WARNINGS.isdisjoint(warnings) else Risk.LOW


def apply(
    kind: ChangeKind, profile: Profile, key: bytes, participant: Participant | None, effective_date: date
) -> Participant:
    """Carry out one approved request; ``id`` is 0 where the participant is new.

    Args:
        kind: the kind of the request.
        profile: what it proposes.
        key: the SSN key of the proposal; another one than the participant's re-keys them (model L12).
        participant: the participant as they are now; None for NEW.
        effective_date: the day from which it counts.
    """
    standing = Standing.ACTIVE if profile.status is Status.ACTIVE else Standing.TERMINATED
    if kind is ChangeKind.TERMINATE or (kind is ChangeKind.NEW and standing is Standing.TERMINATED):
        ended: date | None = effective_date
    elif standing is Standing.ACTIVE:
        ended = None
    else:
        ended = termination_date(profile.values) or (participant.termination_date if participant else None)
    return Participant(
        id=participant.id if participant else 0,
        key=key,
        standing=standing,
        profile=profile,
        hire_date=last_hire(profile.values),
        termination_date=ended,
        version=participant.version + 1 if participant else 1,
        program=participant.program if participant else "NOB",
        benefit_record=participant.benefit_record if participant else 0,
    )
