"""Judges the people whom an answer lacks. Absence never terminates anybody (sync-rules 3.2.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

import msgspec

from bensync.core.changes import GONE, UNSEEN, Baseline, Issue, IssueCode

_DETAILS: Mapping[IssueCode, str] = {
    IssueCode.NOT_SHOWN: "HR named the employee, or the run asked for them, and the answer did not contain them",
    IssueCode.ABSENT: "the employee was sent as active, and a read of everybody did not contain them",
    IssueCode.LEFT_SCOPE: "out of scope, and not shown by HR any more; coverage continues until a person ends it",
    IssueCode.HR_EMPLOYEE_DELETED: "the employee was deleted in HR; if that was meant, terminate the participant",
}

OpenCodes = Mapping[str, AbstractSet[IssueCode]]
"""The codes of the open issues by employee id."""


class Absence(msgspec.Struct, frozen=True):
    """The verdict on everybody who did not come.

    Attributes:
        issues: one for each person whom somebody must look at, new or still open.
        gone: baselines of people of whom nothing is left to decide: HR or a person terminated them before.
        over: people with nothing left to look at, because they were terminated since their issue opened.
        newly_active: people sent as active who are absent for the first time.
        newly_inactive: people sent as inactive who are absent for the first time.
    """

    issues: tuple[Issue, ...] = ()
    gone: tuple[Baseline, ...] = ()
    over: frozenset[str] = frozenset()
    newly_active: int = 0
    newly_inactive: int = 0


def judge_absence(
    employee_ids: Iterable[str],
    sent: Mapping[str, Baseline],
    open_codes: OpenCodes,
    terminated: AbstractSet[str],
    *,
    everybody: bool,
) -> Absence:
    """Judge the people whom an answer lacks although HR named them, the run asked for them, or they were sent before.

    Args:
        employee_ids: who did not come; none of them was reported as deleted in this answer.
        sent: the live baselines by employee; a person without one was never sent, or is gone already.
        open_codes: the open issues.
        terminated: employees of this set whose participant is terminated.
        everybody: whether the answer was one of everybody.
    """
    issues: list[Issue] = []
    gone: list[Baseline] = []
    over: set[str] = set()
    newly_active = newly_inactive = 0
    for employee_id in sorted(employee_ids):
        codes, baseline = open_codes.get(employee_id, frozenset()), sent.get(employee_id)
        reported_before = not UNSEEN.isdisjoint(codes)
        looks_gone = everybody or not GONE.isdisjoint(codes)
        ended = employee_id in terminated or (baseline is not None and not baseline.active)
        if looks_gone and ended:
            over.add(employee_id)
            if baseline is not None:
                gone.append(baseline)
                newly_inactive += not reported_before and not baseline.active
            continue
        if baseline is not None and baseline.active:
            newly_active += not reported_before
        issues.append(_issue(employee_id, codes, baseline, looks_gone=looks_gone))
    return Absence(tuple(issues), tuple(gone), frozenset(over), newly_active, newly_inactive)


def _issue(employee_id: str, codes: AbstractSet[IssueCode], baseline: Baseline | None, *, looks_gone: bool) -> Issue:
    # What was reported before stays as it is, and is not asked anew.
    lasting = next((code for code in (IssueCode.HR_EMPLOYEE_DELETED, IssueCode.LEFT_SCOPE) if code in codes), None)
    if lasting is not None:
        code = lasting
    else:
        # A person who was never sent cannot be missed: HR has named them, and shows them later or reports a deletion.
        code = IssueCode.ABSENT if baseline is not None and looks_gone else IssueCode.NOT_SHOWN
    return Issue(employee_id, code, _DETAILS[code])
