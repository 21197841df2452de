"""Values that HR writes in odd ways, from the record to the request (scenarios 4.10)."""

from __future__ import annotations

import pytest

from bensync.core.runs import Outcome
from tests.e2e.world import World, person
from tests.fixtures.databases import on_sqlite

pytestmark = on_sqlite  # rules of the trade; what they leave in a database is looked at by others on both sorts


def issues(world: World) -> list[tuple[str, str, str]]:
    """The open data issues: employee, code and detail."""
    return world.rows("select employee_id, code, detail from issue where resolved_at is null order by employee_id")


def test_A_90_another_spelling_of_the_same_text_is_no_change(staffed: World) -> None:
    staffed.company.update("1", lastName="M\u00fa\u00f1oz")
    staffed.sync()
    staffed.approve([staffed.request().id])
    staffed.next_day()

    staffed.company.update("1", lastName="\tMu\u0301n\u0303oz\u00a0\n", city="Dayton\r\n")

    assert staffed.sync().outcome is Outcome.NO_CHANGES
    assert issues(staffed) == []


def test_A_90_an_invisible_character_blocks_one_person_and_is_named(staffed: World) -> None:
    staffed.company.update("1", lastName="Va\u202ele")
    staffed.company.update("2", city="Akron")

    staffed.sync()

    assert staffed.request().employee_id == "2"
    assert issues(staffed) == [
        ("1", "field_invalid", "last_name holds the invisible character U+202E RIGHT-TO-LEFT OVERRIDE")
    ]


def test_A_90_a_baseline_of_an_older_version_asks_nobody_about_a_spelling(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        # Version 0.1 trimmed texts, and took them as they were otherwise.
        older.setattr("bensync.mappings.catalogue.normalized", str.strip)
        for number in (1, 2, 3):
            acme.company.hire(person(number, lastName="Mu\u0301n\u0303oz"))
        acme.begin()
    acme.company.update("1", city="Akron")
    acme.company.update("2", lastName="M\u00fa\u00f1oz")

    report = acme.sync()

    assert [change.candidate.employee_id for change in report.plan.sends] == ["1"]
    assert [change.field for change in acme.request().changes] == ["city"]
    acme.approve([acme.request().id])
    acme.next_day()
    assert acme.resync().outcome is Outcome.DELIVERED
    assert acme.queue() == []
