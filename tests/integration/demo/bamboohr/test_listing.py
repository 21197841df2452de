"""The newer list of employees of the fake: cursors, filters, sorting."""

from itertools import pairwise
from typing import Any

import httpx
import pytest

from bensync.demo.company.company import Company
from tests.integration.demo.bamboohr.account import TODAY, hire_more


def pages(client: httpx.Client, query: str) -> list[dict[str, Any]]:
    ids, url = [], f"employees?{query}"
    for _ in range(50):
        answer = client.get(url)
        assert answer.status_code == 200
        ids.append(answer.json())
        if "next" not in ids[-1]["_links"]:
            return ids
        url = ids[-1]["_links"]["next"]["href"]
    pytest.fail("the pages do not end")


def test_pages_cover_everybody_once_and_links_are_absent_at_the_ends(client: httpx.Client, company: Company):
    hire_more(company, 9)
    listed = pages(client, "page[limit]=4&sort=-lastName,firstName")
    ids = [row["employeeId"] for page in listed for row in page["data"]]
    assert [len(page["data"]) for page in listed] == [4, 4, 3]
    assert sorted(ids, key=int) == [str(number) for number in range(1, 12)]
    assert {page["meta"]["total"] for page in listed} == {11}
    assert ["prev" in page["_links"] for page in listed] == [False, True, True]
    back = client.get(listed[1]["_links"]["prev"]["href"]).json()
    assert back["data"] == listed[0]["data"]


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
