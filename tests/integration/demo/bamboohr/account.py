"""A made-up account, and how it is asked."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

from bensync.demo.company.company import Company

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

TODAY = NOW.date()

JSON = {"accept": "application/json"}

ADA = {
    "firstName": "Ada",
    "lastName": "Doe",
    "ssn": "123-45-6789",
    "dateOfBirth": "1990-03-03",
    "state": "OR",
    "employeeNumber": "E1",
}

JOB = {"jobTitle": "Accountant", "department": "Finance"}

PAY = {"rate": Decimal(27), "type": "Hourly", "paidPer": "Hour"}


def report(client: httpx.Client, **body: object) -> dict[str, Any]:
    response = client.post("reports/custom?format=json", json={"filterDuplicates": "no", **body})
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


def hire_more(company: Company, count: int) -> None:
    for number in range(count):
        company.hire({"firstName": f"P{number:02}", "lastName": f"L{number % 3}"})
