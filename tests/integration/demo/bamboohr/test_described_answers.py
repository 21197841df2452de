"""The fake BambooHR against BambooHR's own OpenAPI description, which is named by BAMBOOHR_OPENAPI and not part of us."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from jsonschema import ValidationError
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from bensync.demo.bamboohr.server import serve
from bensync.demo.company.company import Company

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SINCE = "2026-03-01T00:00:00Z"
SPEC = "urn:bamboohr"

READS = [
    ("employees/changed", f"employees/changed?since={SINCE}"),
    ("employees/changed", f"employees/changed?since={SINCE}&type=deleted"),
    ("employees/changed", "employees/changed?since=2027-01-01T00:00:00Z"),
    ("employees/changed/tables/{table}", f"employees/changed/tables/employmentStatus?since={SINCE}"),
    ("employees/changed/tables/{table}", f"employees/changed/tables/jobInfo?since={SINCE}"),
    ("employees/changed/tables/{table}", f"employees/changed/tables/compensation?since={SINCE}"),
    ("employees/{id}", "employees/1"),
    (
        "employees/{id}",
        "employees/1?fields=firstName,middleName,hireDate,originalHireDate,terminationDate,address1,city",
    ),
    (
        "employees/{id}",
        "employees/1?fields=state,country,gender,payRate,payType,exempt,department,division,location,age",
    ),
    ("employees/{id}", "employees/0"),
    ("employees/{id}/tables/{table}", "employees/1/tables/employmentStatus"),
    ("employees/{id}/tables/{table}", "employees/all/tables/employmentStatus"),
    ("employees/{id}/tables/{table}", "employees/all/tables/jobInfo"),
    ("employees/{id}/tables/{table}", "employees/all/tables/compensation"),
    ("employees/{id}/tables/{table}", "employees/all/tables/dependents"),
    ("employees/{id}/tables/{table}", "employees/all/tables/customEquipment"),
    ("employees/directory", "employees/directory"),
    ("employees", "employees"),
    (
        "employees",
        "employees?page[limit]=5&fields=ssn,payRate,birthDate,age,hireDate,terminationDate,employeeNumber,gender",
    ),
    (
        "employees",
        "employees?page[limit]=5&fields=state,country,maritalStatus,paidPer,payType,departmentName,reportsToName",
    ),
    (
        "employees",
        "employees?filter[status]=inactive&fields=employmentStatusName,employmentStatusEffectiveDate,reportsToId",
    ),
    ("employees", "employees?filter[ids]=1,2,3&sort=-lastName,firstName"),
    ("meta/fields", "meta/fields"),
    ("meta/tables", "meta/tables"),
    ("meta/lists", "meta/lists"),
    ("meta/users", "meta/users?status=enabled,disabled"),
    ("company_information", "company_information"),
]

REFUSALS = [
    ("employees/changed", "get", "employees/changed", 400),
    ("employees/changed/tables/{table}", "get", f"employees/changed/tables/nonsense?since={SINCE}", 404),
    ("employees/{id}", "get", "employees/4711", 404),
    ("employees/{id}", "get", "employees/7", 403),
    ("employees/{id}/tables/{table}", "get", "employees/all/tables/nonsense", 404),
    ("reports/custom", "post", "reports/custom?format=docx", 404),
    ("employees", "get", "employees?sort=shoeSize", 400),
    ("employees", "get", "employees?page[after]=nonsense", 400),
]


def report_cell(error: ValidationError) -> bool:
    """The description says that every cell is text; recorded traffic has null for empty and true or false for photos."""
    in_rows = len(error.absolute_path) == 3 and error.absolute_path[0] == "employees"
    return in_rows and error.validator == "type" and (error.instance is None or isinstance(error.instance, bool))


def no_latest(error: ValidationError) -> bool:
    """The description does not say what ``latest`` is when nothing has changed; the fake leaves it empty."""
    return list(error.absolute_path) == ["latest"] and error.instance == ""


DEVIATIONS = {"reports/custom": report_cell, "employees/changed": no_latest}
"""What the fake does otherwise than described, on purpose."""


class Contract:
    """Finds the errors of an answer against the description."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.paths = description["paths"]
        self.registry = Registry().with_resource(SPEC, Resource(description, DRAFT202012))

    def promises(self, path: str, method: str, status: int) -> bool:
        return str(status) in self.paths[f"/api/v1/{path}"][method]["responses"]

    def errors(self, path: str, method: str, status: int, answer: object) -> list[ValidationError]:
        pointer = f"/api/v1/{path}".replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
        schema = {"$ref": f"{SPEC}#/paths/{pointer}/{method}/responses/{status}/content/application~1json/schema"}
        validator = OAS31Validator(schema, registry=self.registry, format_checker=oas31_format_checker)
        return list(validator.iter_errors(answer))

    def broken(self, path: str, method: str, status: int, answer: object) -> list[str]:
        """The errors that are no known deviations."""
        deviation = DEVIATIONS.get(path, lambda _error: False)
        errors = self.errors(path, method, status, answer)
        return [f"{error.json_path}: {error.message}" for error in errors if not deviation(error)]


@pytest.fixture(scope="session")
def contract() -> Contract:
    place = os.environ.get("BAMBOOHR_OPENAPI")
    if not place:
        pytest.skip("BAMBOOHR_OPENAPI does not name BambooHR's OpenAPI file")
    return Contract(yaml.load(Path(place).read_text(), Loader=yaml.CSafeLoader))


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    company = Company.with_people(40, seed=4, now=NOW - timedelta(hours=12), inactive=0.2)
    company.hire({"firstName": "Vera"}, hire_date=date(2026, 4, 1), job={"jobTitle": "Accountant"})
    company.update("1", middleName=None, city="Boise")
    company.terminate("2", date(2026, 3, 1))
    company.add_row("3", "dependents", firstName="Kim", lastName="Doe", relationship="Child")
    company.add_row("3", "customEquipment", customIssued=date(2026, 1, 5), customItem="Laptop")
    company.delete("5")
    company.forbid("gender")
    company.hidden.add("7")
    company.now = NOW
    with ExitStack() as stack:
        server = stack.enter_context(serve(company))
        yield stack.enter_context(
            httpx.Client(
                base_url=server.url, auth=(company.api_key, "x"), headers={"accept": "application/json"}, timeout=20
            )
        )


@pytest.mark.parametrize(("path", "url"), READS, ids=[url for _, url in READS])
def test_an_answer_is_as_described(contract: Contract, client: httpx.Client, path: str, url: str):
    response = client.get(url)
    assert response.status_code == 200
    assert contract.broken(path, "get", 200, response.json()) == []


def test_a_custom_report_is_as_described(contract: Contract, client: httpx.Client):
    fields = [
        "employeeNumber",
        "firstName",
        "middleName",
        "state",
        "terminationDate",
        "payRate",
        "age",
        4140,
        "photoUploaded",
    ]
    response = client.post("reports/custom?format=json", json={"title": "all", "fields": fields})
    assert len(response.json()["employees"]) == 39
    assert contract.broken("reports/custom", "post", 200, response.json()) == []


@pytest.mark.parametrize(("path", "method", "url", "status"), REFUSALS, ids=[row[2] for row in REFUSALS])
def test_a_refusal_has_a_described_status(
    contract: Contract, client: httpx.Client, path: str, method: str, url: str, status: int
):
    response = client.request(method, url)
    assert response.status_code == status
    assert contract.promises(path, method, status)
    if response.content:
        assert contract.broken(path, method, status, response.json()) == []


def test_every_known_deviation_still_occurs(contract: Contract, client: httpx.Client):
    report = client.post("reports/custom?format=json", json={"fields": ["middleName"]}).json()
    quiet = client.get("employees/changed?since=2027-01-01T00:00:00Z").json()
    assert any(report_cell(error) for error in contract.errors("reports/custom", "post", 200, report))
    assert any(no_latest(error) for error in contract.errors("employees/changed", "get", 200, quiet))


SPOILED = [
    ("employees/changed", "get", {"latest": "yesterday", "employees": {}}),
    ("employees/changed", "get", {"latest": SINCE, "employees": {"1": {"id": 1, "action": "Updated"}}}),
    ("employees/changed", "get", {"latest": SINCE, "employees": {"1": {"id": "1", "action": "updated"}}}),
    ("employees/changed/tables/{table}", "get", {"table": "jobInfo", "employees": {"1": {"rows": {}}}}),
    ("employees/directory", "get", {"fields": [], "employees": {}}),
    ("meta/tables", "get", [{"alias": "jobInfo", "fields": [{"id": "17"}]}]),
    ("employees/{id}", "get", {"firstName": "Ada"}),
    ("employees/{id}/tables/{table}", "get", {"rows": []}),
    ("employees/{id}/tables/{table}", "get", [{"id": 1}]),
    ("reports/custom", "post", {"employees": [{"id": 1}]}),
    ("employees", "get", {"data": [{"employeeId": "1"}], "meta": {}, "_links": {}}),
    ("meta/fields", "get", [{"id": 1, "name": "First Name"}]),
    ("meta/lists", "get", [{"manageable": True}]),
    ("meta/users", "get", {"1": {"status": "asleep"}}),
    ("company_information", "get", {"address": "1 Main Street"}),
]


@pytest.mark.parametrize(("path", "method", "answer"), SPOILED)
def test_the_contract_can_fail(contract: Contract, path: str, method: str, answer: object):
    assert contract.broken(path, method, 200, answer)
