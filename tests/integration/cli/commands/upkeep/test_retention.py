"""`bensync retention` as people and scripts use it, and every command of its how-to."""

from __future__ import annotations

import contextlib
import re
import shlex
from datetime import UTC, datetime, timedelta

import pytest

from bensync.state.store import Store
from tests.architecture.checks.pages import text_of
from tests.fixtures.office import office

LATER = timedelta(days=10 * 366)


@pytest.fixture
def acme(tmp_path, keys, capsys, database):
    with office(tmp_path, keys, capsys, database) as employer:
        employer.begin()
        yield employer


def leave(acme, employee):
    """Terminate a participant whom HR does not show any more."""
    today = f"{acme.company.today}"
    left = acme.run("people", "terminate", employee, "--date", today, "--confirm", "--reason", "left the company")
    assert left.code == 0, left
    with contextlib.closing(Store(acme.database, acme.state_key)) as store, store.write("acme", "test.gone") as state:
        state.baselines.mark_gone([employee])


def years_later(monkeypatch):
    for module in ("session", "commands.upkeep.retention"):
        monkeypatch.setattr(f"bensync.cli.{module}.now", lambda: datetime.now(UTC) + LATER)


def test_a_preview_names_a_plan_and_applying_it_deletes_exactly_that(acme, monkeypatch):
    gone, other = acme.actives[:2]
    leave(acme, gone)
    assert acme.json("retention", "preview")["retention"][0]["rows"] == 0
    years_later(monkeypatch)

    (plan,) = acme.json("retention", "preview")["retention"]
    assert plan["employees"] == [gone]
    shown = acme.run("retention", "preview")
    assert plan["plan"] in shown.out
    assert "1 former employee, with everything about them." in shown.out

    refused = acme.run("retention", "apply", "--plan", plan["plan"], "--reason", "yearly clean-up")
    assert (refused.code, "Nothing was deleted" in refused.err) == (2, True)
    wrong = acme.run("--json", "retention", "apply", "--plan", "0" * 12, "--reason", "yearly clean-up", "--yes")
    assert (wrong.code, wrong.error["remedy"]) == (15, "reload")
    assert acme.run("people", "show", gone).code == 0

    done = acme.json("retention", "apply", "--plan", plan["plan"], "--reason", "yearly clean-up", "--yes")["retention"]
    assert {name: done[name] for name in plan} == plan
    assert acme.run("people", "show", gone).code == 15
    assert acme.run("people", "show", other).code == 0
    assert acme.json("fsck", "--deep")["ok"]
    assert acme.run("sync").code in {0, 3}


def test_a_hold_is_placed_by_participant_number_and_keeps_the_person(acme, monkeypatch):
    gone = acme.actives[0]
    number = acme.json("people", "show", gone)["person"]["id"]
    leave(acme, gone)
    years_later(monkeypatch)

    (hold,) = acme.json("retention", "hold", f"p{number}", "--reason", "case 17")["holds"]
    assert (hold["employee_id"], hold["released_at"]) == (gone, None)
    (plan,) = acme.json("retention", "preview")["retention"]
    assert (plan["employees"], plan["kept"]["held"], plan["holds"]) == ([], 1, 1)
    assert "1 former employee is kept: a legal hold." in acme.run("retention", "preview").out
    assert "case 17" in acme.run("retention", "holds").out
    assert acme.json("retention", "release", gone, "--reason", "case 17 is closed")["holds"] == []
    assert "no legal hold is in force" in acme.run("retention", "holds").out


def test_every_command_of_the_how_to_does_what_it_says(acme, monkeypatch):
    leave(acme, acme.actives[0])
    years_later(monkeypatch)
    page = text_of("docs/how-to/keep-and-delete-records.md")
    commands = [line for block in re.findall(r"```bash\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    held = acme.actives[0]
    for line in commands:
        (plan,) = acme.json("retention", "preview")["retention"]
        words = [{"PLAN": plan["plan"], "7": held}.get(word, word) for word in shlex.split(line)[1:]]
        answer = acme.run(*words)
        assert answer.code == 0, (line, answer)
    assert len(commands) == 5


def test_a_period_below_the_legal_minimum_is_refused_with_the_law(acme):
    acme.configure("acme", extra='[retention]\nformer_people = "7 years"\nnotices = "soon"')
    refused = acme.run("retention", "preview")
    assert refused.code == 10
    assert "at least 8 years: ERISA section 107" in refused.err
    assert "must be a number of years or days" in refused.err
