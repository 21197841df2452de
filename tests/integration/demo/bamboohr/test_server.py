"""The HTTP server of the fake BambooHR: addresses, keys, refused writes, bad weather, many callers."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from bensync.demo.bamboohr.server import serve
from bensync.demo.company.company import Company
from tests.integration.demo.bamboohr.account import JOB, JSON, NOW, report


def test_requests_from_many_threads_are_all_answered(client: httpx.Client, company: Company):
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(client.get, "employees/all/tables/jobInfo") for _ in range(60)]
        jobs += [pool.submit(company.hire, {"firstName": "New"}, job=JOB) for _ in range(60)]
        answers = [job.result(60) for job in jobs]
    assert {answer.status_code for answer in answers[:60]} == {200}
    assert len(client.get("employees/all/tables/jobInfo").json()) == 62


def test_a_server_is_gone_when_left_and_its_port_can_be_had_again(company: Company):
    with serve(company) as server:
        port = int(server.root.rsplit(":", 1)[1])
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.root}/_company/stats")
    with serve(company, port):
        assert httpx.get(f"{server.root}/_company/stats").json()["employees"] == 2


def test_twenty_thousand_people_are_read_in_seconds():
    company = Company.with_people(20_000, now=NOW)
    with serve(company) as server, httpx.Client(auth=(company.api_key, "x"), headers=JSON, timeout=60) as client:
        client.base_url = httpx.URL(server.url)
        started = time.process_time()
        assert len({row["employeeId"] for row in client.get("employees/all/tables/jobInfo").json()}) == 20_000
        filters = {"employeeIds": list(range(1, 1001))}
        assert len(report(client, fields=["firstName", "ssn", "payRate"], filters=filters)["employees"]) == 1000
        assert time.process_time() - started < 10
