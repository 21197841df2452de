"""Who is out of scope: people of HR whom the benefits platform shall not know (sync-rules 3.2.4)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date

import msgspec

from bensync.core.changes import Baseline, Issue, IssueCode
from bensync.core.people import DatedRow, Employee


class ScopeRules(msgspec.Struct, frozen=True):
    """The values that put a person out of scope, by field; one of them is enough."""

    out: Mapping[str, frozenset[str]] = {}

    def reason(self, values: Mapping[str, str]) -> str:
        """Return why a person with these current values is out of scope; empty if they are in scope."""
        for field, excluded in self.out.items():
            value = values.get(field)
            if value is not None and value in excluded:
                return f"{field} is {value}"
        return ""

    def fingerprint(self) -> str:
        """Return a name for the rules; empty for none. With other rules, the next run reads everybody."""
        if not self.out:
            return ""
        rules = sorted((field, sorted(values)) for field, values in self.out.items())
        return hashlib.sha256(msgspec.json.encode(rules)).hexdigest()[:16]


def current_values(employee: Employee, as_of: date) -> dict[str, str]:
    """Return an employee's own values with those of the row of each table that holds on a day."""
    current: dict[str, DatedRow] = {}
    # Rows are ordered by table, date and entry, so the last one up to the day is the current one (sync-rules 3.3.1).
    for row in employee.rows:
        if row.date <= as_of:
            current[row.table] = row
    values = dict(employee.values)
    for row in current.values():
        values.update(row.values)
    return values


class LeftScope(msgspec.Struct, frozen=True):
    """The people who were sent and are out of scope now.

    Attributes:
        issues: one for each who was sent as active and whose participant is not terminated, new or still open.
        baselines: their baselines that are still live; they leave the scope with this run.
        over: people with an open issue about it whose participant was terminated since.
        newly_active: how many people sent as active leave the scope with this run.
    """

    issues: tuple[Issue, ...] = ()
    baselines: tuple[Baseline, ...] = ()
    over: frozenset[str] = frozenset()
    newly_active: int = 0


def judge_scope(
    out_of_scope: Mapping[str, str],
    sent: Mapping[str, Baseline],
    open_codes: Mapping[str, AbstractSet[IssueCode]],
    terminated: Iterable[str],
) -> LeftScope:
    """Judge the people who are out of scope: leaving is never a termination, and a person ends the coverage.

    Args:
        out_of_scope: the reasons by employee.
        sent: the live baselines of these employees.
        open_codes: the open issues.
        terminated: employees of these whose participant is terminated.
    """
    ended = frozenset(terminated)
    issues: list[Issue] = []
    over: set[str] = set()
    for employee_id, reason in out_of_scope.items():
        baseline = sent.get(employee_id)
        reported = IssueCode.LEFT_SCOPE in open_codes.get(employee_id, ())
        if reported and employee_id in ended:
            over.add(employee_id)
        elif employee_id not in ended and (reported or (baseline is not None and baseline.active)):
            detail = f"{reason}; coverage that was sent continues until a person ends it"
            issues.append(Issue(employee_id, IssueCode.LEFT_SCOPE, detail))
    newly_active = sum(baseline.active for baseline in sent.values())
    return LeftScope(tuple(issues), tuple(sent.values()), frozenset(over), newly_active)
