"""The metadata endpoints: fields, tables, option lists, users, the company. Forbidden fields are listed, too."""

from __future__ import annotations

from bensync.demo.bamboohr.fake_request import FakeRequest
from bensync.demo.company.catalogue import LISTS
from bensync.demo.company.company import Company


def fields(company: Company, _question: FakeRequest) -> object:
    """Answer GET meta/fields."""
    return [
        {"id": field.id, "name": field.name, "type": field.type}
        | ({"alias": field.alias} if field.alias else {})
        | ({"deprecated": True} if field.deprecated else {})
        for field in company.fields
    ]


def tables(company: Company, _question: FakeRequest) -> object:
    """Answer GET meta/tables."""
    return [
        {
            "alias": table.alias,
            "fields": [
                {"id": column.id, "name": column.name, "alias": column.alias, "type": column.type}
                for column in table.columns
            ],
        }
        for table in company.tables.values()
    ]


def lists(company: Company, _question: FakeRequest) -> object:
    """Answer GET meta/lists; archived options stay listed."""
    return [
        {
            "fieldId": id,
            "manageable": "yes",
            "multiple": "no",
            "name": name,
            "alias": alias,
            "options": [
                _option(id * 100 + index, option, archived=archived)
                for index, (option, archived) in enumerate(_options(company, alias).items(), 1)
            ],
        }
        for alias, (id, name) in LISTS.items()
    ]


def users(company: Company, question: FakeRequest) -> object:
    """Answer GET meta/users: three users; the ones that are not employees have the employee id 0."""
    wanted = [word for word in question.query.get("status", "").split(",") if word]
    metas = [
        _user(2001, 0, "Integration", "enabled"),
        _user(2002, next((int(employee.id) for employee in company), 0), "Administrator", "enabled"),
        _user(2003, 0, "Former", "disabled"),
    ]
    return {str(user["id"]): user for user in metas if not wanted or user["status"] in wanted}


def company_information(company: Company, _question: FakeRequest) -> object:
    """Answer GET company_information."""
    return {
        "legalName": f"{company.name.title()} Incorporated",
        "displayName": company.name.title(),
        "address": {"line1": "1 Main Street", "line2": "", "city": "Portland", "state": "OR", "zip": "97201"},
        "phone": "503-555-0100",
    }


def _options(company: Company, alias: str) -> dict[str, bool]:
    """Return the options that the company has set, else those in use."""
    kept = company.lists.get(alias)
    if kept is not None:
        return kept
    rows = (row for employee in company for row in employee.tables.get("jobInfo", ()))
    return dict.fromkeys(sorted({row.columns[alias] for row in rows if alias in row.columns}), False)


def _option(id: int, name: str, *, archived: bool) -> dict[str, object]:
    return {
        "id": id,
        "archived": "yes" if archived else "no",
        "createdDate": "2020-01-01T00:00:00+00:00",
        "archivedDate": "2024-01-01T00:00:00+00:00" if archived else None,
        "name": name,
    }


def _user(id: int, employee: int, name: str, status: str) -> dict[str, object]:
    return {
        "id": id,
        "employeeId": employee,
        "firstName": name,
        "lastName": "User",
        "email": f"{name.lower()}@example.com",
        "status": status,
        "lastLogin": "2026-01-02T08:00:00+00:00",
    }
