"""The quirks of BambooHR that the fake imitates, one test each, over real HTTP."""

import base64
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import fromstring

import httpx
import pytest

from bensync.demo.bamboohr import Server, serve
from bensync.demo.company import Company

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


def report(client: httpx.Client, **body: object) -> dict[str, Any]:
    response = client.post("reports/custom?format=json", json={"filterDuplicates": "no", **body})
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


def hire_more(company: Company, count: int) -> None:
    for number in range(count):
        company.hire({"firstName": f"P{number:02}", "lastName": f"L{number % 3}"})


# Addresses and keys


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


# Who has changed


def test_changed_is_a_map_by_id_with_stamps_that_end_in_an_offset(client: httpx.Client, company: Company):
    company.update("1", city="Boise")
    assert client.get("employees/changed?since=2026-03-02T09:00:00Z").json() == {
        "latest": "2026-03-02T09:00:00+00:00",
        "employees": {"1": {"id": "1", "action": "Updated", "lastChanged": "2026-03-02T09:00:00+00:00"}},
    }


@pytest.mark.parametrize("since", ["2026-03-02T09:00:00Z", "2026-03-02T10:00:00%2B01:00", "2026-03-02T04:00:00-0500"])
def test_since_takes_a_zone_in_every_listed_form(client: httpx.Client, company: Company, since: str):
    company.update("1", city="Boise")
    assert list(client.get(f"employees/changed?since={since}").json()["employees"]) == ["1"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "since=",
        "since=2026-03-02",
        "since=2026-03-02T09:00:00",
        "since=2026-03-02T09:00:00.000Z",
        "since=2026-03-02T09:00:00+00:00",
        "since=2026-13-02T09:00:00Z",
        "since=2026-03-02T09:00:00Z&type=Updated",
    ],
)
def test_a_bad_since_or_type_is_refused(client: httpx.Client, query: str):
    assert client.get(f"employees/changed?{query}").status_code == 400


def test_changes_can_be_asked_for_by_kind(client: httpx.Client, company: Company):
    company.hire({})
    company.update("1", city="Boise")
    company.delete("2")
    found = {
        kind: list(client.get(f"employees/changed?since=2026-03-01T00:00:00Z&type={kind}").json()["employees"])
        for kind in ("inserted", "updated", "deleted", "all")
    }
    assert found == {"inserted": ["3"], "updated": ["1"], "deleted": ["2"], "all": ["1", "3", "2"]}


def test_an_empty_map_is_an_object_or_a_list_as_the_company_likes(client: httpx.Client, company: Company):
    path = "employees/changed?since=2026-03-02T00:00:00Z"
    assert client.get(path).json() == {"latest": "", "employees": {}}
    company.empty_maps_as_lists = True
    assert client.get(path).json() == {"latest": "", "employees": []}
    table = client.get("employees/changed/tables/jobInfo?since=2026-03-02T00:00:00Z").json()
    assert table == {"table": "jobInfo", "employees": []}


def test_a_termination_is_an_update_and_a_deletion_leaves_nothing_to_read(client: httpx.Client, company: Company):
    company.terminate("1", TODAY)
    company.delete("2")
    answer = client.get("employees/changed?since=2026-03-02T00:00:00Z").json()["employees"]
    assert {id: entry["action"] for id, entry in answer.items()} == {"1": "Updated", "2": "Deleted"}
    assert client.get("employees/1?fields=status").json() == {"id": "1", "status": "Inactive"}
    assert client.get("employees/2").status_code == 404


def test_a_row_that_comes_due_makes_no_change(client: httpx.Client, company: Company):
    company.terminate("1", date(2026, 3, 9))
    company.now = NOW + timedelta(days=10)
    assert client.get("employees/changed?since=2026-03-03T00:00:00Z").json()["employees"] == {}
    assert client.get("employees/1?fields=status").json()["status"] == "Inactive"


# One employee


def test_an_employee_without_asked_fields_is_an_id(client: httpx.Client):
    assert client.get("employees/1").json() == {"id": "1"}
    assert client.get("employees/0").json() == {"id": "0"}


def test_unknown_and_forbidden_fields_are_left_out_and_empty_ones_are_not(client: httpx.Client, company: Company):
    company.forbid("ssn")
    answer = client.get("employees/2?fields=firstName,lastName,ssn,nonsense,terminationDate,payRate").json()
    assert answer == {
        "id": "2",
        "firstName": "Bea",
        "lastName": None,
        "terminationDate": "0000-00-00",
        "payRate": " USD",
    }


def test_a_hidden_employee_is_forbidden_and_absent_elsewhere(client: httpx.Client, company: Company):
    company.hidden.add("1")
    assert client.get("employees/1").status_code == 403
    assert [row["employeeId"] for row in client.get("employees/all/tables/jobInfo").json()] == ["2"]
    assert [row["id"] for row in report(client, fields=["firstName"])["employees"]] == ["2"]
    assert list(client.get("employees/changed?since=2026-01-01T00:00:00Z").json()["employees"]) == ["2"]
    assert client.get("employees").json()["meta"]["total"] == 1


def test_more_than_400_fields_are_refused(client: httpx.Client):
    assert client.get("employees/1?fields=" + ",".join(["firstName"] * 400)).status_code == 200
    assert client.get("employees/1?fields=" + ",".join(["firstName"] * 401)).status_code == 400


def test_a_future_hire_has_no_job_until_asked_for_the_future(client: httpx.Client, company: Company):
    id = company.hire({}, hire_date=date(2026, 4, 1), job=JOB)
    path = f"employees/{id}?fields=department,status"
    assert client.get(path).json() == {"id": id, "department": None, "status": "Inactive"}
    assert client.get(path + "&onlyCurrent=false").json()["department"] == "Finance"


# Tables


def test_rows_have_ids_as_text_and_money_as_objects(client: httpx.Client):
    rows = client.get("employees/all/tables/compensation").json()
    assert rows[0] == {
        "id": "3",
        "employeeId": "1",
        "startDate": "2026-01-05",
        "endDate": "0000-00-00",
        "rate": {"currency": "USD", "value": "27.00"},
        "type": "Hourly",
        "exempt": None,
        "reason": "",
        "comment": None,
        "paidPer": "Hour",
        "paySchedule": None,
        "overtimeRate": {"currency": "USD", "value": ""},
    }


def test_rows_of_changed_people_have_no_ids_money_as_text_and_stamps_with_z(client: httpx.Client):
    answer = client.get("employees/changed/tables/compensation?since=2026-01-01T00:00:00Z").json()
    assert answer["table"] == "compensation"
    assert answer["employees"]["1"]["lastChanged"] == "2026-01-05T08:00:00Z"
    (row,) = answer["employees"]["1"]["rows"]
    assert not {"id", "employeeId"} & row.keys()
    assert (row["rate"], row["overtimeRate"], row["endDate"]) == ("27.00 USD", " USD", None)


def test_any_change_of_a_person_brings_all_rows_of_the_table(client: httpx.Client, company: Company):
    company.add_row("1", "jobInfo", date=date(2026, 5, 1), jobTitle="Controller")
    company.now = NOW + timedelta(hours=1)
    company.update("1", city="Boise")
    answer = client.get("employees/changed/tables/jobInfo?since=2026-03-02T10:00:00Z").json()
    assert [row["jobTitle"] for row in answer["employees"]["1"]["rows"]] == ["Accountant", "Controller"]


def test_a_changed_person_without_rows_has_no_list_of_rows(client: httpx.Client):
    answer = client.get("employees/changed/tables/dependents?since=2026-01-01T00:00:00Z").json()
    assert answer["employees"]["1"] == {"lastChanged": "2026-01-05T08:00:00Z"}


def test_the_status_table_holds_benetrac_and_gusto_with_empty_text_for_unset_lists(client: httpx.Client):
    (row,) = client.get("employees/1/tables/employmentStatus").json()
    assert (row["benetracStatus"], row["gusto"], row["terminationTypeId"], row["comment"]) == ("Active", "", "", None)


def test_the_person_to_report_to_is_named_in_rows(client: httpx.Client):
    assert client.get("employees/2/tables/jobInfo").json()[0]["reportsTo"] == "Ada Doe"
    assert client.get("employees/2?fields=supervisor,supervisorEId").json()["supervisor"] == "Doe, Ada"


def test_all_rows_include_those_of_people_who_left(client: httpx.Client, company: Company):
    company.terminate("1", TODAY)
    rows = client.get("employees/all/tables/employmentStatus").json()
    assert [(row["employeeId"], row["employmentStatus"]) for row in rows] == [
        ("1", "Full-Time"),
        ("1", "Terminated"),
        ("2", "Full-Time"),
    ]


def test_a_forbidden_column_is_left_out_of_rows(client: httpx.Client, company: Company):
    company.forbid("payRate")
    assert "rate" not in client.get("employees/1/tables/compensation").json()[0]
    rows = client.get("employees/changed/tables/compensation?since=2026-01-01T00:00:00Z").json()["employees"]["1"][
        "rows"
    ]
    assert "rate" not in rows[0]


def test_custom_tables_may_come_one_list_deeper(client: httpx.Client, company: Company):
    company.add_row("1", "customEquipment", customItem="Laptop")
    (row,) = client.get("employees/all/tables/customEquipment").json()
    assert row["customItem"] == "Laptop"
    company.nested_custom_tables = True
    assert client.get("employees/1/tables/customEquipment").json() == [[row]]


def test_unknown_tables_and_employees_are_not_found(client: httpx.Client):
    assert client.get("employees/1/tables/nonsense").status_code == 404
    assert client.get("employees/4711/tables/jobInfo").status_code == 404
    assert client.get("employees/changed/tables/nonsense?since=2026-01-01T00:00:00Z").status_code == 404
    assert client.get("employees/changed/tables/jobInfo").status_code == 400


# Custom reports


def test_a_report_holds_active_and_inactive_people_in_the_order_of_ids(client: httpx.Client, company: Company):
    company.terminate("1", TODAY)
    answer = report(client, title="who", fields=["status"], filters={"employeeIds": ["2", 1, 4711]})
    assert answer == {
        "title": "who",
        "fields": [{"id": "status", "type": "status", "name": "Status"}],
        "employees": [{"id": "1", "status": "Inactive"}, {"id": "2", "status": "Active"}],
    }


def test_a_report_drops_unknown_and_forbidden_columns_without_a_word(client: httpx.Client, company: Company):
    company.forbid("ssn")
    answer = report(client, fields=["firstName", "ssn", "nonsense"])
    assert [field["id"] for field in answer["fields"]] == ["firstName"]
    assert answer["employees"][0] == {"id": "1", "firstName": "Ada"}


def test_a_field_asked_for_by_number_comes_back_with_a_tail(client: httpx.Client, company: Company):
    company.update("1", **{"4140": "Local 7", "4020.1": date(2026, 1, 1)})
    answer = report(client, fields=[4140, "17", "4020.1"])
    assert [field["id"] for field in answer["fields"]] == ["4140.0", "17.0", "4020.1"]
    assert answer["employees"][0] == {
        "id": "1",
        "4140.0": "Local 7",
        "17.0": "Accountant",
        "4020.1": "2026-01-01",
    }


def test_a_report_names_states_in_full_where_an_employee_has_the_code(client: httpx.Client):
    assert report(client, fields=["state"])["employees"][0]["state"] == "Oregon"
    assert client.get("employees/1?fields=state").json()["state"] == "OR"


def test_a_report_writes_an_empty_date_as_zeros_and_an_empty_text_as_null(client: httpx.Client):
    (_, bea) = report(client, fields=["terminationDate", "lastName", "dateOfBirth"])["employees"]
    assert bea == {"id": "2", "terminationDate": "0000-00-00", "lastName": None, "dateOfBirth": None}


def test_a_report_can_be_limited_to_people_changed_since(client: httpx.Client, company: Company):
    company.update("2", city="Boise")
    filters = {"lastChanged": {"value": "2026-03-02T09:00:00Z", "includeNull": "no"}}
    assert [row["id"] for row in report(client, fields=["id"], filters=filters)["employees"]] == ["2"]


def test_equal_lines_vanish_unless_duplicates_are_kept(client: httpx.Client, company: Company):
    hire_more(company, 6)
    answer = client.post("reports/custom?format=json", json={"fields": ["lastName"]}).json()
    assert [row["lastName"] for row in answer["employees"]] == ["Doe", None, "L0", "L1", "L2"]
    assert len(report(client, fields=["lastName"])["employees"]) == 8


def test_a_report_without_fields_is_one_lonely_employee(client: httpx.Client):
    assert report(client)["employees"] == report(client, fields=[])["employees"] == [{"id": "1"}]


def test_a_report_may_bring_columns_that_nobody_asked_for(client: httpx.Client, company: Company):
    company.uninvited = ["ssn"]
    assert report(client, fields=["firstName"])["employees"][0]["ssn"] == "123-45-6789"


def test_a_report_of_more_than_400_fields_is_refused(client: httpx.Client):
    answer = client.post("reports/custom?format=json", json={"fields": ["firstName"] * 401})
    assert answer.status_code == 400


def test_a_charset_in_the_content_type_makes_the_body_malformed_xml(client: httpx.Client):
    headers = {"content-type": "application/json; charset=UTF-8"}
    answer = client.post("reports/custom?format=json", content=b'{"fields":["id"]}', headers=headers)
    assert (answer.status_code, answer.headers["x-bamboohr-error-message"]) == (400, "Malformed XML")


@pytest.mark.parametrize(
    ("query", "accept", "status"),
    [
        ("?format=JSON", "*/*", 200),
        ("", "application/json", 200),
        ("", "*/*", 404),
        ("", "application/json, text/plain", 404),
        ("?format=docx", "application/json", 404),
        ("?format=csv", "application/json", 501),
    ],
)
def test_the_format_of_a_report_is_named_exactly(client: httpx.Client, query: str, accept: str, status: int):
    answer = client.post(f"reports/custom{query}", json={"fields": ["id"]}, headers={"accept": accept})
    assert answer.status_code == status


# The newer list


def pages(client: httpx.Client, query: str) -> list[dict[str, Any]]:
    found, url = [], f"employees?{query}"
    for _ in range(50):
        answer = client.get(url)
        assert answer.status_code == 200
        found.append(answer.json())
        if "next" not in found[-1]["_links"]:
            return found
        url = found[-1]["_links"]["next"]["href"]
    pytest.fail("the pages do not end")


def test_pages_cover_everybody_once_and_links_are_absent_at_the_ends(client: httpx.Client, company: Company):
    hire_more(company, 9)
    found = pages(client, "page[limit]=4&sort=-lastName,firstName")
    ids = [row["employeeId"] for page in found for row in page["data"]]
    assert [len(page["data"]) for page in found] == [4, 4, 3]
    assert sorted(ids, key=int) == [str(number) for number in range(1, 12)]
    assert {page["meta"]["total"] for page in found} == {11}
    assert ["prev" in page["_links"] for page in found] == [False, True, True]
    back = client.get(found[1]["_links"]["prev"]["href"]).json()
    assert back["data"] == found[0]["data"]


def test_sorting_puts_nothing_first_and_last_when_backwards(client: httpx.Client, company: Company):
    hire_more(company, 4)
    names = [row["lastName"] for row in client.get("employees?sort=lastName").json()["data"]]
    assert (names[0], names[-1]) == (None, "L2")
    assert all(before <= after for before, after in pairwise(name.lower() for name in names[1:]))
    assert client.get("employees?sort=-lastName").json()["data"][-1]["lastName"] is None


def test_a_page_breaks_when_the_person_at_its_boundary_is_gone(client: httpx.Client, company: Company):
    hire_more(company, 9)
    first = client.get("employees?page[limit]=4").json()
    company.delete(first["data"][-1]["employeeId"])
    answer = client.get(first["_links"]["next"]["href"])
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadPage")


def test_a_page_survives_the_loss_of_somebody_else(client: httpx.Client, company: Company):
    hire_more(company, 9)
    first = client.get("employees?page[limit]=4").json()
    company.delete(first["data"][0]["employeeId"])
    assert client.get(first["_links"]["next"]["href"]).json()["data"][0]["employeeId"] == "5"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("page[after]=%25%25", "BadPage"),
        ("page[after]=a&page[before]=b", "BadPage"),
        ("page[limit]=2501", "BadRequest"),
        ("page[limit]=0", "BadRequest"),
        ("sort=ssn", "BadRequest"),
        ("filter[ssn]=1", "BadRequest"),
        ("filter[nonsense]=1", "BadRequest"),
        ("filter[status]=Active", "BadRequest"),
    ],
)
def test_a_bad_list_request_is_refused_with_a_code(client: httpx.Client, query: str, code: str):
    answer = client.get(f"employees?{query}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_the_list_filters_by_ids_status_and_part_of_a_text(client: httpx.Client, company: Company):
    company.terminate("2", TODAY)

    def ids(query: str) -> list[str]:
        return [row["employeeId"] for row in client.get(f"employees?{query}").json()["data"]]

    assert ids("filter[ids]=2,1,99") == ids("filter[ids][]=1&filter[ids][]=2") == ["1", "2"]
    assert (ids("filter[status]=active"), ids("filter[status]=inactive")) == (["1"], ["2"])
    assert (ids("filter[firstName]=D"), ids("filter[firstName]=A&filter[status]=inactive")) == (["1"], ["2"])


def test_a_forbidden_value_in_the_list_is_null_and_named(client: httpx.Client, company: Company):
    company.forbid("ssn")
    company.forbid("lastName")
    record = client.get("employees?fields=ssn,birthDate,payRate,nonsense").json()["data"][0]
    assert (record["ssn"], record["lastName"], record["birthDate"]) == (None, None, "1990-03-03")
    assert sorted(record["_restrictedFields"]) == ["lastName", "ssn"]
    assert record["payRate"] == {"amount": "27.00", "currency": "USD"}
    assert "nonsense" not in record
    assert client.get("employees?filter[lastName]=Doe").json()["data"] == []
    assert client.get("employees?sort=lastName").json()["data"] == []


# Directory and what the account consists of


def test_the_directory_has_active_people_only_and_is_not_found_when_empty(client: httpx.Client, company: Company):
    company.terminate("2", TODAY)
    id = company.hire({}, hire_date=date(2026, 4, 1))

    def ids(query: str = "") -> list[str]:
        return [person["id"] for person in client.get(f"employees/directory{query}").json()["employees"]]

    assert (ids(), ids("?onlyCurrent=false")) == (["1"], ["1", id])
    company.terminate("1", TODAY)
    assert client.get("employees/directory").status_code == 404
    company.directory_shared = False
    assert client.get("employees/directory").status_code == 403


def test_fields_may_lack_an_alias_and_have_a_dotted_id_and_stay_listed_when_forbidden(
    client: httpx.Client, company: Company
):
    company.forbid("ssn")
    fields = {str(field["id"]): field for field in client.get("meta/fields").json()}
    assert fields["8"]["alias"] == "address1"
    assert fields["8"]["id"] == 8
    assert "alias" not in fields["4140"]
    assert fields["4020.1"]["id"] == "4020.1"
    assert "ssn" in [field.get("alias") for field in fields.values()]


def test_the_status_table_lists_the_benetrac_column_and_its_options_archived_ones_too(
    client: httpx.Client, company: Company
):
    tables = {
        table["alias"]: [field["alias"] for field in table["fields"]] for table in client.get("meta/tables").json()
    }
    assert {"benetracStatus", "gusto"} <= set(tables["employmentStatus"])
    company.lists["benetracStatus"] = {"On Duty": False, "Gone": True}
    lists = {entry["alias"]: entry["options"] for entry in client.get("meta/lists").json()}
    assert [(option["name"], option["archived"]) for option in lists["benetracStatus"]] == [
        ("On Duty", "no"),
        ("Gone", "yes"),
    ]
    assert [option["name"] for option in lists["jobTitle"]] == ["Accountant"]


def test_a_user_may_be_no_employee(client: httpx.Client):
    users = client.get("meta/users?status=enabled").json()
    assert 0 in [user["employeeId"] for user in users.values()]
    assert all(id == str(user["id"]) and user["status"] == "enabled" for id, user in users.items())


# Writing


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


# Weather


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


# Serving


def test_requests_from_many_threads_are_all_answered(client: httpx.Client, company: Company):
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(client.get, "employees/all/tables/jobInfo") for _ in range(60)]
        jobs += [pool.submit(company.hire, {"firstName": "New"}, job=JOB) for _ in range(60)]
        answers = [job.result(20) for job in jobs]
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
        started = time.monotonic()
        assert len({row["employeeId"] for row in client.get("employees/all/tables/jobInfo").json()}) == 20_000
        filters = {"employeeIds": list(range(1, 1001))}
        assert len(report(client, fields=["firstName", "ssn", "payRate"], filters=filters)["employees"]) == 1000
        assert time.monotonic() - started < 10


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
