"""BambooHR read through its connector: who changed, what they are like, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bensync.core.ports import FieldSelection
from bensync.demo.company.catalogue import FakeField
from bensync.testing.connectors import collect
from tests.integration.connectors.bamboohr.company import (
    WANTED,
    mark,
    paths,
    refused,
)


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


def test_people_are_never_read_one_by_one(world):
    since = mark(world)
    for person in world.people:
        world.touch(person)
    world.company.requests.clear()
    collect(world.source.pull(WANTED, since))
    asked = paths(world.company)
    assert asked.count("POST reports/custom") == 2, "six people in batches of three"
    assert len(asked) == 3 + len(WANTED.tables) + 2


def test_reports_are_read_only_when_their_page_is_taken(world):
    pull = world.source.pull(WANTED, None)
    before = len(world.company.requests)
    next(pull.pages)
    assert len(world.company.requests) == before + 1


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


def test_an_empty_company_is_an_empty_pull_for_the_guards_to_refuse(world):
    world.company.hidden |= world.people.keys()
    pull = world.source.pull(WANTED, None)
    assert (pull.total, list(pull.pages)) == (0, [])


def test_more_fields_than_one_report_may_have_are_read_in_several(world):
    for number in range(450):
        world.company.add_field(FakeField(20000 + number, None, f"Extra {number}"))
    world.company.update("6", **{"20449": "last"})
    wanted = FieldSelection(tuple(str(20000 + number) for number in range(450)), {})
    pull = collect(world.source.pull(wanted, None))
    assert tuple(pull["6"].fields) == wanted.fields
    assert pull["6"].fields["20449"] == "last"
    assert set(pull["5"].fields.values()) == {None}


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
