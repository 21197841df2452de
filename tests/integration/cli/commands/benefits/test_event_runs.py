"""Runs of benefit events on the command line, and searches for passive events."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

from bensync import wiring
from tests.fixtures.databases import in_file
from tests.fixtures.office import office
from tests.integration.cli.commands.benefits.office import (
    HIRED,
    RULEBOOK,
    TODAY,
    covered,
    employee_named,
    hired,
)


def test_a_report_changes_nothing(acme, who):
    acme.json("activities", "add", who, "--class", "hir", "--date", HIRED.isoformat(), "--reason", "a form")
    report = acme.json("events", "run", "--report-only")
    assert report["run"]["report_only"]
    assert acme.json("events", "list", "--class", "hir")["events"] == []
    assert acme.json("activities", "list", "--state", "waiting")["activities"]


def test_S2_02_a_sync_works_events_off_behind_it(acme, who):
    covered(acme, who)
    acme.company.terminate(who, TODAY)
    assert acme.json("sync")["run"]["events"]["counts"].get("finished", 0) == 0
    waiting = [str(request["id"]) for request in acme.json("requests", "list")["requests"]]
    assert acme.run("requests", "approve", *waiting, "--confirm").code == 0
    behind = acme.json("sync")["run"]["events"]
    assert (behind["counts"]["finished"], behind["carriers"]) == (1, ["brightsmile", "harbor", "northstar"])
    assert "finished" in acme.run("events", "summary").out


def test_S3_74_a_run_names_a_schedule_that_there_is(acme, who):
    rules = acme.folder / "benefits.toml"
    rules.write_text(rules.read_text() + '\n[[schedules]]\ncode = "BIRTHS"\nevents = ["BIR"]\n')
    acme.json("activities", "add", who, "--class", "hir", "--date", str(TODAY), "--reason", "a form")
    assert acme.run("events", "run", "--schedule", "NONE").code == 2
    acme.json("events", "run", "--schedule", "BIRTHS")
    assert [event["process"] for event in acme.json("events", "list", "--class", "hir")["events"]] == ["AS"]
    acme.json("events", "run")
    assert [event["process"] for event in acme.json("events", "list", "--class", "hir")["events"]] == ["PR"]


def test_S3_82_S3_83_a_run_for_one_person_leaves_the_others(acme, who):
    other = employee_named(acme, "Ines Oakes")
    for number in (who, other):
        acme.json("activities", "add", number, "--class", "BIR", "--date", str(TODAY), "--reason", "a form")
    assert acme.json("events", "run", "--employee", who)["run"]["counts"]["people"] == 1
    events = acme.json("events", "list", "--class", "BIR")["events"]
    assert [entry["person"]["employee_id"] for entry in events] == [who]


def test_S3_95_a_search_for_passive_events_is_kept_and_finds_nobody_twice(acme, who):
    acme.company.update(who, hireDate=TODAY.replace(year=TODAY.year - 10, day=min(TODAY.day, 28)))
    days = ("--from", str(TODAY - timedelta(days=31)), "--to", str(TODAY + timedelta(days=31)))
    first, again = (acme.json("passive", "run", *days)["searches"] for _ in range(2))
    assert (again[0]["found"], len(again[0]["overlaps"])) == ([], len(first[0]["overlaps"]) + 1)
    kept = acme.json("passive", "history")["searches"]
    assert kept[-1]["passive"] == "TEN_YEARS"
    assert "searched before" in acme.run("passive", "run", *days).out
    assert acme.run("passive", "run", *days, "NOBODY").code == 15


def test_events_begin_where_a_site_gets_its_rulebook_late(tmp_path, keys, capsys):
    with office(tmp_path, keys, capsys, in_file(tmp_path)) as employer:
        employer.begin()
        shutil.copy(RULEBOOK, tmp_path / "benefits.toml")
        text = employer.config.read_text()
        employer.config.write_text(text.replace('id = "ACME0001"\n', 'id = "ACME0001"\nbenefits = "benefits.toml"\n'))
        people = len(employer.json("people", "list")["people"])
        assert employer.json("events", "begin")["begun"]["people"] == people
        assert employer.json("events", "begin")["begun"]["people"] == 0
        assert {event["event_class"] for event in employer.json("events", "list")["events"]} == {"SNP"}


def test_results_of_eligibility_are_kept_on_request(acme, who):
    event = hired(acme, who)
    assert acme.json("events", "show", event)["event"]["eligibility"] == []
    acme.json("events", "reprocess", event, "--to", "assign", "--yes", "--reason", "wrong plan")
    acme.json("events", "run", "--record")
    kept = acme.json("events", "show", event)["event"]["eligibility"]
    assert {entry["program"]: entry["fits"] for entry in kept if not entry["plan"]} == {"FULL": True, "PART": False}


def test_S3_73_while_a_run_is_at_work_no_other_begins(acme, who):
    acme.json("activities", "add", who, "--class", "BIR", "--date", str(TODAY), "--reason", "a form")
    store = wiring.Deployment(acme.config).store()
    with store.write("acme", "test") as work:
        lease = work.runs.take_lease(datetime.now(UTC))
    answer = acme.run("--json", "events", "run")
    assert (answer.code, answer.error["kind"]) == (16, "BusyError")
    assert acme.json("activities", "list", "--state", "waiting")["activities"]
    with store.write("acme", "test") as work:
        assert work.runs.give_back_lease(lease)
    store.close()
    acme.json("events", "run")
    assert acme.json("activities", "list", "--state", "waiting")["activities"] == []
