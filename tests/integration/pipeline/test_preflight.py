"""What `check` says of changes and people that a source can hide (A-89, A-102)."""

from __future__ import annotations

import json
from datetime import date

import pytest

from bensync.cli.app import main
from bensync.core.ports import PreflightFinding
from bensync.pipeline import preflight
from tests.e2e.world import World, person
from tests.fixtures.databases import on_sqlite
from tests.integration.pipeline.test_missing_people import reconcile

pytestmark = on_sqlite

MANAGER = '[sites.acme.custom_fields.manager]\nsource = "supervisor"\n'


def findings(world: World) -> dict[str, PreflightFinding]:
    """The findings by subject."""
    return {finding.subject: finding for finding in preflight.findings(world.tools)}


@pytest.fixture
def mixed(acme: World) -> World:
    """Forty active and twenty inactive people in step on both sides, and one who starts later."""
    for number in range(1, 61):
        hired = acme.company.hire(person(number))
        if number > 40:
            acme.company.terminate(hired, date(2024, 1, 31))
    acme.begin()
    acme.company.hire(person(61, hireDate="2026-07-01"))
    acme.sync()
    return acme


def test_everybody_who_was_sent_is_shown(mixed: World) -> None:
    by_subject = findings(mixed)

    assert by_subject["people sent as active"].detail == "40 of 40 people that were sent are shown"
    assert by_subject["people sent as inactive"].detail == "20 of 20 people that were sent are shown"
    assert by_subject["a terminated employee"].ok
    assert by_subject["an employee who starts later"].detail == "employee 61 is shown when a run asks for them"
    assert [finding for finding in by_subject.values() if not finding.ok] == []


@pytest.mark.parametrize(
    ("hidden", "wrong"),
    [
        pytest.param(range(41, 61), {"people sent as inactive", "a terminated employee"}, id="all inactive people"),
        pytest.param(range(1, 21), {"people sent as active"}, id="twenty of forty active people"),
        pytest.param([61], {"an employee who starts later"}, id="people who start later"),
    ],
)
def test_A_89_check_names_the_group_that_hr_hides(mixed: World, hidden: list[int], wrong: set[str]) -> None:
    mixed.company.hidden.update(map(str, hidden))

    by_subject = findings(mixed)

    assert {subject for subject, finding in by_subject.items() if not finding.ok} == wrong
    assert all(by_subject[subject].fix for subject in wrong)


def test_one_missing_person_is_counted_and_no_problem(mixed: World) -> None:
    mixed.company.hidden.add("1")
    finding = findings(mixed)["people sent as active"]
    assert (finding.ok, finding.detail) == (True, "39 of 40 people that were sent are shown")


def test_a_site_that_sent_nobody_has_nothing_to_compare(acme: World) -> None:
    assert findings(acme)["people"].ok


def test_A_102_check_says_which_changes_only_a_reconciliation_finds(staffed: World) -> None:
    staffed.config.write_text(staffed.config.read_text() + MANAGER)
    staffed.deployment = type(staffed.deployment)(staffed.config)

    finding = findings(staffed)["changes: reconciliation only"]

    assert (finding.ok, finding.detail) == (False, "supervisor")
    assert "reconcile_on" in finding.fix
    assert "off" in findings(staffed)["reconciliation"].detail
    reconcile(staffed, "sunday")
    assert findings(staffed)["changes: reconciliation only"].ok
    assert findings(staffed)["reconciliation"].detail == "every Sunday"


def test_A_102_the_mapping_shows_how_the_changes_of_each_field_reach_us(
    staffed: World, capsys: pytest.CaptureFixture[str]
) -> None:
    staffed.config.write_text(staffed.config.read_text() + MANAGER)

    assert main(["--config", str(staffed.config), "--json", "mapping", "show"]) == 0

    fields = json.loads(capsys.readouterr().out)["mappings"][0]["fields"]
    routes = {field["field"]: field["changes"] for field in fields}
    assert {routes[name] for name in ("city", "job_title", "benetrac_status", "pay_rate")} == {"change_feed"}
    assert routes["manager"] == "reconciliation"
