"""The door of the fake BambooHR: addresses, keys, refused writes, bad weather, many callers."""

import base64
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from xml.etree.ElementTree import fromstring

import httpx
import pytest

from bensync.demo.bamboohr.server import Server, serve
from bensync.demo.company.company import Company
from tests.integration.fake_bamboohr.account import JOB, JSON, NOW, report


def test_both_addresses_answer_alike_with_and_without_a_last_slash(client: httpx.Client, server: Server):
    path = "employees/changed"
    bases = (server.url, server.gateway_url)
    answers = [client.get(f"{base}/{path}{end}?since=2026-01-01T00:00:00Z") for base in bases for end in ("", "/")]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1


def test_any_password_goes_with_the_key(client: httpx.Client, company: Company):
    for password in ("x", "", "something:else"):
        assert client.get("employees/1", auth=(company.api_key, password)).json() == {"id": "1"}


@pytest.mark.parametrize("header", ["", "Bearer abc", "Basic %%%", "Basic " + base64.b64encode(b"wrong:x").decode()])
def test_a_wrong_key_is_refused_with_an_empty_page_and_a_reason_in_a_header(server: Server, header: str):
    answer = httpx.get(f"{server.url}/employees/1", headers=JSON | {"authorization": header})
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["content-type"] == "text/html; charset=UTF-8"
    assert answer.headers["x-bamboohr-error-message"] == "API key not provided or invalid"
    assert answer.headers["www-authenticate"] == 'Basic realm="https://api.bamboohr.com/acme"'
    assert answer.headers["cache-control"] == "no-cache, private"


def test_a_wrong_company_in_the_older_address_is_not_found(client: httpx.Client, server: Server):
    assert client.get(server.gateway_url.replace("acme", "other") + "/employees/1").status_code == 404


def test_a_missing_employee_has_the_reason_twice_in_two_headers(client: httpx.Client):
    answer = client.get("employees/4711")
    assert (answer.status_code, answer.content) == (404, b"")
    reason = "Employee not found, Employee not found"
    assert answer.headers["x-bamboohr-error-message"] == answer.headers["x-bamboohr-error-messsage"] == reason


@pytest.mark.parametrize(
    ("path", "root"),
    [("employees/directory", "directory"), ("employees/1", "employee"), ("employees/all/tables/jobInfo", "table")],
)
@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/xml"])
def test_who_does_not_ask_for_json_gets_xml(client: httpx.Client, path: str, root: str, accept: str):
    answer = client.get(path, headers={"accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    assert fromstring(answer.text).tag == root


def test_the_answer_carries_the_time_of_the_company(client: httpx.Client):
    assert client.get("meta/users").headers["date"] == "Mon, 02 Mar 2026 09:00:00 GMT"


def test_paths_and_methods_that_do_not_exist_are_not_found(client: httpx.Client):
    assert client.get("employees/1/shoes").status_code == 404
    assert client.get("nonsense").status_code == 404
    assert client.get("reports/custom").status_code == 404
    assert client.put("meta/lists/17").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "employees/1"),
        ("POST", "employees/"),
        ("PUT", "employees/1"),
        ("DELETE", "employees/1"),
        ("POST", "employees/1/tables/jobInfo"),
        ("POST", "employees/1/tables/jobInfo/2"),
        ("DELETE", "employees/1/tables/jobInfo/2"),
    ],
)
def test_a_write_is_refused_and_stays_on_record(client: httpx.Client, company: Company, method: str, path: str):
    client.post("reports/custom?format=json", json={"fields": ["id"]})
    assert company.writes == []
    assert client.request(method, path, json={"firstName": "Eve"}).status_code == 403
    newer = client.request(method, str(client.base_url).replace("/v1", "/v1_1") + path, json={})
    assert newer.status_code == 403
    assert [(seen.method, seen.status) for seen in company.writes] == [(method, 403)] * 2
    assert company.employee("1").fields["firstName"] == "Ada"


def test_requests_are_recorded_without_their_query(client: httpx.Client, company: Company):
    client.get("employees/changed?since=2026-01-01T00:00:00Z")
    client.get("employees/4711")
    assert company.requests == [
        ("GET", "/api/v1/employees/changed", 200),
        ("GET", "/api/v1/employees/4711", 404),
    ]


@pytest.mark.parametrize(("status", "after"), [(429, 3), (503, 3), (429, datetime(2026, 3, 2, 9, 1, tzinfo=UTC))])
def test_throttling_tells_when_to_come_back(client: httpx.Client, company: Company, status: int, after: int | datetime):
    company.weather.throttle(retry_after=after, status=status)
    answer = client.get("meta/users")
    expected = "3" if after == 3 else "Mon, 02 Mar 2026 09:01:00 GMT"
    assert (answer.status_code, answer.headers["retry-after"]) == (status, expected)
    assert client.get("meta/users").status_code == 200


@pytest.mark.parametrize("status", [500, 502, 504, 598])
def test_server_errors_pass_after_the_ordered_number(client: httpx.Client, company: Company, status: int):
    company.weather.fail(2, status=status, path="meta")
    assert client.get("employees/1").status_code == 200
    assert [client.get("meta/users").status_code for _ in range(3)] == [status, status, 200]


def test_an_error_page_may_say_200(client: httpx.Client, company: Company):
    company.weather.html()
    answer = client.get("meta/users")
    assert (answer.status_code, answer.text[:9]) == (200, "<!DOCTYPE")


def test_json_may_stop_half_way_or_be_missing(client: httpx.Client, company: Company):
    whole = client.get("meta/users").content
    company.weather.truncate()
    company.weather.empty()
    half = client.get("meta/users")
    assert half.status_code == 200
    assert 0 < len(half.content) < len(whole)
    assert whole.startswith(half.content)
    assert client.get("meta/users").content == b""


def test_the_connection_may_close_before_or_within_an_answer(client: httpx.Client, company: Company):
    company.weather.drop()
    company.weather.cut()
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("meta/users")
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("meta/users")
    assert client.get("meta/users").status_code == 200
    assert [seen.status for seen in company.requests] == [0, 200, 200]


def test_an_answer_may_come_too_late(client: httpx.Client, company: Company):
    company.weather.slow(seconds=0.4)
    with pytest.raises(httpx.ReadTimeout):
        client.get("meta/users", timeout=0.1)
    assert client.get("meta/users").status_code == 200


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


def test_as_a_process_of_its_own_it_tells_its_address_and_takes_orders():
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
