"""The dated tables: rows of one employee or of all, and rows of the changed employees, which have another form."""

from __future__ import annotations

import msgspec

from bensync.demo.bamboohr.employees import empty_map, seen_employee
from bensync.demo.bamboohr.fake_request import FakeRequest
from bensync.demo.bamboohr.reply import refusal
from bensync.demo.company.catalogue import NEVER
from bensync.demo.company.company import Company
from bensync.demo.company.personnel import FakeEmployee, FakeRow
from bensync.demo.company.values import full_name

Cell = str | dict[str, str] | None
Line = dict[str, Cell]


class Shape(msgspec.Struct, frozen=True):
    """The form of the rows of one table: the empty row, forbidden columns, columns with money and with people."""

    table: str
    empty: Line
    forbidden: tuple[str, ...]
    money: tuple[str, ...]
    people: tuple[str, ...]


def rows(company: Company, question: FakeRequest) -> object:
    """Answer GET employees/{id|all}/tables/{table}: rows with ids, money as objects, inactive people included."""
    shape = _shape(company, question.parts["table"])
    matching = [
        {"id": str(row.id), "employeeId": employee.id, **_with_money_as_objects(_line(company, shape, row), shape)}
        for employee in _people(company, question.parts["id"])
        for row in employee.tables.get(shape.table, ())
    ]
    nested = company.nested_custom_tables and shape.table.startswith("custom")
    return [matching] if nested else matching


def changed_rows(company: Company, question: FakeRequest) -> object:
    """Answer GET employees/changed/tables/{table}: all rows of each changed employee; no row ids, money as text."""
    shape = _shape(company, question.parts["table"])
    since = question.since()
    employees = {
        employee.id: _with_rows(company, shape, employee)
        for employee in company
        if employee.changed >= since and company.shows(employee.id)
    }
    return {"table": shape.table, "employees": employees or empty_map(company)}


def _with_rows(company: Company, shape: Shape, employee: FakeEmployee) -> dict[str, object]:
    """Return the entry of a changed employee; ``rows`` is absent if there are none."""
    entry: dict[str, object] = {"lastChanged": employee.changed.isoformat().replace("+00:00", "Z")}
    lines = [_line(company, shape, row) for row in employee.tables.get(shape.table, ())]
    if lines:
        entry["rows"] = [_with_empty_dates_as_null(line) for line in lines]
    return entry


def _people(company: Company, id: str) -> list[FakeEmployee]:
    if id == "all":
        return [employee for employee in company if company.shows(employee.id)]
    return [seen_employee(company, id)]


def _shape(company: Company, name: str) -> Shape:
    table = company.tables.get("jobInfo" if name == "jobInformation" else name)
    if table is None:
        raise refusal(404, "Table not found")
    hidden = {
        column.alias for column in table.columns if not company.permissions.shows_column(table.alias, column.alias)
    }
    seen = [column for column in table.columns if column.alias not in hidden]
    return Shape(
        table.alias,
        {column.alias: " USD" if column.type == "currency" else column.empty for column in seen},
        tuple(hidden),
        tuple(column.alias for column in seen if column.type == "currency"),
        tuple(column.alias for column in seen if column.type == "employee"),
    )


def _line(company: Company, shape: Shape, row: FakeRow) -> Line:
    line: Line = {**shape.empty, **row.columns}
    for column in shape.forbidden:
        line.pop(column, None)
    for column in shape.people:
        boss = company.employee(str(line[column]))
        line[column] = full_name(boss) if boss else line[column]
    return line


def _with_money_as_objects(line: Line, shape: Shape) -> Line:
    for column in shape.money:
        amount, _, currency = str(line[column]).partition(" ")
        line[column] = {"currency": currency, "value": amount}
    return line


def _with_empty_dates_as_null(line: Line) -> Line:
    return {column: None if cell == NEVER else cell for column, cell in line.items()}
