"""Runs over benefit events on real databases, from an approval to coverage."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from bensync.benefits.engine.run import RunMode
from bensync.core.runs import RunKind, RunState
from bensync.errors import StateError
from bensync.pipeline.benefits import events
from bensync.pipeline.benefits.events import begin_events
from tests.fixtures.benefit_site import BOOK
from tests.fixtures.invariants import hold


def test_A_69_A_70_an_approved_termination_ends_coverage_and_opens_cobra(site):
    who = site.covered()
    assert site.case(who).participant.program == "FULL"

    number = site.ask(active=False, since="2026-06-01")
    assert site.approve(number).done
    report = site.run()

    case = site.case(who)
    assert [(record.request_id, record.final) for record in case.activities][-1] == (number, True)
    assert site.stands(who)[-1] == ("FE", "CLOSED")
    assert {row.plan_type for row in case.enrollments if row.coverage == "TERM"} == {"medical", "dental"}
    assert [(record.event, record.occurrence_date) for record in case.cobra] == [(2, date(2026, 7, 1))]
    assert case.participant.program == "NOB"
    assert report.carriers == ("bright", "north")
    assert (report.counts["finished"], report.counts["cobra"], report.counts["process.FE"]) == (1, 1, 2)
    hold(site.deployment.store, "acme")


def test_S0_25_carriers_whose_members_were_touched_get_one_notice_without_names(site):
    site.covered()

    (notice,) = [sent for sent in site.channel.sent if "Carriers" in sent.body]
    assert "Brightsmile Dental" in notice.body
    assert "Northstar Health" in notice.body
    assert "Robin" not in notice.body + notice.subject


def test_a_run_is_recorded_with_its_totals_and_its_remarks(site):
    who = site.covered()
    site.approve(site.ask(fte="0.1"))
    report = site.run()

    summary = site.look(lambda work: work.events.summary())
    assert (summary.run_id, summary.state, summary.actor) == (report.run_id, RunState.SUCCEEDED, "kim")
    assert summary.counts == report.counts
    assert summary.remarks == report.remarks
    assert summary.remarks["loss_of_all"] == 1
    (line,) = site.look(lambda work: work.events.remarks(report.run_id, "loss_of_all")).items
    assert (line.who.participant_id, line.event) == (who.id, 2)
    assert [loss.number for loss in site.look(lambda work: work.events.terminations()).items] == [2]
    assert site.look(lambda work: work.lists.run(report.run_id)).kind is RunKind.EVENTS
    assert site.look(lambda work: work.lists.status()).last_update is None, "HR was not read"


def test_S3_75_a_run_may_schedule_alone_or_process_alone(site):
    who = site.hired()

    site.run(RunMode.PROCESS)
    assert site.stands(who) == []
    site.run(RunMode.SCHEDULE)
    assert site.stands(who) == [("AS", "OPEN")]
    site.run(RunMode.PROCESS)
    assert site.stands(who) == [("PR", "OPEN")]


def test_S3_82_a_run_of_some_employees_leaves_all_others(site):
    first, second = site.hired(1), site.hired(2)

    report = site.run(only=(second.id,))

    assert (site.stands(first), site.stands(second)) == ([], [("PR", "OPEN")])
    assert report.counts["people"] == 1
    assert "whole" not in report.counts


def test_A_73_a_report_says_the_same_as_the_run_and_changes_nothing(site):
    who = site.covered()
    site.approve(site.ask(active=False, since="2026-06-01"))
    before = site.case(who)
    seen = []

    foreseen = site.run(report_only=True, on_result=seen.append)
    assert site.case(who) == before
    assert foreseen.run_id == 0
    done = site.run()
    assert foreseen.remarks == done.remarks
    assert {name: done.counts[name] for name in foreseen.counts} == foreseen.counts
    assert [outcome.case.events for outcome in seen] == [site.case(who).events]


def test_S3_78_a_run_that_was_ended_early_goes_on_where_it_stopped(site, monkeypatch):
    monkeypatch.setattr(events, "PAGE", 2)
    people = [site.hired(number) for number in range(1, 7)]
    seen = []

    def watch(outcome):
        seen.append(outcome.case.participant.id)
        if len(seen) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        site.run(on_result=watch)
    done = [bool(site.stands(who)) for who in people]
    assert done == [True] * 4 + [False] * 2

    report = site.run()
    assert report.counts["people"] == 2
    assert report.counts["resumed_after"] == people[3].id
    assert all(site.stands(who) == [("PR", "OPEN")] for who in people)
    assert "resumed_after" not in site.run().counts
    hold(site.deployment.store, "acme")


def test_a_run_on_another_day_begins_with_the_first_again(site_on_sqlite, monkeypatch):
    monkeypatch.setattr(events, "PAGE", 1)
    site_on_sqlite.hired(1), site_on_sqlite.hired(2)
    with pytest.raises(KeyboardInterrupt):
        site_on_sqlite.run(on_result=lambda _: (_ for _ in ()).throw(KeyboardInterrupt))

    site_on_sqlite.deployment.pass_time(days=1)
    assert site_on_sqlite.run().counts["people"] == 2


def test_a_run_that_fails_is_recorded_and_alerted_and_the_next_one_calms(site_on_sqlite):
    site_on_sqlite.hired()

    def watch(_):
        raise StateError("The disk is gone", "test", "test")

    with pytest.raises(StateError):
        site_on_sqlite.run(on_result=watch)
    summary = site_on_sqlite.look(lambda work: work.events.summary())
    assert (summary.state, summary.error["what"]) == (RunState.FAILED, "The disk is gone")
    assert [alert.name for alert in site_on_sqlite.look(lambda work: work.alerts.open())] == ["state_failed:events"]

    site_on_sqlite.run()
    assert site_on_sqlite.look(lambda work: work.alerts.open()) == []


def test_a_bug_with_one_participant_keeps_nobody_else_waiting(site_on_sqlite, monkeypatch):
    first, second = site_on_sqlite.hired(1), site_on_sqlite.hired(2)

    def process_case(case, *rest):
        if case.participant.id == first.id:
            raise ZeroDivisionError
        return original(case, *rest)

    original = events.process_case
    monkeypatch.setattr(events, "process_case", process_case)
    report = site_on_sqlite.run()

    assert (site_on_sqlite.stands(first), site_on_sqlite.stands(second)) == ([], [("PR", "OPEN")])
    assert report.counts["failed"] == 1
    assert report.remarks == {"not_worked_off": 1}
    assert "1 person could not be processed" in site_on_sqlite.channel.sent[-1].body


def test_a_run_is_wanted_once_a_day_and_whenever_somebody_changed_something(site_on_sqlite):
    def due():
        return site_on_sqlite.look(lambda work: work.event_runs.due(site_on_sqlite.deployment.now.date()))

    assert due()
    site_on_sqlite.run()
    assert not due()
    who = site_on_sqlite.hired()
    assert due()
    site_on_sqlite.deployment.pass_time(minutes=1)
    site_on_sqlite.run(only=(who.id,))
    assert due(), "a run of some is none of all"
    site_on_sqlite.run()
    assert not due()
    site_on_sqlite.deployment.pass_time(days=1)
    assert due()


def test_S3_14_taking_stock_gives_everybody_without_events_a_closed_one_and_their_program(site):
    people = [site.hired(1), site.hired(2, fte="0.1")]
    with site.deployment.store.write("acme", "test.clear") as work:
        for who in people:
            work.transaction.connection.execute(
                text("DELETE FROM activity WHERE participant_id = :who"), {"who": who.id}
            )

    assert begin_events(site.place, BOOK, "kim", site.clock) == 2
    assert [site.stands(who) for who in people] == [[("FE", "CLOSED")], [("FA", "CLOSED")]]
    assert [site.case(who).participant.program for who in people] == ["FULL", "NOB"]
    assert begin_events(site.place, BOOK, "kim", site.clock) == 0
