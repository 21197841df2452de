"""A company that is known twice, in the fake BambooHR and in the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest

from bensync.connectors.bamboohr import BambooHR, BambooHRSettings
from bensync.core.ports import FieldSelection, Record
from bensync.demo.bamboohr.server import serve
from bensync.demo.company.company import Company
from bensync.errors import SourceError
from bensync.testing.connectors import collect

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

STATUS = ("date", "employmentStatus", "benetracStatus")

WANTED = FieldSelection(
    ("firstName", "middleName", "ssn", "terminationDate", "payRate", "includeInPayroll", "Union Local", "zip code"),
    {"employmentStatus": STATUS, "compensation": ("startDate", "rate"), "customEquipment": ("customIssued", "Item")},
)


def settings(url: str, company: Company, **more: object) -> BambooHRSettings:
    return BambooHRSettings.model_validate(
        {"company": company.name, "api_key": company.api_key, "base_url": url, "batch": 3, **more}
    )


def no_wait(_seconds: float) -> None:
    pass


class CompanyWorld:
    """Six people hired on one day, of whom everything is written down twice: in the fake and here."""

    def __init__(self, company: Company, source: BambooHR) -> None:
        self.company = company
        self.source = source
        self.wanted = WANTED
        self.people: dict[str, Record] = {}
        for number in range(1, 7):
            self.hire(number)
        self.status_of("2", self.company.terminate("2", date(2026, 3, 1)), "2026-03-01", "Terminated", "Terminated")
        self.status_of("3", self.company.terminate("3", date(2027, 1, 1)), "2027-01-01", "Terminated", "Terminated")
        self.people["2"].fields["terminationDate"] = "2026-03-01"
        row = self.company.add_row("4", "customEquipment", customIssued="2026-02-02", customItem=' Lap\ttop, 13" ')
        self.people["4"].tables["customEquipment"].append(
            {"customIssued": "2026-02-02", "Item": ' Lap\ttop, 13" ', "id": row}
        )
        self.company.now += timedelta(hours=1)

    def hire(self, number: int) -> None:
        fields = {
            "firstName": f"Zoë{number}",
            "ssn": f"512-44-10{number:02}",
            "hireDate": "2024-01-01",
            "zipcode": f"0210{number}",
            "4140": f"L{number}" if number % 2 else None,
        }
        rate = {1: "75000 USD", 2: None}.get(number, f"{number}6.5 USD")
        person = self.company.hire(fields, pay={"rate": rate, "type": "Salary"})
        employee = self.company.employee(person)
        rows = {name: str(table[0].id) for name, table in employee.tables.items()}
        money = {1: "75000.00 USD", 2: None}.get(number, f"{number}6.50 USD")
        self.people[person] = Record(
            person,
            {
                "firstName": f"Zoë{number}",
                "middleName": None,
                "ssn": f"512-44-10{number:02}",
                "terminationDate": None,
                "payRate": money,
                "includeInPayroll": None,
                "Union Local": fields["4140"],
                "zip code": f"0210{number}",
            },
            {
                "employmentStatus": [],
                "compensation": [{"startDate": "2024-01-01", "rate": money, "id": rows["compensation"]}],
                "customEquipment": [],
            },
        )
        self.status_of(person, rows["employmentStatus"], "2024-01-01", "Full-Time", "Active")

    def status_of(self, person: str, row: str, day: str, status: str, benetrac: str) -> None:
        self.people[person].tables["employmentStatus"].append(
            {"date": day, "employmentStatus": status, "benetracStatus": benetrac, "id": row}
        )

    def touch(self, person: str) -> Record:
        self.company.now += timedelta(hours=1)
        self.company.update(person, middleName="Quinn")
        facts = self.people[person]
        tables = {name: [{**row} for row in rows] for name, rows in facts.tables.items()}
        for row in (row for rows in tables.values() for row in rows):
            del row["id"]
        return Record(person, {**facts.fields, "middleName": "Quinn"}, tables)


@contextmanager
def opened(company: Company, **more: object) -> Iterator[BambooHR]:
    with serve(company) as server, closing(BambooHR(settings(server.url, company, **more), sleep=no_wait)) as source:
        yield source


def mark(world: CompanyWorld) -> str:
    return world.source.pull(WANTED, None).watermark


def paths(company: Company) -> list[str]:
    return [f"{seen.method} {seen.path.removeprefix('/api/v1/')}" for seen in company.requests]


def refused(world: CompanyWorld, wanted: FieldSelection = WANTED, since: str | None = None) -> SourceError:
    with pytest.raises(SourceError) as caught:
        collect(world.source.pull(wanted, since))
    assert caught.value.fix
    return caught.value
