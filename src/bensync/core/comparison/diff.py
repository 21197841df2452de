"""Compares one candidate with the baseline: did HR change (sync-rules 3.5)?"""

from __future__ import annotations

from datetime import date

from bensync.core.changes import Baseline, BaselineState, Candidate, Change, ChangeKind, field_changes
from bensync.core.people import Profile, Status, decode_profile, last_hire, normalized_profile, termination_date
from bensync.core.status import termination_effective


def compare(
    candidate: Candidate, same_key: Baseline | None, same_employee: Baseline | None, as_of: date
) -> Change | None:
    """Return the change that the next file must carry, or None when it was sent already.

    Args:
        candidate: the person as HR shows them.
        same_key: the baseline with this SSN, if any.
        same_employee: the live baseline of this HR employee, if any.
        as_of: the day of the run.
    """
    if same_key is None:
        return _first_time(candidate, same_employee)
    # RETIRED means that the employee gave up this SSN for another one. If the SSN is theirs again, the row must be sent
    # although no value differs from what was last sent under it.
    sent_already = same_key.fingerprint == candidate.fingerprint
    if sent_already and same_key.state is not BaselineState.RETIRED:
        return None
    if same_key.encoded is None:
        raise ValueError("a baseline that differs must come with its profile")
    old = decode_profile(same_key.encoded)
    # A baseline of an older version may spell its texts otherwise, which nobody should be asked to approve.
    if same_key.state is not BaselineState.RETIRED and normalized_profile(old) == candidate.profile():
        return None
    moved = same_employee is not None and same_employee.key != candidate.key
    return _changed(candidate, old, same_key, as_of, ssn_changed=moved)


def unchanged(candidate: Candidate) -> Change:
    """Return the row of an unchanged person for a full file."""
    return Change(candidate, ChangeKind.UNCHANGED, (), "equal to what was last sent; a full file repeats everybody")


def _first_time(candidate: Candidate, same_employee: Baseline | None) -> Change:
    if same_employee is not None:
        return Change(candidate, ChangeKind.NEW, ("ssn",), "the SSN of this employee changed", ssn_changed=True)
    return Change(candidate, ChangeKind.NEW, (), "never sent before")


def _changed(candidate: Candidate, old: Profile, baseline: Baseline, as_of: date, *, ssn_changed: bool) -> Change:
    new = candidate.profile()
    kind = _kind(old, new)
    fields = [change.field for change in field_changes(old.values, new.values)]
    if old.status is not new.status:
        fields.insert(0, "status")
    if old.employee_id != new.employee_id:
        fields.insert(0, "employee_id")
    ended = termination_effective(new, as_of) if kind is ChangeKind.TERMINATE else None
    return Change(candidate, kind, tuple(fields), _reason(kind, fields, baseline), ended, ssn_changed)


def _kind(old: Profile, new: Profile) -> ChangeKind:
    if old.status is new.status:
        return ChangeKind.UPDATE
    if new.status is Status.INACTIVE:
        return ChangeKind.TERMINATE
    # The end is taken from what was last sent: BambooHR clears the termination date of an employee who returns.
    hired, ended = last_hire(new.values), termination_date(old.values) or old.status_date
    return ChangeKind.REHIRE if hired is not None and hired > ended else ChangeKind.REACTIVATE


def _reason(kind: ChangeKind, fields: list[str], baseline: Baseline) -> str:
    if baseline.state is BaselineState.RETIRED:
        return "the employee has this SSN again"
    if kind is ChangeKind.TERMINATE:
        return "the BeneTrac Status became inactive"
    if kind is ChangeKind.REHIRE:
        return "active again, with a hire date after the termination"
    if kind is ChangeKind.REACTIVATE:
        return "active again, without a later hire date"
    return "these fields changed" if fields else "only the history of dated rows changed"
