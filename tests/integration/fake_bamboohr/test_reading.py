"""The fake BambooHR, read by people and tables: who has changed, one employee, dated rows."""

from datetime import date, timedelta

import httpx
import pytest

from bensync.demo.company.company import Company
from tests.integration.fake_bamboohr.account import JOB, NOW, TODAY, report


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
