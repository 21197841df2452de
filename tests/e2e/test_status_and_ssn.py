"""Status rows, returns, SSNs and the queue in the cases that hurt (scenarios 4.2 to 4.5)."""

from __future__ import annotations

import contextlib
import threading
from datetime import UTC, date, datetime

import pytest

from bensync.actions import corrections
from bensync.actions.decisions import Decision
from bensync.core.access import command_line_actor
from bensync.core.changes import ChangeKind
from bensync.core.people import Standing
from bensync.core.requests import Origin, RequestState, Risk, WarningCode
from bensync.core.runs import Outcome
from bensync.demo.company.catalogue import FakeField
from bensync.errors import DecisionError
from tests.e2e.world import World, person
from tests.fixtures.databases import on_sqlite

pytestmark = on_sqlite  # rules of the trade; what they leave in a database is looked at by others on both sorts


def row(employer: World, employee: str, day: str, benetrac_status: str) -> str:
    """One more employment status row."""
    return employer.company.add_row(
        employee,
        "employmentStatus",
        date=date.fromisoformat(day),
        employmentStatus="Full-Time" if benetrac_status == "Active" else "Terminated",
        benetracStatus=benetrac_status,
    )


def edit(employer: World, employee: str, **fields: str) -> None:
    """A correction in the benefits platform."""
    participant = employer.participants()[employee]
    corrections.edit(
        employer.store, "acme", participant.id, fields, "wrong entry", command_line_actor("admin"), employer.now
    )


def correct_ssn(employer: World, employee: str, ssn: str) -> None:
    """A correction of an SSN in the benefits platform, by the two people that it takes."""
    participant = employer.participants()[employee]
    for name in ("admin", "owner"):
        with contextlib.suppress(DecisionError) if name == "admin" else contextlib.nullcontext():
            corrections.correct_ssn(
                employer.store,
                "acme",
                participant.id,
                ssn,
                "wrong entry",
                command_line_actor(name),
                employer.now,
                notify=lambda *_: None,
            )


def test_A_17_after_a_declined_termination_an_edit_here_makes_drift_ask_again(staffed: World) -> None:
    staffed.company.terminate("1", staffed.now.date())
    staffed.sync()
    staffed.decline([staffed.request().id])
    staffed.next_day()
    staffed.sync()
    assert staffed.queue() == []
    assert staffed.participants()["1"].standing is Standing.ACTIVE

    edit(staffed, "1", city="Akron")
    staffed.next_day()
    staffed.sync()

    request = staffed.request()
    assert (request.kind, request.origin) == (ChangeKind.TERMINATE, Origin.DRIFT)


def test_A_20_a_termination_and_rehire_between_two_runs_is_one_request_with_a_gap(staffed: World) -> None:
    staffed.company.terminate("1", date(2026, 6, 3))
    staffed.company.rehire("1", date(2026, 6, 5))
    staffed.at("2026-06-06")

    staffed.sync()

    request = staffed.request()
    assert request.kind is ChangeKind.REHIRE
    assert WarningCode.GAP in request.warnings
    staffed.approve([request.id])
    assert staffed.rows("select event_class, event_date from activity order by id") == [
        ("TER", "2026-06-03"),
        ("HIR", "2026-06-05"),
    ]


def test_A_21_a_termination_entered_and_removed_between_runs_was_never_sent(staffed: World) -> None:
    number = staffed.company.terminate("1", staffed.now.date())
    staffed.company.remove_row("employmentStatus", number)

    assert staffed.sync().outcome is Outcome.NO_CHANGES


def test_A_22_somebody_terminated_before_being_approved_is_a_new_inactive_person(staffed: World) -> None:
    hired = staffed.company.hire(person(4))
    staffed.sync()
    first = staffed.request().id
    staffed.next_day()
    staffed.company.terminate(hired, staffed.now.date())

    staffed.sync()

    request = staffed.request()
    assert request.kind is ChangeKind.NEW
    assert WarningCode.INACTIVE_NEW in request.warnings
    (old,) = staffed.queue(RequestState.SUPERSEDED)
    assert (old.id, old.superseded_by) == (first, request.id)
    staffed.approve([request.id])
    assert staffed.participants()[hired].standing is Standing.TERMINATED
    assert staffed.rows("select count(*) from activity") == [(0,)]


def test_A_23_a_termination_that_reaches_back_says_so(staffed: World) -> None:
    staffed.company.terminate("1", date(2026, 5, 13))
    staffed.sync()

    request = staffed.request()
    assert request.effective_date == date(2026, 5, 13)
    assert WarningCode.RETROACTIVE in request.warnings
    assert WarningCode.SECOND_APPROVER not in request.warnings


def test_A_24_an_inactive_profile_never_seen_makes_a_terminated_participant(staffed: World) -> None:
    hired = staffed.company.hire(person(4), status="Terminated", employment_status="Terminated")
    staffed.sync()

    staffed.approve([staffed.request().id])

    assert staffed.participants()[hired].standing is Standing.TERMINATED
    assert staffed.rows("select count(*) from activity") == [(0,)]


def test_A_25_an_employee_deleted_in_hr_is_an_alert_and_never_a_termination(staffed: World) -> None:
    staffed.company.delete("1")

    for _ in range(3):
        report = staffed.sync()
        assert staffed.queue() == []
        assert staffed.files() == []
        staffed.next_day()

    assert report.outcome is Outcome.NO_CHANGES
    assert staffed.participants()["1"].standing is Standing.ACTIVE
    assert staffed.rows("select code, resolved_at from issue") == [("hr_employee_deleted", None)]
    assert staffed.rows("select state from baseline where employee_id = '1'") == [("MISSING",)]
    assert sum("blocked by data issues" in str(mail["Subject"]) for mail in staffed.mailbox.messages) == 1


def test_A_26_a_future_termination_comes_due_without_anybody_touching_hr(staffed: World) -> None:
    staffed.company.terminate("1", date(2026, 6, 20))
    for day in ("2026-06-06", "2026-06-13", "2026-06-19"):
        staffed.at(day)
        assert staffed.sync().outcome is Outcome.NO_CHANGES
    assert staffed.rows("select due from baseline where employee_id = '1'") == [("2026-06-20",)]

    staffed.at("2026-06-20")
    staffed.sync()

    request = staffed.request()
    assert (request.kind, request.effective_date) == (ChangeKind.TERMINATE, date(2026, 6, 20))


def test_A_27_a_future_termination_that_is_withdrawn_never_happens(staffed: World) -> None:
    number = staffed.company.terminate("1", date(2026, 6, 20))
    staffed.at("2026-06-06")
    staffed.sync()
    staffed.at("2026-06-10")
    staffed.company.remove_row("employmentStatus", number)
    staffed.sync()
    assert staffed.rows("select due from baseline where employee_id = '1'") == [(None,)]

    staffed.at("2026-06-20")

    assert staffed.sync().outcome is Outcome.NO_CHANGES


@pytest.mark.parametrize("missing", ["blank", "no row"])
def test_A_29_a_missing_status_blocks_a_person(staffed: World, missing: str) -> None:
    hired = staffed.company.hire(person(4))
    employee = staffed.company.employee(hired)
    assert employee is not None
    number = str(employee.tables["employmentStatus"][0].id)
    if missing == "blank":
        staffed.company.change_row("employmentStatus", number, benetracStatus=None)
    else:
        staffed.company.remove_row("employmentStatus", number)

    report = staffed.sync()

    assert [(issue.employee_id, issue.code) for issue in report.plan.issues] == [(hired, "status_missing")]
    assert staffed.files() == []


def test_A_30_of_two_rows_of_one_day_the_later_entered_counts(staffed: World) -> None:
    row(staffed, "1", "2026-06-02", "Active")
    row(staffed, "1", "2026-06-02", "Terminated")
    row(staffed, "2", "2026-06-02", "Terminated")
    row(staffed, "2", "2026-06-02", "Active")

    staffed.sync()

    assert [(request.employee_id, request.kind) for request in staffed.queue()] == [("1", ChangeKind.TERMINATE)]


def test_A_31_a_contradicting_termination_date_is_a_warning_and_the_status_wins(acme: World) -> None:
    acme.company.add_field(FakeField(9001, "customLastDay", "Last day", "date"))
    acme.configure(mapping='termination_date = "customLastDay"\n')
    acme.company.hire(person(1))
    acme.begin()
    acme.company.update("1", customLastDay="2026-05-26")

    acme.sync()

    request = acme.request()
    assert request.kind is ChangeKind.UPDATE
    assert WarningCode.STATUS_CONFLICT in request.warnings


def test_A_32_the_day_begins_where_the_site_says(staffed: World) -> None:
    text = staffed.config.read_text().replace(
        'id = "ACME0001"', 'id = "ACME0001"\neffective_timezone = "America/Los_Angeles"'
    )
    staffed.company.terminate("1", date(2026, 6, 20))
    # The made-up HR shows the rows of its own day, so that its clock has to lag behind by the zone.
    staffed.config.write_text(f"{text}[sites.acme.guards]\nclock_minutes = 480\n")
    staffed.deployment = type(staffed.deployment)(staffed.config)

    staffed.at("2026-06-20")
    staffed.company.now = datetime(2026, 6, 19, 21, tzinfo=UTC)
    assert staffed.sync().outcome is Outcome.NO_CHANGES
    staffed.at("2026-06-21")
    assert staffed.sync().outcome is Outcome.DELIVERED


def test_A_33_a_newcomer_with_the_ssn_of_somebody_else_is_blocked_and_the_owner_goes_on(staffed: World) -> None:
    newcomer = staffed.company.hire(person(4, ssn=person(1)["ssn"]))
    staffed.company.update("1", city="Akron")

    report = staffed.sync()

    assert [(issue.employee_id, issue.code) for issue in report.plan.issues] == [(newcomer, "ssn_duplicate")]
    assert [request.employee_id for request in staffed.queue()] == ["1"]


def test_A_34_two_newcomers_with_one_ssn_are_both_blocked(staffed: World) -> None:
    twins = {staffed.company.hire(person(4)), staffed.company.hire(person(4))}

    report = staffed.sync()

    assert {issue.employee_id for issue in report.plan.issues} == twins
    assert staffed.files() == []


def test_A_35_a_changed_ssn_appears_as_a_new_person_and_leaves_the_old_alone(staffed: World) -> None:
    staffed.company.update("1", ssn="301-22-4004")
    staffed.sync()

    request = staffed.request()
    assert (request.kind, request.risk) == (ChangeKind.NEW, Risk.HIGH)
    assert WarningCode.POSSIBLE_DUPLICATE in request.warnings
    assert request.duplicate_of == staffed.participants()["1"].id
    staffed.next_day()
    staffed.sync()
    assert [request.kind for request in staffed.queue()] == [ChangeKind.NEW]


def test_A_35_decided_as_a_correction_the_old_participant_is_re_keyed(staffed: World) -> None:
    before = staffed.participants()["1"]
    staffed.company.update("1", ssn="301-22-4004")
    staffed.sync()

    (decision,) = staffed.approve([staffed.request().id], confirmed=True, as_ssn_correction=True)

    assert decision.done
    after = staffed.participants()["1"]
    assert (after.id, after.profile.values["ssn"]) == (before.id, "301224004")
    assert len(staffed.participants()) == 3
    staffed.next_day()
    assert staffed.sync().outcome is Outcome.NO_CHANGES
    assert staffed.queue() == []


def test_A_36_an_ssn_that_was_corrected_here_first_leaves_nothing_to_approve(staffed: World) -> None:
    staffed.company.update("1", ssn="301-22-4004")
    staffed.sync()
    number = staffed.request().id
    correct_ssn(staffed, "1", "301-22-4004")

    (decision,) = staffed.approve([number], confirmed=True)

    assert decision.error is not None
    (closed,) = staffed.queue(RequestState.SUPERSEDED)
    assert closed.closed_because == "reverted"
    assert len(staffed.participants()) == 3


def test_A_37_an_ssn_changed_back_before_approval_leaves_nothing_pending(staffed: World) -> None:
    staffed.company.update("1", ssn="301-22-4004")
    staffed.sync()
    staffed.next_day()
    staffed.company.update("1", ssn=person(1)["ssn"])

    staffed.sync()

    assert staffed.queue() == []
    assert staffed.rows("select state from baseline where employee_id = '1' order by state") == [
        ("LIVE",),
        ("RETIRED",),
    ]


def test_A_38_swapped_ssns_are_two_identity_requests_that_no_bulk_approval_touches(staffed: World) -> None:
    first, two = person(1)["ssn"], person(2)["ssn"]
    staffed.company.update("1", ssn=two)
    staffed.company.update("2", ssn=first)

    staffed.sync()

    requests = staffed.queue()
    assert len(requests) == 2
    for request in requests:
        assert request.risk is Risk.HIGH
        assert WarningCode.IDENTITY_CHANGED in request.warnings
        assert {"employee_id", "first_name"} <= {change.field for change in request.changes}


def test_A_44_a_participant_edited_meanwhile_gets_a_recalculated_request(staffed: World) -> None:
    staffed.company.update("1", city="Akron")
    staffed.sync()
    number = staffed.request().id
    edit(staffed, "1", city="Toledo")

    (decision,) = staffed.approve([number])

    assert decision.error is not None
    fresh = staffed.request()
    assert decision.successor == fresh.id
    assert [(change.old, change.new) for change in fresh.changes] == [("Toledo", "Akron")]
    assert staffed.participants()["1"].profile.values["city"] == "Toledo"
    staffed.approve([fresh.id])
    assert staffed.participants()["1"].profile.values["city"] == "Akron"


def test_A_45_of_two_administrators_one_applies_and_the_other_learns_of_it(staffed: World) -> None:
    staffed.company.update("1", city="Akron")
    staffed.sync()
    number = staffed.request().id
    answers: list[Decision] = []
    both = [threading.Thread(target=lambda: answers.extend(staffed.approve([number]))) for _ in range(2)]

    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert sorted(answer.done for answer in answers) == [False, True]
    assert staffed.participants()["1"].version == 2
    assert staffed.rows("select count(*) from audit where verb = 'request.approve'") == [(1,)]


def test_a_cleared_field_is_shown_and_applied_as_cleared(staffed: World) -> None:
    staffed.company.update("1", homeEmail=None)
    staffed.sync()

    request = staffed.request()
    assert [(change.field, change.old, change.new) for change in request.changes] == [
        ("home_email", "person1@example.com", None)
    ]
    staffed.approve([request.id])
    assert "home_email" not in staffed.participants()["1"].profile.values


def test_a_corrected_date_of_a_past_row_is_a_correction_request(staffed: World) -> None:
    employee = staffed.company.employee("1")
    assert employee is not None
    number = str(employee.tables["compensation"][0].id)
    staffed.company.change_row("compensation", number, startDate=date(2020, 4, 1))

    staffed.sync()

    assert staffed.request().kind is ChangeKind.CORRECTION
    staffed.approve([staffed.request().id])
    staffed.next_day()
    assert staffed.sync().outcome is Outcome.NO_CHANGES


def test_deleting_the_termination_row_is_a_reactivation(staffed: World) -> None:
    number = staffed.company.terminate("1", staffed.now.date())
    staffed.sync()
    staffed.approve([staffed.request().id], confirmed=True)
    staffed.next_day()
    staffed.company.remove_row("employmentStatus", number)
    staffed.sync()

    request = staffed.request()
    assert (request.kind, request.risk) == (ChangeKind.REACTIVATE, Risk.HIGH)
    staffed.approve([request.id], confirmed=True)
    assert staffed.participants()["1"].standing is Standing.ACTIVE


def test_a_hire_of_next_month_waits_quietly_until_its_first_day(staffed: World) -> None:
    hired = staffed.company.hire(person(4), hire_date=date(2026, 7, 1))
    report = staffed.sync()
    assert [(issue.employee_id, issue.code) for issue in report.plan.issues] == [(hired, "not_started")]
    assert staffed.mailbox.messages == []

    staffed.at("2026-07-01")
    staffed.sync()

    assert staffed.request().kind is ChangeKind.NEW


def test_drift_waits_while_another_request_of_the_same_employee_is_pending(staffed: World) -> None:
    staffed.company.update("1", ssn=person(2)["ssn"])
    staffed.company.update("2", ssn=person(1)["ssn"])
    staffed.sync()
    (declined,) = [request.id for request in staffed.queue() if request.employee_id == "1"]
    staffed.decline([declined])
    staffed.terminate_here(staffed.participants()["2"], date(2026, 5, 31))
    staffed.next_day()

    staffed.sync()

    assert [(request.employee_id, request.origin) for request in staffed.queue()] == [("2", Origin.ROW)]
    staffed.approve([staffed.request().id], confirmed=True)
    staffed.next_day()
    staffed.sync()
    assert [request.origin for request in staffed.queue()] == [Origin.DRIFT]
