"""Benefit events from the terminal: from an approval to coverage, COBRA, and back, with the commands that people type."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bensync import demo, wiring
from tests.fixtures.databases import in_file
from tests.fixtures.office import Office, office

RULEBOOK = Path(demo.__file__).with_name("benefits.toml")
TODAY = datetime.now(UTC).date()
HIRED = (TODAY - timedelta(days=400)).replace(day=1)


NEWCOMER = {
    "firstName": "Maren",
    "lastName": "Oakes",
    "ssn": "612-44-3187",
    "dateOfBirth": "1991-08-14",
    "gender": "Female",
    "address1": "4 Quarry Lane",
    "city": "Akron",
    "state": "OH",
    "zipcode": "44301",
    "country": "United States",
    "payRate": "58000.00 USD",
    "payPer": "Year",
}

COLLEAGUE = {**NEWCOMER, "firstName": "Ines", "ssn": "612-44-3188"}
"""As eligible as the newcomer: of the made-up people, some are in no program."""


@pytest.fixture
def acme(tmp_path, keys, capsys):
    with office(tmp_path, keys, capsys, in_file(tmp_path)) as here:
        shutil.copy(RULEBOOK, tmp_path / "benefits.toml")
        text = here.config.read_text()
        here.config.write_text(text.replace('id = "ACME0001"\n', 'id = "ACME0001"\nbenefits = "benefits.toml"\n'))
        here.company.hire(NEWCOMER, hire_date=HIRED)
        here.company.hire(COLLEAGUE, hire_date=HIRED)
        here.begin()
        yield here


@pytest.fixture
def who(acme: Office) -> str:
    """Somebody who has worked full-time since HIRED."""
    return employee_named(acme, "Maren Oakes")


def employee_named(acme: Office, name: str) -> str:
    """Return the id of an employee in HR."""
    people = acme.json("people", "list")["people"]
    return next(person["employee_id"] for person in people if person["name"] == name)


def hired(acme: Office, who: str) -> str:
    """An event of a hire, prepared; returns its name."""
    added = acme.json("activities", "add", who, "--class", "hir", "--date", HIRED.isoformat(), "--reason", "moved over")
    assert [(one["event_class"], one["state"]) for one in added["activities"]] == [("HIR", "WAITING")]
    acme.json("events", "run")
    (found,) = acme.json("events", "list", "--class", "hir", "--employee", who)["events"]
    assert (found["process"], found["status"], found["program"]) == ("PR", "OPEN", "FULL")
    return f"{who}/{found['number']}"


def covered(acme: Office, who: str) -> str:
    """Somebody with the default coverage; returns the name of the event that posted it."""
    event = hired(acme, who)
    assert acme.run("events", "final", event, "--yes", "--reason", "chosen on paper").code == 0
    acme.json("events", "run")
    return event


def in_force(acme: Office, who: str, on=TODAY) -> dict[str, str]:
    found = acme.json("enrollments", "show", who, "--date", str(on))["coverage"]
    return {row["plan_type"]: row["option"] for row in found["in_force"]}


DEFAULTS = {"medical": "EE", "dental": "EE", "vision": "EE", "life": "1X"}


def test_an_election_is_entered_judged_and_posted(acme, who):
    event = hired(acme, who)
    shown = acme.json("events", "show", event, "--why")["event"]
    assert {offer["plan_type"] for offer in shown["offers"]} == set(DEFAULTS)
    assert {one["program"]: one["against"] for one in shown["eligibility"] if not one["plan"]} == {
        "FULL": [],
        "PART": ["employment_status"],
    }
    assert acme.json("events", "notify", event)["events"][0]["process"] == "NT"
    entered = acme.json("events", "elect", event, "--choose", "medical=PPO/FAM", "--choose", "dental=")
    assert entered["events"][0]["process"] == "ET"
    acme.json("events", "run", "--employee", who)
    assert in_force(acme, who) == {"medical": "FAM"}


def test_a_wrong_election_posts_nothing_and_says_why(acme, who):
    event = hired(acme, who)
    acme.json("events", "elect", event, "--choose", "medical=PPO/NONE")
    acme.json("events", "run")
    shown = acme.json("events", "show", event)["event"]
    assert (shown["process"], [one["code"] for one in shown["remarks"]]) == ("EE", ["not_offered"])
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
    told = acme.run("cobra", "list").out
    assert "administrator_told" in told
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
    (found,) = acme.json("events", "list", "--status", "void")["events"]
    assert (found["process"], found["status"]) == ("RE", "VOID")
    assert [row["reversed"] for row in acme.json("enrollments", "list", "--reversed")["enrollments"]] == [True] * 4
    entry = acme.json("audit")["audit"]
    assert ("event.void", "wrong person") in [(one["verb"], one["reason"]) for one in entry]


def test_S3_182_events_of_several_people_are_taken_back_together(acme, who):
    other = employee_named(acme, "Ines Oakes")
    covered(acme, who)
    acme.json("activities", "add", other, "--class", "hir", "--date", HIRED.isoformat(), "--reason", "a form")
    acme.json("events", "run")
    events = [one["event"] for one in acme.json("events", "list", "--class", "hir")["events"]]
    assert len(events) == 2
    answer = acme.json("events", "reprocess", *events, "--to", "assign", "--yes", "--reason", "wrong plan")
    assert [one["indicator"] for one in answer["events"]] == ["ASSIGN", "ASSIGN"]
    acme.json("events", "run")
    assert in_force(acme, who) == {}
    assert {one["process"] for one in acme.json("events", "list", "--class", "hir")["events"]} == {"PR"}


def test_what_is_refused_keeps_no_other_and_is_told(acme, who):
    event = hired(acme, who)
    answer = acme.run("--json", "events", "close", event, f"{who}/9")
    assert answer.code == 15
    assert [one["status"] for one in answer.json["events"]] == ["CLOSED"]
    assert [one["event"] for one in answer.json["refused"]] == [f"{who}/9"]
    alone = acme.run("--json", "events", "close", f"{who}/9")
    assert (alone.code, alone.error["code"]) == (15, 15)
    assert acme.run("events", "close", "nonsense").code == 2
    assert acme.run("events", "close", "99999/1").code == 15


def test_A_77_another_event_is_taken_first_by_hand(acme, who):
    event = hired(acme, who)
    acme.json("activities", "add", who, "--class", "BIR", "--date", str(TODAY), "--reason", "a form")
    acme.json("events", "run")
    (birth,) = acme.json("events", "list", "--class", "BIR")["events"]
    assert acme.run("events", "open", birth["event"]).code == 15
    acme.json("events", "close", event)
    acme.json("events", "open", birth["event"])
    assert [one["number"] for one in acme.json("events", "flagged")["events"]] == [int(event.split("/")[1])]
    cleared = acme.json("events", "clear", event, "--flag", "out_of_sequence")
    assert cleared["events"][0]["flags"] == []


def test_A_47_only_who_is_named_as_an_approver_works_on_events_at_the_terminal(acme, who):
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
        assert "broker may not decide" in answer.err
    refused = [entry["actor"] for entry in acme.json("audit")["audit"] if entry["verb"] == "events.refused"]
    assert refused == ["broker"] * 3
    assert acme.run("events", "final", event, "--yes", "--reason", "chosen on paper", "--actor", "ana").code == 0


def test_the_audit_trail_names_the_event_and_the_activity(acme, who):
    event = hired(acme, who)
    acme.run("events", "close", event, "--reason", "looked at")
    added = acme.json("activities", "add", who, "--class", "BIR", "--date", str(TODAY), "--reason", "a form")[
        "activities"
    ][0]["activity"]
    acme.run("activities", "hold", added)
    told = {entry["verb"]: entry["object"] for entry in acme.json("audit")["audit"]}
    number = next(one["id"] for one in acme.json("people", "list")["people"] if one["employee_id"] == who)
    assert told["event.close"] == f"participant {number}, event {event.split('/')[1]}"
    assert told["activity.hold"] == f"participant {number}, activity {added.split('/')[1]}"


def test_the_end_of_all_coverage_is_listed_and_needs_a_confirmation(acme, who):
    covered(acme, who)
    acme.company.update(who, employmentHistoryStatus="Contractor")
    acme.json("sync")
    acme.run("requests", "approve", "--all")
    acme.json("events", "run")
    (found,) = acme.json("events", "terminations")["events"]
    assert (found["process"], found["loss_of_all"]) == ("PR", True)
    assert "would end all coverage" in acme.run("events", "terminations").out
    assert in_force(acme, who) == DEFAULTS
    mark = ("events", "final", found["event"], "--yes", "--reason", "seen by two")
    refused = acme.run("--json", *mark)
    assert (refused.code, refused.error["remedy"]) == (15, "confirm")
    assert "--confirm" in refused.error["fix"]
    acme.json("events", "run")
    assert in_force(acme, who) == DEFAULTS
    acme.json(*mark, "--confirm")
    acme.json("events", "run")
    assert acme.json("events", "terminations")["events"] == []
    assert acme.json("cobra")["cobra"]


def test_A_72_activities_are_held_released_and_deleted(acme, who):
    added = acme.json("activities", "add", who, "--class", "BIR", "--date", str(TODAY), "--reason", "a form")[
        "activities"
    ]
    name = added[0]["activity"]
    assert acme.json("activities", "hold", name)["activities"][0]["state"] == "HELD"
    acme.json("events", "run")
    assert acme.json("activities", "list", "--state", "held")["activities"][0]["activity"] == name
    assert acme.run("activities", "hold", name).code == 15
    assert acme.json("activities", "release", name)["activities"][0]["state"] == "WAITING"
    assert acme.json("activities", "delete", name)["activities"][0]["state"] == "DELETED"
    acme.json("events", "run")
    assert acme.json("events", "list", "--class", "BIR")["events"] == []
    assert acme.run("activities", "add", who, "--class", "NOPE", "--date", str(TODAY), "--reason", "a form").code == 15


def test_S2_11_a_salary_by_hand_is_a_row_of_its_own(acme, who):
    covered(acme, who)
    words = ("enrollments", "salary", who, "--type", "life", "--amount", "61500", "--reason", "bonus not counted")
    found = acme.json(*words)["coverage"]
    life = next(row for row in found["in_force"] if row["plan_type"] == "life")
    assert (life["salary_override"], life["amount"]) == ("61500", "62000")
    assert acme.run(*words[:5], "--amount", "-1", "--reason", "a bonus").code == 2
    assert acme.run(*words[:5], "--amount", "much", "--reason", "a bonus").code == 2
    assert acme.run("enrollments", "salary", who, "--type", "pets", "--amount", "5", "--reason", "a bonus").code == 15


def test_a_report_changes_nothing(acme, who):
    acme.json("activities", "add", who, "--class", "hir", "--date", HIRED.isoformat(), "--reason", "a form")
    report = acme.json("events", "run", "--report-only")
    assert report["run"]["report_only"]
    assert acme.json("events", "list", "--class", "hir")["events"] == []
    assert acme.json("activities", "list", "--state", "waiting")["activities"]


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
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else "",
)
def test_a_list_is_a_table_and_an_object(acme, who, words, says):
    covered(acme, who)
    answer = acme.run(*words)
    assert (answer.code, says in answer.out) == (0, True), answer
    assert isinstance(json.loads(acme.run("--json", *words).out), dict)
    assert not [secret for secret in acme.secrets for one in acme.said if secret in one.out + one.err]


def test_a_rulebook_is_checked_before_any_site_uses_it(acme, tmp_path):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('[[plans]]\ncode = "P"\n')
    answer = acme.run("--json", "rules", "check", str(wrong))
    assert (answer.code, "plans[0].type" in answer.error["why"]) == (10, True)
    assert acme.run("rules", "check", str(tmp_path / "nowhere.toml")).code == 2
    acme.config.write_text(acme.config.read_text().replace('benefits = "benefits.toml"', 'benefits = "wrong.toml"'))
    assert acme.run("rules", "check").code == 10


def test_without_a_rulebook_commands_say_how_to_switch_it_on(acme):
    acme.config.write_text(acme.config.read_text().replace('benefits = "benefits.toml"\n', ""))
    assert "Name one as `benefits`" in acme.run("rules", "check").out
    answer = acme.run("--json", "events", "run")
    assert (answer.code, "benefits" in answer.error["fix"]) == (10, True)


def test_S2_02_a_sync_works_events_off_behind_it(acme, who):
    covered(acme, who)
    acme.company.terminate(who, TODAY)
    assert acme.json("sync")["run"]["events"]["counts"].get("finished", 0) == 0
    waiting = [str(one["id"]) for one in acme.json("requests", "list")["requests"]]
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
    assert [one["process"] for one in acme.json("events", "list", "--class", "hir")["events"]] == ["AS"]
    acme.json("events", "run")
    assert [one["process"] for one in acme.json("events", "list", "--class", "hir")["events"]] == ["PR"]


def test_S3_82_S3_83_a_run_for_one_person_leaves_the_others(acme, who):
    other = employee_named(acme, "Ines Oakes")
    for number in (who, other):
        acme.json("activities", "add", number, "--class", "BIR", "--date", str(TODAY), "--reason", "a form")
    assert acme.json("events", "run", "--employee", who)["run"]["counts"]["people"] == 1
    found = acme.json("events", "list", "--class", "BIR")["events"]
    assert [one["person"]["employee_id"] for one in found] == [who]


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
    with office(tmp_path, keys, capsys, in_file(tmp_path)) as here:
        here.begin()
        shutil.copy(RULEBOOK, tmp_path / "benefits.toml")
        text = here.config.read_text()
        here.config.write_text(text.replace('id = "ACME0001"\n', 'id = "ACME0001"\nbenefits = "benefits.toml"\n'))
        people = len(here.json("people", "list")["people"])
        assert here.json("events", "begin")["begun"]["people"] == people
        assert here.json("events", "begin")["begun"]["people"] == 0
        assert {one["event_class"] for one in here.json("events", "list")["events"]} == {"SNP"}


def test_results_of_eligibility_are_kept_on_request(acme, who):
    event = hired(acme, who)
    assert acme.json("events", "show", event)["event"]["eligibility"] == []
    acme.json("events", "reprocess", event, "--to", "assign", "--yes", "--reason", "wrong plan")
    acme.json("events", "run", "--record")
    kept = acme.json("events", "show", event)["event"]["eligibility"]
    assert {one["program"]: one["fits"] for one in kept if not one["plan"]} == {"FULL": True, "PART": False}


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
