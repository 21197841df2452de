"""The data that a company stores about an employee, and the first data of an invented person."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from bensync.demo.company.people import InventedPerson

Action = Literal["Inserted", "Updated", "Deleted"]


class FakeRow(msgspec.Struct, gc=False):
    """One dated row; ``columns`` holds only what is not empty."""

    id: int
    columns: dict[str, str]


class FakeEmployee(msgspec.Struct, gc=False):
    """One employee; ``fields`` holds only what is not empty and not derived."""

    id: str
    fields: dict[str, str]
    tables: dict[str, list[FakeRow]]
    changed: datetime
    action: Action


class LoggedChange(NamedTuple):
    """The latest state of one employee in the log of changes."""

    id: str
    action: Action
    changed: datetime


def row_in_effect(rows: list[FakeRow], column: str, until: str) -> FakeRow | None:
    """Return the row with the latest date up to a day (ISO text); of equal dates the one entered last."""
    best, best_rank = None, ("", 0)
    for row in rows:
        day = row.columns.get(column, "")
        if "" < day <= until and (day, row.id) > best_rank:
            best, best_rank = row, (day, row.id)
    return best


def own_fields(person: InventedPerson) -> dict[str, str]:
    """Return the fields of an invented person that do not depend on a dated row."""
    fields = {
        "employeeNumber": f"E{person.number:06}",
        "firstName": person.first,
        "middleName": person.middle,
        "lastName": person.last,
        "preferredName": person.preferred,
        "ssn": person.ssn,
        "dateOfBirth": person.born,
        "gender": person.gender,
        "maritalStatus": person.marital,
        "address1": person.address1,
        "address2": person.address2,
        "city": person.city,
        "state": person.state,
        "zipcode": person.zipcode,
        "country": "United States",
        "homeEmail": person.home_email,
        "workEmail": person.work_email,
        "mobilePhone": person.phone,
        "hireDate": person.hired,
    }
    return {key: text for key, text in fields.items() if text}


def first_rows(person: InventedPerson) -> dict[str, list[dict[str, str]]]:
    """Return the dated rows of an invented person by table, oldest first."""
    job = {
        "date": person.hired,
        "jobTitle": person.title,
        "department": person.department,
        "division": person.division,
        "location": person.location,
    }
    pay = {
        "startDate": person.hired,
        "rate": person.rate,
        "type": person.pay_type,
        "paidPer": person.paid_per,
        "exempt": person.exempt,
        "paySchedule": "Every other week",
    }
    if person.number > SPAN:
        job["reportsTo"] = str(person.number // SPAN)
    return {"employmentStatus": _status_rows(person), "jobInfo": [job], "compensation": [pay]}


SPAN = 8
"""The number of people who report to one; the first few report to nobody."""


def _status_rows(person: InventedPerson) -> list[dict[str, str]]:
    hired = {"date": person.hired, "employmentStatus": person.employment, "benetracStatus": "Active"}
    if not person.left:
        return [hired]
    left = {
        "date": person.left,
        "employmentStatus": "Terminated",
        "benetracStatus": "Terminated",
        "terminationTypeId": "Resignation (Voluntary)",
        "terminationReasonId": "Other Employment",
        "terminationRehireId": "yes",
    }
    return [hired, left]
