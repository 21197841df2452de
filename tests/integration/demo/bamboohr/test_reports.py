"""The fake BambooHR, read by lists: custom reports, the newer list, the directory, what an account consists of."""

from datetime import date

import httpx
import pytest

from bensync.demo.company.company import Company
from tests.integration.demo.bamboohr.account import TODAY, hire_more, report


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
