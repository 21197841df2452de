"""A fake in a process of its own takes orders."""

import subprocess
import sys

import httpx

from bensync.demo.company.company import Company
from tests.integration.demo.bamboohr.account import JSON, NOW


def test_as_a_process_of_its_own_it_prints_its_address_and_takes_orders():
    command = [sys.executable, "-m", "bensync.demo.bamboohr", "--employees", "200", "--now", NOW.isoformat()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            url = process.stdout.readline().strip()
            root = url.removesuffix("/api/v1")
            churned = httpx.post(f"{root}/_company/churn?percent=10").json()
            auth = (Company(now=NOW).api_key, "x")
            changed = httpx.get(f"{url}/employees/changed?since=2026-03-02T09:30:00Z", headers=JSON, auth=auth).json()
            stats = httpx.get(f"{root}/_company/stats").json()
        finally:
            process.terminate()
    assert churned == {"changed": len(changed["employees"]), "now": "2026-03-02T10:00:00+00:00"}
    assert 10 < churned["changed"] < 21
    assert stats == {"employees": 200, "requests": 1, "writes": 0, "now": "2026-03-02T10:00:00+00:00"}
