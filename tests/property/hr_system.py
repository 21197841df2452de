"""HR without HTTP: a made-up company as a source that reads honestly, and fails in the ways in which sources fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum

from bensync.core.ports import ChangeRoute, FieldSelection, PreflightFinding, Pull, Record, routed
from bensync.demo.company.catalogue import NEVER
from bensync.demo.company.company import Company
from bensync.demo.company.personnel import FakeEmployee
from bensync.demo.company.values import shown
from bensync.errors import SourceError

LOSABLE = "homeEmail"
"""The field that a lost permission hides."""


class HrWeather(StrEnum):
    """What the next pull meets."""

    FAIR = "fair"
    DOWN = "HR is down"
    HALF_WAY = "HR fails half-way"
    FIELD_LOST = "the first person comes without a field"


class HrSide:
    """A company as a `Source`; everything it gives is as of the company's clock."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.weather = HrWeather.FAIR

    def pull(
        self,
        wanted: FieldSelection,
        since: str | None,
        also: frozenset[str] = frozenset(),
        *,
        everybody: bool = False,
    ) -> Pull:
        """Employees who changed at or after the watermark, and those who were asked for by name."""
        if self.weather is HrWeather.DOWN:
            raise SourceError("HR does not answer", "the weather", "wait", retry=True)
        if since is None:
            everyone = self._pages(wanted, list(self.company))
            return Pull(everyone, len(self.company), (), self.company.now.isoformat(), everybody=True)
        actual = list(self.company.changes(datetime.fromisoformat(since)))
        named = frozenset(change.id for change in actual if change.action != "Deleted")
        people = [employee for employee in self.company if everybody or employee.id in named | also]
        return Pull(
            pages=self._pages(wanted, people),
            total=len(people),
            deleted=tuple(change.id for change in actual if change.action == "Deleted"),
            watermark=max(change.changed for change in actual).isoformat() if actual else None,
            named=named,
            everybody=everybody,
        )

    def check(self, wanted: FieldSelection) -> Iterable[PreflightFinding]:
        """Nothing to find."""
        return ()

    @staticmethod
    def routes(wanted: FieldSelection) -> dict[str, ChangeRoute]:
        """Every change is found the same way."""
        return routed(wanted, lambda _: ChangeRoute.CHANGE_FEED, lambda _: ChangeRoute.CHANGE_FEED)

    def everybody(self, wanted: FieldSelection) -> list[Record]:
        """What HR holds now, whatever the weather."""
        return [self._record(wanted, employee) for employee in self.company]

    def _pages(self, wanted: FieldSelection, people: list[FakeEmployee]) -> Iterator[list[Record]]:
        for number, employee in enumerate(people):
            if number and self.weather is HrWeather.HALF_WAY:
                raise SourceError("HR fell silent", "the weather", "wait", retry=True)
            record = self._record(wanted, employee)
            if not number and self.weather is HrWeather.FIELD_LOST:
                fields = {name: text for name, text in record.fields.items() if name != LOSABLE}
                record = Record(record.id, fields, record.tables)
            yield [record]

    def _record(self, wanted: FieldSelection, employee: FakeEmployee) -> Record:
        return Record(
            id=employee.id,
            fields={name: self._value(employee, name) for name in wanted.fields},
            tables={
                table: [
                    {"id": str(row.id), **{column: row.columns.get(column) for column in columns}}
                    for row in employee.tables.get(table, ())
                ]
                for table, columns in wanted.tables.items()
            },
        )

    def _value(self, employee: FakeEmployee, name: str) -> str | None:
        field = self.company.field(name)
        value = shown(self.company, employee, field) if field is not None else None
        return None if value in {None, NEVER} else str(value)
