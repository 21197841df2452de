"""The newer list of employees: cursors, filters, sorting; a forbidden value is null and named, not left out."""

from __future__ import annotations

import base64
import re
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

import msgspec

from bensync.demo.bamboohr.fake_request import FakeRequest
from bensync.demo.bamboohr.reply import coded
from bensync.demo.company.catalogue import NEVER, FakeField
from bensync.demo.company.company import Company
from bensync.demo.company.personnel import FakeEmployee
from bensync.demo.company.values import Shown, full_name, shown, supervisor

ALWAYS = ("firstName", "lastName", "preferredName", "photoUrl", "jobTitleName", "status")
SORTABLE = ("employeeId", "firstName", "lastName", "preferredName", "jobTitleName", "status")
ALIASES = {
    "birthDate": "dateOfBirth",
    "addressLine1": "address1",
    "addressLine2": "address2",
    "jobTitleName": "jobTitle",
    "departmentName": "department",
    "divisionName": "division",
    "locationName": "location",
    "employmentStatusName": "employmentHistoryStatus",
    "employmentStatusEffectiveDate": "employeeStatusDate",
    "paidPer": "payPer",
    "reportsToName": "supervisor",
    "reportsToId": "supervisorEId",
    "compensationEffectiveDate": "payRateEffectiveDate",
    "compensationChangeReason": "payChangeReason",
}
"""Names of this endpoint for fields that have another alias elsewhere."""

SAME = frozenset(
    "firstName lastName preferredName middleName status displayName employeeNumber ssn age gender "
    "maritalStatus ethnicity city state zipcode country bestEmail homeEmail workEmail homePhone mobilePhone "
    "workPhone workPhoneExtension hireDate originalHireDate terminationDate payRate payType paySchedule "
    "overtimeRate".split()
)
"""Names that are the same here as elsewhere; no custom field is served by this endpoint."""

UNFILTERABLE = frozenset({"ssn", "payRate", "overtimeRate", "bestEmail"})
TEXT_TYPES = ("text", "email", "phone", "textarea")
PAGE, PAGE_LIMIT = 250, 2500

Money = dict[str, str]


class Cursor(msgspec.Struct, frozen=True):
    """The end of a page: the employee at the boundary, and whether the next page is before or after."""

    id: str
    way: str

    def text(self) -> str:
        """Return the opaque form."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode()


class Ordering(msgspec.Struct):
    """The last sorted list of ids of a company, kept while nothing changes, so that not every page sorts again."""

    key: tuple[int, str, frozenset[str]]
    ids: list[str]
    places: dict[str, int]


_orderings: WeakKeyDictionary[Company, Ordering] = WeakKeyDictionary()


def page(company: Company, question: FakeRequest) -> object:
    """Answer GET employees: one page; ``next`` and ``prev`` are absent at the ends."""
    limit = _limit(question)
    order = _ordering(company, question)
    start = _start(question, order, limit)
    ids = order.ids[max(0, start) : start + limit]
    start = max(0, start)
    after = Cursor(ids[-1], "after").text() if start + len(ids) < len(order.ids) and ids else None
    before = Cursor(ids[0], "before").text() if start > 0 and ids else None
    names = _names(question)
    people = [employee for id in ids if (employee := company.employee(id))]
    links = {"self": {"href": _href(question, {})}}
    if after:
        links["next"] = {"href": _href(question, {"page[after]": after})}
    if before:
        links["prev"] = {"href": _href(question, {"page[before]": before})}
    return {
        "data": [_record(company, employee, names) for employee in people],
        "meta": {
            "total": len(order.ids),
            "page": {"limit": limit, "nextCursor": after, "prevCursor": before},
        },
        "_links": links,
    }


def _limit(question: FakeRequest) -> int:
    text = question.query.get("page[limit]", str(PAGE))
    if not text.isdigit() or not 1 <= int(text) <= PAGE_LIMIT:
        raise coded(400, "BadRequest", f"page[limit] must be between 1 and {PAGE_LIMIT}")
    return int(text)


def _start(question: FakeRequest, order: Ordering, limit: int) -> int:
    """Return the place of the first employee of the requested page."""
    after, before = question.query.get("page[after]"), question.query.get("page[before]")
    if after and before:
        raise coded(400, "BadPage", "page[after] and page[before] exclude each other")
    text, way = (after, "after") if after else (before, "before")
    if not text:
        return 0
    cursor = _cursor(text)
    place = order.places.get(cursor.id)
    if cursor.way != way or place is None:
        raise coded(400, "BadPage", "The page is not available any more; start the listing again")
    if way == "after":
        return place + 1
    return max(0, place - limit)


def _cursor(text: str) -> Cursor:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text), type=Cursor)
    except (ValueError, msgspec.DecodeError):
        raise coded(400, "BadPage", "The cursor cannot be read") from None


def _ordering(company: Company, question: FakeRequest) -> Ordering:
    asked = sorted((key, value) for key, value in question.query.multi_items() if key.startswith(("filter", "sort")))
    key = (company.version, urlencode(asked), frozenset(company.hidden))
    kept = _orderings.get(company)
    if kept and kept.key == key:
        return kept
    ids = [employee.id for employee in _sorted(company, question, _matching(company, question))]
    order = _orderings[company] = Ordering(key, ids, {id: place for place, id in enumerate(ids)})
    return order


def _matching(company: Company, question: FakeRequest) -> list[FakeEmployee]:
    people = [employee for employee in company if employee.id not in company.hidden]
    wanted: set[str] = set()
    for key, value in question.query.multi_items():
        match = re.fullmatch(r"filter\[(\w+)](\[])?", key)
        if not match:
            continue
        if match[1] == "ids":
            wanted |= set(value.split(","))
        else:
            people = _filtered(company, people, match[1], value)
    return [employee for employee in people if employee.id in wanted] if wanted else people


def _filtered(company: Company, people: list[FakeEmployee], name: str, value: str) -> list[FakeEmployee]:
    field = _field(company, name)
    if field is None or name in UNFILTERABLE:
        raise coded(400, "BadRequest", f"Cannot filter by {name}")
    if name == "status" and value not in ("active", "inactive"):
        raise coded(400, "BadRequest", "filter[status] must be active or inactive")
    if not company.permissions.shows(field):
        return []  # as BambooHR does: people whose value may not be read are dropped, and nothing says so
    wanted = value.lower()
    if field.type in TEXT_TYPES:
        return [employee for employee in people if wanted in str(shown(company, employee, field) or "").lower()]
    return [employee for employee in people if str(shown(company, employee, field)).lower() == wanted]


def _sorted(company: Company, question: FakeRequest, people: list[FakeEmployee]) -> list[FakeEmployee]:
    # From the last key to the first: Python's sort is stable, so the first key decides.
    for key in reversed([key for key in question.query.get("sort", "").split(",") if key]):
        name, backwards = key.lstrip("-"), key.startswith("-")
        if name not in SORTABLE:
            raise coded(400, "BadRequest", f"Cannot sort by {name}")
        if name == "employeeId":
            people = sorted(people, key=lambda employee: int(employee.id), reverse=backwards)
            continue
        field = _field(company, name)
        if field is None or not company.permissions.shows(field):
            return []
        ranks = {employee.id: _rank(shown(company, employee, field)) for employee in people}
        people = sorted(people, key=lambda employee: ranks[employee.id], reverse=backwards)
    return people


def _rank(value: Shown) -> tuple[bool, str]:
    """Return the sort key of a value; an empty one sorts before all others."""
    return (value is not None, str(value or "").lower())


def _names(question: FakeRequest) -> list[str]:
    asked = [question.query.get("fields", ""), *question.query.getlist("fields[]")]
    return list(dict.fromkeys([*ALWAYS, *(name for text in asked for name in text.split(",") if name)]))


def _field(company: Company, name: str) -> FakeField | None:
    return company.field(ALIASES.get(name, name)) if name in SAME or name in ALIASES else None


def _record(company: Company, employee: FakeEmployee, names: list[str]) -> dict[str, object]:
    record: dict[str, object] = {"employeeId": employee.id}
    restricted = []
    for name in names:
        field = _field(company, name)
        if name == "photoUrl":
            record[name] = None
        elif field and company.permissions.shows(field):
            record[name] = _value(company, employee, name, field)
        elif field:
            record[name] = None
            restricted.append(name)
    return record | {"_restrictedFields": restricted}


def _value(company: Company, employee: FakeEmployee, name: str, field: FakeField) -> Shown | Money:
    if name == "reportsToName":
        boss = supervisor(company, employee)
        return full_name(boss) if boss else None
    value = shown(company, employee, field)
    if field.type == "currency":
        amount, _, currency = str(value or " USD").partition(" ")
        return {"amount": amount, "currency": currency}
    return None if value in (None, NEVER, "", -1) else str(value)


def _href(question: FakeRequest, extra: dict[str, str]) -> str:
    kept = [(key, value) for key, value in question.query.multi_items() if not key.startswith(("page[a", "page[b"))]
    query = urlencode(kept + list(extra.items()))
    return f"{question.url}?{query}" if query else question.url
