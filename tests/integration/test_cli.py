"""The command line against a fake BambooHR, a real gpg, a folder and SQLite: what it does, says, and ends with."""

from __future__ import annotations

import json
import re
import signal
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bensync import wiring
from bensync.cli import main
from bensync.errors import BensyncError
from tests.fixtures.office import Office, office

FINGERPRINT = "0123456789ABCDEF0123456789ABCDEF01234567"
INIT = (
    *("init", "--site-id", "ACME0001", "--company", "acme", "--recipient", FINGERPRINT),
    *("--upload-host", "sftp.example.com", "--upload-user", "acme", "--host-key", "SHA256:" + "a" * 43),
)


pytestmark = pytest.mark.databases("sqlite")  # what is said and how it ends; what is remembered is looked at elsewhere


@pytest.fixture
def acme(tmp_path, keys, capsys, database):
    with office(tmp_path, keys, capsys, database) as here:
        yield here


@pytest.fixture
def begun(acme: Office) -> Office:
    acme.begin()
    return acme


def await_that(what, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


# Setting up


def test_init_writes_a_configuration_that_loads_and_a_database_that_is_ready(acme, tmp_path):
    path = tmp_path / "fresh" / "bensync.toml"
    answer = acme.run("--config", str(path), "--site", "acme", *INIT, "--json")
    assert answer.code == 0
    assert answer.json["init"] == {
        "config": str(path),
        "state_key": str(path.with_name("state.key")),
        "site": "acme",
        "to_fill_in": [],
    }
    settings = wiring.Deployment(path).settings
    assert settings.sites["acme"].id == "ACME0001"
    for name in ("state.key", "bensync.toml"):
        assert stat.S_IMODE(path.with_name(name).stat().st_mode) == 0o600
    assert acme.run("--config", str(path), "status").code == 0


def test_init_overwrites_nothing(acme, tmp_path):
    path = tmp_path / "fresh" / "bensync.toml"
    assert acme.run("--config", str(path), *INIT).code == 0
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    path.unlink()
    assert acme.run("--config", str(path), *INIT).code == 10, "the state key is still there"
    del before["bensync.toml"]
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_init_marks_what_nobody_gave_and_nothing_starts_before_it_is_filled_in(acme, tmp_path):
    path = tmp_path / "fresh" / "bensync.toml"
    answer = acme.run("--config", str(path), "init", "--yes")
    assert answer.code == 0
    assert "FILL-IN" in path.read_text()
    assert "entries marked with FILL-IN" in answer.out
    broken = acme.run("--config", str(path), "status", "--json")
    assert broken.error["code"] == 10
    for where in ("sites.main.id", "sites.main.feed.recipient", "host_keys"):
        assert where in broken.error["why"], "all problems at once, each with its path"


def test_init_does_not_ask_a_script(acme, tmp_path):
    answer = acme.run("--config", str(tmp_path / "x" / "bensync.toml"), "init", "--json")
    assert answer.code == 2
    assert "--site-id" in answer.error["why"]
    assert not (tmp_path / "x").exists()


def test_check_tells_line_by_line_and_fails_until_all_is_well(acme, mailbox):
    acme.run("migrate")
    without_mail = acme.run("check", "--json")
    assert without_mail.code == 10
    assert [line["subject"] for line in without_mail.json["findings"] if not line["ok"]] == ["mail"]
    mail = f'host = "{mailbox.host}"\nport = {mailbox.port}\nsender = "b@example.com"\nadmins = ["a@example.com"]\n'
    acme.configure("acme", extra=f"[mail]\n{mail}")
    well = acme.run("check")
    assert well.code == 0, well.out
    assert "acme: all is well." in well.out
    acme.company.forbid("ssn")
    hidden = acme.run("check")
    assert hidden.code == 10
    assert "1 thing to mend" in hidden.out


def test_all_problems_of_a_configuration_are_shown_at_once(acme):
    text = acme.config.read_text().replace('id = "ACME0001"', 'id = "lower case"\nshoe_size = 4')
    acme.config.write_text(text.replace("[state]", '[state]\ncolour = "red"'))
    answer = acme.run("status")
    assert answer.code == 10
    for where in ("sites.acme.id", "sites.acme.shoe_size", "state.colour"):
        assert where in answer.err
    assert answer.out == ""
    assert answer.err.splitlines()[0].startswith("what:")


@pytest.mark.parametrize("command", ["status", "sync", "plan", "people", "check"])
def test_an_unknown_site_is_a_configuration_error(acme, command):
    answer = acme.run("--site", "nowhere", command, "--json")
    assert answer.code == answer.error["code"] == 10
    assert "acme" in answer.error["why"]


def test_a_database_without_tables_asks_for_migrate(acme):
    answer = acme.run("status", "--json")
    assert answer.code == 14
    assert "bensync migrate" in answer.error["mend"]


def test_connectors_lists_what_is_installed(acme):
    assert acme.json("connectors") == {"connectors": ["bamboohr", "csvfile"]}
    assert acme.run("connectors").out.split() == ["bamboohr", "csvfile"]


# Runs


def test_a_sync_without_a_baseline_is_stopped_and_recorded(acme):
    acme.run("migrate")
    answer = acme.run("sync", "--json")
    assert answer.code == 12
    assert answer.error["kind"] == "GuardTripped"
    assert [run["state"] for run in acme.json("runs")["runs"]] == ["FAILED"]
    assert "no_baseline" in acme.run("runs", "show", "1").out
    status = acme.json("status")["sites"][0]
    assert status["last_update"] is None
    assert status["last_error"]["code"] == 12


@pytest.mark.parametrize("words", [("resync",), ("snapshot",), ("resync", "--active", "--inactve"), ("dance",), ()])
def test_wrong_usage_ends_with_2_and_starts_no_run(acme, words):
    acme.run("migrate")
    assert acme.run(*words).code == 2
    assert acme.json("runs") == {"runs": []}
    if words:
        answer = acme.run("--json", *words)
        assert (answer.code, answer.error["code"]) == (2, 2)


def test_a_resync_tells_everybody_and_opens_their_requests(acme):
    acme.run("migrate")
    told = acme.json("resync", "--active", "--inactive", "--actor", "kim")["run"]
    people = len(acme.company)
    assert told["site"] == "acme"
    assert (told["kind"], told["state"], told["outcome"]) == ("RESYNC", "SUCCEEDED", "DELIVERED")
    assert told["counts"] == {
        "pulled": people,
        "changed": people,
        "unchanged": 0,
        "kept_back": 0,
        "held": 0,
        "requests": people,
    }
    assert told["delivery"] == {"name": "ACME0001_FULL_000001.csv.gpg", "rows": people, "state": "COMMITTED"}
    assert (told["alarms"], told["issues"]) == ([], [])
    assert [path.name for path in acme.files.iterdir()] == ["ACME0001_FULL_000001.csv.gpg"]
    last = acme.json("status")["sites"][0]["last_update"]
    assert (last["kind"], last["boxes"], last["actor"]) == ("RESYNC", ["active", "inactive"], "kim")
    assert (last["file"], last["outcome"]) == ("ACME0001_FULL_000001.csv.gpg", "DELIVERED")
    assert acme.json("status")["sites"][0]["pending"] == {"NEW": people}


def test_a_box_that_is_not_ticked_stays_outside(acme):
    acme.run("migrate")
    plan = acme.json("plan", "--active")["plan"]
    assert plan["outside"] > 0
    assert len(plan["rows"]) + plan["outside"] == len(acme.company)
    assert acme.json("resync", "--active")["run"]["delivery"]["rows"] == len(plan["rows"])


def test_a_sync_without_changes_sends_nothing(begun):
    told = begun.json("sync")["run"]
    assert (told["outcome"], told["delivery"]) == ("NO_CHANGES", None)
    assert begun.run("sync").code == 0
    assert not list(begun.files.iterdir())


def test_people_kept_back_end_a_run_with_3(begun):
    one, other = begun.actives[:2]
    begun.company.update(one, ssn="")
    begun.company.update(other, city="Elsewhere")
    plan = begun.run("plan", "--json")
    assert plan.code == 3
    assert [row["employee_id"] for row in plan.json["plan"]["rows"]] == [other]
    assert plan.json["plan"]["issues"][0]["code"] == "ssn_missing"
    assert begun.json("runs")["runs"][1:] == [], "a plan is no run"
    answer = begun.run("sync", "--json")
    assert answer.code == 3
    assert answer.json["run"]["issues"] == [{"employee_id": one, "code": "ssn_missing"}]
    assert begun.json("issues")["issues"][0]["employee_id"] == one
    assert "ssn_missing" in begun.run("issues", "show", "1").out
    begun.company.update(one, ssn="123-45-6789")
    begun.company.now += timedelta(seconds=1)
    assert begun.run("sync").code in {0, 3}
    assert begun.json("issues") == {"issues": []} or begun.json("issues")["issues"][0]["code"] == "held"


def test_a_refused_plan_ends_with_12_until_exactly_it_is_released(begun):
    begun.config.write_text(begun.config.read_text() + '[sites.acme.guards]\nrows_in_error = "1"\n')
    for employee in begun.actives[:3]:
        begun.company.update(employee, ssn="")
    plan = begun.run("plan", "--json")
    assert plan.code == 12
    (alarm,) = plan.json["plan"]["alarms"]
    assert (alarm["code"], alarm["count"], alarm["limit"]) == ("rows_in_error", 3, "1")
    refused = begun.run("sync", "--json")
    assert refused.code == 12
    fingerprint = plan.json["plan"]["fingerprint"]
    assert fingerprint in refused.error["mend"]
    assert begun.run("sync", "--allow", "0" * 16).code == 12
    assert begun.run("sync", "--allow", fingerprint, "--actor", "kim").code == 3
    assert [entry["actor"] for entry in begun.json("audit")["audit"] if entry["verb"] == "plan.allow"][-1] == "kim"


def test_held_rows_end_a_run_with_3_and_the_others_go_out(begun):
    begun.config.write_text(begun.config.read_text() + '[sites.acme.guards]\nterminations = "1"\n')
    *leaving, moving = begun.actives[:3]
    for employee in leaving:
        begun.company.terminate(employee, on=begun.company.today)
    begun.company.update(moving, city="Elsewhere")
    answer = begun.run("sync", "--json")
    assert answer.code == 3
    run = answer.json["run"]
    assert (run["counts"]["held"], run["delivery"]["rows"]) == (2, 1)
    assert run["alarms"][0]["code"] == "terminations"
    shown = begun.run("plan")
    assert shown.code == 3
    assert "2 rows held" in shown.out
    assert f"--allow {run['plan']}" in shown.out


def test_a_source_that_cannot_be_read_ends_with_11(begun):
    begun.company.weather.fail(times=50)
    answer = begun.run("sync", "--json")
    assert (answer.code, answer.error["kind"]) == (11, "SourceError")


def test_a_file_that_cannot_be_delivered_ends_with_13_and_can_be_sent_again_by_hand(begun):
    begun.company.update(begun.actives[0], city="Elsewhere")
    begun.files.rmdir()
    answer = begun.run("sync", "--json")
    assert (answer.code, answer.error["kind"]) == (13, "DeliveryError")
    assert begun.json("status")["sites"][0]["deliveries_in_trouble"] == 1
    assert "1 delivery (`bensync deliveries`)" in begun.run("status").out
    (failed,) = begun.json("deliveries", "list")["deliveries"]
    assert failed["state"] == "FAILED"
    begun.files.mkdir()
    sent = begun.json("deliveries", "retry", str(failed["id"]))["delivery"]
    assert (sent["name"], sent["state"], sent["sha256"]) == (failed["name"], "COMMITTED", failed["sha256"])
    assert begun.json("status")["sites"][0]["deliveries_in_trouble"] == 0
    assert begun.run("deliveries", "retry", str(failed["id"])).code == 14
    shown = begun.json("deliveries", "show", "1")["delivery"]
    assert shown["people"] == [{"employee_id": begun.actives[0], "kind": "UPDATE", "fields": ["city"]}]


def test_a_site_that_is_busy_ends_with_16(begun):
    store = wiring.Deployment(begun.config).store()
    with store.work("acme", "test") as work:
        work.runs.take_lease(datetime.now(UTC))
    store.close()
    answer = begun.run("sync", "--json")
    assert (answer.code, answer.error["kind"]) == (16, "BusyError")


def test_several_sites_are_synced_one_after_the_other_and_one_that_fails_keeps_nobody(begun):
    begun.configure("acme", "beta")
    answer = begun.run("sync", "--json")
    assert answer.code == 12, "beta has no baseline yet"
    acme, beta = answer.json["runs"]
    assert (acme["site"], acme["outcome"]) == ("acme", "NO_CHANGES")
    assert (beta["site"], beta["error"]["kind"]) == ("beta", "GuardTripped")
    shown = begun.run("sync")
    assert "acme: run" in shown.out
    assert "beta: failed" in shown.out
    assert [site["site"] for site in begun.json("status")["sites"]] == ["acme", "beta"]
    assert begun.run("resync", "--active").code == 2, "one site must be named"
    assert begun.run("--site", "beta", "snapshot", "--yes").code == 0
    assert begun.run("sync").code == 0
    assert begun.run("sync", "--site", "acme", "--json").json["run"]["site"] == "acme"


# The queue


def changed(acme: Office) -> tuple[str, str]:
    """One person moved, one left: two requests, one of them of HIGH risk."""
    moving, leaving = acme.actives[:2]
    acme.company.update(moving, city="Elsewhere")
    acme.company.terminate(leaving, on=acme.company.today)
    assert acme.run("sync").code == 0
    return moving, leaving


def test_the_queue_lists_requests_in_the_shape_that_scripts_rely_on(begun):
    moving, leaving = changed(begun)
    found = {
        one["person"]["employee_id"]: one for one in begun.json("requests", "list", "--state", "pending")["requests"]
    }
    assert set(found) == {moving, leaving}
    update = found[moving]
    assert set(update) >= {
        *("id", "site", "kind", "risk", "state", "person", "effective_date"),
        *("warnings", "changes", "delivery", "superseded_by", "opened_at"),
    }
    assert update["changes"][0]["field"] == "city"
    assert update["changes"][0]["new"] == "Elsewhere"
    assert (update["kind"], update["risk"], update["state"]) == ("UPDATE", "LOW", "PENDING")
    assert update["delivery"] == "ACME0001_DELTA_000001"
    assert update["person"]["ssn"].startswith("***-**-")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", update["opened_at"])
    assert (found[leaving]["kind"], found[leaving]["risk"]) == ("TERMINATE", "HIGH")
    assert {"field": "status", "old": "ACTIVE", "new": "TERMINATED"} in found[leaving]["changes"]
    only = begun.json("requests", "list", "--kind", "terminate")["requests"]
    assert [one["person"]["employee_id"] for one in only] == [leaving]
    assert begun.run("requests", "list", "--kind", "dismissal").code == 2


def test_all_approves_what_is_harmless_and_says_what_is_left(begun):
    changed(begun)
    answer = begun.run("requests", "approve", "--all", "--json")
    assert answer.code == 0
    high = [one["id"] for one in begun.json("requests", "list", "--state", "pending")["requests"]]
    assert len(high) == 1
    assert answer.json["left"] == high
    assert [decision["done"] for decision in answer.json["decisions"]] == [True]
    assert f"left for a look each: {high[0]}" in begun.run("requests", "approve", "--all").out


def test_a_high_risk_request_wants_its_caution_confirmed(begun):
    _, leaving = changed(begun)
    (high,) = (str(one["id"]) for one in begun.json("requests", "list", "--kind", "terminate")["requests"])
    shown = begun.run("requests", "show", high)
    assert "Caution: approving ends this person's benefits" in shown.out
    assert "Warning: the participant's coverage ends (ends_coverage)." in shown.out
    refused = begun.run("requests", "approve", high, "--json")
    assert refused.code == 15
    assert refused.json["decisions"][0]["mend"]
    assert begun.json("people", "show", leaving)["person"]["status"] == "ACTIVE"
    assert begun.run("requests", "approve", high, "--confirm", "--actor", "kim").code == 0
    assert begun.json("people", "show", leaving)["person"]["status"] == "TERMINATED"
    decided = begun.json("requests", "show", high)["request"]
    assert (decided["state"], decided["decided_by"]) == ("APPROVED", "kim")
    again = begun.run("requests", "approve", high, "--confirm", "--json")
    assert again.code == 15
    assert "approved by kim" in again.json["decisions"][0]["why"]


def test_a_decline_needs_its_reason_and_changes_nobody(begun):
    moving, _ = changed(begun)
    (number,) = (str(one["id"]) for one in begun.json("requests", "list", "--kind", "update")["requests"])
    assert begun.run("requests", "decline", number).code == 2
    assert begun.run("requests", "decline", number, "--reason", "BECAUSE").code == 2
    assert begun.run("requests", "decline", number, "--reason", "error", "--note", "wrong town").code == 0
    declined = begun.json("requests", "show", number)["request"]
    assert (declined["state"], declined["decline_code"], declined["note"]) == ("DECLINED", "ERROR", "wrong town")
    assert begun.json("people", "show", moving)["person"]["values"]["city"] != "Elsewhere"
    assert begun.run("requests", "decline", number, "--reason", "error").code == 15


def test_requests_that_do_not_exist_are_told_apart_from_those_that_do(begun):
    changed(begun)
    assert begun.run("requests", "show", "99").code == 15
    answer = begun.run("requests", "approve", "1", "99", "--confirm", "--json")
    assert answer.code == 15
    assert [decision["done"] for decision in answer.json["decisions"]] == [True, False]


@pytest.mark.parametrize(
    "words", [("approve",), ("approve", "1", "--all"), ("approve", "--all", "--confirm"), ("approve", "x")]
)
def test_an_approval_says_clearly_what_it_is_about(begun, words):
    assert begun.run("requests", *words).code == 2


def test_a_new_ssn_can_be_decided_as_a_correction_of_the_old_participant(begun):
    who = begun.actives[0]
    before = begun.json("people", "show", who)["person"]
    begun.company.update(who, ssn="123-45-6789")
    assert begun.run("sync").code == 0
    (request,) = begun.json("requests", "list", "--state", "pending")["requests"]
    assert "possible_duplicate" in request["warnings"]
    number = str(request["id"])
    assert begun.run("requests", "approve", number, "--confirm", "--as-ssn-correction").code == 0
    after = begun.json("people", "show", who)["person"]
    assert (after["id"], after["ssn"]) == (before["id"], "***-**-6789")
    told = begun.json("audit", "show", str(begun.json("audit")["audit"][-1]["id"]))["audit"]
    assert told["verb"] == "request.approve_as_ssn_correction"


# People and lists


def test_corrections_on_the_benefits_side_are_audited_and_leave_hr_alone(begun):
    who = begun.actives[0]
    edited = begun.json("people", "edit", who, "--set", "city=Nowhere", "--set", "middle_name=", "--reason", "typo")
    assert edited["person"]["values"]["city"] == "Nowhere"
    assert "middle_name" not in edited["person"]["values"]
    ended = begun.json("people", "terminate", who, "--date", "2026-01-31", "--reason", "left", "--actor", "kim")
    assert (ended["person"]["status"], ended["person"]["termination_date"]) == ("TERMINATED", "2026-01-31")
    assert begun.run("people", "terminate", who, "--date", "2026-01-31", "--reason", "left").code == 15
    assert begun.json("people", "reinstate", who, "--reason", "mistake")["person"]["status"] == "ACTIVE"
    verbs = [(entry["verb"], entry["reason"]) for entry in begun.json("audit")["audit"]][-3:]
    assert verbs == [
        ("participant.edit", "typo"),
        ("participant.terminate", "left"),
        ("participant.reinstate", "mistake"),
    ]
    assert not begun.company.writes


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("edit", "1", "--set", "city=X"), 2),
        (("edit", "1", "--set", "city", "--reason", "r"), 2),
        (("edit", "1", "--set", "shoe_size=4", "--reason", "r"), 15),
        (("terminate", "1", "--date", "someday", "--reason", "r"), 2),
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
    assert acme.run("requests", "list").out == "acme: No requests wait.\n"


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
        assert answer.out.count("\n") == 1, words
        shown = begun.run(*words)
        assert shown.code == 0, words
        assert shown.out.strip(), words


# Ends


def test_a_bug_is_told_in_three_lines_without_the_values_at_hand(begun, monkeypatch):
    def broken(*_arguments):
        secret = "Ada Vale 123-45-6789"
        raise RuntimeError(secret)

    monkeypatch.setattr(wiring.Deployment, "names", broken)
    answer = begun.run("status")
    assert answer.code == BensyncError.code
    assert [line.split()[0] for line in answer.err.splitlines()] == ["what:", "why:", "mend:"]
    assert "RuntimeError" in answer.err
    loud = begun.run("status", "--verbose")
    assert "in broken" in loud.err
    assert "Ada Vale" not in answer.err
    assert begun.run("status", "--json").error["code"] == 1


def test_an_interrupted_run_ends_with_130_and_the_next_one_goes_on(begun):
    begun.company.weather.slow(seconds=20)
    begun.company.update(begun.actives[0], city="Elsewhere")
    with begun.started("sync", "--json") as process:
        await_that(lambda: begun.json("runs")["runs"][-1]["state"] == "RUNNING")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
        assert process.returncode == 130
        assert json.loads(out)["error"]["code"] == 130
    begun.company.weather.clear()
    assert begun.json("sync")["run"]["outcome"] == "DELIVERED"
    assert "INTERRUPTED" in begun.run("runs").out


def test_the_daemon_makes_the_daily_run_and_stops_when_asked(begun):
    begun.config.write_text('[schedule]\ndaily_after = "00:00"\n' + begun.config.read_text())
    begun.company.update(begun.actives[0], city="Elsewhere")
    with begun.started("daemon") as process:
        await_that(
            lambda: begun.json("runs")["runs"][-1]["state"] == "SUCCEEDED" and len(begun.json("runs")["runs"]) == 2
        )
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "")
    assert "daemon.start" in err
    run = begun.json("runs")["runs"][-1]
    assert (run["actor"], run["cause"], run["outcome"]) == ("daemon", "SCHEDULE", "DELIVERED")
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    assert begun.json("status")["sites"][0]["next_run"] == f"{tomorrow}T00:00:00Z"


def test_python_m_bensync_and_the_command_say_the_same():
    said = [
        subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=60).stdout
        for command in ([sys.executable, "-m", "bensync"], [str(Path(sys.executable).with_name("bensync"))])
    ]
    assert said[0] == said[1]
    assert said[0].startswith("bensync ")


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
    (number, *_) = (str(one["id"]) for one in begun.json("requests", "list", "--state", "pending")["requests"])

    for words in (
        ("requests", "approve", number),
        ("requests", "decline", number, "--reason", "ERROR"),
        ("people", "edit", "1", "--set", "city=Akron", "--reason", "test"),
    ):
        answer = begun.run(*words, "--actor", "broker")
        assert answer.code == 15
        assert "broker may not decide" in answer.err

    assert begun.json("requests", "list", "--state", "pending")["requests"][0]["id"] == int(number)
    refused = [entry for entry in begun.json("audit")["audit"] if entry["verb"] == "decision.refused"]
    assert [entry["actor"] for entry in refused] == ["broker"] * 3
    assert begun.run("requests", "approve", number, "--confirm", "--actor", "ana").code == 0
