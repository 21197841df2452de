"""The present value of an employee's field: stored, from the dated row in effect, or computed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from bensync.demo.company.catalogue import STATES, FakeField
from bensync.demo.company.company import Company
from bensync.demo.company.personnel import FakeEmployee

Shown = str | int | bool | None

FOREVER = "9999-12-31"


def shown(company: Company, employee: FakeEmployee, field: FakeField, *, only_current: bool = True) -> Shown:
    """Return the value as the employee endpoint shows it; future rows count, too, if ``only_current`` is false."""
    value = _read(company, employee, field, None if only_current else FOREVER)
    return field.empty if value is None else value


def reported(company: Company, employee: FakeEmployee, field: FakeField, *, only_current: bool = True) -> Shown:
    """Return the value as a report shows it: as text, with states in full."""
    value = shown(company, employee, field, only_current=only_current)
    if field.type == "state" and isinstance(value, str):
        return STATES.get(value, value)
    return str(value) if type(value) is int else value


def status(company: Company, employee: FakeEmployee) -> str:
    """Return ``Active`` or ``Inactive`` by the employment status row in effect; without one, ``Inactive``."""
    row = company.current(employee, "employmentStatus")
    return "Inactive" if row is None or row.columns.get("employmentStatus") == "Terminated" else "Active"


def is_future_hire(company: Company, employee: FakeEmployee) -> bool:
    """Return whether all employment status rows are in the future."""
    return company.current(employee, "employmentStatus") is None and bool(employee.tables.get("employmentStatus"))


def full_name(employee: FakeEmployee) -> str:
    """Return first and last name."""
    return f"{employee.fields.get('firstName', '')} {employee.fields.get('lastName', '')}".strip()


def supervisor(company: Company, employee: FakeEmployee, until: str | None = None) -> FakeEmployee | None:
    """Return the supervisor in the current job row."""
    row = company.current(employee, "jobInfo", until)
    return company.employee(row.columns.get("reportsTo", "")) if row else None


def _read(company: Company, employee: FakeEmployee, field: FakeField, until: str | None) -> Shown:
    if field.derived and field.alias in DERIVED:
        return DERIVED[field.alias](company, employee, until)
    if field.source is None:
        return employee.fields.get(field.key)
    row = company.current(employee, field.source[0], until)
    if row is None:
        return None
    return row.columns.get(field.source[1], " USD" if field.type == "currency" else None)


def _termination_date(company: Company, employee: FakeEmployee, _until: str | None) -> Shown:
    row = company.current(employee, "employmentStatus")
    return row.columns["date"] if row and row.columns.get("employmentStatus") == "Terminated" else None


def _age(company: Company, employee: FakeEmployee, _until: str | None) -> Shown:
    born = employee.fields.get("dateOfBirth")
    if born is None:
        return None
    day, today = date.fromisoformat(born), company.today
    return today.year - day.year - ((today.month, today.day) < (day.month, day.day))


def _birthday(_company: Company, employee: FakeEmployee, _until: str | None) -> Shown:
    born = employee.fields.get("dateOfBirth")
    return born[5:] if born else None


def _display_name(_company: Company, employee: FakeEmployee, _until: str | None) -> Shown:
    fields = employee.fields
    return f"{fields.get('preferredName') or fields.get('firstName', '')} {fields.get('lastName', '')}".strip()


def _last_first(employee: FakeEmployee) -> str:
    return f"{employee.fields.get('lastName', '')}, {employee.fields.get('firstName', '')}"


def _supervisor_name(company: Company, employee: FakeEmployee, until: str | None) -> Shown:
    boss = supervisor(company, employee, until)
    return _last_first(boss) if boss else None


def _supervisor_id(company: Company, employee: FakeEmployee, until: str | None) -> Shown:
    boss = supervisor(company, employee, until)
    return boss.id if boss else None


def _supervisor_number(company: Company, employee: FakeEmployee, until: str | None) -> Shown:
    boss = supervisor(company, employee, until)
    return boss.fields.get("employeeNumber") if boss else None


def _paid_per(company: Company, employee: FakeEmployee, until: str | None) -> Shown:
    row = company.current(employee, "compensation", until)
    return row.columns.get("paidPer") if row else None


DERIVED: dict[str, Callable[[Company, FakeEmployee, str | None], Shown]] = {
    "id": lambda _company, employee, _until: employee.id,
    "nickname": lambda _company, employee, _until: employee.fields.get("preferredName"),
    "displayName": _display_name,
    "fullName1": lambda _company, employee, _until: full_name(employee),
    "fullName2": lambda _company, employee, _until: _last_first(employee),
    "birthday": _birthday,
    "age": _age,
    "stateCode": lambda _company, employee, _until: employee.fields.get("state"),
    "bestEmail": lambda _company, employee, _until: (
        employee.fields.get("workEmail") or employee.fields.get("homeEmail")
    ),
    "terminationDate": _termination_date,
    "status": lambda company, employee, _until: status(company, employee),
    "employmentStatus": lambda company, employee, _until: status(company, employee),
    "supervisor": _supervisor_name,
    "supervisorEId": _supervisor_id,
    "supervisorId": _supervisor_number,
    "paidPer": _paid_per,
    "photoUploaded": lambda _company, _employee, _until: False,
    "lastChanged": lambda _company, employee, _until: employee.changed.isoformat(),
}
"""The computed fields; an alias that only repeats another field is here, too."""
