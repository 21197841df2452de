"""The drill: disasters on a copy of a live site; nothing of the live one moves."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import pytest

from bensync.cli.app import main
from bensync.drill import SceneResult, rehearse
from tests.e2e.world import World, person
from tests.fixtures.databases import on_sqlite

pytestmark = on_sqlite

ACTIVE, PEOPLE = 60, 70


@pytest.fixture
def crowd(acme: World) -> World:
    """An employer large enough for percentages to count."""
    for number in range(1, PEOPLE + 1):
        hired = acme.company.hire(person(number))
        if number > ACTIVE:
            acme.company.terminate(hired, date(2024, 1, 31))
    acme.begin()
    return acme


def test_every_disaster_is_caught_by_a_guard_with_a_name(crowd: World) -> None:
    report = rehearse(crowd.deployment, "acme", crowd.now, lambda _: None)

    assert {line.fault: line.verdict for line in report.lines if line.verdict is not SceneResult.CAUGHT} == {}
    named = {line.fault: line.caught_by for line in report.lines}
    assert "source_empty" in named["HR answers with nobody"]
    assert "clock_skew" in named["our clock is 400 days ahead"]
    assert "older_state" in named["the database is older than what was sent"]
    assert "is not the host we know" in named["the upload center shows another host key"]
    assert "active_person_missing" in named["an export that is read whole every day is cut to one person"]
    assert "inactive_person_missing" in named["HR hides all inactive employees"]
    assert named["one employee is missing from HR"].startswith("absent: one issue")
    assert named["HR names a changed employee and does not show them"].startswith("not_shown: one issue")
    assert report.people == PEOPLE


def test_A_88_a_site_with_few_people_meets_the_disasters_that_it_can(staffed: World) -> None:
    """Three active people, and nobody who left."""
    report = rehearse(staffed.deployment, "acme", staffed.now, lambda _: None)

    verdicts = {line.fault: line.verdict for line in report.lines}
    assert verdicts["HR hides all inactive employees"] is SceneResult.NOT_TRIED
    assert verdicts["HR hides a third of the active employees"] is SceneResult.NOT_TRIED
    assert verdicts["one employee is missing from HR"] is SceneResult.CAUGHT
    assert verdicts["HR names a changed employee and does not show them"] is SceneResult.CAUGHT


def test_a_drill_leaves_the_live_site_as_it_was(crowd: World) -> None:
    before = sorted((path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in crowd.folder.glob("*.key"))
    tables = ("run", "delivery", "baseline", "request", "audit", "notice", "alert", "sending")
    counted = {name: crowd.rows(f"select count(*) from {name}") for name in tables}
    mails = len(crowd.mailbox.messages)

    rehearse(crowd.deployment, "acme", crowd.now, lambda _: None)

    assert {name: crowd.rows(f"select count(*) from {name}") for name in tables} == counted
    assert (
        sorted((path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in crowd.folder.glob("*.key"))
        == before
    )
    assert len(crowd.mailbox.messages) == mails
    assert crowd.files() == []


def test_the_command_keeps_a_dated_report_and_fails_where_limits_let_a_disaster_pass(
    crowd: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd.configure(guards='terminations = "1000"\nterminations_always = "1000"\none_field = "1000"\n')
    monkeypatch.setattr("bensync.cli.commands.upkeep.drill.now", lambda: crowd.now)
    report = tmp_path / "drill.md"

    code = main(["--config", str(crowd.config), "--json", "drill", "--report", str(report)])

    assert code == 12
    scenes = json.loads(capsys.readouterr().out)["drill"]["scenes"]
    assert [scene["fault"] for scene in scenes if scene["verdict"] == "MISSED"] == ["everybody is ended in HR at once"]
    assert "| everybody is ended in HR at once | MISSED |" in report.read_text()
