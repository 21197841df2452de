"""Answers of BambooHR that lack something, contradict each other or are damaged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import httpx
import msgspec
import pytest
import respx

from bensync.connectors.bamboohr import BambooHR, BambooHRSettings
from bensync.core.ports import FieldSelection
from bensync.errors import SourceError
from bensync.testing.connectors import collect


@pytest.fixture
def hr() -> Iterator[respx.MockRouter]:
    """BambooHR's server, with the answers that a test gives it."""
    with respx.mock(base_url="https://acme.bamboohr.com/api/v1", assert_all_called=False) as router:
        yield router


@pytest.fixture
def source(hr: respx.MockRouter) -> Iterator[BambooHR]:
    """A source that reads from it."""
    settings = BambooHRSettings.model_validate({"company": "acme", "api_key": "k"})
    with closing(BambooHR(settings, sleep=pytest.fail)) as bamboohr:
        yield bamboohr


META = [
    {"id": 1, "name": "First", "type": "text", "alias": "firstName"},
    {"id": 19, "alias": "payRate", "type": "currency"},
]


def test_a_person_whose_row_lacks_one_value_has_no_key_for_it(hr, source):
    report = {"fields": [{"id": "firstName"}], "employees": [{"id": 1, "firstName": "A"}, {"id": 2}]}
    hr.get("meta/fields").respond(json=META)
    hr.post("reports/custom").respond(json=report)
    records = collect(source.pull(FieldSelection(("firstName",), {}), None))
    assert [record.fields for record in records.values()] == [{"firstName": "A"}, {}]


def test_of_a_person_listed_twice_only_equal_values_are_used(hr, source):
    rows = [{"id": "1", "firstName": "A", "payRate": "5 USD"}, {"id": "1", "firstName": "B", "payRate": "5 USD"}]
    hr.get("meta/fields").respond(json=META)
    hr.post("reports/custom").respond(json={"fields": [], "employees": rows})
    records = collect(source.pull(FieldSelection(("firstName", "payRate"), {}), None))
    assert records["1"].fields == {"payRate": "5.00 USD"}


def test_an_answer_about_nobody_hides_nothing(hr, source):
    def report(request: httpx.Request) -> httpx.Response:
        about_some = "filters" in msgspec.json.decode(request.content)
        return httpx.Response(200, json={"fields": [], "employees": [] if about_some else [{"id": "1"}]})

    hr.get("meta/fields").respond(json=META)
    hr.post("reports/custom").mock(side_effect=report)
    assert collect(source.pull(FieldSelection(("firstName",), {}), None)) == {}


def test_a_row_that_lacks_a_column_others_have_keeps_the_rest(hr, source):
    tables = [{"alias": "jobInfo", "fields": [{"id": 1, "alias": "date", "type": "date"}, {"id": 2, "alias": "title"}]}]
    rows = [[{"id": 7, "employeeId": 1, "date": "0000-00-00", "title": "x"}], {"id": 8, "employeeId": "1", "date": ""}]
    hr.get("meta/fields").respond(json=META)
    hr.get("meta/tables").respond(json=tables)
    hr.get("employees/all/tables/jobInfo").respond(json=rows)
    hr.post("reports/custom").respond(json={"employees": [{"id": "1"}]})
    records = collect(source.pull(FieldSelection((), {"jobInfo": ("date", "title")}), None))
    assert records["1"].tables["jobInfo"] == [{"date": None, "title": "x", "id": "7"}, {"date": None, "id": "8"}]


def test_a_damaged_row_of_a_table_is_refused_without_quoting_it(hr, source):
    tables = [{"alias": "jobInfo", "fields": [{"id": 2, "alias": "title"}]}]
    rows = b'[{"employeeId":"1","title":"Zo\xff"}]'
    hr.get("meta/fields").respond(json=META)
    hr.get("meta/tables").respond(json=tables)
    hr.get("employees/all/tables/jobInfo").respond(content=rows)
    hr.post("reports/custom").respond(json={"employees": [{"id": "1"}]})
    with pytest.raises(SourceError, match="is not JSON") as caught:
        source.pull(FieldSelection((), {"jobInfo": ("title",)}), None)
    assert caught.value.__context__ is None


def test_a_watermark_of_another_source_is_refused(hr, source):
    hr.get("meta/fields").respond(json=META)
    with pytest.raises(SourceError, match="watermark"):
        source.pull(FieldSelection(("firstName",), {}), "sha256:abc")


@pytest.mark.parametrize(
    ("headers", "watermark"),
    [({"Date": "Mon, 02 Mar 2026 08:00:00 GMT"}, "2026-03-02T08:00:00Z"), ({"Date": "today"}, None), ({}, None)],
)
def test_a_full_read_without_a_clock_of_the_server_leaves_no_watermark(hr, source, headers, watermark):
    hr.get("meta/fields").respond(json=META, headers=headers)
    hr.post("reports/custom").respond(json={"fields": [], "employees": []})
    pull = source.pull(FieldSelection(("firstName",), {}), None)
    assert pull.watermark == watermark
    assert (pull.clock is None) == (watermark is None)
