"""The fake BambooHR, read by lists: custom reports, the newer list, the directory, what an account consists of."""

from datetime import date
from itertools import pairwise
from typing import Any

import httpx
import pytest

from bensync.demo.company.company import Company
from tests.integration.fake_bamboohr.account import TODAY, hire_more, report


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
