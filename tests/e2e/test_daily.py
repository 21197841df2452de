"""The daily run, from HR to the register (scenarios 4.1 to 4.3)."""

from __future__ import annotations

from datetime import date

import pytest

from bensync.core.changes import ChangeKind
from bensync.core.people import Standing
from bensync.core.requests import Origin, RequestState, Risk, WarningCode
from bensync.core.runs import Outcome
from bensync.errors import GuardTripped, SourceError
from bensync.state.audit.chain import heads_in
from tests.e2e.world import World, person


def test_A_01_a_plain_change_is_one_row_with_the_whole_profile_and_one_request(staffed: World) -> None:
    staffed.company.update("1", jobTitle="Manager")

    report = staffed.sync()

    assert report.outcome is Outcome.DELIVERED
    (file,) = staffed.files()
    (profile,) = staffed.read(file).profiles
    assert profile.values["job_title"] == "Manager"
    assert profile.values["last_name"] == "Vale"
    request = staffed.request()
    assert request.kind is ChangeKind.UPDATE
    assert [(change.field, change.old, change.new) for change in request.changes] == [("job_title", "Clerk", "Manager")]
    assert staffed.participants()["1"].profile.values["job_title"] == "Clerk"


def test_A_01_the_change_is_in_the_register_once_it_is_approved(staffed: World) -> None:
    staffed.company.update("1", jobTitle="Manager")
    staffed.sync()

    (decision,) = staffed.approve([staffed.request().id])

    assert decision.done
    assert staffed.participants()["1"].profile.values["job_title"] == "Manager"
    assert staffed.queue() == []
    assert [row[0] for row in staffed.rows("select verb from audit where site = 'acme' order by id")][
        -1
    ] == "request.approve"


def test_A_02_a_field_that_does_not_sync_makes_no_file_and_no_mail(staffed: World) -> None:
    staffed.company.update("1", preferredName="Addie")

    report = staffed.sync()

    assert report.outcome is Outcome.NO_CHANGES
    assert report.plan.unchanged == ("1",)
    assert staffed.files() == []
    assert staffed.mailbox.messages == []


def test_A_03_five_edits_on_four_people_are_one_file_and_one_mail(staffed: World) -> None:
    staffed.company.update("1", city="Akron")
    staffed.company.update("1", zipcode="44301")
    staffed.company.update("2", jobTitle="Lead")
    staffed.company.update("3", homePhone="555-0100")

    staffed.sync()

    assert len(staffed.read(staffed.files()[0]).profiles) == 3
    assert len(staffed.mailbox.messages) == 1
    assert staffed.sync().outcome is Outcome.NO_CHANGES
    assert len(staffed.files()) == 1


def test_A_06_the_first_daily_run_is_refused_without_a_baseline(acme: World) -> None:
    acme.company.hire(person(1))

    error = acme.failure(acme.sync)

    assert isinstance(error, GuardTripped)
    assert "no_baseline" in error.what
    assert acme.files() == []
    assert "failed" in str(acme.mailbox.messages[0]["Subject"])


def test_A_07_a_run_that_fails_after_the_pull_loses_no_change(staffed: World) -> None:
    staffed.company.update("2", city="Toledo")
    staffed.sync()
    staffed.company.update("1", city="Akron")
    staffed.center.root.rename(staffed.center.root.with_name("away"))
    staffed.failure(staffed.sync)
    assert staffed.rows("select state from delivery order by id") == [("COMMITTED",), ("FAILED",)]
    staffed.center.root.with_name("away").rename(staffed.center.root)

    staffed.sync()

    first, second = staffed.files()
    assert [profile.values["city"] for profile in staffed.read(second).profiles] == ["Akron"]
    assert [file.name for file in (first, second)] == [f"ACME0001_DELTA_{number:06}.csv.gpg" for number in (1, 2)]
    assert sorted(request.employee_id for request in staffed.queue()) == ["1", "2"]


def test_A_08_an_employee_read_again_because_of_the_overlap_is_unchanged(staffed: World) -> None:
    staffed.company.update("1", city="Akron")
    staffed.sync()

    assert staffed.sync().plan.unchanged == ("1",)


def test_A_10_a_wrong_key_is_not_tried_again_and_alerts(staffed: World) -> None:
    staffed.company.api_key = "another"
    before = len(staffed.company.requests)

    error = staffed.failure(staffed.sync)

    assert isinstance(error, SourceError)
    assert len(staffed.company.requests) == before + 1
    assert staffed.rows("select state from run order by id desc limit 1") == [("FAILED",)]
    assert len(staffed.mailbox.messages) == 1


def test_A_11_a_new_hire_becomes_a_participant_without_any_coverage(staffed: World) -> None:
    hired = staffed.company.hire(person(4, hireDate="2026-06-02"))
    staffed.sync()
    request = staffed.request()
    assert (request.kind, request.risk) == (ChangeKind.NEW, Risk.LOW)

    staffed.approve([request.id])

    participant = staffed.participants()[hired]
    assert (participant.standing, participant.program) == (Standing.ACTIVE, "NOB")
    assert staffed.rows("select event_class, event_date, state from activity") == [("HIR", "2026-06-02", "WAITING")]
    assert staffed.rows("select count(*) from enrollment") == [(0,)]


def test_A_12_A_13_a_declined_part_timer_was_sent_and_does_not_come_back(staffed: World) -> None:
    staffed.company.hire(person(4), employment_status="Part-Time")
    staffed.sync()

    staffed.decline([staffed.request().id])
    staffed.next_day()
    report = staffed.sync()

    assert len(staffed.files()) == 1
    assert "4" not in staffed.participants()
    assert staffed.rows("select count(*) from activity") == [(0,)]
    assert report.outcome is Outcome.NO_CHANGES
    assert staffed.queue() == []


def test_A_14_a_later_change_of_a_declined_person_asks_again_and_says_so(staffed: World) -> None:
    hired = staffed.company.hire(person(4))
    staffed.sync()
    staffed.decline([staffed.request().id])
    staffed.next_day()

    staffed.company.update(hired, homePhone="555-0111")
    staffed.sync()

    request = staffed.request()
    assert request.kind is ChangeKind.NEW
    assert WarningCode.PREVIOUSLY_DECLINED in request.warnings
    assert request.risk is Risk.HIGH, "bulk approval would take the declined person along"


def test_A_15_a_full_resync_sends_a_declined_change_and_opens_no_request(staffed: World) -> None:
    staffed.company.update("1", city="Akron")
    staffed.sync()
    staffed.decline([staffed.request().id])

    staffed.resync()

    assert staffed.queue() == []
    assert len(staffed.read(staffed.files()[1]).profiles) == 3


def test_A_16_a_termination_must_be_confirmed_and_leaves_its_trace(staffed: World) -> None:
    staffed.company.terminate("1", staffed.now.date())
    staffed.sync()
    request = staffed.request()
    assert (request.kind, request.risk) == (ChangeKind.TERMINATE, Risk.HIGH)

    (refused,) = staffed.approve([request.id])

    assert refused.error is not None
    assert "this person becomes terminated, that bensync ends no coverage" in refused.error.why
    assert staffed.participants()["1"].standing is Standing.ACTIVE

    (done,) = staffed.approve([request.id], confirmed=True)

    assert done.done
    participant = staffed.participants()["1"]
    assert (participant.standing, participant.termination_date) == (Standing.TERMINATED, staffed.now.date())
    assert staffed.rows("select event_class, final from activity") == [("TER", 1)]


def test_A_17_a_declined_termination_is_remembered_until_somebody_edits_the_participant(staffed: World) -> None:
    staffed.company.terminate("1", staffed.now.date())
    staffed.sync()
    staffed.decline([staffed.request().id])
    staffed.next_day()
    staffed.sync()
    first = staffed.queue()
    staffed.next_day()
    staffed.sync()
    assert len(staffed.queue()) == len(first)


def test_A_18_a_participant_terminated_only_here_is_asked_about_on_a_quiet_day(staffed: World) -> None:
    staffed.terminate_here(staffed.participants()["1"], date(2026, 5, 31))

    report = staffed.sync()

    assert report.outcome is Outcome.NO_CHANGES
    request = staffed.request()
    assert (request.kind, request.origin) == (ChangeKind.REACTIVATE, Origin.DRIFT)
    assert WarningCode.REACTIVATES in request.warnings

    staffed.approve([request.id], confirmed=True)

    participant = staffed.participants()["1"]
    assert (participant.standing, participant.termination_date) == (Standing.ACTIVE, None)


def test_A_18_a_declined_drift_does_not_come_back_every_day(staffed: World) -> None:
    staffed.terminate_here(staffed.participants()["1"], date(2026, 5, 31))
    staffed.sync()
    staffed.decline([staffed.request().id])

    for _ in range(2):
        staffed.next_day()
        staffed.sync()

    assert staffed.queue() == []


def test_A_19_a_rehire_is_active_again_with_its_new_hire_date(staffed: World) -> None:
    staffed.company.terminate("1", date(2026, 3, 1))
    staffed.sync()
    staffed.approve([staffed.request().id], confirmed=True)
    staffed.at("2026-07-01")

    staffed.company.rehire("1", date(2026, 7, 1))
    staffed.sync()
    request = staffed.request()
    assert request.kind is ChangeKind.REHIRE
    staffed.approve([request.id])

    participant = staffed.participants()["1"]
    assert (participant.standing, participant.hire_date) == (Standing.ACTIVE, date(2026, 7, 1))
    assert staffed.rows("select event_class, event_date from activity order by id desc limit 1") == [
        ("HIR", "2026-07-01")
    ]


def test_A_28_an_unknown_status_keeps_one_person_back_until_the_option_is_configured(staffed: World) -> None:
    staffed.company.add_row(
        "1", "employmentStatus", date=staffed.now.date(), employmentStatus="Full-Time", benetracStatus="On Sabbatical"
    )
    staffed.company.update("2", city="Akron")

    report = staffed.sync()

    assert [(issue.employee_id, issue.code) for issue in report.plan.issues] == [("1", "status_unknown")]
    assert [request.employee_id for request in staffed.queue()] == ["2"]
    assert any("blocked by data issues" in str(mail["Subject"]) for mail in staffed.mailbox.messages)

    staffed.configure(status='active = ["Active", "Leave", "On Sabbatical"]\ninactive = ["Terminated"]\n')
    staffed.next_day()
    staffed.sync()

    assert {request.employee_id for request in staffed.queue()} == {"1", "2"}
    assert staffed.rows("select count(*) from issue where resolved_at is null") == [(0,)]


def test_A_39_somebody_hired_without_an_ssn_is_sent_once_it_is_entered(staffed: World) -> None:
    hired = staffed.company.hire(person(4, ssn=None))
    report = staffed.sync()
    assert [(issue.employee_id, issue.code) for issue in report.plan.issues] == [(hired, "ssn_missing")]
    assert staffed.files() == []

    staffed.next_day()
    staffed.company.update(hired, ssn="301-22-4004")
    staffed.sync()

    assert staffed.request().kind is ChangeKind.NEW
    assert staffed.rows("select count(*) from issue where resolved_at is null") == [(0,)]


def test_A_40_an_ssn_with_and_without_dashes_is_the_same_key(staffed: World) -> None:
    staffed.company.update("1", ssn="200101001")

    report = staffed.sync()

    assert report.outcome is Outcome.NO_CHANGES
    assert report.plan.unchanged == ("1",)


def test_A_48_hr_was_only_read(staffed: World) -> None:
    staffed.company.update("1", city="Akron")
    staffed.company.terminate("2", staffed.now.date())
    staffed.sync()
    staffed.approve([request.id for request in staffed.queue()], confirmed=True)
    staffed.resync()

    assert staffed.company.writes == []
    seen = {(request.method, request.path.removeprefix("/api/v1/")) for request in staffed.company.requests}
    reads = ("meta/", "employees/changed", "employees/all/tables/")
    assert all(path.startswith(reads) for method, path in seen if method == "GET")
    assert {path for method, path in seen if method != "GET"} == {"reports/custom"}


@pytest.mark.parametrize("state", [RequestState.APPROVED, RequestState.DECLINED])
def test_A_42_a_request_that_was_decided_cannot_be_decided_again(staffed: World, state: RequestState) -> None:
    staffed.company.update("1", city="Akron")
    staffed.sync()
    number = staffed.request().id
    staffed.approve([number]) if state is RequestState.APPROVED else staffed.decline([number])

    (decision,) = staffed.approve([number])

    assert decision.error is not None
    assert state.lower() in decision.error.why


def test_A_42_a_superseded_request_names_its_successor(staffed: World) -> None:
    staffed.company.update("1", city="Akron")
    staffed.sync()
    first = staffed.request().id
    staffed.next_day()
    staffed.company.update("1", city="Toledo")
    staffed.sync()
    second = staffed.request()

    (decision,) = staffed.approve([first])

    assert decision.successor == second.id
    assert staffed.participants()["1"].profile.values["city"] == "Dayton"
    staffed.approve([second.id])
    assert staffed.participants()["1"].profile.values["city"] == "Toledo"


def test_A_43_going_back_to_the_old_value_empties_the_queue(staffed: World) -> None:
    staffed.company.update("1", city="Akron")
    staffed.sync()
    staffed.next_day()
    staffed.company.update("1", city="Dayton")

    staffed.sync()

    assert staffed.queue() == []
    (old,) = staffed.queue(RequestState.WITHDRAWN)
    assert old.closed_because == "withdrawn"
    with staffed.store.read("acme") as work:
        assert ("bensync", "request.withdraw", f"request {old.id}") in [
            (entry.actor, entry.verb, entry.object) for entry in work.lists.audit().items
        ]


def test_A_46_bulk_approval_leaves_the_termination(staffed: World) -> None:
    staffed.company.hire(person(4))
    staffed.company.update("1", city="Akron")
    staffed.company.update("2", city="Akron")
    staffed.company.terminate("3", staffed.now.date())
    staffed.sync()

    from bensync.actions.decisions import bulk_approvable

    staffed.approve(bulk_approvable(staffed.queue()))

    assert [request.kind for request in staffed.queue()] == [ChangeKind.TERMINATE]


def test_the_upload_notice_keeps_the_head_of_the_audit_trail(staffed: World) -> None:
    staffed.company.update("1", city="Akron")
    staffed.sync()

    (mail,) = staffed.mailbox.messages
    (head,) = heads_in(mail.get_content())
    with staffed.store.read("acme") as work:
        assert work.audit.trail.verify([head]).fault is None
        assert work.audit.trail.head().id >= head.id > 0
