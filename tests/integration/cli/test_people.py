"""People and lists from the command line, in words and as JSON."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from bensync.api_shapes.contract import ANSWERS
from tests.fixtures.databases import on_sqlite
from tests.integration.cli.moves import changed

pytestmark = on_sqlite


def test_corrections_on_the_benefits_side_are_audited_and_leave_hr_alone(begun):
    who = begun.actives[0]
    edited = begun.json(
        "people", "edit", who, "--set", "city=Nowhere", "--set", "middle_name=", "--reason", "a typo in HR"
    )
    assert edited["person"]["values"]["city"] == "Nowhere"
    assert "middle_name" not in edited["person"]["values"]
    ended = begun.json(
        "people", "terminate", who, "--date", "2026-01-31", "--reason", "left the company", "--actor", "kim"
    )
    assert (ended["person"]["status"], ended["person"]["termination_date"]) == ("TERMINATED", "2026-01-31")
    assert begun.run("people", "terminate", who, "--date", "2026-01-31", "--reason", "left the company").code == 15
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
    first = begun.run("--json", *correct, "--actor", "kim")
    assert (first.code, first.error["remedy"]) == (15, "second_person")
    assert begun.json(*correct, "--actor", "lee")["person"]["ssn"] == "***-**-6789"


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


def test_a_list_shows_its_newest_entries_and_says_how_many_more_there_are(begun):
    short = begun.run("people", "list", "--limit", "5")
    assert f"{len(begun.company) - 5} more; --limit {len(begun.company)} shows all." in short.out
    assert len(begun.json("people")["people"]) == len(begun.company)
    assert len(begun.json("people", "list", "--limit", "5")["people"]) == 5


@pytest.mark.parametrize("name", ["runs", "deliveries", "issues", "people", "audit"])
def test_a_list_alone_lists_and_an_empty_one_says_so_in_words(acme, name):
    acme.run("migrate")
    alone = acme.run(name)
    assert alone.code == 0
    assert alone.out == acme.run(name, "list").out
    assert "acme: " in alone.out
    assert [one for one in acme.json(name)[name] if one["site"] == "acme"] == []


def test_an_empty_queue_says_so_in_words(acme):
    acme.run("migrate")
    assert acme.run("requests", "list").out == "acme: No requests are pending.\n"


def test_every_command_says_one_json_object_and_nothing_else(begun):
    changed(begun)
    commands = (
        ("status",),
        ("plan",),
        ("runs",),
        ("runs", "show", "1"),
        ("deliveries",),
        ("deliveries", "show", "1"),
        ("issues", "list", "--resolved"),
        ("people",),
        ("people", "show", "1"),
        ("audit",),
        ("audit", "show", "1"),
        ("requests", "list"),
        ("requests", "show", "1"),
        ("connectors",),
        ("migrate",),
        ("sync", "--verbose"),
    )
    for words in commands:
        answer = begun.run(*words, "--json")
        assert answer.code == 0, (words, answer)
        assert isinstance(answer.json, dict), words
        for key, kind in ANSWERS.get(" ".join(words[:2]).removesuffix(" --verbose"), {}).items():
            shape: TypeAdapter[Any] = TypeAdapter(kind)
            assert shape.dump_python(shape.validate_python(answer.json[key]), mode="json") == answer.json[key], words
        assert answer.out.count("\n") == 1, words
        shown = begun.run(*words)
        assert shown.code == 0, words
        assert shown.out.strip(), words


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
