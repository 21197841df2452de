"""Benefit events on the whole way: a snapshot that takes stock, and a termination in HR that ends coverage."""

from __future__ import annotations

from datetime import date

from bensync.errors import GuardTripped
from bensync.pipeline.events import follow_up
from tests.e2e.test_daemon_events import covered, event_runs, insured
from tests.e2e.world import World, person
from tests.fixtures.invariants import hold


def test_A_83_a_snapshot_leaves_one_closed_event_each_and_no_coverage(acme: World) -> None:
    insured(acme)
    for number in (1, 2):
        acme.company.hire(person(number))
    acme.snapshot()

    rows = acme.rows("select event_class, status, process, program from event order by participant_id")
    assert rows == [("SNP", "CLOSED", "FE", "ALL")] * 2
    assert acme.rows("select program from participant") == [("ALL",)] * 2
    assert (covered(acme), acme.queue(), acme.files()) == ([], [], [])
    assert isinstance(acme.failure(acme.snapshot), GuardTripped)
    hold(acme.store, "acme")


def test_A_69_a_termination_in_HR_that_is_approved_ends_coverage_and_opens_cobra(staffed: World) -> None:
    insured(staffed)
    staffed.company.hire(person(4, hireDate="2026-06-01"))
    for edit in (lambda: None, lambda: staffed.company.terminate("4", date(2026, 6, 2))):
        edit()
        staffed.next_day()
        staffed.sync()
        book = staffed.deployment.rulebook("acme")
        waiting = [request.id for request in staffed.queue()]
        assert all(decision.done for decision in staffed.approve(waiting, confirmed=True, book=book))
        follow_up(staffed.tools, "test", lambda: staffed.now)

    assert event_runs(staffed) == ["SUCCEEDED"] * 2
    rows = staffed.rows("select plan, coverage, effective_date from enrollment order by number")
    assert [(plan, coverage, str(day)) for plan, coverage, day in rows] == [
        ("MED", "ELECT", "2026-06-01"),
        ("MED", "TERM", "2026-06-03"),
    ]
    assert [str(day) for (day,) in staffed.rows("select occurrence_date from cobra")] == ["2026-06-03"]
    hold(staffed.store, "acme")
