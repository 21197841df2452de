"""The fields and columns that a key may see."""

import pytest

from bensync.demo.company.company import Company
from tests.unit.demo.company.test_company import NOW


@pytest.fixture
def company() -> Company:
    return Company(now=NOW)


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
