"""Runs from the command line against a fake BambooHR: what they do, say, and end with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bensync import wiring
from bensync.cli.system_user import system_user
from tests.fixtures.databases import on_sqlite

pytestmark = on_sqlite


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


def test_a_resync_sends_everybody_and_opens_their_requests(acme):
    acme.run("migrate")
    run = acme.json("resync", "--active", "--inactive", "--actor", "kim")["run"]
    people = len(acme.company)
    assert run["site"] == "acme"
    assert (run["kind"], run["state"], run["outcome"]) == ("RESYNC", "SUCCEEDED", "DELIVERED")
    assert run["counts"] == {
        "pulled": people,
        "changed": people,
        "unchanged": 0,
        "kept_back": 0,
        "held": 0,
        "requests": people,
    }
    assert run["delivery"] == {"name": "ACME0001_FULL_000001.csv.gpg", "rows": people, "state": "COMMITTED"}
    assert (run["alarms"], run["issues"]) == ([], [])
    assert [path.name for path in acme.files.iterdir()] == ["ACME0001_FULL_000001.csv.gpg"]
    last = acme.json("status")["sites"][0]["last_update"]
    assert (last["kind"], last["boxes"], last["actor"]) == (
        "RESYNC",
        ["active", "inactive"],
        f"kim (by {system_user()})",
    )
    assert (last["file"], last["outcome"]) == ("ACME0001_FULL_000001.csv.gpg", "DELIVERED")
    assert acme.json("status")["sites"][0]["pending"] == {"NEW": people}


def test_a_box_that_is_not_ticked_stays_outside(acme):
    acme.run("migrate")
    plan = acme.json("plan", "--active")["plan"]
    assert plan["outside"] > 0
    assert len(plan["rows"]) + plan["outside"] == len(acme.company)
    assert acme.json("resync", "--active")["run"]["delivery"]["rows"] == len(plan["rows"])


def test_a_sync_without_changes_sends_nothing(begun):
    run = begun.json("sync")["run"]
    assert (run["outcome"], run["delivery"]) == ("NO_CHANGES", None)
    assert begun.run("sync").code == 0
    assert not list(begun.files.iterdir())


def test_blocked_people_end_a_run_with_3(begun):
    first, other = begun.actives[:2]
    begun.company.update(first, ssn="")
    begun.company.update(other, city="Elsewhere")
    plan = begun.run("plan", "--json")
    assert plan.code == 3
    assert [row["employee_id"] for row in plan.json["plan"]["rows"]] == [other]
    assert plan.json["plan"]["issues"][0]["code"] == "ssn_missing"
    assert begun.json("runs")["runs"][1:] == [], "a plan is no run"
    answer = begun.run("sync", "--json")
    assert answer.code == 3
    assert answer.json["run"]["issues"] == [{"employee_id": first, "code": "ssn_missing"}]
    assert begun.json("issues")["issues"][0]["employee_id"] == first
    assert "ssn_missing" in begun.run("issues", "show", "1").out
    begun.company.update(first, ssn="123-45-6780")
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
    assert fingerprint in refused.error["fix"]
    assert begun.run("sync", "--allow", "0" * 16).code == 12
    assert begun.run("sync", "--allow", fingerprint, "--actor", "kim").code == 3
    assert [entry["actor"] for entry in begun.json("audit")["audit"] if entry["verb"] == "plan.allow"][
        -1
    ] == f"kim (by {system_user()})"


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


def test_a_site_that_is_busy_ends_with_16(begun):
    store = wiring.Deployment(begun.config).store()
    with store.write("acme", "test") as work:
        work.runs.take_lease(datetime.now(UTC))
    store.close()
    answer = begun.run("sync", "--json")
    assert (answer.code, answer.error["kind"]) == (16, "BusyError")
