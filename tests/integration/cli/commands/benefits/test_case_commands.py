"""Manual changes of benefit events on the command line: who may make them, and what the audit trail names."""

from __future__ import annotations

from bensync.cli.system_user import system_user
from tests.integration.cli.commands.benefits.office import (
    TODAY,
    hired,
)


def test_a_refused_step_keeps_no_other_and_is_reported(acme, who):
    event = hired(acme, who)
    answer = acme.run("--json", "events", "close", event, f"{who}/9")
    assert answer.code == 15
    assert [listed_event["status"] for listed_event in answer.json["events"]] == ["CLOSED"]
    assert [listed_event["event"] for listed_event in answer.json["refused"]] == [f"{who}/9"]
    alone = acme.run("--json", "events", "close", f"{who}/9")
    assert (alone.code, alone.error["code"]) == (15, 15)
    assert acme.run("events", "close", "nonsense").code == 2
    assert acme.run("events", "close", "99999/1").code == 15


def test_A_47_only_a_named_approver_works_on_events_on_the_command_line(acme, who):
    event = hired(acme, who)
    text = acme.config.read_text()
    acme.config.write_text(text.replace('id = "ACME0001"', 'id = "ACME0001"\napprovers = ["ana"]'))
    for words in (
        ("events", "final", event),
        ("events", "final", event, "--yes", "--reason", "chosen on paper"),
        ("activities", "add", who, "--class", "BIR", "--date", str(TODAY), "--reason", "a form"),
    ):
        answer = acme.run(*words, "--actor", "broker")
        assert answer.code == 15
        assert f"broker (by {system_user()}) may not decide" in answer.err
    refused = [entry["actor"] for entry in acme.json("audit")["audit"] if entry["verb"] == "events.refused"]
    assert refused == [f"broker (by {system_user()})"] * 3
    assert acme.run("events", "final", event, "--yes", "--reason", "chosen on paper", "--actor", "ana").code == 0


def test_the_audit_trail_names_the_event_and_the_activity(acme, who):
    event = hired(acme, who)
    acme.run("events", "close", event, "--reason", "looked at")
    added = acme.json("activities", "add", who, "--class", "BIR", "--date", str(TODAY), "--reason", "a form")[
        "activities"
    ][0]["activity"]
    acme.run("activities", "hold", added)
    objects = {entry["verb"]: entry["object"] for entry in acme.json("audit")["audit"]}
    number = next(person["id"] for person in acme.json("people", "list")["people"] if person["employee_id"] == who)
    assert objects["event.close"] == f"participant {number}, event {event.split('/')[1]}"
    assert objects["activity.hold"] == f"participant {number}, activity {added.split('/')[1]}"
