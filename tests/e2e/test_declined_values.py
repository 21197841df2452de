"""Values that were declined: kept per person, field and value, until HR changes them (sync-rules 3.7.6, 3.7.8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bensync.actions import asking_again
from bensync.actions.decisions import Decision, bulk_approvable
from bensync.core.access import command_line_actor
from bensync.core.changes import ChangeKind
from bensync.core.people import Standing
from bensync.core.requests import Request, RequestState, Risk, WarningCode
from tests.e2e.world import World, person


def declined_city(employer: World) -> None:
    """HR moves somebody, and an administrator declines it."""
    employer.company.update("1", city="Akron")
    employer.sync()
    employer.decline([employer.request().id])
    employer.next_day()


def fields(request: Request) -> tuple[list[str], list[str]]:
    """What a request approves, and what it leaves out."""
    return [change.field for change in request.changes], [change.field for change in request.declined_before]


def values(employer: World, number: str = "1") -> dict[str, str]:
    return dict(employer.participants()[number].profile.values)


def audited(employer: World, verb: str) -> list[tuple[str, str, list[str]]]:
    with employer.store.read("acme") as work:
        entries = [work.lists.audit_entry(entry.id) for entry in work.lists.audit().items if entry.verb == verb]
    return [(e.object, e.reason, [change.field for change in e.changes]) for e in entries if e is not None]


def test_A_110_a_declined_value_is_left_out_of_a_later_request_and_of_bulk_approval(staffed: World) -> None:
    declined_city(staffed)
    staffed.company.update("1", homePhone="555-0111")
    staffed.sync()

    request = staffed.request()
    assert fields(request) == (["home_phone"], ["city"])
    assert request.risk is Risk.LOW
    assert WarningCode.PREVIOUSLY_DECLINED in request.warnings

    staffed.approve(bulk_approvable(staffed.queue()))

    assert (values(staffed)["home_phone"], values(staffed)["city"]) == ("555-0111", "Dayton")
    staffed.next_day()
    staffed.resync()
    assert staffed.queue() == []


def test_A_110_a_declined_title_never_reaches_the_dated_rows_of_a_participant(staffed: World) -> None:
    staffed.company.add_row("1", "jobInfo", date="2026-06-02", jobTitle="Chief", department="Office")
    staffed.sync()
    staffed.decline([staffed.request().id])
    staffed.next_day()
    staffed.company.update("1", homePhone="555-0111")
    staffed.sync()
    staffed.approve([staffed.request().id])

    participant = staffed.participants()["1"]
    assert "Chief" not in {text for row in participant.profile.rows for text in row.values.values()}
    assert participant.profile.values["job_title"] == "Clerk"
    staffed.resync()
    assert staffed.queue() == []


def test_A_111_one_field_of_a_row_is_approved_and_the_other_declined(staffed: World) -> None:
    staffed.company.add_row("1", "jobInfo", date="2026-06-02", jobTitle="Chief", department="Sales")
    staffed.sync()
    request = staffed.request()

    (done,) = staffed.approve([request.id], only=["department"])

    assert done.done
    participant = staffed.participants()["1"]
    assert (participant.profile.values["department"], participant.profile.values["job_title"]) == ("Sales", "Clerk")
    newest = [row for row in participant.profile.rows if "department" in row.values][-1]
    assert (newest.values["department"], newest.values["job_title"]) == ("Sales", "Clerk")
    with staffed.store.read("acme") as work:
        decided = work.requests.get([request.id])[request.id]
    assert (decided.state, decided.left_out, decided.decline_code) == (RequestState.APPROVED, ("job_title",), "ERROR")
    assert audited(staffed, "request.decline_fields") == [(f"request {request.id}", "ERROR", ["job_title"])]
    assert audited(staffed, "request.approve")[-1][2] == ["department"]
    staffed.next_day()
    staffed.resync()
    assert staffed.queue() == []


def test_A_111_a_declined_value_can_be_chosen_after_all(staffed: World) -> None:
    declined_city(staffed)
    staffed.company.update("1", homePhone="555-0111")
    staffed.sync()

    staffed.approve([staffed.request().id], only=["city"])

    assert values(staffed)["city"] == "Akron"
    assert "home_phone" not in values(staffed)
    staffed.next_day()
    staffed.resync()
    assert staffed.queue() == []


def test_A_111_a_field_that_the_request_does_not_have_and_no_field_at_all_are_refused(staffed: World) -> None:
    staffed.company.update("1", city="Akron", homePhone="555-0111")
    staffed.sync()
    request = staffed.request()

    (unknown,) = staffed.approve([request.id], only=["pay_rate"])
    (nothing,) = staffed.approve([request.id], only=[])

    assert unknown.error is not None
    assert "no field pay_rate" in unknown.error.why
    assert nothing.error is not None
    assert "No change of the request is selected" in nothing.error.why
    assert staffed.request().id == request.id


def test_A_112_a_declined_value_that_hr_took_back_and_enters_again_asks_again(staffed: World) -> None:
    declined_city(staffed)
    staffed.company.update("1", city="Dayton")
    staffed.sync()
    staffed.next_day()

    staffed.company.update("1", city="Akron")
    staffed.sync()

    assert fields(staffed.request()) == (["city"], [])


def test_A_112_another_value_of_a_declined_field_asks_again(staffed: World) -> None:
    declined_city(staffed)
    staffed.company.update("1", city="Toledo")
    staffed.sync()

    assert fields(staffed.request()) == (["city"], [])


def test_a_declined_termination_does_not_block_a_later_change_and_is_not_taken_along(staffed: World) -> None:
    staffed.company.terminate("1", staffed.now.date())
    staffed.sync()
    staffed.decline([staffed.request().id])
    staffed.next_day()
    staffed.company.update("1", homePhone="555-0111")
    staffed.sync()

    request = staffed.request()
    assert (request.kind, request.risk) == (ChangeKind.UPDATE, Risk.LOW)
    assert "status" in fields(request)[1]
    staffed.approve(bulk_approvable(staffed.queue()))

    assert staffed.participants()["1"].standing is Standing.ACTIVE
    staffed.next_day()
    staffed.sync()
    assert staffed.queue() == [], "drift asked again about the termination that was declined"


def test_a_declined_termination_that_is_chosen_needs_its_confirmation(staffed: World) -> None:
    staffed.company.terminate("1", staffed.now.date())
    staffed.sync()
    staffed.decline([staffed.request().id])
    staffed.next_day()
    staffed.company.update("1", homePhone="555-0111")
    staffed.sync()
    request = staffed.request()

    (refused,) = staffed.approve([request.id], only=["home_phone", "status"])
    assert refused.error is not None
    assert "bensync ends no coverage" in refused.error.why
    (done,) = staffed.approve([request.id], only=["home_phone", "status"], confirmed=True)

    assert done.done
    assert staffed.participants()["1"].standing is Standing.TERMINATED
    assert staffed.rows("select event_class from activity where event_class = 'TER'") == [("TER",)]


def test_a_termination_after_a_declined_one_asks_again(staffed: World) -> None:
    staffed.company.terminate("1", staffed.now.date())
    staffed.sync()
    staffed.decline([staffed.request().id])
    staffed.next_day()
    staffed.company.add_row("1", "employmentStatus", date=staffed.now.date(), benetracStatus="Active")
    staffed.sync()
    staffed.at(staffed.now.date() + timedelta(days=30))

    staffed.company.terminate("1", staffed.now.date())
    staffed.sync()

    assert staffed.request().kind is ChangeKind.TERMINATE


def test_a_value_is_left_out_of_a_termination(staffed: World) -> None:
    staffed.company.update("1", city="Akron")
    staffed.company.terminate("1", staffed.now.date())
    staffed.sync()
    request = staffed.request()
    apart = {change.field for change in request.changes} - {"city"}

    (done,) = staffed.approve([request.id], only=["status"], confirmed=True)

    assert "termination_date" in apart
    assert done.done
    assert staffed.participants()["1"].standing is Standing.TERMINATED
    assert values(staffed)["city"] == "Dayton"
    staffed.next_day()
    staffed.sync()
    assert staffed.queue() == []


def test_a_corrected_participant_keeps_the_correction_where_a_value_was_declined(staffed: World) -> None:
    from bensync.actions import corrections
    from bensync.core.access import command_line_actor

    declined_city(staffed)
    staffed.company.update("1", homePhone="555-0111")
    staffed.sync()
    who, catalogue = staffed.participants()["1"], staffed.deployment.catalogue("acme")
    corrections.edit(
        staffed.store,
        "acme",
        who.id,
        {"city": "Toledo"},
        "as they said",
        command_line_actor("admin"),
        staffed.now,
        catalogue=catalogue,
    )

    (done,) = staffed.approve([staffed.request().id])

    assert done.done
    assert (values(staffed)["city"], values(staffed)["home_phone"]) == ("Toledo", "555-0111")


def test_the_second_of_two_approvers_chooses_the_same_fields(staffed: World) -> None:
    from bensync.actions import approvals
    from bensync.core.access import command_line_actor
    from bensync.core.intake.proposals import IntakeRules

    staffed.company.update("1", city="Akron")
    staffed.company.terminate("1", staffed.now.date())
    staffed.sync()
    number = staffed.request().id
    rules = IntakeRules(second_approver=frozenset({"terminate"}))

    def approve(name: str, *only: str) -> Decision:
        (decision,) = approvals.approve(
            staffed.store,
            "acme",
            [number],
            command_line_actor(name),
            staffed.now,
            rules,
            confirmed=True,
            only=only or None,
        )
        return decision

    assert approve("ann", "status").waits
    assert approve("bob").waits, "bob approved more than ann"
    assert approve("ann", "status").waits
    assert approve("bob", "status").done
    assert values(staffed)["city"] == "Dayton"


def test_a_new_person_is_decided_as_a_whole(staffed: World) -> None:
    staffed.company.hire(person(4))
    staffed.sync()

    (refused,) = staffed.approve([staffed.request().id], only=["first_name"])

    assert refused.error is not None
    assert "one decision" in refused.error.why


def test_A_15_a_declined_new_person_opens_no_request_at_a_resync(staffed: World) -> None:
    staffed.company.hire(person(4))
    staffed.sync()
    staffed.decline([staffed.request().id])

    staffed.resync()

    assert staffed.queue() == []


def ask_again(employer: World, number: int, **options: Any) -> Decision:
    rules = employer.tools.rules
    by = command_line_actor("admin")
    return asking_again.ask_again(
        employer.store, "acme", number, "declined by mistake", by, employer.now, rules, **options
    )


def test_A_140_a_value_that_was_declined_by_mistake_is_asked_about_again_at_once(staffed: World) -> None:
    staffed.company.update("1", city="Akron", homePhone="555-0111")
    staffed.sync()
    number = staffed.request().id
    staffed.decline([number])

    decision = ask_again(staffed, number, fields=["city"])

    request = staffed.request()
    assert request.id == decision.successor
    assert fields(request) == (["city"], ["home_phone"])
    staffed.resync()
    assert staffed.request().id == request.id, "a file that says the same leaves it open"
    staffed.approve([request.id])
    assert values(staffed)["city"] == "Akron"
    assert "home_phone" not in values(staffed)
    (entry,) = audited(staffed, "request.ask_again")
    assert entry == (f"request {number}", "declined by mistake", ["city"])


def test_A_140_a_person_who_was_declined_by_mistake_is_asked_about_again(staffed: World) -> None:
    staffed.company.hire(person(4))
    staffed.sync()
    number = staffed.request().id
    staffed.decline([number])

    ask_again(staffed, number)

    assert staffed.request().kind is ChangeKind.NEW
    staffed.next_day()
    staffed.resync()
    staffed.approve([staffed.request().id], confirmed=True)
    assert staffed.participants()["4"].standing is Standing.ACTIVE


def test_A_140_a_termination_comes_back_with_its_date(staffed: World) -> None:
    staffed.company.terminate("1", staffed.now.date())
    staffed.sync()
    number = staffed.request().id
    staffed.decline([number])
    staffed.next_day()
    staffed.sync()
    assert staffed.queue() == []

    ask_again(staffed, number, fields=["status"])

    request = staffed.request()
    assert (request.kind, request.risk) == (ChangeKind.TERMINATE, Risk.HIGH)
    assert {change.field for change in request.declined_before} <= {"employment_status"}


def test_A_140_a_field_left_out_of_an_approval_can_be_asked_about_again(staffed: World) -> None:
    staffed.company.update("1", city="Akron", homePhone="555-0111")
    staffed.sync()
    number = staffed.request().id
    staffed.approve([number], only=["home_phone"])

    ask_again(staffed, number)

    assert fields(staffed.request()) == (["city"], [])


def test_A_140_what_joins_a_pending_request_replaces_it(staffed: World) -> None:
    declined_city(staffed)
    (declined,) = staffed.queue(RequestState.DECLINED)
    staffed.company.update("1", homePhone="555-0111")
    staffed.sync()
    pending = staffed.request().id

    decision = ask_again(staffed, declined.id)

    assert fields(staffed.request()) == (["city", "home_phone"], [])
    (replaced,) = staffed.queue(RequestState.SUPERSEDED)
    assert (replaced.id, replaced.superseded_by) == (pending, decision.successor)


def test_A_140_nothing_is_asked_again_that_was_not_declined_or_that_hr_took_back(staffed: World) -> None:
    staffed.company.update("1", city="Akron")
    staffed.sync()
    number = staffed.request().id
    assert "nothing of it was declined" in staffed.failure(lambda: ask_again(staffed, number)).why
    assert "no request of that number" in staffed.failure(lambda: ask_again(staffed, 4711)).why
    staffed.decline([number])
    assert "home_phone" in staffed.failure(lambda: ask_again(staffed, number, fields=["home_phone"])).why
    staffed.next_day()
    staffed.company.update("1", city="Dayton")
    staffed.sync()

    assert "HR does not say any more" in staffed.failure(lambda: ask_again(staffed, number)).why
    assert staffed.queue() == []
