"""The requests made of BambooHR and how their answers are decoded, one mocked answer at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import httpx
import msgspec
import pytest
import respx
from pydantic import SecretStr

from bensync.connectors.bamboohr.api import MOST_FIELDS, READS, REASONS, Api, CustomReport, EmployeeChange, person_id
from bensync.connectors.http import ReadOnlyClient
from bensync.errors import SourceError

ADDRESS = "https://acme.bamboohr.com/api/v1"
SINCE = "2026-03-01T08:00:00Z"


@pytest.fixture
def waits() -> list[float]:
    """How long the client waited before each retry; no test sleeps."""
    return []


@pytest.fixture
def hr() -> Iterator[respx.MockRouter]:
    """BambooHR's server; a request without a route is an error."""
    with respx.mock(base_url=ADDRESS) as router:
        yield router


@pytest.fixture
def api(hr: respx.MockRouter, waits: list[float]) -> Iterator[Api]:
    """The API of a company, for one pull."""
    client = ReadOnlyClient(
        ADDRESS,
        user=SecretStr("secret-key"),
        reads=READS,
        reasons=REASONS,
        timeout=60,
        attempts=3,
        give_up_after=300,
        sleep=waits.append,
    )
    with closing(client):
        yield Api(client)


def test_fields_are_read_where_some_have_no_alias_and_numbers_as_ids(api, hr):
    hr.get("meta/fields").respond(json=[{"id": 1, "name": "First", "alias": "firstName"}, {"id": "4.1"}])
    assert [(field.id, field.name, field.alias) for field in api.fields()] == [
        (1, "First", "firstName"),
        ("4.1", "", None),
    ]


@pytest.mark.parametrize(
    "employees",
    [{"7": {"id": "7", "action": "Updated"}}, [{"id": "7", "action": "Updated"}]],
    ids=["object", "list"],
)
def test_changes_are_read_as_an_object_and_as_a_list(api, hr, employees):
    changed = hr.get("employees/changed", params={"since": SINCE}).respond(json={"employees": employees})
    assert list(api.changes(SINCE)) == [EmployeeChange("7", "Updated")]
    assert changed.called


@pytest.mark.parametrize("body", [{}, {"employees": []}, {"employees": {}}])
def test_an_answer_without_changes_is_empty(api, hr, body):
    hr.get("employees/changed").respond(json=body)
    assert list(api.changes(SINCE)) == []


def test_rows_of_changed_people_are_read_person_by_person(api, hr):
    employees = {"7": {"lastChanged": SINCE, "rows": [{"title": "Clerk"}]}, "8": {"lastChanged": SINCE}}
    hr.get("employees/changed/tables/jobInfo").respond(json={"table": "jobInfo", "employees": employees})
    assert list(api.changed_rows("jobInfo", SINCE)) == [("7", [{"title": "Clerk"}]), ("8", [])]


def test_the_name_of_a_table_is_escaped_in_the_path(api, hr):
    table = hr.get(url=f"{ADDRESS}/employees/all/tables/custom%20table").respond(json=[])
    assert list(api.rows("custom table", msgspec.json.Decoder(dict))) == []
    assert table.called


def test_a_report_asks_for_fields_and_people_and_for_no_filtered_duplicates(api, hr):
    route = hr.post("reports/custom").respond(json={"fields": [{"id": "firstName"}], "employees": [{"id": 7}]})
    report: CustomReport = api.report(["id", "firstName"], ["7", "x"])
    request = route.calls.last.request
    assert dict(request.url.params) == {"format": "json", "onlyCurrent": "true"}
    assert msgspec.json.decode(request.content) == {
        "title": "bensync",
        "fields": ["id", "firstName"],
        "filterDuplicates": "no",
        "filters": {"employeeIds": [7, "x"]},
    }
    assert report.columns() == {"id", "firstName"}
    assert MOST_FIELDS == 400


@pytest.mark.parametrize("bad", ["7\x1b[31m", "512-44-6789", "7\nBcc: x", "7\u202e"])
def test_an_id_that_cannot_be_one_is_refused_without_being_quoted(api, hr, bad):
    hr.post("reports/custom").respond(json={"employees": [{"id": bad}]})
    with pytest.raises(SourceError, match="employee id that cannot be one") as caught:
        api.everybody()
    assert str(bad) not in f"{caught.value.what} {caught.value.why} {caught.value.fix}"
    with pytest.raises(SourceError, match="employee id that cannot be one"):
        person_id(bad)


def test_everybody_is_listed_once_and_the_id_of_nobody_is_left_out(api, hr):
    hr.post("reports/custom").respond(json={"employees": [{"id": 0}, {"id": 7}, {"id": "7"}, {"id": "8"}]})
    assert api.everybody() == ["7", "8"]


def test_numbers_with_a_fraction_stay_as_they_were_written(api, hr):
    hr.get("employees/all/tables/compensation").respond(content=b'[{"rate": 16.50}]')
    decoder = msgspec.json.Decoder(dict, float_hook=str)
    assert list(api.rows("compensation", decoder)) == [{"rate": "16.50"}]


@pytest.mark.parametrize("second", [{"Date": "Mon, 02 Mar 2026 09:00:00 GMT"}, {}], ids=["changed", "absent"])
def test_the_first_date_header_of_a_pull_counts(api, hr, second):
    hr.get("meta/fields").respond(json=[], headers={"Date": "Mon, 02 Mar 2026 08:00:00 GMT"})
    hr.get("meta/tables").respond(json=[], headers=second)
    api.fields()
    api.tables()
    assert api.opened == "Mon, 02 Mar 2026 08:00:00 GMT"


def test_the_clock_of_a_later_answer_counts_where_the_first_has_none(api, hr):
    hr.get("meta/fields").respond(json=[])
    hr.get("meta/tables").respond(json=[], headers={"Date": "Mon, 02 Mar 2026 09:00:00 GMT"})
    api.fields()
    assert api.opened is None
    api.tables()
    assert api.opened == "Mon, 02 Mar 2026 09:00:00 GMT"


@pytest.mark.parametrize(("code", "reason"), [(401, "API key"), (403, "permission"), (404, "company name")])
def test_a_refusal_carries_the_reason_that_bamboohr_gives(api, hr, waits, code, reason):
    hr.get("meta/fields").respond(code, headers={"X-BambooHR-Error-Message": "Contact support"})
    with pytest.raises(SourceError, match=reason) as caught:
        api.fields()
    assert "Contact support" in caught.value.what
    assert not caught.value.retry
    assert waits == []


def test_a_throttled_request_is_made_again_after_the_wait_that_bamboohr_asks_for(api, hr, waits):
    throttled = httpx.Response(503, headers={"Retry-After": "20"})
    hr.get("meta/tables").mock(side_effect=[throttled, throttled, httpx.Response(200, json=[])])
    assert api.tables() == []
    assert [20 <= wait <= 21 for wait in waits] == [True, True]


def test_a_request_that_stays_throttled_is_given_up_after_its_attempts(api, hr, waits):
    route = hr.get("meta/tables").respond(429)
    with pytest.raises(SourceError, match="in 3 attempts") as caught:
        api.tables()
    assert caught.value.retry
    assert route.call_count == 3
    assert len(waits) == 2


@pytest.mark.parametrize(
    ("content", "retry", "reason"),
    [
        (b"<html>Sign in</html>", True, "web page"),
        (b'{"employees": {"7": {"id": "7"', True, "cut off"),
        (b"", True, "empty"),
        (b'{"employees": "none"}', False, "employees"),
    ],
    ids=["web page", "cut", "empty", "unknown shape"],
)
def test_an_answer_that_cannot_be_read_is_an_error(api, hr, content, retry, reason):
    hr.get("employees/changed").respond(content=content, headers={"Content-Type": "text/html"})
    with pytest.raises(SourceError, match="employees/changed") as caught:
        api.changes(SINCE)
    assert caught.value.retry is retry
    assert reason in str(caught.value)
