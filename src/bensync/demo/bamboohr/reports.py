"""The custom report: many people and many fields in one answer, with its quirks."""

from __future__ import annotations

from typing import Any

import msgspec

from bensync.demo.bamboohr.fake_request import FakeRequest, moment, visible
from bensync.demo.bamboohr.reply import refusal
from bensync.demo.company.catalogue import FakeField
from bensync.demo.company.company import Company
from bensync.demo.company.personnel import FakeEmployee
from bensync.demo.company.values import Shown, reported

FORMATS = {
    "application/json": "json",
    "text/xml": "xml",
    "text/csv": "csv",
    "application/pdf": "pdf",
    "application/vnd.ms-excel": "xls",
}

Line = dict[str, Shown]


class LastChanged(msgspec.Struct, frozen=True, rename="camel"):
    """The filter on the time of the last change."""

    value: str = ""


class Filters(msgspec.Struct, frozen=True, rename="camel"):
    """The people in the report; everybody if nothing is set."""

    last_changed: LastChanged | None = None
    employee_ids: list[int | str] | None = None


class Wish(msgspec.Struct, frozen=True, rename="camel"):
    """The body of the request."""

    title: str = ""
    fields: list[int | str] = []
    filters: Filters | None = None
    filter_duplicates: str = "yes"


def custom(company: Company, question: FakeRequest) -> object:
    """Answer POST reports/custom; unknown and forbidden columns are absent from the answer."""
    _check_format(question)
    wish = _wish(question)
    asked = visible(company, [str(name) for name in wish.fields]) + visible(company, company.uninvited)
    columns = [(column_key(name), field) for name, field in asked]
    current = question.only_current
    lines = [
        _line(company, employee, columns, only_current=current)
        for employee in _people(company, wish.filters or Filters())
    ]
    if not wish.fields:  # a report of no fields was seen to have a single employee
        lines = lines[:1]
    elif wish.filter_duplicates != "no":
        lines = _without_repeats(lines, [key for key, _ in columns])
    heads = [{"id": key, "type": field.type, "name": field.name} for key, field in columns]
    return {"title": wish.title, "fields": heads, "employees": lines}


def column_key(name: str) -> str:
    """Return the key of a column in the answer: a field requested by its number comes back as ``number.0``."""
    return f"{name}.0" if name.isdigit() else name


def _check_format(question: FakeRequest) -> None:
    accept = question.headers.get("accept", "")
    kind = question.query.get("format", FORMATS.get(accept, "")).lower()
    if kind not in FORMATS.values():
        raise refusal(404, "Unsupported report format")
    if kind != "json":
        raise refusal(501, "This server renders JSON reports only")


def _wish(question: FakeRequest) -> Wish:
    if question.headers.get("content-type") != "application/json":
        raise refusal(400, "Malformed XML")
    try:
        return msgspec.json.decode(question.body, type=Wish)
    except msgspec.DecodeError:
        raise refusal(400, "Malformed JSON") from None


def _people(company: Company, filters: Filters) -> list[FakeEmployee]:
    if filters.employee_ids is None:
        employees: Any = company
    else:
        ids = sorted({int(id) for id in filters.employee_ids if str(id).isdigit()})
        employees = [employee for id in ids if (employee := company.employee(str(id)))]
    since = moment(filters.last_changed.value) if filters.last_changed and filters.last_changed.value else None
    return [
        employee
        for employee in employees
        if company.shows(employee.id) and (since is None or employee.changed >= since)
    ]


def _line(
    company: Company, employee: FakeEmployee, columns: list[tuple[str, FakeField]], *, only_current: bool
) -> Line:
    line: Line = {"id": employee.id}
    for key, field in columns:
        line[key] = reported(company, employee, field, only_current=only_current)
    return line


def _without_repeats(lines: list[Line], keys: list[str]) -> list[Line]:
    """Return the lines that differ in a requested column; the id counts only if it was requested."""
    kept: dict[tuple[Shown, ...], Line] = {}
    for line in lines:
        kept.setdefault(tuple(line[key] for key in keys), line)
    return list(kept.values())
