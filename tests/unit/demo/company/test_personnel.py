"""The dated rows of an employee, and the one in effect."""

from datetime import date, timedelta

import pytest

from bensync.demo.company.company import Company
from tests.unit.demo.company.test_company import NOW, TODAY, value


@pytest.fixture
def company() -> Company:
    return Company(now=NOW)


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
