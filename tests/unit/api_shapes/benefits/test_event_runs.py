"""The shapes of runs of benefit events."""

from __future__ import annotations

from bensync.api_shapes.base import Failure
from bensync.api_shapes.benefits.event_runs import (
    event_outcome,
    event_report,
    event_run,
    event_run_detail,
    event_run_result,
    invariant,
    run_report,
)
from bensync.benefits.engine.run import CaseResult
from bensync.core.changes import Issue, IssueCode
from bensync.core.ports import PreflightFinding
from bensync.errors import ConfigError
from bensync.pipeline.benefits.events import EventRunReport
from tests.unit.benefits.cases import case
from tests.unit.views import cobra_record, enrollment, remark_line, run_view, summary

REPORT = EventRunReport(11, {"people": 2}, {"no_rule": 1}, ("north",))
RESULT = CaseResult(case(), (enrollment(),), (), (cobra_record(),), (), (), ("north",))


def test_a_run_that_ended_well_has_no_error_and_one_that_failed_says_why():
    assert event_run(summary(), "acme").error is None
    failed = event_run(summary(error={"what": "The rulebook cannot be used."}), "acme")
    assert failed.error == {"what": "The rulebook cannot be used."}
    assert failed.id == 11


def test_a_run_lists_its_remarks():
    (line,) = event_run_detail(summary(), "acme", [remark_line()]).lines
    assert (line.code, line.person.employee_id) == ("no_rule", "104")


def test_a_report_that_is_not_stored_has_no_number():
    assert event_report(EventRunReport(0, {}, {}, ()), "acme").id is None
    assert event_report(REPORT, "acme").id == 11


def test_a_report_shows_what_would_happen_to_each_participant():
    shown = event_run_result(REPORT, "acme", [RESULT], report_only=True)
    (person,) = shown.people
    assert person.participant == RESULT.case.participant.id
    assert [row.plan_type for row in person.posted] == ["medical"]
    assert person.cobra[0].event == 3
    assert shown.carriers == ["north"]


def test_an_event_is_named_as_it_was_asked_for():
    assert event_outcome("104/2", RESULT).event == "104/2"


def test_a_sync_says_what_the_run_of_events_behind_it_did_or_why_it_failed():
    issues = [Issue("105", IssueCode.SSN_MISSING, "ssn is empty")]
    assert run_report(run_view(), issues, None).events is None
    assert run_report(run_view(), issues, REPORT).events == event_report(REPORT, "acme")
    failed = run_report(run_view(), issues, ConfigError("The rulebook cannot be used.", "It is empty.", "Fill it."))
    assert isinstance(failed.events, Failure)
    assert failed.events.error.what == "The rulebook cannot be used."
    assert [(issue.employee_id, issue.code) for issue in failed.issues] == [("105", IssueCode.SSN_MISSING)]


def test_an_invariant_says_whether_it_holds():
    shown = invariant(PreflightFinding("one event in process", False, "2 people"), "acme")
    assert (shown.rule, shown.holds, shown.detail) == ("one event in process", False, "2 people")
