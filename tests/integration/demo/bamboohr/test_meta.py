"""The metadata of the fake: fields, tables, option lists and users."""

import httpx

from bensync.demo.company.company import Company


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
