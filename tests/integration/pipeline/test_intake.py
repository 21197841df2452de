"""Corrections of rows that benefit events rest on: what waits, what is voided, what stays."""

from __future__ import annotations

import pytest
from sqlalchemy import event, text

from bensync.actions.benefits import case_edits
from bensync.benefits.engine.run import RunMode
from bensync.benefits.values.events import Flag, Indicator
from bensync.benefits.values.offers import Choice
from bensync.core.requests import Risk, WarningCode
from bensync.errors import DecisionError
from tests.fixtures.benefit_site import MOVED, left_and_back
from tests.fixtures.invariants import hold


def test_a_request_that_corrects_a_row_of_a_finished_event_is_of_high_risk(site):
    who = site.covered()
    number = site.ask(rows=(MOVED,))

    request = site.look(lambda work: work.requests.get([number]))[number]
    assert request.risk is Risk.HIGH
    assert WarningCode.TOUCHES_EVENT in request.warnings
    refused = site.approve(number, confirmed=False)
    assert "confirm" in refused.error.fix
    assert site.approve(number).done
    assert site.run().counts["flag.elig_job"] == 1
    assert Flag.ELIG_JOB in site.case(who).event(1).flags


def test_an_event_that_went_on_while_a_request_waited_makes_it_one_to_confirm(site):
    who = site.hired()
    site.run()
    number = site.ask(rows=(MOVED,))
    assert site.look(lambda work: work.requests.get([number]))[number].risk is Risk.LOW, "at PR nothing is decided"
    site.change(who, case_edits.enter_elections(1, [Choice("medical")]))

    refused = site.approve(number, confirmed=False)
    assert "the effect on the benefit events" in refused.error.why
    assert site.approve(number).done


def test_losses_of_everything_are_counted_by_an_index_of_their_own(site):
    asked = []
    with site.deployment.store.read("acme") as work:
        connection = work.events._transaction.connection  # what the database is asked
        on_server = connection.dialect.name == "postgresql"
        if on_server:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        event.listen(connection, "before_cursor_execute", lambda *arguments: asked.append((arguments[2], arguments[3])))
        assert work.events.losses() == 0
        explain = "EXPLAIN " if on_server else "EXPLAIN QUERY PLAN "
        ((statement, values),) = asked
        plan = " ".join(str(row) for row in connection.exec_driver_sql(explain + statement, values))
    assert "event_losses" in plan


def test_A_76_a_request_that_waits_keeps_its_event_from_being_finished(site):
    who = site.hired()
    site.run()
    site.ask(rows=(MOVED,))
    site.change(who, case_edits.mark_final(1))

    report = site.run()
    assert report.remarks["pending_correction"] == 1
    assert report.counts["final"] == 1
    assert site.stands(who) == [("PR", "OPEN")]


def test_A_76_an_event_goes_on_once_the_correction_is_decided(site):
    who = site.hired()
    site.run(RunMode.SCHEDULE)
    number = site.ask(rows=(MOVED,))
    site.run()
    assert site.stands(who) == [("AS", "OPEN")]

    assert site.approve(number).done
    site.run()
    assert site.stands(who)[0] == ("PR", "OPEN")


def test_A_76_a_possible_duplicate_keeps_events_of_the_participant_whom_it_may_correct(site):
    who = site.hired()
    site.run(RunMode.SCHEDULE)
    number = site.ask(rows=(MOVED,), ssn="123459999")
    request = site.look(lambda work: work.requests.get([number]))[number]
    assert (request.duplicate_of, request.participant_id) == (who.id, None)
    assert site.look(lambda work: work.lists.pending_of(who.id)) == [number]
    assert site.run().remarks["pending_correction"] == 1
    assert site.stands(who) == [("AS", "OPEN")]

    assert site.approve(number, as_ssn_correction=True).done
    site.run()
    assert site.stands(who)[0] == ("PR", "OPEN")


def test_A_74_a_corrected_ssn_may_void_the_event_whose_row_it_takes_away(site):
    who = site.covered()
    number = site.ask(rows=(), ssn="123459999")
    assert site.approve(number, as_ssn_correction=True, voiding=True).done
    assert site.stands(who)[0] == ("RE", "VOID")
    assert not [row for row in site.case(who).enrollments if not row.reversed]


def test_A_74_an_approval_that_voids_takes_back_what_rested_on_a_deleted_row(site):
    case = left_and_back(site, voiding=True)

    assert (str(case.participant.standing), case.participant.program) == ("ACTIVE", "FULL")
    event = case.event(2)
    assert (str(event.status), str(event.process)) == ("VOID", "RE")
    assert {row.event for row in case.enrollments if not row.reversed} == {1}
    assert [str(record.state) for record in case.cobra] == ["VOID"]
    assert ("root", "event.void") in site.deployment.audit("acme")
    hold(site.deployment.store, "acme")


def test_A_74_an_approval_that_does_not_void_disconnects_the_event_and_leaves_its_coverage(site):
    case = left_and_back(site)

    event = case.event(2)
    assert (str(case.participant.standing), event.disconnected) == ("ACTIVE", True)
    assert {row.event for row in case.enrollments if not row.reversed} == {1, 2}
    with pytest.raises(DecisionError):
        site.change(case.participant, case_edits.reprocess(2, Indicator.ASSIGN))
    site.change(case.participant, case_edits.reprocess(2, Indicator.VOID))
    site.run()
    assert {row.event for row in site.case(case.participant).enrollments if not row.reversed} == {1}
