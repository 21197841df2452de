"""Runs and plans on the command line: a headcount that adds up, alarms with their effect, and errors in words."""

from __future__ import annotations

from bensync.cli.render.runs import (
    counts_of,
    error_of,
    kind_of,
    outcome_of,
    print_alarms,
    print_plan,
    print_run,
    print_run_report,
    print_runs,
)
from bensync.core.changes import Issue, IssueCode
from bensync.core.guards import Guards
from bensync.core.runs import RunKind, RunState
from bensync.state.read.lists import Listing
from tests.unit.builders import baseline_of, candidate, plan, profile
from tests.unit.cli.render.printing import printed
from tests.unit.views import run_view


def test_a_site_without_runs_says_so_and_a_failed_run_names_the_kind_of_error():
    assert printed(print_runs, {"acme": Listing([], 0)}) == "acme: there are no runs yet."
    failed = run_view(id=10, state=RunState.FAILED, outcome=None, delivery=None, counts={}, error={"kind": "source"})
    text = printed(print_runs, {"acme": Listing([run_view(), failed], 2)})
    assert "9 2026-06-01 12:00 DAILY daemon DELIVERED 3 2 ACME_DELTA_000004" in text
    assert "10 2026-06-01 12:00 DAILY daemon FAILED source" in text


def test_the_headcount_of_a_run_adds_up_in_one_line():
    ledger = {"before": 1200, "hires": 3, "terminations": 1, "rehires": 0, "after": 1202}
    text = printed(print_run, run_view(ledger=ledger))
    assert "headcount 1,200 before + 3 hires - 1 terminations = 1,202 after" in text
    assert "file ACME_DELTA_000004.csv.gpg, 3 rows, COMMITTED" in text
    assert "outcome DELIVERED: A file was delivered" in text


def test_an_alarm_says_its_limit_and_whether_it_stops_the_run():
    text = printed(print_alarms, [("40 terminations", "5 %", False), ("nobody was read", "1", True)])
    assert "Alarm: 40 terminations (limit 5 %); it holds these rows." in text
    assert "Alarm: nobody was read (limit 1); it stops the run." in text


def test_a_resync_names_its_populations():
    assert kind_of(run_view(kind=RunKind.RESYNC, boxes=("active", "inactive"))) == "RESYNC active + inactive"
    assert kind_of(run_view()) == "DAILY"


def test_only_counts_that_are_not_zero_are_shown():
    assert "0" not in counts_of(run_view(counts={"changed": 3, "held": 0}))


def test_an_interrupted_run_has_an_error_though_none_could_be_written():
    assert error_of(run_view()) == []
    (row,) = error_of(run_view(state=RunState.INTERRUPTED, outcome=None))
    assert row == ("error", "The run was interrupted. The next run finishes it.")
    assert outcome_of(run_view(outcome=None)) == ""


def test_a_plan_lists_rows_issues_and_what_is_unchanged_and_changes_nothing():
    sent = profile(1)
    planned = plan(
        [candidate(profile(1, city="Dayton")), candidate(profile(2))],
        [baseline_of(sent), baseline_of(profile(2))],
        issues=[Issue("3", IssueCode.SSN_MISSING, "ssn is empty")],
    )
    text = printed(print_plan, "acme", planned, whole=False)
    assert "acme: 1 row would be sent" in text
    assert "1 UPDATE city" in text
    assert f"3 {IssueCode.SSN_MISSING} ssn is empty" in text
    assert "1 person unchanged (--verbose lists them)." in text
    assert "Nothing was changed." in text
    assert "1 person unchanged: 2." in printed(print_plan, "acme", planned, whole=True)


def test_a_held_row_says_how_to_release_exactly_this_plan():
    people = [profile(number) for number in range(1, 4)]
    held = plan(
        [candidate(profile(number, city="Dayton")) for number in range(1, 4)],
        [baseline_of(person) for person in people],
        guards=Guards(percent_from=1),
    )
    release = f"bensync sync --allow {held.fingerprint}"
    assert release in printed(print_plan, "acme", held, whole=False)
    assert release in printed(print_run_report, run_view(), held)
