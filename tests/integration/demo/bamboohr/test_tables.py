"""Dated tables of the fake: rows of one person, of all, and of those who changed."""

from datetime import date, timedelta

import httpx

from bensync.demo.company.company import Company
from tests.integration.demo.bamboohr.account import NOW, TODAY


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
