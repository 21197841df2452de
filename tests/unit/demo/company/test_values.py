"""The present value of a field, as the fake shows it."""

from datetime import date

import pytest

from bensync.demo.company.catalogue import NEVER
from bensync.demo.company.company import Company
from bensync.demo.company.values import reported, shown
from bensync.errors import BensyncError
from tests.unit.demo.company.test_company import NOW, TODAY, value


@pytest.fixture
def company() -> Company:
    return Company(now=NOW)


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


@pytest.mark.parametrize("name", ["nonsense", "status", "terminationDate", "lastChanged"])
def test_unknown_and_computed_fields_cannot_be_written(company: Company, name: str):
    with pytest.raises(BensyncError, match=name):
        company.hire({name: "x"})


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
