"""The employee endpoints: one employee, the directory, and the changed employees."""

from __future__ import annotations

from bensync.demo.bamboohr.fake_request import FakeRequest, visible
from bensync.demo.bamboohr.reply import no_employee, refusal
from bensync.demo.company.company import Company
from bensync.demo.company.personnel import FakeEmployee
from bensync.demo.company.values import is_future_hire, shown, status

DIRECTORY = (
    "displayName",
    "firstName",
    "lastName",
    "preferredName",
    "jobTitle",
    "workPhone",
    "workEmail",
    "department",
    "location",
    "division",
    "supervisor",
    "photoUploaded",
)
TYPES = ("inserted", "updated", "deleted", "all")


def one(company: Company, question: FakeRequest) -> object:
    """Answer GET employees/{id} with the requested fields that exist and may be seen; others are absent."""
    id = question.parts["id"]
    if id == "0":
        return {"id": "0"}
    employee = seen_employee(company, id)
    names = [name for name in question.query.get("fields", "").split(",") if name]
    asked = visible(company, names)
    current = question.only_current
    return {"id": id} | {name: shown(company, employee, field, only_current=current) for name, field in asked}


def seen_employee(company: Company, id: str) -> FakeEmployee:
    """Return an employee that exists and is visible to the key.

    Raises:
        Refusal: 404 or 403.
    """
    employee = company.employee(id)
    if employee is None:
        raise no_employee()
    if id in company.hidden:
        raise refusal(403, "You do not have access to this employee")
    return employee


def directory(company: Company, question: FakeRequest) -> object:
    """Answer GET employees/directory: active people only, with ``onlyCurrent=false`` future hires too."""
    if not company.directory_shared:
        raise refusal(403, "The company directory is not shared")
    fields = visible(company, list(DIRECTORY))
    people = [
        {"id": employee.id}
        | {name: shown(company, employee, field) for name, field in fields}
        | {"photoUrl": None, "canUploadPhoto": 1}
        for employee in company
        if employee.id not in company.hidden and _is_listed(company, employee, only_current=question.only_current)
    ]
    if not people:
        raise refusal(404, "The directory is empty")
    heads = [{"id": name, "type": _directory_type(field.type), "name": field.name} for name, field in fields]
    return {"fields": heads, "employees": people}


def changed(company: Company, question: FakeRequest) -> object:
    """Answer GET employees/changed: the latest states since a time, as a map by id."""
    since, kind = question.since(), question.query.get("type", "all")
    if kind not in TYPES:
        raise refusal(400, "Invalid type")
    rows = [
        change
        for change in company.changes(since)
        if kind in ("all", change.action.lower()) and change.id not in company.hidden
    ]
    if not rows:
        return {"latest": "", "employees": empty_map(company)}
    employees = {
        change.id: {"id": change.id, "action": change.action, "lastChanged": change.changed.isoformat()}
        for change in rows
    }
    return {"latest": max(change.changed for change in rows).isoformat(), "employees": employees}


def empty_map(company: Company) -> object:
    """Return an empty map, as this company's server writes one: PHP encodes it as a list."""
    return [] if company.empty_maps_as_lists else {}


def _is_listed(company: Company, employee: FakeEmployee, *, only_current: bool) -> bool:
    return status(company, employee) == "Active" or (not only_current and is_future_hire(company, employee))


def _directory_type(kind: str) -> str:
    return kind if kind in ("text", "list", "email", "bool", "url", "employee") else "text"
