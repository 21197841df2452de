"""People and lists from the command line, in words and as JSON."""

from __future__ import annotations

import pytest

from tests.fixtures.databases import on_sqlite

pytestmark = on_sqlite


def test_corrections_on_the_benefits_platform_are_audited_and_leave_hr_alone(begun):
    who, on = begun.actives[0], f"{begun.company.today}"
    edited = begun.json(
        "people", "edit", who, "--set", "city=Nowhere", "--set", "middle_name=", "--reason", "a typo in HR"
    )
    assert edited["person"]["values"]["city"] == "Nowhere"
    assert "middle_name" not in edited["person"]["values"]
    asked = begun.run("--json", "people", "terminate", who, "--date", "1999-01-01", "--reason", "a slip")
    assert (asked.code, "hire date" in asked.error["why"]) == (15, True)
    asked = begun.run("--json", "people", "terminate", who, "--date", on, "--reason", "left the company")
    assert (asked.code, asked.error["remedy"]) == (15, "confirm")
    ended = begun.json(
        "people",
        "terminate",
        who,
        "--date",
        on,
        "--confirm",
        "--reason",
        "left the company",
        "--actor",
        "kim",
    )
    assert (ended["person"]["status"], ended["person"]["termination_date"]) == ("TERMINATED", on)
    assert begun.run("people", "terminate", who, "--date", on, "--confirm", "--reason", "left the company").code == 15
    assert begun.json("people", "reinstate", who, "--reason", "mistake")["person"]["status"] == "ACTIVE"
    verbs = [(entry["verb"], entry["reason"]) for entry in begun.json("audit")["audit"]][-3:]
    assert verbs == [
        ("participant.edit", "a typo in HR"),
        ("participant.terminate", "left the company"),
        ("participant.reinstate", "mistake"),
    ]
    assert not begun.company.writes


def test_an_ssn_is_corrected_on_the_command_line_by_two_people(begun, monkeypatch):
    who, number = begun.actives[0], "512446789"
    monkeypatch.setattr("typer.prompt", lambda *_words, **_options: number)
    correct = ("people", "correct-ssn", who, "--reason", "the card")
    assert begun.run("people", "edit", who, "--set", f"ssn={number}", "--reason", "the card").code == 15
    monkeypatch.setattr("bensync.cli.session.system_user", lambda: "kim")
    first = begun.run("--json", *correct)
    assert (first.code, first.error["remedy"]) == (15, "second_person")
    monkeypatch.setattr("bensync.cli.session.system_user", lambda: "lee")
    assert begun.json(*correct)["person"]["ssn"] == "***-**-6789"


def test_a_termination_on_the_command_line_takes_two_people_where_the_site_says_so(begun, monkeypatch):
    site = begun.config.read_text().replace("[sites.acme]\n", '[sites.acme]\nsecond_approver = ["terminate"]\n', 1)
    begun.config.write_text(site)
    who, on = begun.actives[0], f"{begun.company.today}"
    terminate = ("people", "terminate", who, "--date", on, "--confirm", "--reason", "left the company")
    monkeypatch.setattr("bensync.cli.session.system_user", lambda: "kim")
    first = begun.run("--json", *terminate)
    assert (first.code, first.error["remedy"]) == (15, "second_person")
    (waiting,) = begun.json("status")["waiting"]
    assert (waiting["act"], waiting["first"]) == ("participant.terminate", "kim")
    monkeypatch.setattr("bensync.cli.session.system_user", lambda: "lee")
    assert begun.json(*terminate)["person"]["status"] == "TERMINATED"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("edit", "1", "--set", "city=X"), 2),
        (("edit", "1", "--set", "city", "--reason", "a reason"), 2),
        (("edit", "1", "--set", "shoe_size=4", "--reason", "a reason"), 15),
        (("terminate", "1", "--date", "someday", "--reason", "a reason"), 2),
        (("show", "4711"), 15),
        (("show", "p4711"), 15),
        (("list", "--status", "asleep"), 2),
    ],
)
def test_corrections_that_make_no_sense_are_refused(begun, words, code):
    assert begun.run("people", *words).code == code


@pytest.mark.parametrize(
    "words",
    [
        ("edit", "--set", "city=Nowhere"),
        ("terminate", "--date", "2026-01-31"),
        ("reinstate",),
    ],
)
def test_a_correction_without_a_reason_is_refused(begun, words):
    who = begun.actives[0]
    begun.run("requests", "approve", "--all")
    before = begun.json("people", "show", who)
    act, *options = words
    refused = begun.run("--json", "people", act, who, *options, "--reason", " no ")
    assert (refused.code, refused.error["remedy"]) == (15, "give_reason")
    assert begun.json("people", "show", who) == before
