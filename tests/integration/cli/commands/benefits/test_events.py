"""Benefit events from the terminal: from an approval to coverage, COBRA, and back, with the commands that people type."""

from __future__ import annotations

import json

import pytest

from tests.integration.cli.commands.benefits.office import (
    HIRED,
    TODAY,
    covered,
    employee_named,
    hired,
    in_force,
)

DEFAULTS = {"medical": "EE", "dental": "EE", "vision": "EE", "life": "1X"}


def test_an_election_is_entered_judged_and_posted(acme, who):
    event = hired(acme, who)
    shown = acme.json("events", "show", event, "--why")["event"]
    assert {offer["plan_type"] for offer in shown["offers"]} == set(DEFAULTS)
    assert {finding["program"]: finding["against"] for finding in shown["eligibility"] if not finding["plan"]} == {
        "FULL": [],
        "PART": ["employment_status"],
    }
    assert acme.json("events", "notify", event)["events"][0]["process"] == "NT"
    entered = acme.json("events", "elect", event, "--choose", "medical=PPO/FAM", "--choose", "dental=")
    assert entered["events"][0]["process"] == "ET"
    acme.json("events", "run", "--employee", who)
    assert in_force(acme, who) == {"medical": "FAM"}


def test_an_election_is_withdrawn(acme, who):
    event = hired(acme, who)
    acme.json("events", "elect", event, "--choose", "medical=PPO/FAM", "--choose", "dental=")
    acme.json("events", "elect", event, "--withdraw", "medical")
    shown = acme.json("events", "show", event)["event"]
    assert [choice["plan_type"] for choice in shown["elections"]] == ["dental"]
    answer = acme.run("--json", "events", "elect", event, "--withdraw", "medical")
    assert "no election for medical" in answer.error["why"]
    assert acme.run("events", "elect", event).code == 2


def test_a_wrong_election_posts_nothing_and_says_why(acme, who):
    event = hired(acme, who)
    acme.json("events", "elect", event, "--choose", "medical=PPO/NONE")
    acme.json("events", "run")
    shown = acme.json("events", "show", event)["event"]
    assert (shown["process"], [remark["code"] for remark in shown["remarks"]]) == ("EE", ["not_offered"])
    assert "not_offered" in acme.run("events", "show", event).out
    assert in_force(acme, who) == {}


@pytest.mark.parametrize(
    "words",
    [
        ("--choose", "medical"),
        ("--choose", "medical=PPO"),
        ("--choose", "medical=PPO/EE", "--contribution", "fsa=5"),
        ("--choose", "medical=PPO/EE", "--contribution", "medical=much"),
    ],
)
def test_an_election_that_is_not_typed_like_one_is_wrong_usage(acme, who, words):
    assert acme.run("events", "elect", f"{who}/1", *words).code == 2


def test_a_final_mark_says_first_what_the_next_run_would_post(acme, who):
    event = hired(acme, who)
    asked = acme.run("--json", "events", "final", event)
    assert asked.code == 2
    assert {row["plan_type"] for row in asked.json["next_run"][0]["posted"]} == set(DEFAULTS)
    assert not asked.json["done"]
    assert "repeat the command with --yes" in acme.run("events", "final", event).out
    assert in_force(acme, who) == {}
    marked = acme.json("events", "final", event, "--yes", "--reason", "chosen on paper")
    assert (marked["done"], marked["events"][0]["final"]) == (True, True)
    acme.json("events", "run")
    assert in_force(acme, who) == DEFAULTS


def test_A_69_an_approved_termination_ends_coverage_and_opens_cobra(acme, who):
    covered(acme, who)
    acme.company.terminate(who, TODAY)
    acme.json("sync")
    (request,) = acme.json("requests", "list", "--state", "pending", "--kind", "terminate")["requests"]
    outlook = acme.json("requests", "show", str(request["id"]))["request"]["outlook"]
    assert any("COBRA starts on" in sentence for sentence in outlook["sentences"])
    assert "COBRA starts on" in acme.run("requests", "show", str(request["id"])).out
    assert acme.run("requests", "approve", str(request["id"]), "--confirm").code == 0
    acme.json("events", "run")
    (record,) = acme.json("cobra")["cobra"]
    assert record["occurrence_date"][-2:] == "01"
    assert record["action"] == "TERMINATION"
    after = record["occurrence_date"]
    assert in_force(acme, who, after) == {}
    answer = acme.run("cobra", "list").out
    assert "administrator_told" in answer
    event = f"{who}/{record['event']}"
    reached = acme.json("cobra", "reach", event, "--step", "administrator_told", "--date", str(TODAY))["cobra"]
    assert reached[0]["deadlines"][0] == {**record["deadlines"][0], "done": str(TODAY)}
    assert acme.run("cobra", "reach", event, "--step", "nonsense").code == 2
    assert acme.run("cobra", "reach", event, "--step", "paid", "--date", "2999-01-01").code == 15
    assert acme.run("events", "board").code == 0


def test_S3_195_voiding_shows_first_what_is_taken_back(acme, who):
    event = covered(acme, who)
    asked = acme.run("--json", "events", "void", event)
    assert asked.code == 2
    assert {row["plan_type"] for row in asked.json["next_run"][0]["reversed"]} == set(DEFAULTS)
    assert in_force(acme, who) == DEFAULTS
    assert acme.run("events", "void", event, "--yes", "--reason", "wrong person").code == 0
    acme.json("events", "run")
    assert in_force(acme, who) == {}
    (listed_event,) = acme.json("events", "list", "--status", "void")["events"]
    assert (listed_event["process"], listed_event["status"]) == ("RE", "VOID")
    assert [row["reversed"] for row in acme.json("enrollments", "list", "--reversed")["enrollments"]] == [True] * 4
    entry = acme.json("audit")["audit"]
    assert ("event.void", "wrong person") in [(item["verb"], item["reason"]) for item in entry]


def test_S3_182_events_of_several_people_are_taken_back_together(acme, who):
    other = employee_named(acme, "Ines Oakes")
    covered(acme, who)
    acme.json("activities", "add", other, "--class", "hir", "--date", HIRED.isoformat(), "--reason", "a form")
    acme.json("events", "run")
    events = [event["event"] for event in acme.json("events", "list", "--class", "hir")["events"]]
    assert len(events) == 2
    answer = acme.json("events", "reprocess", *events, "--to", "assign", "--yes", "--reason", "wrong plan")
    assert [event["indicator"] for event in answer["events"]] == ["ASSIGN", "ASSIGN"]
    acme.json("events", "run")
    assert in_force(acme, who) == {}
    assert {event["process"] for event in acme.json("events", "list", "--class", "hir")["events"]} == {"PR"}


def test_A_77_another_event_is_taken_first_manually(acme, who):
    event = hired(acme, who)
    acme.json("activities", "add", who, "--class", "BIR", "--date", str(TODAY), "--reason", "a form")
    acme.json("events", "run")
    (birth,) = acme.json("events", "list", "--class", "BIR")["events"]
    assert acme.run("events", "open", birth["event"]).code == 15
    acme.json("events", "close", event)
    acme.json("events", "open", birth["event"])
    assert [listed_event["number"] for listed_event in acme.json("events", "flagged")["events"]] == [
        int(event.split("/")[1])
    ]
    cleared = acme.json("events", "clear", event, "--flag", "out_of_sequence")
    assert cleared["events"][0]["flags"] == []


def test_the_end_of_all_coverage_is_listed_and_needs_a_confirmation(acme, who):
    covered(acme, who)
    acme.company.update(who, employmentHistoryStatus="Contractor")
    acme.json("sync")
    acme.run("requests", "approve", "--all")
    acme.json("events", "run")
    (event,) = acme.json("events", "terminations")["events"]
    assert (event["process"], event["loss_of_all"]) == ("PR", True)
    assert "would end all coverage" in acme.run("events", "terminations").out
    assert in_force(acme, who) == DEFAULTS
    mark = ("events", "final", event["event"], "--yes", "--reason", "seen by two")
    refused = acme.run("--json", *mark)
    assert (refused.code, refused.error["remedy"]) == (15, "confirm")
    assert "--confirm" in refused.error["fix"]
    acme.json("events", "run")
    assert in_force(acme, who) == DEFAULTS
    acme.json(*mark, "--confirm")
    acme.json("events", "run")
    assert acme.json("events", "terminations")["events"] == []
    assert acme.json("cobra")["cobra"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("events", "list"), "Benefit events of acme"),
        (("events", "flagged"), "no events match"),
        (("events", "terminations"), "no events match"),
        (("events", "summary"), "run"),
        (("events", "board"), "Rules for acme"),
        (("activities", "list"), "Activities of acme"),
        (("enrollments", "list"), "Coverage rows of acme"),
        (("cobra", "list"), "there are no open COBRA records"),
        (("passive", "history"), "acme"),
        (("rules", "show"), "Rules for ending coverage"),
        (("rules", "check"), "2 programs, 4 plans, 6 rules"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else "",
)
def test_a_list_is_a_table_and_an_object(acme, who, words, says):
    covered(acme, who)
    answer = acme.run(*words)
    assert (answer.code, says in answer.out) == (0, True), answer
    assert isinstance(json.loads(acme.run("--json", *words).out), dict)
    assert not [
        secret
        for secret in acme.secrets
        for printed_answer in acme.said
        if secret in printed_answer.out + printed_answer.err
    ]
