"""Reading employees from the fake: those who changed, and one at a time."""

from datetime import date, timedelta

import httpx

from bensync.demo.company.company import Company
from tests.integration.demo.bamboohr.account import JOB, NOW, TODAY, report


def test_changed_is_a_map_by_id_with_stamps_that_end_in_an_offset(client: httpx.Client, company: Company):
    company.update("1", city="Boise")
    assert client.get("employees/changed?since=2026-03-02T09:00:00Z").json() == {
        "latest": "2026-03-02T09:00:00+00:00",
        "employees": {"1": {"id": "1", "action": "Updated", "lastChanged": "2026-03-02T09:00:00+00:00"}},
    }


def test_changes_can_be_asked_for_by_kind(client: httpx.Client, company: Company):
    company.hire({})
    company.update("1", city="Boise")
    company.delete("2")
    changed = {
        kind: list(client.get(f"employees/changed?since=2026-03-01T00:00:00Z&type={kind}").json()["employees"])
        for kind in ("inserted", "updated", "deleted", "all")
    }
    assert changed == {"inserted": ["3"], "updated": ["1"], "deleted": ["2"], "all": ["1", "3", "2"]}


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
