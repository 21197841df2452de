"""Benefit events on the whole way: a snapshot that takes stock, and a termination in HR that ends coverage."""

from __future__ import annotations

from datetime import date
from importlib.resources import files

from bensync.actions.benefits import case_edits
from bensync.benefits.rulebook import programs
from bensync.core.access import command_line_actor
from bensync.demo.company.catalogue import FakeField
from bensync.errors import GuardTripped
from bensync.pipeline.benefits.events import follow_up
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


def test_S4_10_a_medical_leave_in_HR_cancels_all_coverage_by_the_shipped_example(acme: World) -> None:
    (acme.folder / "rulebook.toml").write_bytes(files(programs).joinpath("example.toml").read_bytes())
    acme.benefits = "rulebook.toml"
    acme.company.add_field(FakeField(9001, "customFte", "FTE"))
    acme.configure(
        mapping='fte = "customFte"\n',
        **{"tables.status": 'fields = { action_reason = "customLeaveReason" }\n'},
    )
    acme.company.hire(person(1))
    acme.begin()
    pay = {"rate": "50000.00 USD", "paidPer": "Year"}
    employee = acme.company.hire(person(4, hireDate="2026-06-01", customFte="1"), pay=pay)
    acme.next_day()
    processed(acme)
    final(acme, 1)
    assert {plan for plan, coverage, _ in posted(acme) if coverage == "ELECT"} >= {"PPO", "VISION", "LIFE", "SAVE"}

    acme.next_day()
    day = acme.now.date()
    acme.company.add_row(
        employee,
        "employmentStatus",
        date=day.isoformat(),
        employmentStatus="Leave",
        benetracStatus="Leave",
        customLeaveReason="Medical",
    )
    processed(acme)
    leave = "select event_class, event_date, process, stops_short from event where participant_id = 2 and number = 2"
    assert [(name, str(on), process, bool(short)) for name, on, process, short in acme.rows(leave)] == [
        ("LVE", day.isoformat(), "PR", True)
    ]
    final(acme, 2)
    ended = {plan for plan, coverage, _ in posted(acme) if coverage in ("TERM", "WAIVE")}
    assert ended == {plan for plan, _, _ in posted(acme)}
    assert acme.rows("select event, action from cobra") == [(2, "LEAVE_OF_ABSENCE")]
    hold(acme.store, "acme")


def processed(employer: World) -> None:
    """A daily run, all its requests approved, and a run of events."""
    employer.sync()
    waiting = [request.id for request in employer.queue()]
    book = employer.deployment.rulebook("acme")
    assert all(decision.done for decision in employer.approve(waiting, confirmed=True, book=book))
    follow_up(employer.tools, "test", lambda: employer.now)


def final(employer: World, event: int) -> None:
    """A person marks an event of the second participant final, and it is processed."""
    book = employer.deployment.rulebook("acme")
    edit = case_edits.mark_final(event)
    actor = command_line_actor("test")
    case_edits.change(employer.store, "acme", 2, edit, book, actor, now=employer.now, reason="checked", confirmed=True)
    follow_up(employer.tools, "test", lambda: employer.now)


def posted(employer: World) -> list[tuple[str, str, str]]:
    """The coverage rows of the second participant that count."""
    query = "select plan, coverage, effective_date from enrollment where participant_id = 2 and not reversed"
    return [(plan, coverage, str(day)) for plan, coverage, day in employer.rows(f"{query} order by number")]
