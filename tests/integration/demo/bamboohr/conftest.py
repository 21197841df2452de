"""A company, the fake BambooHR that serves it, and a client."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from bensync.demo.bamboohr.server import Server, serve
from bensync.demo.company.company import Company
from tests.integration.demo.bamboohr.account import ADA, JOB, JSON, NOW, PAY


@pytest.fixture
def company() -> Company:
    """Ada, who has everything, and Bea, of whom little is known; both hired in January."""
    company = Company(now=datetime(2026, 1, 5, 8, 0, tzinfo=UTC))
    company.hire(ADA, job=JOB, pay=PAY)
    company.hire({"firstName": "Bea"}, job={"reportsTo": "1"}, pay={"type": "Salary"})
    company.now = NOW
    return company


@pytest.fixture
def server(company: Company) -> Iterator[Server]:
    with serve(company) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    auth = (server.company.api_key, "x")
    with httpx.Client(base_url=server.url, auth=auth, headers=JSON, timeout=20) as client:
        yield client
