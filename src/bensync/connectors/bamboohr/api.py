"""The requests that this connector sends to BambooHR, all of which only read, and the shapes of the answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, TypeVar
from urllib.parse import quote

import msgspec

from bensync.connectors.bamboohr.value_formats import rows_of
from bensync.connectors.http import Read, ReadOnlyClient, decode
from bensync.core.values.employee_ids import refuse_bad_id
from bensync.errors import SourceError

T = TypeVar("T")

_TABLE = r"(?:[\w-]|%[0-9A-F]{2})+"
READS = (
    Read("GET", r"meta/(fields|tables)"),
    Read("GET", r"employees/changed"),
    Read("GET", rf"employees/changed/tables/{_TABLE}"),
    Read("GET", rf"employees/(all|\d+)/tables/{_TABLE}"),
    Read("POST", r"reports/custom"),  # reads as well: BambooHR takes the list of fields as a body
)
REASONS = ("x-bamboohr-error-message", "x-bamboohr-error-messsage", "x-bamboohr-message")
"""The headers in which BambooHR explains a refusal; the server really sends the misspelt one."""

MOST_FIELDS = 400
"""Fields in one report; BambooHR refuses more with a 400."""


_REPORT = "reports/custom"
# float_hook: amounts stay the text that was sent, since a float would change 0.10.
_any: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=str)

NOBODY = "0"
"""The id that stands for no employee, such as a user who is not one."""


class Meta(msgspec.Struct, frozen=True):
    """One field or column as BambooHR describes it; some have no alias, some only a dotted id."""

    id: Any = ""
    name: str = ""
    type: str = ""
    alias: str | None = None
    deprecated: Any = None


class MetaTable(msgspec.Struct, frozen=True):
    """One dated table with its columns."""

    alias: str
    fields: list[Meta] = []


class EmployeeChange(msgspec.Struct, frozen=True):
    """A change of an employee: inserted, updated (which includes a termination), or deleted permanently."""

    id: str | int
    action: str = ""


class Changes(msgspec.Struct, frozen=True):
    """The employees that changed."""

    # If nobody changed, either part can be missing. An empty PHP array becomes [] in JSON, a filled one an object.
    employees: dict[str, EmployeeChange] | list[EmployeeChange] = []
    latest: str | None = None

    def __iter__(self) -> Iterator[EmployeeChange]:
        employees = self.employees
        return iter(employees.values() if isinstance(employees, dict) else employees)


class PersonRows(msgspec.Struct, frozen=True):
    """All rows of one changed employee, not decoded yet; BambooHR leaves the key out if there are none."""

    rows: msgspec.Raw = msgspec.Raw(b"[]")


class ChangedRows(msgspec.Struct, frozen=True):
    """The rows of one table of all employees that changed."""

    employees: dict[str, PersonRows] | list[Any] = []


class ReportColumn(msgspec.Struct, frozen=True):
    """One column of a report."""

    id: Any


class CustomReport(msgspec.Struct, frozen=True):
    """A custom report: its columns, and a row per employee, not decoded yet."""

    employees: msgspec.Raw
    fields: list[ReportColumn] = []

    def heading(self) -> set[str]:
        """Return the ids of the columns in the heading of the answer."""
        return {str(column.id) for column in self.fields}

    def columns(self) -> set[str]:
        """Return the ids of all columns, from the heading and from the rows."""
        return self.heading().union(*self.rows(dict[str, Any]))

    def rows(self, shape: type[T]) -> list[T]:
        """Return the rows, each decoded as this shape."""
        return decode(self.employees, msgspec.json.Decoder(list[shape], float_hook=str), _REPORT)  # type: ignore[valid-type]  # known when it runs


class Listed(msgspec.Struct, frozen=True):
    """One employee of the list of everybody."""

    id: str | int


class Everybody(msgspec.Struct, frozen=True):
    """A report of which only the ids are read."""

    employees: list[Listed]


def person_id(raw: object) -> str:
    """Return an employee id as text.

    Raises:
        SourceError: it cannot be one; it would be logged and shown as it is.
    """
    text = str(raw)
    if text != NOBODY:
        try:
            refuse_bad_id(text)
        except ValueError as error:
            why, fix = f"It {error}.", "Look at the employees in BambooHR, then report this."
            raise SourceError("BambooHR's answer has an employee id that cannot be one.", why, fix) from None
    return text


class Api:
    """Sends the requests of one pull.

    Attributes:
        opened: the server's time at its first answer, as an HTTP date.
    """

    def __init__(self, client: ReadOnlyClient) -> None:
        self._client = client
        self.opened: str | None = None

    def fields(self) -> list[Meta]:
        """Return all fields that the key may list; one that it may not read can be among them."""
        return self._read(list[Meta], "meta/fields")

    def tables(self) -> list[MetaTable]:
        """Return all dated tables that the key may list."""
        return self._read(list[MetaTable], "meta/tables")

    def changes(self, since: str) -> Changes:
        """Return the employees that changed since a time, including deleted ones."""
        return self._read(Changes, "employees/changed", {"since": since})

    def changed_rows(self, table: str, since: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Yield all rows of each employee that changed since a time; these rows have no row ids."""
        # The endpoint filters employees, not rows: any change returns all rows of that employee.
        path = f"employees/changed/tables/{quote(table, safe='')}"
        people = self._read(ChangedRows, path, {"since": since}).employees
        for person, person_rows in people.items() if isinstance(people, dict) else ():
            yield person_id(person), list(rows_of(decode(person_rows.rows, _any, path)))

    def rows(self, table: str, decoder: msgspec.json.Decoder[T], who: str = "all") -> Iterator[T]:
        """Yield every row of everybody, including inactive employees, in no order, with row ids and employee ids."""
        path = f"employees/{who}/tables/{quote(table, safe='')}"
        for raw in self._read(list[msgspec.Raw], path):
            try:
                row = decoder.decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError):
                row = None  # the error is not kept: it carries the row
            if row is not None:
                yield row
                continue
            # Not a row: BambooHR wraps the rows of some custom tables in one more list.
            for inner in rows_of(decode(raw, _any, path)):
                yield msgspec.convert(inner, decoder.type)

    def everybody(self) -> list[str]:
        """Return the ids of all employees that the key can see, active or not, each once."""
        # Not an empty list of fields, for which BambooHR was seen to return a single employee; and not the directory,
        # which leaves out inactive and hidden people.
        employees = self._report(Everybody, ["id", "employeeNumber"], None).employees
        ids = dict.fromkeys(person_id(listed.id) for listed in employees)
        ids.pop(NOBODY, None)
        return list(ids)

    def report(self, fields: Sequence[str], people: Sequence[str]) -> CustomReport:
        """Return the current values of the given employees."""
        return self._report(CustomReport, fields, people)

    def _report(self, shape: type[T], fields: Sequence[str], people: Sequence[str] | None) -> T:
        # With its duplicate filter, which is on by default, BambooHR leaves out rows.
        resolved: dict[str, Any] = {"title": "bensync", "fields": list(fields), "filterDuplicates": "no"}
        if people is not None:
            resolved["filters"] = {"employeeIds": [int(person) if person.isdecimal() else person for person in people]}
        params = {"format": "json", "onlyCurrent": "true"}
        return self._read(shape, _REPORT, params, method="POST", body=msgspec.json.encode(resolved))

    def _read(
        self,
        shape: type[T],
        path: str,
        params: dict[str, str] | None = None,
        *,
        method: Literal["GET", "POST"] = "GET",
        body: bytes | None = None,
    ) -> T:
        answer = self._client.read(method, path, params, body)
        self.opened = self.opened or answer.date
        return decode(answer.body, msgspec.json.Decoder(shape, float_hook=str), path)
