from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from threading import Thread

import pytest

from bensync.demo.company.catalogue import NEVER
from bensync.demo.company.company import Company
from bensync.demo.company.people import people
from bensync.demo.company.values import shown, status
from bensync.errors import BensyncError

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture
def company() -> Company:
    return Company(now=NOW)


def value(company: Company, id: str, name: str, *, only_current: bool = True) -> object:
    employee, field = company.employee(id), company.field(name)
    assert employee
    assert field
    return shown(company, employee, field, only_current=only_current)


def log(company: Company, since: datetime) -> list[tuple[str, str]]:
    return [(change.id, change.action) for change in company.changes(since)]


def test_changing_and_removing_rows_changes_the_employee(company: Company):
    id = company.hire({}, job={"jobTitle": "First", "department": "Sales"})
    row = company.add_row(id, "jobInfo", date=TODAY, jobTitle="Second", department="Finance")
    company.now = NOW + timedelta(hours=1)
    company.change_row("jobInfo", row, jobTitle="Third", department=None)
    assert (value(company, id, "jobTitle"), value(company, id, "department")) == ("Third", None)
    assert company.employee(id).changed == company.now
    company.remove_row("jobInfo", row)
    assert value(company, id, "jobTitle") == "First"


def test_only_the_three_great_tables_count_as_a_change(company: Company):
    id = company.hire({})
    company.now = NOW + timedelta(hours=1)
    company.add_row(id, "dependents", firstName="Kim")
    assert log(company, company.now) == []
    company.add_row(id, "compensation", startDate=TODAY, rate=Decimal(50))
    assert log(company, company.now) == [(id, "Updated")]


def test_a_termination_takes_effect_on_its_day_and_a_rehire_moves_the_day_of_hire(company: Company):
    id = company.hire({}, hire_date=date(2020, 5, 1))
    company.terminate(id, date(2026, 3, 5), "Retired")
    assert (value(company, id, "status"), value(company, id, "terminationDate")) == ("Active", NEVER)
    company.now = NOW + timedelta(days=3)
    assert (value(company, id, "status"), value(company, id, "terminationDate")) == ("Inactive", "2026-03-05")
    assert value(company, id, "employmentHistoryStatus") == "Terminated"
    company.rehire(id, date(2026, 3, 20))
    assert value(company, id, "status") == "Inactive"
    assert (value(company, id, "hireDate"), value(company, id, "originalHireDate")) == ("2026-03-20", "2020-05-01")
    company.now = NOW + timedelta(days=30)
    assert (value(company, id, "status"), value(company, id, "terminationDate")) == ("Active", NEVER)
    company.rehire(id, date(2026, 5, 1))
    assert value(company, id, "originalHireDate") == "2020-05-01"


def test_the_log_knows_inserted_updated_and_deleted(company: Company):
    first, second, third = (company.hire({"firstName": name}) for name in ("Ada", "Bea", "Cara"))
    company.now = NOW + timedelta(hours=1)
    company.terminate(second, TODAY)
    company.delete(third)
    assert log(company, NOW) == [(first, "Inserted"), (second, "Updated"), (third, "Deleted")]
    assert log(company, company.now) == [(second, "Updated"), (third, "Deleted")]
    assert company.employee(third) is None


def test_mistakes_are_refused(company: Company):
    id = company.hire({})
    for mistake in (
        lambda: company.add_row(id, "nonsense", date=TODAY),
        lambda: company.add_row(id, "jobInfo", shoeSize="44"),
        lambda: company.add_row("4711", "jobInfo", date=TODAY),
        lambda: company.change_row("jobInfo", "4711", date=TODAY),
        lambda: company.forbid("nonsense"),
        lambda: Company(now=NOW.replace(tzinfo=None)),
    ):
        with pytest.raises(BensyncError):
            mistake()


def test_invented_people_fill_a_company_the_same_way_each_time():
    first, second = (Company.with_people(300, seed=3, now=NOW) for _ in range(2))
    assert list(first) == list(second)
    assert len(first) == 300
    assert all(employee.changed < NOW - timedelta(hours=23) for employee in first)
    inactive = [employee for employee in first if status(first, employee) == "Inactive"]
    assert 5 < len(inactive) < 60
    assert len({row.id for employee in first for rows in employee.tables.values() for row in rows}) == sum(
        len(rows) for employee in first for rows in employee.tables.values()
    )


def test_many_threads_hire_without_losing_anybody(company: Company):
    def hire_some() -> None:
        for _ in range(200):
            company.hire({}, job={"jobTitle": "Clerk"})

    threads = [Thread(target=hire_some) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(company) == 1600
    assert len({row.id for employee in company for rows in employee.tables.values() for row in rows}) == 3200


def test_people_taken_in_page_by_page_are_those_taken_in_at_once():
    whole = Company.with_people(20, now=NOW)
    paged, persons = Company(now=NOW), people(20, today=TODAY)
    seen = []
    for _ in range(4):
        paged.forget()
        paged.take_in(islice(persons, 5))
        assert len(paged) == 5
        seen += list(paged)
    assert seen == list(whole)
    paged.forget()
    assert log(paged, datetime.min.replace(tzinfo=UTC)) == []
