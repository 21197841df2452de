"""Answers of BambooHR that lack something, differ or are damaged, and settings that make no sense."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import msgspec
import pytest
from pydantic import ValidationError

from bensync.connectors.bamboohr import BambooHR, BambooHRSettings
from bensync.core.ports import FieldSelection
from bensync.errors import SourceError
from bensync.testing.connectors import collect
from tests.integration.bamboohr.company import no_wait


def scripted(answers: Mapping[str, object]) -> BambooHR:
    """A source before answers that the fake does not give."""

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1/")
        body = answers[path]
        given = body(request) if callable(body) else body
        return httpx.Response(200, content=given if isinstance(given, bytes) else msgspec.json.encode(given))

    plain = BambooHRSettings.model_validate({"company": "acme", "api_key": "k"})
    return BambooHR(plain, sleep=no_wait, transport=httpx.MockTransport(answer))


META = [
    {"id": 1, "name": "First", "type": "text", "alias": "firstName"},
    {"id": 19, "alias": "payRate", "type": "currency"},
]


def test_a_person_whose_row_lacks_one_value_has_no_key_for_it():
    report = {"fields": [{"id": "firstName"}], "employees": [{"id": 1, "firstName": "A"}, {"id": 2}]}
    source = scripted({"meta/fields": META, "reports/custom": report})
    found = collect(source.pull(FieldSelection(("firstName",), {}), None))
    assert [record.fields for record in found.values()] == [{"firstName": "A"}, {}]


def test_a_person_who_comes_twice_is_believed_where_both_rows_agree():
    rows = [{"id": "1", "firstName": "A", "payRate": "5 USD"}, {"id": "1", "firstName": "B", "payRate": "5 USD"}]
    source = scripted({"meta/fields": META, "reports/custom": {"fields": [], "employees": rows}})
    found = collect(source.pull(FieldSelection(("firstName", "payRate"), {}), None))
    assert found["1"].fields == {"payRate": "5.00 USD"}


def test_an_answer_about_nobody_hides_nothing():
    def report(request: httpx.Request) -> object:
        asked = msgspec.json.decode(request.content)
        return {"fields": [], "employees": [] if "filters" in asked else [{"id": "1"}]}

    source = scripted({"meta/fields": META, "reports/custom": report})
    assert collect(source.pull(FieldSelection(("firstName",), {}), None)) == {}


def test_a_row_that_lacks_a_column_others_have_keeps_the_rest():
    tables = [{"alias": "jobInfo", "fields": [{"id": 1, "alias": "date", "type": "date"}, {"id": 2, "alias": "title"}]}]
    rows = [[{"id": 7, "employeeId": 1, "date": "0000-00-00", "title": "x"}], {"id": 8, "employeeId": "1", "date": ""}]
    source = scripted(
        {
            "meta/fields": META,
            "meta/tables": tables,
            "employees/all/tables/jobInfo": rows,
            "reports/custom": {"employees": [{"id": "1"}]},
        }
    )
    found = collect(source.pull(FieldSelection((), {"jobInfo": ("date", "title")}), None))
    assert found["1"].tables["jobInfo"] == [{"date": None, "title": "x", "id": "7"}, {"date": None, "id": "8"}]


def test_a_damaged_row_of_a_table_is_refused_without_a_piece_of_it():
    tables = [{"alias": "jobInfo", "fields": [{"id": 2, "alias": "title"}]}]
    rows = b'[{"employeeId":"1","title":"Zo\xff"}]'
    answers = {"meta/fields": META, "meta/tables": tables, "employees/all/tables/jobInfo": rows}
    source = scripted({**answers, "reports/custom": {"employees": [{"id": "1"}]}})
    with pytest.raises(SourceError, match="is not JSON") as caught:
        source.pull(FieldSelection((), {"jobInfo": ("title",)}), None)
    assert caught.value.__context__ is None


def test_a_mark_of_another_source_is_refused():
    source = scripted({"meta/fields": META})
    with pytest.raises(SourceError, match="watermark"):
        source.pull(FieldSelection(("firstName",), {}), "sha256:abc")


@pytest.mark.parametrize(
    "wrong",
    [
        {"company": "evil.example.com/"},
        {"company": "a.b"},
        {"api_key": ""},
        {"base_url": "http://acme.bamboohr.com/api/v1"},
        {"base_url": "https://user:key@acme.bamboohr.com/api/v1"},
        {"base_url": "https://acme.bamboohr.com/api/v1?x=1"},
        {"batch": 0},
        {"batch": 1001},
        {"colour": "red"},
    ],
)
def test_settings_that_could_leak_the_key_or_make_no_sense_are_refused_without_showing_them(wrong):
    with pytest.raises(ValidationError) as caught:
        BambooHRSettings.model_validate({"company": "acme", "api_key": "0123456789", **wrong})
    assert "0123456789" not in str(caught.value)


def test_the_address_follows_from_the_company():
    make = BambooHRSettings.model_validate
    assert make({"company": "acme", "api_key": "k"}).address == "https://acme.bamboohr.com/api/v1"
    older = make({"company": "acme", "api_key": "k", "gateway": True})
    assert older.address == "https://api.bamboohr.com/api/gateway.php/acme/v1"
