"""A working day in a made-up company."""

from datetime import timedelta

import pytest

from bensync.demo.company.churn import churn
from bensync.demo.company.company import Company
from tests.unit.demo.company.test_company import NOW, log


@pytest.fixture
def company() -> Company:
    return Company(now=NOW)


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
