"""BambooHR read through its connector: who changed, what they are like, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bensync.connectors.bamboohr import BambooHR
from bensync.core.ports import FieldSelection
from bensync.demo.bamboohr.server import serve
from bensync.demo.company.catalogue import FakeField
from bensync.demo.company.company import Company
from bensync.testing.connectors import SourceContract, collect
from tests.integration.bamboohr.company import (
    START,
    WANTED,
    CompanyWorld,
    mark,
    no_wait,
    opened,
    paths,
    refused,
    settings,
)


class TestBambooHRKeepsTheContract(SourceContract):
    @pytest.fixture
    def world(self) -> Iterator[CompanyWorld]:
        company = Company(now=START)
        with opened(company) as source:
            yield CompanyWorld(company, source)


class TestBambooHRKeepsTheContractAtTheOlderAddress(SourceContract):
    @pytest.fixture
    def world(self) -> Iterator[CompanyWorld]:
        company = Company(now=START)
        company.empty_maps_as_lists = True
        company.nested_custom_tables = True
        company.uninvited = ["lastName", "gender"]
        with (
            serve(company) as server,
            closing(BambooHR(settings(server.gateway_url, company, batch=1000), sleep=no_wait)) as source,
        ):
            yield CompanyWorld(company, source)


def test_the_mark_of_a_full_read_is_the_servers_own_clock(world):
    assert mark(world) == "2026-03-02T09:00:00Z"


def test_the_mark_of_a_later_read_is_what_the_source_says(world):
    since = mark(world)
    world.touch("1")
    assert world.source.pull(WANTED, since).watermark == "2026-03-02T10:00:00+00:00"


@pytest.mark.parametrize("as_list", [False, True])
def test_no_change_gives_no_mark_and_nobody_with_three_requests(world, as_list):
    since = mark(world)
    world.company.empty_maps_as_lists = as_list
    world.company.requests.clear()
    pull = world.source.pull(WANTED, since)
    assert (collect(pull), pull.watermark, pull.total, pull.deleted) == ({}, None, 0, ())
    assert paths(world.company) == ["GET meta/fields", "GET meta/tables", "GET employees/changed"]


def test_changes_shortly_before_the_mark_are_read_again(world):
    world.company.update("5", middleName="Late")
    late = (world.company.now + timedelta(minutes=4)).isoformat()
    much_later = (world.company.now + timedelta(minutes=6)).isoformat()
    assert collect(world.source.pull(WANTED, late)).keys() == {"5"}
    assert collect(world.source.pull(WANTED, much_later)) == {}


def test_R12_after_a_pause_longer_than_the_history_is_trusted_everybody_is_read(world):
    since = mark(world)
    world.company.now += timedelta(days=61)
    world.company.delete("6")
    pull = world.source.pull(WANTED, since)
    assert collect(pull).keys() == {"1", "2", "3", "4", "5"}
    assert (pull.deleted, pull.clock) == (("6",), world.company.now)
    assert pull.watermark == world.company.now.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_deleted_person_is_named_and_not_read(world):
    since = mark(world)
    world.company.now += timedelta(hours=1)
    world.company.delete("6")
    pull = world.source.pull(WANTED, since, frozenset({"6", "0", "nobody"}))
    assert pull.deleted == ("6",)
    assert collect(pull) == {}


def test_a_person_who_disappears_between_two_requests_is_left_out_and_logged(world):
    since = mark(world)
    world.touch("1")
    world.touch("2")
    pull = world.source.pull(WANTED, since)
    world.company.delete("1")
    with capture_logs() as logs:
        assert collect(pull).keys() == {"2"}
    assert [entry["ids"] for entry in logs if entry["event"] == "source.people_not_shown"] == [["1"]]


def test_two_rows_of_one_day_are_read_with_their_row_ids(world):
    since = mark(world)
    world.touch("1")
    world.touch("5")
    first = world.company.add_row("1", "employmentStatus", date="2026-03-03", benetracStatus="Leave")
    second = world.company.add_row("1", "employmentStatus", date="2026-03-03", benetracStatus="Active")
    world.company.requests.clear()
    found = collect(world.source.pull(WANTED, since))
    assert [row.get("id") for row in found["1"].tables["employmentStatus"]][1:] == [first, second]
    assert [row["benetracStatus"] for row in found["1"].tables["employmentStatus"]] == ["Active", "Leave", "Active"]
    assert [row.get("id") for row in found["5"].tables["employmentStatus"]] == [None]
    assert [path for path in paths(world.company) if "/all/" in path] == ["GET employees/all/tables/employmentStatus"]


def test_a_row_of_the_future_is_read_while_the_value_stays_the_one_of_today(world):
    world.company.add_row("1", "compensation", startDate="2027-01-01", rate="99 USD")
    record = collect(world.source.pull(WANTED, None))["1"]
    assert record.fields["payRate"] == "75000.00 USD"
    assert [row["rate"] for row in record.tables["compensation"]] == ["75000.00 USD", "99.00 USD"]


def test_people_are_never_read_one_by_one(world):
    since = mark(world)
    for person in world.people:
        world.touch(person)
    world.company.requests.clear()
    collect(world.source.pull(WANTED, since))
    asked = paths(world.company)
    assert asked.count("POST reports/custom") == 2, "six people in batches of three"
    assert len(asked) == 3 + len(WANTED.tables) + 2


def test_people_named_besides_cost_one_request_a_table_however_many_they_are(world):
    since = mark(world)
    world.company.requests.clear()
    found = collect(world.source.pull(WANTED, since, frozenset({"1", "2", "3"})))
    assert found == {person: world.people[person] for person in ("1", "2", "3")}
    assert paths(world.company)[3:] == [
        "GET employees/all/tables/employmentStatus",
        "GET employees/all/tables/compensation",
        "GET employees/all/tables/customEquipment",
        "POST reports/custom",
    ]


def test_reports_are_read_only_when_their_page_is_taken(world):
    pull = world.source.pull(WANTED, None)
    before = len(world.company.requests)
    next(pull.pages)
    assert len(world.company.requests) == before + 1


def test_everything_unknown_is_listed_at_once(world):
    wanted = FieldSelection(
        ("firstName", "shoeSize", "Status", "hatSize"), {"employmentStatus": ("date", "shoe"), "shoes": ("a",)}
    )
    error = refused(world, wanted)
    assert error.what == "BambooHR does not show 4 mapped field(s)"
    assert error.why == "shoeSize, hatSize, employmentStatus.shoe, table shoes"


def test_a_name_that_two_fields_have_is_not_guessed_between(world):
    world.company.add_field(FakeField(9001, None, "T-Shirt"))
    world.company.add_field(FakeField(9002, None, "T-Shirt"))
    assert "several fields have this name" in refused(world, FieldSelection(("T-Shirt",), {})).why


def test_fields_are_found_by_alias_by_number_by_name_and_by_name_in_any_case(world):
    wanted = FieldSelection(("firstName", "1", "4140", "First Name", "union local", "4020.1", "id"), {})
    fields = collect(world.source.pull(wanted, None))["1"].fields
    assert fields == {
        "firstName": "Zoë1",
        "1": "Zoë1",
        "4140": "L1",
        "First Name": "Zoë1",
        "union local": "L1",
        "4020.1": None,
        "id": "1",
    }


@pytest.mark.parametrize("everybody", [True, False])
def test_A_84_a_forbidden_field_stops_the_read_though_the_description_lists_it(world, everybody):
    since = None if everybody else mark(world)
    world.touch("1")
    world.company.forbid("ssn")
    error = refused(world, since=since)
    assert error.what.startswith("field_restricted")
    assert "ssn" in error.why


@pytest.mark.parametrize("everybody", [True, False])
def test_A_84_a_forbidden_column_of_a_table_stops_the_read(world, everybody):
    since = None if everybody else mark(world)
    world.touch("1")
    world.company.forbid("employmentStatus.benetracStatus")
    error = refused(world, since=since)
    assert error.what.startswith("field_restricted")
    assert "benetracStatus" in error.why


def test_the_preflight_finds_a_forbidden_field_and_column(world):
    world.company.forbid("ssn")
    world.company.forbid("benetracStatus")
    wrong = {finding.subject: finding for finding in world.source.check(WANTED) if not finding.ok}
    assert wrong.keys() == {"ssn", "employmentStatus.benetracStatus"}
    assert all(finding.fix for finding in wrong.values())


def test_the_preflight_of_a_wrong_key_says_so_and_ends(world):
    world.company.api_key = "another"
    (finding,) = world.source.check(WANTED)
    assert (finding.subject, finding.ok) == ("sign-in", False)
    assert "401" in finding.detail
    assert "API key" in finding.fix


def test_an_empty_company_is_an_empty_pull_for_the_guards_to_refuse(world):
    world.company.hidden |= world.people.keys()
    pull = world.source.pull(WANTED, None)
    assert (pull.total, list(pull.pages)) == (0, [])


def test_more_fields_than_one_report_may_have_are_read_in_several(world):
    for number in range(450):
        world.company.add_field(FakeField(20000 + number, None, f"Extra {number}"))
    world.company.update("6", **{"20449": "last"})
    wanted = FieldSelection(tuple(str(20000 + number) for number in range(450)), {})
    found = collect(world.source.pull(wanted, None))
    assert tuple(found["6"].fields) == wanted.fields
    assert found["6"].fields["20449"] == "last"
    assert set(found["5"].fields.values()) == {None}


@pytest.mark.parametrize("kind", ["html", "truncate", "empty"])
def test_an_answer_that_is_not_json_stops_the_read_and_may_be_tried_again(world, kind):
    getattr(world.company.weather, kind)(path="reports/custom", skip=1)
    error = refused(world)
    assert "is not JSON" in error.what
    assert error.retry
    assert error.__cause__ is None
    assert error.__context__ is None


def test_bad_weather_in_the_middle_is_waited_out(world):
    weather = world.company.weather
    weather.throttle(retry_after=7, path="meta/fields")
    weather.throttle(retry_after=world.company.now + timedelta(seconds=9), status=503, path="meta/tables")
    weather.drop(path="tables/employmentStatus")
    weather.cut(path="tables/compensation")
    weather.fail(2, status=502, path="reports/custom", skip=1)
    assert collect(world.source.pull(WANTED, None)) == world.people


def test_bad_weather_that_stays_ends_the_read_with_an_error_worth_another_try(world):
    world.company.weather.fail(99, status=503, path="reports/custom", skip=1)
    assert refused(world).retry


def test_S0_11_nothing_is_ever_written(world):
    since = mark(world)
    collect(world.source.pull(WANTED, None))
    world.touch("1")
    collect(world.source.pull(WANTED, since, frozenset({"2"})))
    list(world.source.check(WANTED))
    assert world.company.writes == []
    assert {seen.method for seen in world.company.requests} == {"GET", "POST"}
    assert {seen.path for seen in world.company.requests if seen.method == "POST"} == {"/api/v1/reports/custom"}
