"""Compares one row of a file with the participant of the same SSN: what would approval change (sync-rules 3.6)?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from bensync.core.changes import ChangeKind, FieldChange, field_changes
from bensync.core.people import (
    Participant,
    Profile,
    Standing,
    Status,
    gap_begin,
    last_hire,
    normalized_profile,
    normalized_row,
    termination_date,
)
from bensync.core.requests import Origin, Proposal, Request, Risk, WarningCode
from bensync.core.status import contradicts, termination_effective
from bensync.core.values.plausibility import RULES, Verdict, broken_rules

REQUIRED = ("ssn", "birth_date", "gender", "address1", "city", "state", "postal_code", "hire_date")
"""The fields that a participant should have; a request that lacks one can still be approved (sync-rules 3.6.6)."""

_DAYS_OF_EMPLOYMENT = ("hire_date", "original_hire_date", "rehire_date", "termination_date")

_RISKY_KINDS = frozenset({ChangeKind.TERMINATE, ChangeKind.REACTIVATE})
_RISKY_WARNINGS = frozenset(
    {
        WarningCode.IDENTITY_CHANGED,
        WarningCode.POSSIBLE_DUPLICATE,
        WarningCode.SECOND_APPROVER,
        WarningCode.REQUIRED_CLEARED,
        *(rule.warning for rule in RULES if rule.verdict is Verdict.HIGH),
    }
)


class IntakeRules(msgspec.Struct, frozen=True):
    """The settings of a site that classification depends on."""

    required: tuple[str, ...] = REQUIRED
    second_approver_after: timedelta = timedelta(days=60)
    """A change that reaches further back has a warning and HIGH risk; ``far_back`` makes it take two people."""
    second_approver: frozenset[str] = frozenset()
    """The requests that two people must approve: kinds in small letters, ``high_risk``, ``far_back``."""
    processes_benefits: bool = True
    """Whether the site has a rulebook, so that benefit events end coverage; otherwise a person must."""


def classify(
    profile: Profile,
    participant: Participant | None,
    owner: Participant | None,
    as_of: date,
    rules: IntakeRules,
    *,
    declined_before: bool = False,
    in_operation: bool = False,
) -> Proposal | None:
    """Return the request that a row asks for, or None if its approval would change nothing.

    Source: the table of sync-rules 3.6.

    Args:
        profile: the row.
        participant: the participant with this SSN; None if there is none.
        owner: the participant of the same HR employee under another SSN; None if there is none.
        as_of: the day of the file.
        rules: settings of the site.
        declined_before: whether the last decision on this person was a decline (sync-rules 3.7.6).
        in_operation: whether the site has participants already; in a first load every hire lies in the past.
    """
    kind = _kind(profile, participant)
    if kind is None:
        return None
    changed = changes(profile, participant)
    warnings = _warnings(kind, profile, participant, owner, changed, as_of, rules)
    # With another SSN, the same HR employee is no late hire.
    if kind is ChangeKind.NEW and owner is None and in_operation and _late_hire(profile, as_of, rules):
        warnings.append(WarningCode.RETROACTIVE)
    if declined_before:
        warnings.append(WarningCode.PREVIOUSLY_DECLINED)
    return Proposal(
        kind=kind,
        risk=_risk(kind, warnings),
        warnings=tuple(warnings),
        changes=changed,
        effective_date=effective_date(kind, profile, as_of, participant),
        # Under a known SSN the SSN alone decides who it is (sync-rules 3.6.1); only a NEW row can repeat a person.
        duplicate_of=owner.id if owner is not None and participant is None else None,
    )


def drift(profile: Profile, participant: Participant, as_of: date, rules: IntakeRules) -> Proposal:
    """Return the request for a participant whose status differs from that in HR (sync-rules 3.6.5, A-18).

    Args:
        profile: the result of `drifted` for that participant.
        participant: the participant as they are now.
        as_of: the day of the run.
        rules: settings of the site.
    """
    kind = ChangeKind.TERMINATE if profile.status is Status.INACTIVE else ChangeKind.REACTIVATE
    changed = changes(profile, participant)
    warnings = _warnings(kind, profile, participant, None, changed, as_of, rules)
    return Proposal(
        kind,
        Risk.HIGH,
        tuple(warnings),
        changed,
        effective_date(kind, profile, as_of, participant),
        Origin.DRIFT,
    )


def drifted(profile: Profile, participant: Participant) -> Profile:
    """Return the participant's own profile with the status of HR; drift compares nothing else (sync-rules 3.6.5)."""
    # The termination date belongs to the status, so HR decides on it too, even where HR has none.
    values = {name: value for name, value in participant.profile.values.items() if name != "termination_date"}
    if "termination_date" in profile.values:
        values["termination_date"] = profile.values["termination_date"]
    return msgspec.structs.replace(
        participant.profile, status=profile.status, status_date=profile.status_date, values=values
    )


def as_correction(request: Request, owner: Participant, as_of: date, rules: IntakeRules) -> Request:
    """Return a possible duplicate as a correction of the SSN of the participant whom it may be (model L12)."""
    would = classify(request.profile, owner, None, as_of, rules)
    kind = would.kind if would is not None else ChangeKind.UPDATE
    return msgspec.structs.replace(request, kind=kind, changes=changes(request.profile, owner))


def with_high_risk(proposal: Proposal) -> Proposal:
    """Return the request as one of high risk, because a processed benefit event used data that it changes."""
    warnings = (*proposal.warnings, WarningCode.TOUCHES_EVENT)
    return msgspec.structs.replace(proposal, risk=Risk.HIGH, warnings=warnings)


def changes(profile: Profile, participant: Participant | None) -> tuple[FieldChange, ...]:
    """Return what approval would change, field by field; for a person without a participant, every field."""
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


def effective_date(kind: ChangeKind, profile: Profile, as_of: date, participant: Participant | None = None) -> date:
    """Return the day on which a request takes effect (sync-rules 3.6.6).

    That is a termination or hire date; the day of the dated rows that differ, if nothing else does; otherwise the day
    of the file.
    """
    if kind is ChangeKind.TERMINATE or (kind is ChangeKind.NEW and profile.status is Status.INACTIVE):
        return termination_effective(profile, as_of)
    if kind in (ChangeKind.NEW, ChangeKind.REHIRE):
        return last_hire(profile.values) or profile.status_date
    if participant is None or _undated(profile, participant):
        return as_of
    return _reaches_back_to(profile, participant, as_of)


def _reaches_back_to(profile: Profile, participant: Participant, as_of: date) -> date:
    """Return the earliest day of a dated row, or of employment, in which HR and the participant differ."""
    ours, theirs = ([normalized_row(row) for row in rows] for rows in (participant.profile.rows, profile.rows))
    # Every row of a table that was not mapped before would look like a change of long ago.
    tables = {row.table for row in ours}
    days = [row.date for row in ours if row not in theirs]
    days += [row.date for row in theirs if row not in ours and row.table in tables]
    for change in field_changes(participant.profile.values, profile.values, _DAYS_OF_EMPLOYMENT):
        days += [date.fromisoformat(text) for text in (change.old, change.new) if text]
    return min((*days, as_of))


def _undated(profile: Profile, participant: Participant) -> set[str]:
    """Return the fields that differ and stand in no dated row: they change on the day of the file."""
    rows = (*profile.rows, *participant.profile.rows)
    dated = {*_DAYS_OF_EMPLOYMENT, "status", *(name for row in rows for name in row.values)}
    return {change.field for change in changes(profile, participant)} - dated


def _late_hire(profile: Profile, as_of: date, rules: IntakeRules) -> bool:
    """Return whether somebody new was hired longer ago than HR should take to enter a hire."""
    hired = effective_date(ChangeKind.NEW, profile, as_of)
    return profile.status is Status.ACTIVE and as_of - hired > rules.second_approver_after


def _kind(profile: Profile, participant: Participant | None) -> ChangeKind | None:
    """Return the kind by the table of sync-rules 3.6, row by row; None for no request."""
    if participant is None:
        return ChangeKind.NEW
    active = profile.status is Status.ACTIVE
    # Two statuses are compared: a termination that exists only on the benefits platform leaves the profile equal.
    if active == (participant.standing is Standing.ACTIVE) and _equal(profile, participant.profile):
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
    # Rows that were only inserted make no request (sync-rules 3.9.2): the next approval applies them.
    rows = [normalized_row(row) for row in profile.rows]
    rewritten = any(normalized_row(row) not in rows for row in participant.profile.rows)
    return ChangeKind.CORRECTION if rewritten else None


def _equal(profile: Profile, approved: Profile) -> bool:
    """Return whether two profiles are equal, whatever spelling an older version stored."""
    return profile == approved or normalized_profile(profile) == normalized_profile(approved)


def _left_and_came_back(profile: Profile, participant: Participant) -> bool:
    """Return whether a termination and a rehire lie between two runs, both of them new (A-20)."""
    ended, hired = gap_begin(profile), last_hire(profile.values)
    before = last_hire(participant.profile.values)
    if ended is None or hired is None or before is None:
        return False
    # Both dates must be new. HR keeps them in every later row of this person, which would report the same gap again.
    return ended > before and hired >= ended and hired != before and ended != gap_begin(participant.profile)


def _warnings(
    kind: ChangeKind,
    profile: Profile,
    participant: Participant | None,
    owner: Participant | None,
    changed: Sequence[FieldChange],
    as_of: date,
    rules: IntakeRules,
) -> list[WarningCode]:
    new = kind is ChangeKind.NEW
    effective = effective_date(kind, profile, as_of, participant)
    if participant is not None and kind in (ChangeKind.UPDATE, ChangeKind.CORRECTION, ChangeKind.REACTIVATE):
        # A request that also changes an address takes effect with the file, and reaches back all the same.
        effective = _reaches_back_to(profile, participant, as_of)
    late = as_of - effective
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
        WarningCode.SECOND_APPROVER: not new and late > rules.second_approver_after,
        WarningCode.INCOMPLETE: not profile.values.keys() >= {*rules.required},
        WarningCode.REQUIRED_CLEARED: any(change.new is None and change.field in rules.required for change in changed),
    }
    return [code for code, applies in applicable.items() if applies] + _implausible(kind, profile, changed, as_of)


def _implausible(kind: ChangeKind, profile: Profile, changed: Sequence[FieldChange], as_of: date) -> list[WarningCode]:
    """Return the warnings about values that this request would change (sync-rules 3.16)."""
    fields = {change.field for change in changed}
    codes = [rule.warning for rule in broken_rules(profile.values, fields, as_of) if rule.warning is not None]
    # Where HR keeps one hire date, that of a rehire is always after the termination.
    return [code for code in codes if code is not WarningCode.ENDED_BEFORE_HIRE or kind is not ChangeKind.REHIRE]


def _risk(kind: ChangeKind, warnings: list[WarningCode]) -> Risk:
    # A new person was declined as a whole, so no part of the request is without that decision (sync-rules 3.7.6).
    declined = kind is ChangeKind.NEW and WarningCode.PREVIOUSLY_DECLINED in warnings
    return Risk.HIGH if declined or kind in _RISKY_KINDS or not _RISKY_WARNINGS.isdisjoint(warnings) else Risk.LOW


def apply(
    kind: ChangeKind, profile: Profile, key: bytes, participant: Participant | None, effective_date: date
) -> Participant:
    """Return the participant after one approved request; ``id`` is 0 if the participant is new.

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
        # An update of somebody who stays terminated must not move the day on which they ended.
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
