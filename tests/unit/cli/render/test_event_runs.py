"""Runs of benefit events, and searches for passive events, on the command line."""

from __future__ import annotations

from datetime import date

from bensync.benefits.engine.run import CaseResult
from bensync.cli.render.event_runs import print_report, print_searches, print_summary
from bensync.pipeline.benefits.events import EventRunReport
from bensync.state.read.event_lists import SearchLine
from tests.unit.benefits.cases import case
from tests.unit.cli.render.printing import printed
from tests.unit.views import NOON, enrollment, remark_line, summary

COUNTS = {"people": 2, "loss_of_all": 1, "failed": 0, "process.PR": 40}


def test_a_run_without_people_has_nothing_to_process():
    report = EventRunReport(0, {"people": 0}, {}, ())
    assert printed(print_report, "acme", report, [], 10) == "acme: there is nothing to process."


def test_a_run_shows_its_own_totals_that_are_not_zero_and_its_carriers():
    text = printed(print_report, "acme", EventRunReport(11, COUNTS, {"no_rule": 3}, ("north",)), [], 10)
    assert "acme: run 11 of benefit events" in text
    assert "loss of all 1" in text
    assert "failed" not in text
    assert "process" not in text, "the stages of all events are no result of this run"
    assert "carriers to notify north" in text
    assert "no_rule 3" in text
    assert "`bensync events summary` shows the event of each remark." in text


def test_a_report_says_that_nothing_was_changed_and_cuts_a_long_list():
    rows = tuple(enrollment(number=number) for number in (1, 2, 3))
    result = CaseResult(case(), rows, (), (), (), (), ())
    text = printed(print_report, "acme", EventRunReport(0, COUNTS, {"no_rule": 3}, ()), [result], 2)
    assert "the effect of a run; nothing was changed" in text
    assert "events summary" not in text
    assert text.count("posted medical ELECT MED") == 2
    assert "1 more; --json shows all." in text


def test_a_summary_shows_totals_and_the_event_of_each_remark():
    text = printed(print_summary, "acme", summary(), [remark_line()], 1)
    assert "acme: run 11 of benefit events, SUCCEEDED" in text
    assert "posted 3" in text
    assert "no_rule 104/2 medical MED no add rule names the event class" in text
    assert printed(print_summary, "acme", None, [], 0) == "acme: no run has processed events yet."


def test_a_failed_run_says_what_happened_and_how_to_fix_it():
    failed = summary(ended_at=None, error={"what": "The rulebook cannot be used.", "fix": "Correct it."})
    text = printed(print_summary, "acme", failed, [], 0)
    assert "error The rulebook cannot be used." in text
    assert "fix Correct it." in text
    assert "ended" not in text


def test_searches_for_passive_events_show_their_days_and_hits():
    line = SearchLine("AGE", date(2026, 5, 1), date(2026, 5, 31), 4, "daemon", NOON)
    assert "AGE 2026-05-01 2026-05-31 4 daemon 2026-06-01 12:00" in printed(print_searches, "acme", [line])
    assert printed(print_searches, "acme", []) == "acme: no searches for passive events yet."
