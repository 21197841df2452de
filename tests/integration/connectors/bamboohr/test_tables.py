"""Dated tables, read with the ids of their rows."""

from __future__ import annotations

from bensync.testing.connectors import collect
from tests.integration.connectors.bamboohr.company import (
    WANTED,
    mark,
    paths,
)


def test_two_rows_of_one_day_are_read_with_their_row_ids(world):
    since = mark(world)
    world.touch("1")
    world.touch("5")
    first = world.company.add_row("1", "employmentStatus", date="2026-03-03", benetracStatus="Leave")
    second = world.company.add_row("1", "employmentStatus", date="2026-03-03", benetracStatus="Active")
    world.company.requests.clear()
    pull = collect(world.source.pull(WANTED, since))
    assert [row.get("id") for row in pull["1"].tables["employmentStatus"]][1:] == [first, second]
    assert [row["benetracStatus"] for row in pull["1"].tables["employmentStatus"]] == ["Active", "Leave", "Active"]
    assert [row.get("id") for row in pull["5"].tables["employmentStatus"]] == [None]
    assert [path for path in paths(world.company) if "/all/" in path] == ["GET employees/all/tables/employmentStatus"]


def test_a_row_of_the_future_is_read_while_the_value_stays_the_one_of_today(world):
    world.company.add_row("1", "compensation", startDate="2027-01-01", rate="99 USD")
    record = collect(world.source.pull(WANTED, None))["1"]
    assert record.fields["payRate"] == "75000.00 USD"
    assert [row["rate"] for row in record.tables["compensation"]] == ["75000.00 USD", "99.00 USD"]


def test_people_named_besides_cost_one_request_a_table_however_many_they_are(world):
    since = mark(world)
    world.company.requests.clear()
    pull = collect(world.source.pull(WANTED, since, frozenset({"1", "2", "3"})))
    assert pull == {person: world.people[person] for person in ("1", "2", "3")}
    assert paths(world.company)[3:] == [
        "GET employees/all/tables/employmentStatus",
        "GET employees/all/tables/compensation",
        "GET employees/all/tables/customEquipment",
        "POST reports/custom",
    ]
