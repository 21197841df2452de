"""A company behind a fake BambooHR."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bensync.demo.company.company import Company
from tests.integration.connectors.bamboohr.company import START, CompanyWorld, opened


@pytest.fixture
def world() -> Iterator[CompanyWorld]:
    company = Company(now=START)
    with opened(company) as source:
        yield CompanyWorld(company, source)
