"""Runs over benefit events on real databases, from an approval to coverage."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from bensync.benefits.engine.run import RunMode
from bensync.core.runs import RunKind, RunState
from bensync.errors import StateError
from bensync.pipeline import events
from bensync.pipeline.events import begin_events
from tests.fixtures.benefit_site import BOOK
from tests.fixtures.invariants import hold


def test_A_69_A_70_an_approved_termination_ends_coverage_and_opens_cobra(here):
    who = here.covered()
    assert here.case(who).participant.program == "FULL"

    number = here.ask(active=False, since="2026-06-01")
    assert here.approve(number).done
    report = here.run()

    case = here.case(who)
    assert [(one.request_id, one.final) for one in case.activities][-1] == (number, True)
    assert here.stands(who)[-1] == ("FE", "CLOSED")
    assert {row.plan_type for row in case.enrollments if row.coverage == "TERM"} == {"medical", "dental"}
    assert [(one.event, one.occurrence_date) for one in case.cobra] == [(2, date(2026, 7, 1))]
    assert case.participant.program == "NOB"
    assert report.carriers == ("bright", "north")
    assert (report.counts["finished"], report.counts["cobra"], report.counts["process.FE"]) == (1, 1, 2)
    hold(here.deployment.store, "acme")


def test_S0_25_carriers_whose_members_were_touched_are_told_in_one_notice_without_names(here):
    here.covered()

    (notice,) = [one for one in here.channel.sent if "Carriers" in one.body]
    assert "Brightsmile Dental" in notice.body
    assert "Northstar Health" in notice.body
    assert "Robin" not in notice.body + notice.subject


def test_a_run_is_recorded_with_its_totals_and_its_remarks(here):
    who = here.covered()
    here.approve(here.ask(fte="0.1"))
    report = here.run()

    summary = here.look(lambda work: work.events.summary())
    assert (summary.run_id, summary.state, summary.actor) == (report.run_id, RunState.SUCCEEDED, "kim")
    assert summary.counts == report.counts
    assert summary.remarks == report.remarks
    assert summary.remarks["loss_of_all"] == 1
    (line,) = here.look(lambda work: work.events.remarks(report.run_id, "loss_of_all")).items
    assert (line.who.participant_id, line.event) == (who.id, 2)
    assert [one.number for one in here.look(lambda work: work.events.terminations()).items] == [2]
    assert here.look(lambda work: work.lists.run(report.run_id)).kind is RunKind.EVENTS
    assert here.look(lambda work: work.lists.status()).last_update is None, "HR was not read"


def test_S3_75_a_run_may_schedule_alone_or_process_alone(here):
    who = here.hired()

    here.run(RunMode.PROCESS)
    assert here.stands(who) == []
    here.run(RunMode.SCHEDULE)
    assert here.stands(who) == [("AS", "OPEN")]
    here.run(RunMode.PROCESS)
    assert here.stands(who) == [("PR", "OPEN")]


def test_S3_82_a_run_of_some_employees_leaves_all_others(here):
    first, second = here.hired(1), here.hired(2)

    report = here.run(only=(second.id,))

    assert (here.stands(first), here.stands(second)) == ([], [("PR", "OPEN")])
    assert report.counts["people"] == 1
    assert "whole" not in report.counts


def test_A_73_a_report_says_the_same_as_the_run_and_changes_nothing(here):
    who = here.covered()
    here.approve(here.ask(active=False, since="2026-06-01"))
    before = here.case(who)
    seen = []

    told = here.run(report_only=True, witness=seen.append)
    assert here.case(who) == before
    assert told.run_id == 0
    done = here.run()
    assert told.remarks == done.remarks
    assert {name: done.counts[name] for name in told.counts} == told.counts
    assert [outcome.case.events for outcome in seen] == [here.case(who).events]


def test_S3_78_a_run_that_was_ended_early_goes_on_where_it_stopped(here, monkeypatch):
    monkeypatch.setattr(events, "PAGE", 2)
    people = [here.hired(number) for number in range(1, 7)]
    seen = []

    def witness(outcome):
        seen.append(outcome.case.participant.id)
        if len(seen) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        here.run(witness=witness)
    done = [bool(here.stands(who)) for who in people]
    assert done == [True] * 4 + [False] * 2

    report = here.run()
    assert report.counts["people"] == 2
    assert report.counts["resumed_after"] == people[3].id
    assert all(here.stands(who) == [("PR", "OPEN")] for who in people)
    assert "resumed_after" not in here.run().counts
    hold(here.deployment.store, "acme")


def test_a_run_on_another_day_begins_with_the_first_again(alone, monkeypatch):
    monkeypatch.setattr(events, "PAGE", 1)
    alone.hired(1), alone.hired(2)
    with pytest.raises(KeyboardInterrupt):
        alone.run(witness=lambda _: (_ for _ in ()).throw(KeyboardInterrupt))

    alone.deployment.pass_time(days=1)
    assert alone.run().counts["people"] == 2


def test_a_run_that_fails_is_recorded_and_alerted_and_the_next_one_calms(alone):
    alone.hired()

    def witness(_):
        raise StateError("The disk is gone", "test", "test")

    with pytest.raises(StateError):
        alone.run(witness=witness)
    summary = alone.look(lambda work: work.events.summary())
    assert (summary.state, summary.error["what"]) == (RunState.FAILED, "The disk is gone")
    assert [one.name for one in alone.look(lambda work: work.alerts.open())] == ["state_failed:events"]

    alone.run()
    assert alone.look(lambda work: work.alerts.open()) == []


def test_a_bug_with_one_participant_keeps_nobody_else_waiting(alone, monkeypatch):
    first, second = alone.hired(1), alone.hired(2)

    def process_case(case, *rest):
        if case.participant.id == first.id:
            raise ZeroDivisionError
        return original(case, *rest)

    original = events.process_case
    monkeypatch.setattr(events, "process_case", process_case)
    report = alone.run()

    assert (alone.stands(first), alone.stands(second)) == ([], [("PR", "OPEN")])
    assert report.counts["failed"] == 1
    assert report.remarks == {"not_worked_off": 1}
    assert "1 person could not be processed" in alone.channel.sent[-1].body


def test_a_run_is_wanted_once_a_day_and_whenever_somebody_changed_something(alone):
    def due():
        return alone.look(lambda work: work.event_runs.due(alone.deployment.now.date()))

    assert due()
    alone.run()
    assert not due()
    who = alone.hired()
    assert due()
    alone.deployment.pass_time(minutes=1)
    alone.run(only=(who.id,))
    assert due(), "a run of some is none of all"
    alone.run()
    assert not due()
    alone.deployment.pass_time(days=1)
    assert due()


def test_S3_14_taking_stock_gives_everybody_without_events_a_closed_one_and_their_program(here):
    people = [here.hired(1), here.hired(2, fte="0.1")]
    with here.deployment.store.write("acme", "test.clear") as work:
        for who in people:
            work.transaction.connection.execute(
                text("DELETE FROM activity WHERE participant_id = :who"), {"who": who.id}
            )

    assert begin_events(here.place, BOOK, "kim", here.clock) == 2
    assert [here.stands(who) for who in people] == [[("FE", "CLOSED")], [("FA", "CLOSED")]]
    assert [here.case(who).participant.program for who in people] == ["FULL", "NOB"]
    assert begin_events(here.place, BOOK, "kim", here.clock) == 0
