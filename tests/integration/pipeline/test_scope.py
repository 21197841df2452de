"""Rules of scope through whole runs: who is out of scope is neither sent nor blocked, and leaving ends nobody (A-104)."""

from __future__ import annotations

import json
from datetime import date

import pytest

from bensync.cli.app import main
from bensync.core.people import Standing
from bensync.core.runs import Outcome
from bensync.errors import ConfigError, GuardTripped
from bensync.pipeline import preflight
from tests.e2e.world import World, person
from tests.fixtures.databases import on_sqlite
from tests.integration.pipeline.test_missing_people import issues, state_of

pytestmark = on_sqlite

CONTRACTORS = '[sites.acme.out_of_scope]\nbenetrac_status = ["Contractor"]\n'


def rule(world: World, text: str = CONTRACTORS) -> None:
    """Add rules of scope to the configuration."""
    world.config.write_text(world.config.read_text() + text)
    world.deployment = type(world.deployment)(world.config)


def contract(world: World, employee: str) -> None:
    """Make an employee a contractor from today on."""
    world.company.add_row(
        employee, "employmentStatus", date=world.now.date(), employmentStatus="Contractor", benetracStatus="Contractor"
    )


@pytest.fixture
def contracted(acme: World) -> World:
    """Forty-five employees in step on both sides, and fifteen contractors in HR, who were never sent."""
    rule(acme)
    for number in range(1, 61):
        acme.company.hire(person(number), status="Contractor" if number > 45 else "Active")
    acme.begin()
    return acme


def test_A_104_who_is_out_of_scope_is_neither_sent_nor_blocked(contracted: World) -> None:
    assert len(contracted.participants()) == 45
    contracted.company.update("50", city="Akron", ssn=None)
    contracted.company.update("1", city="Akron")

    report = contracted.sync()

    assert [change.candidate.employee_id for change in report.plan.sends] == ["1"]
    assert report.plan.out_of_scope == {"50": "benetrac_status is Contractor"}
    assert report.plan.issues == ()
    assert issues(contracted) == {}


def test_A_104_an_unreadable_record_is_judged_by_what_can_be_read_of_it(contracted: World) -> None:
    contracted.company.update("50", lastName="Va\u202ele")
    contracted.company.update("1", lastName="Va\u202ele")

    report = contracted.sync()

    assert report.plan.out_of_scope == {"50": "benetrac_status is Contractor"}
    assert issues(contracted) == {"1": ["field_invalid"]}


def test_A_104_somebody_who_leaves_the_scope_is_an_issue_and_stays_active(contracted: World) -> None:
    contract(contracted, "2")
    for _ in range(2):
        report = contracted.sync()
        assert report.outcome is Outcome.NO_CHANGES
        assert [(issue.employee_id, issue.code) for issue in report.plan.issues] == [("2", "left_scope")]
        contracted.next_day()
    assert contracted.queue() == []
    assert contracted.participants()["2"].standing is Standing.ACTIVE
    assert state_of(contracted, "2") == ["OUT_OF_SCOPE"]
    assert any(
        finding.detail.endswith("1 employee left the scope after being sent")
        for finding in preflight.findings(contracted.tools)
    )

    contracted.terminate_here(contracted.participants()["2"], date(2026, 6, 2))

    assert issues(contracted) == {}
    contracted.sync()
    assert (issues(contracted), contracted.queue()) == ({}, [])


def test_A_104_somebody_who_returns_into_the_scope_is_as_before(contracted: World) -> None:
    contract(contracted, "2")
    contracted.sync()
    contracted.next_day()
    contracted.company.add_row(
        "2", "employmentStatus", date=contracted.now.date(), employmentStatus="Full-Time", benetracStatus="Active"
    )

    contracted.sync()

    assert (issues(contracted), state_of(contracted, "2")) == ({}, ["LIVE"])


def test_A_104_other_rules_are_applied_to_everybody_by_the_next_daily_run(staffed: World) -> None:
    rule(staffed, '[sites.acme.out_of_scope]\nfirst_name = ["Person3"]\n')

    report = staffed.sync()

    assert report.plan.out_of_scope == {"3": "first_name is Person3"}
    assert issues(staffed) == {"3": ["left_scope"]}
    staffed.next_day()
    assert staffed.sync().plan.out_of_scope == {"3": "first_name is Person3"}  # only because of the open issue


def test_A_104_a_rule_that_removes_most_people_is_refused(contracted: World) -> None:
    rule(contracted, 'city = ["Dayton"]\n')

    error = contracted.failure(contracted.sync)

    assert isinstance(error, GuardTripped)
    assert "left_scope" in error.what
    assert issues(contracted) == {}


def test_a_rule_about_a_field_that_nobody_reads_is_refused(staffed: World) -> None:
    error = staffed.failure(lambda: rule(staffed, '[sites.acme.out_of_scope]\nnickname = ["Bo"]\n'))
    assert isinstance(error, ConfigError)
    assert "nickname, which the mapping does not read" in error.why


def test_A_104_the_plan_and_the_history_name_who_is_out_of_scope(
    contracted: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bensync.cli.commands.sync.runs.now", lambda: contracted.now)
    contracted.company.update("50", city="Akron")

    assert main(["--config", str(contracted.config), "plan"]) == 0
    assert "1 person out of scope" in capsys.readouterr().out
    assert main(["--config", str(contracted.config), "--json", "plan"]) == 0
    assert json.loads(capsys.readouterr().out)["plan"]["out_of_scope"] == 1
    contracted.sync()
    assert main(["--config", str(contracted.config), "explain", "50"]) == 0
    assert "benetrac_status is Contractor" in capsys.readouterr().out
