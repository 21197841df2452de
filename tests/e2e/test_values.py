"""Values that HR writes in odd ways, from the record to the request (scenarios 4.10)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bensync.core.changes import ChangeKind
from bensync.core.people import Standing
from bensync.core.requests import Risk, WarningCode
from bensync.core.runs import Outcome
from tests.e2e.world import World, person
from tests.fixtures.databases import on_sqlite

pytestmark = on_sqlite  # rules of the trade; what they leave in a database is looked at by others on both sorts


def issues(world: World) -> list[tuple[str, str, str]]:
    """The open data issues: employee, code and detail."""
    return world.rows("select employee_id, code, detail from issue where resolved_at is null order by employee_id")


def test_A_90_another_spelling_of_the_same_text_is_no_change(staffed: World) -> None:
    staffed.company.update("1", lastName="M\u00fa\u00f1oz")
    staffed.sync()
    staffed.approve([staffed.request().id])
    staffed.next_day()

    staffed.company.update("1", lastName="\tMu\u0301n\u0303oz\u00a0\n", city="Dayton\r\n")

    assert staffed.sync().outcome is Outcome.NO_CHANGES
    assert issues(staffed) == []


def test_A_90_an_invisible_character_blocks_one_person_and_is_named(staffed: World) -> None:
    staffed.company.update("1", lastName="Va\u202ele")
    staffed.company.update("2", city="Akron")

    staffed.sync()

    assert staffed.request().employee_id == "2"
    assert issues(staffed) == [
        ("1", "field_invalid", "last_name holds the invisible character U+202E RIGHT-TO-LEFT OVERRIDE")
    ]


def test_A_90_a_baseline_of_an_older_version_asks_nobody_about_a_spelling(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        # Version 0.1 trimmed texts, and took them as they were otherwise.
        older.setattr("bensync.mappings.catalogue.normalized", str.strip)
        for number in (1, 2, 3):
            acme.company.hire(person(number, lastName="Mu\u0301n\u0303oz"))
        acme.begin()
    acme.company.update("1", city="Akron")
    acme.company.update("2", lastName="M\u00fa\u00f1oz")

    report = acme.sync()

    assert [change.candidate.employee_id for change in report.plan.sends] == ["1"]
    assert [change.field for change in acme.request().changes] == ["city"]
    acme.approve([acme.request().id])
    acme.next_day()
    assert acme.resync().outcome is Outcome.DELIVERED
    assert acme.queue() == []


def test_A_91_values_that_cannot_be_block_and_those_that_hardly_can_are_of_high_risk(staffed: World) -> None:
    staffed.company.update("1", dateOfBirth="2068-01-10")
    staffed.company.terminate("2", date(2206, 6, 1))
    hired = staffed.company.hire(person(4), pay={"rate": "-5.00 USD"})

    staffed.sync()

    (request,) = staffed.queue()
    assert (request.employee_id, request.risk) == (hired, Risk.HIGH)
    assert WarningCode.NEGATIVE_PAY in request.warnings
    assert issues(staffed) == [
        ("1", "value_implausible", "birth_date lies in the future"),
        ("2", "value_implausible", "a row of table status is dated more than 80 years ago or 5 years ahead"),
    ]
    staffed.company.update("1", dateOfBirth="1968-01-10")
    staffed.next_day()
    staffed.sync()
    assert {request.employee_id for request in staffed.queue()} == {"1", hired}


@pytest.mark.parametrize("ssn", ["123-45-6789", "111-11-1111", "888888888"])
def test_A_92_a_placeholder_is_nobodys_ssn(staffed: World, ssn: str) -> None:
    hired = staffed.company.hire(person(4, ssn=ssn))

    staffed.sync()

    assert staffed.queue() == []
    assert issues(staffed) == [(hired, "ssn_invalid", "the SSN is a placeholder that was never assigned")]


def test_A_98_required_fields_that_hr_empties_are_not_approved_in_bulk(staffed: World) -> None:
    for employee in ("1", "2"):
        staffed.company.update(employee, hireDate="", address1="", jobTitle="Manager")

    staffed.sync()

    requests = staffed.queue()
    assert {request.risk for request in requests} == {Risk.HIGH}
    staffed.approve([request.id for request in requests])
    assert all(participant.profile.values["hire_date"] for participant in staffed.participants().values())


def test_A_93_somebody_hired_again_under_a_new_number_is_a_rehire(staffed: World) -> None:
    staffed.company.terminate("1", date(2026, 6, 1))
    staffed.sync()
    staffed.approve([staffed.request().id], confirmed=True)
    staffed.at("2026-08-03")
    again = staffed.company.hire(person(1, hireDate="2026-08-01", firstName="Person1"))
    staffed.company.update("1", workPhone="555-0100")

    staffed.sync()

    request = staffed.request()
    assert (request.employee_id, request.kind, request.risk) == (again, ChangeKind.REHIRE, Risk.HIGH)
    assert WarningCode.IDENTITY_CHANGED in request.warnings
    staffed.approve([request.id], confirmed=True)
    staffed.next_day()
    staffed.resync()
    assert (staffed.queue(), issues(staffed)) == ([], [])
    assert staffed.participants()[again].standing is Standing.ACTIVE


def test_A_93_on_a_first_load_the_active_record_speaks(acme: World) -> None:
    acme.company.hire(person(1, hireDate="2015-05-04"), status="Terminated", employment_status="Terminated")
    active = acme.company.hire(person(1, hireDate="2026-05-04"))

    acme.at("2026-06-01")
    acme.resync()

    assert acme.request().employee_id == active
    assert issues(acme) == []


def test_A_94_a_leave_that_began_70_days_ago_is_retroactive(staffed: World) -> None:
    began = staffed.now.date() - timedelta(days=70)
    staffed.company.add_row("1", "employmentStatus", date=began, employmentStatus="Full-Time", benetracStatus="Leave")

    staffed.sync()

    request = staffed.request()
    assert (request.kind, request.effective_date, request.risk) == (ChangeKind.UPDATE, began, Risk.HIGH)
    assert {WarningCode.RETROACTIVE, WarningCode.SECOND_APPROVER} <= set(request.warnings)


def test_A_95_a_start_that_is_postponed_after_it_was_approved_alarms(staffed: World) -> None:
    hired = staffed.company.hire(person(4, hireDate=staffed.now.date().isoformat()))
    staffed.sync()
    staffed.approve([staffed.request().id])
    later = (staffed.now + timedelta(days=30)).date()
    staffed.next_day()
    staffed.company.update(hired, hireDate=later.isoformat())
    employee = staffed.company.employee(hired)
    assert employee is not None
    (row,) = employee.tables["employmentStatus"]
    staffed.company.change_row("employmentStatus", str(row.id), date=later)

    staffed.sync()

    assert [(employee, code) for employee, code, _ in issues(staffed)] == [(hired, "start_postponed")]
    assert any("blocked by data issues" in str(mail["Subject"]) for mail in staffed.mailbox.messages)
    staffed.at(later)
    staffed.sync()
    assert issues(staffed) == []
    assert [change.field for change in staffed.request().changes] == ["hire_date"]


def test_A_96_a_full_file_repeats_people_who_are_blocked_as_last_sent(staffed: World) -> None:
    staffed.company.update("1", ssn="", city="Akron")
    staffed.company.update("2", lastName="Va\u202ele")

    staffed.resync()

    (file,) = staffed.files()
    cities = {profile.employee_id: profile.values["city"] for profile in staffed.read(file).profiles}
    assert cities == {"1": "Dayton", "2": "Dayton", "3": "Dayton"}
    assert staffed.queue() == []
    assert [(employee, code) for employee, code, _ in issues(staffed)] == [("1", "ssn_missing"), ("2", "field_invalid")]
    staffed.company.update("1", ssn=person(1)["ssn"])
    staffed.next_day()
    staffed.sync()
    assert [change.field for change in staffed.request().changes] == ["city"]
    assert [employee for employee, _, _ in issues(staffed)] == ["2"]


def test_A_98_a_required_field_that_everybody_loses_is_held(staffed: World) -> None:
    for employee in ("1", "2", "3"):
        staffed.company.update(employee, hireDate="", jobTitle="Manager")

    report = staffed.sync()

    assert staffed.queue() == []
    assert {entry.alarm for entry in report.plan.held} == {"emptied:hire_date"}
    assert {code for _, code, _ in issues(staffed)} == {"held"}
