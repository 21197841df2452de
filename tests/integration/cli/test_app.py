"""How commands end: bugs, interruptions, the daemon, help, and who may not."""

from __future__ import annotations

import json
import signal

import psutil

from bensync import wiring
from bensync.cli.app import main
from bensync.cli.system_user import system_user
from bensync.errors import BensyncError
from tests.fixtures.databases import on_sqlite
from tests.integration.cli.moves import await_that, changed

pytestmark = on_sqlite


def test_a_bug_is_reported_in_three_lines_without_the_values_at_hand(begun, monkeypatch):
    def broken(*_arguments):
        secret = "Ada Vale 123-45-6789"
        raise RuntimeError(secret)

    monkeypatch.setattr(wiring.Deployment, "names", broken)
    answer = begun.run("status")
    assert answer.code == BensyncError.code
    assert [line.split()[0] for line in answer.err.splitlines()] == ["what:", "why:", "fix:"]
    assert "RuntimeError" in answer.err
    loud = begun.run("status", "--verbose")
    assert "in broken" in loud.err
    assert "Ada Vale" not in answer.err
    assert begun.run("status", "--json").error["code"] == 1


def test_an_interrupted_run_ends_with_130_and_the_next_one_goes_on(begun):
    begun.company.update(begun.actives[0], city="Elsewhere")
    # The run stops itself before it asks HR: however slow the machine is, it is interrupted in the middle.
    with begun.started("sync", "--json", BENSYNC_TEST="1", BENSYNC_FAULT="http.request.before=stop") as process:
        await_that(lambda: process.poll() is not None or psutil.Process(process.pid).status() == psutil.STATUS_STOPPED)
        assert begun.json("runs")["runs"][-1]["state"] == "RUNNING"
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGCONT)
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 130
        assert json.loads(out)["error"]["code"] == 130
    assert begun.json("sync")["run"]["outcome"] == "DELIVERED"
    assert "INTERRUPTED" in begun.run("runs").out


def test_help_names_every_command(capsys):
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    for name in (
        "init",
        "check",
        "migrate",
        "snapshot",
        "plan",
        "sync",
        "resync",
        "daemon",
        "status",
        "requests",
        "demo",
    ):
        assert f" {name} " in out


def test_A_47_who_is_not_named_as_an_approver_is_refused_and_audited(begun):
    changed(begun)
    text = begun.config.read_text()
    begun.config.write_text(text.replace('id = "ACME0001"', 'id = "ACME0001"\napprovers = ["ana"]'))
    (number, *_) = (str(request["id"]) for request in begun.json("requests", "list", "--state", "pending")["requests"])

    for words in (
        ("requests", "approve", number),
        ("requests", "decline", number, "--reason", "ERROR"),
        ("people", "edit", "1", "--set", "city=Akron", "--reason", "test"),
    ):
        answer = begun.run(*words, "--actor", "broker")
        assert answer.code == 15
        assert f"broker (by {system_user()}) may not decide" in answer.err

    assert begun.json("requests", "list", "--state", "pending")["requests"][0]["id"] == int(number)
    refused = [entry for entry in begun.json("audit")["audit"] if entry["verb"].endswith(".refused")]
    assert [(entry["actor"], entry["verb"]) for entry in refused] == [
        (f"broker (by {system_user()})", "decision.refused"),
        (f"broker (by {system_user()})", "decision.refused"),
        (f"broker (by {system_user()})", "correct.refused"),
    ]
    assert begun.run("requests", "approve", number, "--confirm", "--actor", "ana").code == 0
