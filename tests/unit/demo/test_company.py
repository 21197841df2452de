from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from threading import Thread

import pytest

from bensync.demo.company.catalogue import NEVER, FakeField
from bensync.demo.company.churn import churn
from bensync.demo.company.company import Company
from bensync.demo.company.people import people
from bensync.demo.company.values import reported, shown, status
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


def test_a_row_counts_from_its_day_and_its_coming_due_is_no_change(company: Company):
    id = company.hire({"firstName": "Ada"}, hire_date=date(2025, 1, 1), job={"jobTitle": "Accountant"})
    company.add_row(id, "jobInfo", date=date(2026, 3, 10), jobTitle="Controller")
    assert value(company, id, "jobTitle") == "Accountant"
    assert value(company, id, "jobTitle", only_current=False) == "Controller"
    changed = company.employee(id).changed
    company.now = NOW + timedelta(days=8)
    assert value(company, id, "jobTitle") == "Controller"
    assert company.employee(id).changed == changed


def test_of_rows_of_one_day_the_one_entered_last_counts(company: Company):
    id = company.hire({}, job={"jobTitle": "First"})
    company.add_row(id, "jobInfo", date=TODAY, jobTitle="Second")
    assert value(company, id, "jobTitle") == "Second"


def test_a_row_without_a_date_never_counts(company: Company):
    id = company.hire({})
    company.add_row(id, "jobInfo", jobTitle="Ghost")
    assert value(company, id, "jobTitle") is None
    assert value(company, id, "jobTitle", only_current=False) is None


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


def test_the_rows_hold_the_benetrac_status(company: Company):
    id = company.hire({}, status="Leave", employment_status="Part-Time")
    company.terminate(id, TODAY, "COBRA")
    rows = company.employee(id).tables["employmentStatus"]
    assert [row.columns["benetracStatus"] for row in rows] == ["Leave", "COBRA"]
    assert rows[0].columns["employmentStatus"] == "Part-Time"


def test_a_future_hire_has_no_current_values(company: Company):
    id = company.hire({}, hire_date=date(2026, 4, 1), job={"department": "Sales"})
    assert (value(company, id, "status"), value(company, id, "department")) == ("Inactive", None)
    assert value(company, id, "department", only_current=False) == "Sales"


def test_the_log_knows_inserted_updated_and_deleted(company: Company):
    first, second, third = (company.hire({"firstName": name}) for name in ("Ada", "Bea", "Cara"))
    company.now = NOW + timedelta(hours=1)
    company.terminate(second, TODAY)
    company.delete(third)
    assert log(company, NOW) == [(first, "Inserted"), (second, "Updated"), (third, "Deleted")]
    assert log(company, company.now) == [(second, "Updated"), (third, "Deleted")]
    assert company.employee(third) is None


def test_updating_sets_clears_and_adds_a_dated_row(company: Company):
    id = company.hire({"city": "Boise", "address2": "Apt 1"}, job={"jobTitle": "Accountant", "department": "Finance"})
    company.now = NOW + timedelta(days=1)
    company.update(id, city="Austin", address2=None, jobTitle="Controller", **{"4140": "Local 7"})
    assert [value(company, id, name) for name in ("city", "address2", "4140")] == ["Austin", None, "Local 7"]
    assert [value(company, id, name) for name in ("jobTitle", "department")] == ["Controller", "Finance"]
    assert [row.columns["date"] for row in company.employee(id).tables["jobInfo"]] == ["2026-03-02", "2026-03-03"]


def test_a_field_may_be_written_by_its_number(company: Company):
    id = company.hire({"10": "Boise"})
    company.update(id, **{"8": "1 Main Street"})
    assert [value(company, id, name) for name in ("city", "address1")] == ["Boise", "1 Main Street"]


@pytest.mark.parametrize("name", ["nonsense", "status", "terminationDate", "lastChanged"])
def test_unknown_and_computed_fields_cannot_be_written(company: Company, name: str):
    with pytest.raises(BensyncError, match=name):
        company.hire({name: "x"})


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


def test_empty_values_look_as_in_real_life(company: Company):
    id = company.hire({"hireDate": None}, pay={"type": "Hourly"})
    names = (
        "firstName",
        "hireDate",
        "originalHireDate",
        "terminationDate",
        "dateOfBirth",
        "age",
        "birthday",
        "payRate",
    )
    company.update(id, hireDate=None)
    assert [value(company, id, name) for name in names] == [None, NEVER, NEVER, NEVER, None, -1, "", " USD"]


def test_computed_fields_follow_the_others(company: Company):
    boss = company.hire({"firstName": "Bea", "lastName": "Boss", "employeeNumber": "77"})
    names = {"firstName": "Ada", "lastName": "Doe", "preferredName": "Addie"}
    id = company.hire({**names, "dateOfBirth": "1990-03-03", "homeEmail": "a@example.com"}, job={"reportsTo": boss})
    asked = ("displayName", "fullName2", "age", "birthday", "bestEmail", "supervisor", "supervisorEId", "supervisorId")
    assert [value(company, id, name) for name in asked] == [
        "Addie Doe",
        "Doe, Ada",
        35,
        "03-03",
        "a@example.com",
        "Boss, Bea",
        boss,
        "77",
    ]


def test_a_report_names_the_state_in_full_and_holds_text(company: Company):
    id = company.hire({"state": "OR", "dateOfBirth": "1990-01-01"})
    employee, state, age = company.employee(id), company.field("state"), company.field("age")
    assert (shown(company, employee, state), reported(company, employee, state)) == ("OR", "Oregon")
    assert (shown(company, employee, age), reported(company, employee, age)) == (36, "36")


def test_a_forbidden_field_and_its_column_are_one(company: Company):
    company.forbid("payRate")
    assert not company.permissions.shows_column("compensation", "rate")
    company.allow("compensation.rate")
    assert company.permissions.shows(company.field("payRate"))
    company.forbid("benetracStatus")
    assert not company.permissions.shows_column("employmentStatus", "benetracStatus")
    company.forbid("comment")
    assert not company.permissions.shows_column("compensation", "comment")
    assert not company.permissions.shows_column("employmentStatus", "comment")


def test_a_company_may_have_fields_of_its_own(company: Company):
    company.add_field(FakeField(4300, "customUnion", "Union"))
    id = company.hire({"customUnion": "Local 7"})
    assert value(company, id, "4300") == "Local 7"


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


def test_churn_changes_the_asked_share_the_same_way_each_time():
    companies = [Company.with_people(500, seed=3, now=NOW, inactive=0) for _ in range(2)]
    for company in companies:
        company.now += timedelta(hours=1)
        assert churn(company, 10) == 50
    assert list(companies[0]) == list(companies[1])
    assert len(log(companies[0], companies[0].now)) == 50
    companies[0].now += timedelta(hours=1)
    churn(companies[0], 1)
    assert len(log(companies[0], companies[0].now)) == 5


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
