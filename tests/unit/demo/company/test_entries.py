"""Values that are entered into a made-up company."""

from datetime import timedelta

import pytest

from bensync.demo.company.company import Company
from tests.unit.demo.company.test_company import NOW, value


@pytest.fixture
def company() -> Company:
    return Company(now=NOW)


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
