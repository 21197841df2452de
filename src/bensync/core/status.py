"""Projects dated rows onto one day. Never guesses, never falls back to "active" (sync-rules 3.3)."""

from __future__ import annotations

from datetime import date

import msgspec

from bensync.core.changes import Issue, IssueCode
from bensync.core.people import DatedRow, Employee, Profile, Status, last_hire, termination_date
from bensync.core.values.plausibility import check_plausible
from bensync.core.values.ssn import check_ssn

STATUS_TABLE = "status"
STATUS_FIELD = "benetrac_status"


class StatusOptions(msgspec.Struct, frozen=True):
    """The BeneTrac Status options of a site (S0-02): which words mean active, which inactive."""

    active: frozenset[str]
    inactive: frozenset[str]

    def read(self, text: str) -> Status | None:
        """Return the status that one option stands for; None if the option is not configured."""
        if text in self.active:
            return Status.ACTIVE
        return Status.INACTIVE if text in self.inactive else None


def judge(employee: Employee, options: StatusOptions, as_of: date) -> tuple[Profile, date | None] | Issue:
    """Return what `project` returns, or an issue if the SSN or another value of the employee cannot be trusted."""
    return check_ssn(employee) or check_plausible(employee, as_of) or project(employee, options, as_of)


def project(employee: Employee, options: StatusOptions, as_of: date) -> tuple[Profile, date | None] | Issue:
    """Return the profile that holds on ``as_of``, and the date on which the next dated row takes effect.

    Of the rows up to ``as_of`` the last one of each table counts; its values join the employee's own. An employee
    without a readable current status is an issue (A-28, A-29).
    """
    current: dict[str, DatedRow] = {}
    past: list[DatedRow] = []
    due: date | None = None
    # Rows are ordered by table, date and entry, so the last one up to the day is the current one, also where two rows
    # have one date (sync-rules 3.3.1).
    for row in employee.rows:
        if row.date <= as_of:
            current[row.table] = row
            past.append(row)
        elif due is None or row.date < due:
            due = row.date
    held = current.get(STATUS_TABLE)
    if held is None:
        return _without_status(employee)
    option = held.values.get(STATUS_FIELD)
    if option is None:
        return Issue(employee.id, IssueCode.STATUS_MISSING, "the current status row has no BeneTrac Status")
    status = options.read(option)
    if status is None:
        return Issue(employee.id, IssueCode.STATUS_UNKNOWN, f"BeneTrac Status {option!r} is not a configured option")
    values = dict(employee.values)
    for row in current.values():
        values.update(row.values)
    left = _left(past, options) if status is Status.ACTIVE else None
    return Profile(employee.id, status, held.date, values, tuple(past), left), due


def _left(past: list[DatedRow], options: StatusOptions) -> date | None:
    """Return the first day of the last inactive time of somebody who is active now; None if there was none."""
    left: date | None = None
    before = Status.ACTIVE
    for row in past:
        if row.table == STATUS_TABLE:
            # Only the current row must be readable; an old one with an option that is gone counts as no change.
            status = options.read(row.values.get(STATUS_FIELD, "")) or before
            if status is Status.INACTIVE and before is Status.ACTIVE:
                left = row.date
            before = status
    return left


def _without_status(employee: Employee) -> Issue:
    if any(row.table == STATUS_TABLE for row in employee.rows):
        return Issue(employee.id, IssueCode.NOT_STARTED, "the first status row takes effect later")
    return Issue(employee.id, IssueCode.STATUS_MISSING, "there is no employment status row")


def termination_effective(profile: Profile, as_of: date) -> date:
    """Return the day on which an inactive profile ended (sync-rules 3.3.6)."""
    ended, hired = termination_date(profile.values), last_hire(profile.values)
    # A termination date up to the last hire belongs to an earlier employment, and a later one is a plan of HR.
    if ended is not None and ended <= as_of and (hired is None or ended > hired):
        return ended
    return profile.status_date


def contradicts(profile: Profile, as_of: date) -> bool:
    """Return whether the termination date in HR contradicts the status (sync-rules 3.3.5, A-31).

    An empty termination date contradicts nothing.
    """
    ended, hired = termination_date(profile.values), last_hire(profile.values)
    if ended is None:
        return False
    over = ended <= as_of and (hired is None or hired <= ended)
    return over == (profile.status is Status.ACTIVE)
