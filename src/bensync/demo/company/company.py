"""The HR system behind the fake BambooHR: employees with fields and dated rows, its own clock, a log of changes.

It knows nothing about HTTP. Everything may be called from any thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from threading import RLock
from typing import NamedTuple, Self

from bensync.demo.company.catalogue import BUMPING, FIELDS, TABLES, FakeField, FakeTable
from bensync.demo.company.entries import Value, parted, row_texts
from bensync.demo.company.people import InventedPerson, people
from bensync.demo.company.permissions import Permissions, guarded
from bensync.demo.company.personnel import (
    Action,
    FakeEmployee,
    FakeRow,
    LoggedChange,
    first_rows,
    own_fields,
    row_in_effect,
)
from bensync.demo.outages import Weather
from bensync.errors import BensyncError

API_KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c"
"""The key of a company without one of its own; forty hexadecimal digits, like BambooHR's keys."""


READING = ("GET", "HEAD", "OPTIONS")


class Seen(NamedTuple):
    """One request that was answered; ``path`` without the query, ``status`` 0 when the connection was dropped."""

    method: str
    path: str
    status: int


class Company:
    """One company's HR system. Time stands still until a test moves ``now``.

    Attributes:
        lock: held while anything is read or changed.
        weather: the faults that the next requests will meet.
        requests: every request answered so far.
        permissions: the fields and columns that the API key may see.
        hidden: ids of employees whom the API key may not see.
        lagging: ids of employees whom the list of changes names, and no report and no table shows yet.
        directory_shared: whether the company shares its directory with all employees.
        empty_maps_as_lists: whether an empty map in an answer is written ``[]``.
        nested_custom_tables: whether rows of custom tables come wrapped one list deeper.
        uninvited: fields that reports contain although no request names them.
        lists: options of the lists that the company maintains itself, with whether they are archived.
        version: grows with every change; equal versions mean equal answers.
    """

    def __init__(self, name: str = "acme", api_key: str = API_KEY, now: datetime | None = None) -> None:
        self.name = name
        self.api_key = api_key
        self.lock = RLock()
        self.weather = Weather()
        self.requests: list[Seen] = []
        self.permissions = Permissions()
        self.hidden: set[str] = set()
        self.lagging: set[str] = set()
        self.directory_shared = True
        self.empty_maps_as_lists = False
        self.nested_custom_tables = False
        self.fields: list[FakeField] = list(FIELDS)
        self.tables: dict[str, FakeTable] = {table.alias: table for table in TABLES}
        self.uninvited: list[str] = []
        self.lists: dict[str, dict[str, bool]] = {
            "benetracStatus": {"Active": False, "Leave": False, "Terminated": False, "Retired": False, "COBRA": True},
            "employmentHistoryStatus": dict.fromkeys(("Full-Time", "Part-Time", "Contractor", "Terminated"), False),
        }
        self.version = 0
        self._employees: dict[str, FakeEmployee] = {}
        self._deleted: dict[str, datetime] = {}
        self._last_id = 0
        self._last_row = 0
        self._now = _whole_seconds(now or datetime.now(UTC))

    @classmethod
    def with_people(
        cls,
        count: int,
        *,
        seed: int = 1,
        now: datetime | None = None,
        inactive: float = 0.08,
        name: str = "acme",
        api_key: str = API_KEY,
    ) -> Self:
        """Return a company of ``count`` invented people, last changed between one and 365 days ago."""
        company = cls(name, api_key, now)
        company.take_in(people(count, seed=seed, today=company.today, inactive=inactive))
        return company

    def take_in(self, persons: Iterable[InventedPerson]) -> None:
        """Add invented people with a history, without the checks of ``hire``: a benchmark adds a million."""
        for person in persons:
            self._settle(person)

    def forget(self) -> None:
        """Remove everybody without a trace in the log; the next employee gets the next id."""
        self._employees.clear()
        self._deleted.clear()
        self.version += 1

    @property
    def now(self) -> datetime:
        """The time of this company, UTC, whole seconds."""
        return self._now

    @now.setter
    def now(self, moment: datetime) -> None:
        with self.lock:
            self._now = _whole_seconds(moment)
            self.version += 1

    @property
    def writes(self) -> list[Seen]:
        """The requests that tried to write; a custom report is a POST that only reads."""
        return [seen for seen in self.requests if seen.method not in READING and not _is_report(seen)]

    @property
    def today(self) -> date:
        """The day by which dated rows come into effect."""
        return self._now.date()

    def __len__(self) -> int:
        return len(self._employees)

    def __iter__(self) -> Iterator[FakeEmployee]:
        """Iterate over the employees in the order of their ids; hold the lock while reading."""
        return iter(self._employees.values())

    def employee(self, id: str) -> FakeEmployee | None:
        """Return the employee with that id; None if there is none."""
        return self._employees.get(id)

    def shows(self, id: str) -> bool:
        """Return whether reports and tables contain an employee."""
        return id not in self.hidden and id not in self.lagging

    def changes(self, since: datetime) -> Iterator[LoggedChange]:
        """Yield the latest states changed at or after ``since``, deleted ones last; hold the lock while reading."""
        for employee in self._employees.values():
            if employee.changed >= since:
                yield LoggedChange(employee.id, employee.action, employee.changed)
        for id, moment in self._deleted.items():
            if moment >= since:
                yield LoggedChange(id, "Deleted", moment)

    def hire(
        self,
        fields: Mapping[str, Value],
        *,
        status: str = "Active",
        employment_status: str = "Full-Time",
        hire_date: date | None = None,
        job: Mapping[str, Value] | None = None,
        pay: Mapping[str, Value] | None = None,
    ) -> str:
        """Add an employee and return the id.

        Args:
            fields: values by API alias, or by id for a field without alias; job and pay fields become first rows.
            status: the BeneTrac Status of the first employment status row.
            hire_date: from when the first rows count; the field ``hireDate``, else today, when not given.
            job, pay: columns of the first ``jobInfo`` and ``compensation`` rows.
        """
        with self.lock:
            start = hire_date or fields.get("hireDate") or self.today
            own, dated = parted({"hireDate": start, **fields}, self.field)
            self._last_id += 1
            id = str(self._last_id)
            self._employees[id] = FakeEmployee(id, _filled(own), {}, self.now, "Inserted")
            opening: dict[str, dict[str, Value]] = {
                "employmentStatus": {"employmentStatus": employment_status, "benetracStatus": status},
                "jobInfo": {**dated.get("jobInfo", {}), **(job or {})},
                "compensation": {**dated.get("compensation", {}), **(pay or {})},
            }
            for table, columns in opening.items():
                if columns:
                    self.add_row(id, table, **{self.tables[table].date: start, **columns})
            self._touch(id, "Inserted")
            return id

    def update(self, id: str, **fields: Value) -> None:
        """Set fields; one that follows a dated table gets a row from today, made of the current row and the change."""
        with self.lock:
            employee = self._existing(id)
            own, dated = parted(fields, self.field)
            employee.fields = _filled(employee.fields | own)
            for table, columns in dated.items():
                row = self.current(employee, table)
                self.add_row(
                    id, table, **{**(row.columns if row else {}), self.tables[table].date: self.today, **columns}
                )
            self._touch(id)

    def add_row(self, id: str, table: str, **columns: Value) -> str:
        """Add a row to one of an employee's tables and return the row's id."""
        with self.lock:
            employee = self._existing(id)
            texts = row_texts(self._table(table), columns)
            self._last_row += 1
            employee.tables.setdefault(table, []).append(FakeRow(self._last_row, texts))
            self._row_touched(id, table)
            return str(self._last_row)

    def change_row(self, table: str, row_id: str, **columns: Value) -> None:
        """Change columns of a row; None empties a column."""
        with self.lock:
            employee, row = self._row(table, row_id)
            kept = {column: text for column, text in row.columns.items() if column not in columns}
            row.columns = kept | row_texts(self._table(table), columns)
            self._row_touched(employee.id, table)

    def remove_row(self, table: str, row_id: str) -> None:
        """Remove a row."""
        with self.lock:
            employee, row = self._row(table, row_id)
            employee.tables[table].remove(row)
            self._row_touched(employee.id, table)

    def terminate(
        self, id: str, on: date, benetrac_status: str = "Terminated", *, kind: str = "Resignation (Voluntary)"
    ) -> str:
        """Enter a termination that takes effect on a day, past or future; return the row's id."""
        return self.add_row(
            id,
            "employmentStatus",
            date=on,
            employmentStatus="Terminated",
            benetracStatus=benetrac_status,
            terminationTypeId=kind,
            terminationReasonId="Other Employment",
            terminationRehireId="yes",
        )

    def rehire(
        self, id: str, on: date, *, employment_status: str = "Full-Time", benetrac_status: str = "Active"
    ) -> str:
        """Enter a rehire: a status row from that day, and the first day of hire moves to ``originalHireDate``."""
        with self.lock:
            fields = self._existing(id).fields
            if "hireDate" in fields:
                fields.setdefault("originalHireDate", fields["hireDate"])
            fields["hireDate"] = on.isoformat()
            return self.add_row(
                id, "employmentStatus", date=on, employmentStatus=employment_status, benetracStatus=benetrac_status
            )

    def delete(self, id: str) -> None:
        """Remove an employee for good; only the log of changes remembers the id."""
        with self.lock:
            self._existing(id)
            del self._employees[id]
            self._deleted[id] = self.now
            self.version += 1

    def current(self, employee: FakeEmployee, table: str, until: str | None = None) -> FakeRow | None:
        """Return the row in effect on a day (ISO text; today if not given)."""
        rows = employee.tables.get(table)
        return row_in_effect(rows, self.tables[table].date, until or self.today.isoformat()) if rows else None

    def add_field(self, field: FakeField) -> None:
        """Add a field; a custom one has an alias ``custom...`` or none."""
        with self.lock:
            self.fields.append(field)
            self.version += 1

    def field(self, name: str) -> FakeField | None:
        """Return a field by alias or id; None if there is none."""
        return next((field for field in self.fields if name in (field.alias, str(field.id))), None)

    def forbid(self, name: str) -> None:
        """Hide a field from the API key: its alias or id, ``table.column``, or a column's name in any table."""
        with self.lock:
            self.permissions.forbid(guarded(name, self.field(name), self.tables.values()))
            self.version += 1

    def allow(self, name: str) -> None:
        """Show a field that `forbid` has hidden."""
        with self.lock:
            self.permissions.allow(guarded(name, self.field(name), self.tables.values()))
            self.version += 1

    def _table(self, name: str) -> FakeTable:
        table = self.tables.get(name)
        if table is None:
            raise BensyncError(f"The company has no table {name!r}.")
        return table

    def _existing(self, id: str) -> FakeEmployee:
        employee = self._employees.get(id)
        if employee is None:
            raise BensyncError(f"There is no employee {id!r}.")
        return employee

    def _row(self, table: str, row_id: str) -> tuple[FakeEmployee, FakeRow]:
        for employee in self._employees.values():
            for row in employee.tables.get(table, ()):
                if str(row.id) == row_id:
                    return employee, row
        raise BensyncError(f"Table {table!r} has no row {row_id!r}.")

    def _row_touched(self, id: str, table: str) -> None:
        if table in BUMPING:
            self._touch(id)
        self.version += 1

    def _touch(self, id: str, action: Action = "Updated") -> None:
        employee = self._employees[id]
        employee.changed, employee.action = self.now, action
        self.version += 1

    def _settle(self, person: InventedPerson) -> None:
        self._last_id += 1
        id = str(self._last_id)
        # Spread over the year by two primes: the same for the same id, without a random number for each person.
        past = timedelta(days=1 + self._last_id * 37 % 365, seconds=self._last_id * 7919 % 86400)
        tables = {table: self._rows(rows) for table, rows in first_rows(person).items()}
        self._employees[id] = FakeEmployee(id, own_fields(person), tables, self._now - past, "Updated")

    def _rows(self, many: list[dict[str, str]]) -> list[FakeRow]:
        first = self._last_row + 1
        self._last_row += len(many)
        return [FakeRow(first + index, columns) for index, columns in enumerate(many)]


def _filled(fields: Mapping[str, str | None]) -> dict[str, str]:
    return {key: text for key, text in fields.items() if text is not None}


def _is_report(seen: Seen) -> bool:
    return seen.method == "POST" and seen.path.endswith("/reports/custom")


def _whole_seconds(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise BensyncError("The clock of a company needs a time zone.", fix="Use datetime(..., tzinfo=UTC).")
    return moment.astimezone(UTC).replace(microsecond=0)
