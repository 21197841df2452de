"""The requests this connector makes of BambooHR, all of which only read, and the shapes of their answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, TypeVar
from urllib.parse import quote

import msgspec

from bensync.connectors.bamboohr.value_formats import rows_of
from bensync.connectors.http import Read, ReadOnlyClient, decode

T = TypeVar("T")

_TABLE = r"(?:[\w-]|%[0-9A-F]{2})+"
READS = (
    Read("GET", r"meta/(fields|tables)"),
    Read("GET", r"employees/changed"),
    Read("GET", rf"employees/changed/tables/{_TABLE}"),
    Read("GET", rf"employees/(all|\d+)/tables/{_TABLE}"),
    Read("POST", r"reports/custom"),
)
REASONS = ("x-bamboohr-error-message", "x-bamboohr-error-messsage", "x-bamboohr-message")
"""Where BambooHR explains a refusal; the second is misspelt by the server."""

MOST_FIELDS = 400
"""Fields that one report may ask for; more are refused by the server."""


_REPORT = "reports/custom"
_any: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=str)

NOBODY = "0"
"""The id that stands for no employee."""


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
    """That a person was inserted, updated (a termination is that, too) or deleted for good."""

    id: str | int
    action: str = ""


class Changes(msgspec.Struct, frozen=True):
    """Who changed; both parts can be missing or an empty list when nobody did."""

    employees: dict[str, EmployeeChange] | list[EmployeeChange] = []
    latest: str | None = None

    def __iter__(self) -> Iterator[EmployeeChange]:
        employees = self.employees
        return iter(employees.values() if isinstance(employees, dict) else employees)


class PersonRows(msgspec.Struct, frozen=True):
    """All rows of one changed person, not yet decoded; the key is missing where there are none."""

    rows: msgspec.Raw = msgspec.Raw(b"[]")


class ChangedRows(msgspec.Struct, frozen=True):
    """The rows of one table of all people who changed."""

    employees: dict[str, PersonRows] | list[Any] = []


class ReportColumn(msgspec.Struct, frozen=True):
    """One column that a report has."""

    id: Any


class CustomReport(msgspec.Struct, frozen=True):
    """A custom report: the columns it has, and a row per person, not yet decoded."""

    employees: msgspec.Raw
    fields: list[ReportColumn] = []

    def heading(self) -> set[str]:
        """The ids of the columns that the answer tells of before its rows."""
        return {str(column.id) for column in self.fields}

    def columns(self) -> set[str]:
        """The ids of all columns, from the heading and from the rows."""
        return self.heading().union(*self.rows(dict[str, Any]))

    def rows(self, shape: type[T]) -> list[T]:
        """The rows, each in this shape."""
        return decode(self.employees, msgspec.json.Decoder(list[shape], float_hook=str), _REPORT)  # type: ignore[valid-type]  # known when it runs


class Listed(msgspec.Struct, frozen=True):
    """One person of the list of everybody."""

    id: str | int


class Everybody(msgspec.Struct, frozen=True):
    """A report that is read for its ids only."""

    employees: list[Listed]


class Api:
    """Asks BambooHR during one pull.

    Attributes:
        opened: the server's own clock at its first answer, as an HTTP date.
    """

    def __init__(self, client: ReadOnlyClient) -> None:
        self._client = client
        self.opened: str | None = None

    def fields(self) -> list[Meta]:
        """All fields the key may know of; a forbidden one can be listed nevertheless."""
        return self._read(list[Meta], "meta/fields")

    def tables(self) -> list[MetaTable]:
        """All dated tables the key may know of."""
        return self._read(list[MetaTable], "meta/tables")

    def changes(self, since: str) -> Changes:
        """Who changed since a moment, deleted people included."""
        return self._read(Changes, "employees/changed", {"since": since})

    def changed_rows(self, table: str, since: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Every row of everybody who changed since a moment, person by person; rows have no ids here."""
        path = f"employees/changed/tables/{quote(table, safe='')}"
        people = self._read(ChangedRows, path, {"since": since}).employees
        for person, person_rows in people.items() if isinstance(people, dict) else ():
            yield person, list(rows_of(decode(person_rows.rows, _any, path)))

    def rows(self, table: str, decoder: msgspec.json.Decoder[T], who: str = "all") -> Iterator[T]:
        """Every row of everybody, inactive people too, in no order; with row ids and employee ids."""
        path = f"employees/{who}/tables/{quote(table, safe='')}"
        for raw in self._read(list[msgspec.Raw], path):
            try:
                row = decoder.decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError):
                row = None  # the error is not kept: it carries the row
            if row is not None:
                yield row
                continue
            # Not a row: a list of rows, or nothing that can be read.
            for inner in rows_of(decode(raw, _any, path)):
                yield msgspec.convert(inner, decoder.type)

    def everybody(self) -> list[str]:
        """The ids of all people the key can see, active or not, each once."""
        employees = self._report(Everybody, ["id", "employeeNumber"], None).employees
        ids = dict.fromkeys(str(listed.id) for listed in employees)
        ids.pop(NOBODY, None)
        return list(ids)

    def report(self, fields: Sequence[str], people: Sequence[str]) -> CustomReport:
        """Current values of the given people."""
        return self._report(CustomReport, fields, people)

    def _report(self, shape: type[T], fields: Sequence[str], people: Sequence[str] | None) -> T:
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
