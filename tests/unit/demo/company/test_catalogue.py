"""Fields of the fake, and those that a company adds."""

import pytest

from bensync.demo.company.catalogue import FakeField
from bensync.demo.company.company import Company
from tests.unit.demo.company.test_company import NOW, value


@pytest.fixture
def company() -> Company:
    return Company(now=NOW)


def test_a_company_may_have_fields_of_its_own(company: Company):
    company.add_field(FakeField(4300, "customUnion", "Union"))
    id = company.hire({"customUnion": "Local 7"})
    assert value(company, id, "4300") == "Local 7"
