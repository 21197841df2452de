"""Whom HR names and does not show, and who is missing from a read of everybody: one issue each."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bensync.core.people import Standing
from bensync.core.runs import Outcome
from bensync.errors import GuardTripped
from bensync.pipeline.alert_checks import check_alerts
from tests.e2e.world import World, person
from tests.fixtures.databases import on_sqlite

pytestmark = on_sqlite

PEOPLE = 60
FIELDS = (
    "ssn",
    "employee_number",
    "first_name",
    "middle_name",
    "last_name",
    "birth_date",
    "gender",
    "address1",
    "address2",
    "city",
    "state",
    "postal_code",
    "country",
    "work_email",
    "home_phone",
    "hire_date",
    "rehire_date",
    "termination_date",
    "job_title",
    "department",
    "location",
    "pay_rate",
    "pay_frequency",
)


def issues(world: World) -> dict[str, list[str]]:
    """The open issues: codes by employee."""
    codes: dict[str, list[str]] = {}
    for employee, code in world.rows("select employee_id, code from issue where resolved_at is null order by code"):
        codes.setdefault(employee, []).append(code)
    return codes


def state_of(world: World, employee: str) -> list[str]:
    """The states of an employee's baselines."""
    return [state for (state,) in world.rows(f"select state from baseline where employee_id = '{employee}'")]


def subjects(world: World) -> list[str]:
    """The subjects of all mails."""
    return [str(mail["Subject"]) for mail in world.mailbox.messages]


@pytest.fixture
def crowd(acme: World) -> World:
    """Sixty people in step on both sides."""
    for number in range(1, PEOPLE + 1):
        acme.company.hire(person(number))
    acme.begin()
    return acme


class Export:
    """The export of an HR system as CSV files: everybody, every time."""

    def __init__(self, world: World) -> None:
        self.folder: Path = world.folder / "hr"
        self.folder.mkdir()
        self.people = {
            str(number): {
                "ssn": person(number)["ssn"], "first_name": f"Person{number}", "last_name": "Vale",
                "birth_date": "1984-02-29", "gender": "F", "address1": "1 Elm Street", "city": "Dayton", "state": "OH",
                "postal_code": "45402", "country": "US", "hire_date": "2020-03-02",
            }
            for number in range(1, PEOPLE + 1)
        }  # fmt: skip
        self.status = {employee: [("2020-03-02", "Active", "Full-Time")] for employee in self.people}
        self.save()
        world.configure(source=f'type = "csvfile"\nfolder = "{self.folder}"\ntables = {{ status = "status.csv" }}\n')

    def save(self) -> None:
        """Write the files anew."""
        with (self.folder / "employees.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["employee_id", *FIELDS])
            rows.writerows(
                [employee, *(values.get(name, "") for name in FIELDS)] for employee, values in self.people.items()
            )
        with (self.folder / "status.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["employee_id", "date", "benetrac_status", "employment_status"])
            rows.writerows(
                [employee, *row] for employee, each in self.status.items() if employee in self.people for row in each
            )

    def drop(self, *employees: str) -> None:
        """Write the files without these people."""
        for employee in employees:
            del self.people[employee]
        self.save()


@pytest.fixture
def export(acme: World) -> Export:
    """Sixty people in CSV files, in step on both sides."""
    files = Export(acme)
    acme.begin()
    return files


def test_A_86_a_hire_whom_the_report_shows_a_day_after_the_feed_is_sent(crowd: World) -> None:
    hired = crowd.company.hire(person(99))
    crowd.company.lagging.add(hired)
    crowd.next_day()
    crowd.company.update("1", city="Akron")  # the watermark moves beyond the hire

    report = crowd.sync()

    assert [(issue.employee_id, issue.code) for issue in report.plan.issues] == [(hired, "not_shown")]
    assert not any("blocked" in subject for subject in subjects(crowd))
    (last,) = crowd.rows("select brief from run order by id desc limit 1")
    assert "1 person blocked by data issues, 1 of them not shown by HR;" in last[0]
    crowd.company.lagging.clear()
    crowd.next_day()
    crowd.sync()
    assert hired in {request.employee_id for request in crowd.queue()}
    assert issues(crowd) == {}


def test_A_86_a_termination_that_hr_names_and_does_not_show_is_asked_for_until_it_comes(crowd: World) -> None:
    crowd.company.terminate("7", crowd.now.date())
    crowd.company.lagging.add("7")
    for _ in range(4):
        crowd.sync()
        check_alerts(crowd.tools, crowd.now, crowd.deployment.settings.alerts.limits())
        crowd.next_day()
        crowd.company.update("1", city=f"Akron {crowd.now.day}")
    assert issues(crowd) == {"7": ["not_shown"]}
    (alert,) = [(name, cleared) for name, cleared in crowd.rows("select key, cleared_at from alert") if "shown" in name]
    assert alert == ("not_shown", None)

    crowd.company.lagging.clear()
    crowd.sync()
    check_alerts(crowd.tools, crowd.now, crowd.deployment.settings.alerts.limits())

    assert {request.kind for request in crowd.queue() if request.employee_id == "7"} == {"TERMINATE"}
    assert issues(crowd) == {}
    assert crowd.rows("select count(*) from alert where key = 'not_shown' and cleared_at is null") == [(0,)]


def test_A_86_an_employee_not_shown_whom_hr_then_deletes_is_no_open_question(crowd: World) -> None:
    hired = crowd.company.hire(person(99))
    crowd.company.lagging.add(hired)
    crowd.sync()
    crowd.next_day()
    crowd.company.delete(hired)

    crowd.sync()

    assert issues(crowd) == {}


def test_A_86_an_answer_that_omits_a_blocked_employee_closes_none_of_their_issues(crowd: World) -> None:
    crowd.company.update("5", ssn=None)
    crowd.sync()
    assert issues(crowd) == {"5": ["ssn_missing"]}
    crowd.company.lagging.add("5")
    crowd.next_day()

    crowd.sync()

    assert issues(crowd) == {"5": ["not_shown", "ssn_missing"]}
    crowd.company.lagging.clear()
    crowd.next_day()
    crowd.sync()
    assert issues(crowd) == {"5": ["ssn_missing"]}


def test_A_87_an_export_that_is_cut_off_is_refused_by_the_daily_run(acme: World, export: Export) -> None:
    export.drop(*list(export.people)[1:])

    error = acme.failure(acme.sync)

    assert isinstance(error, GuardTripped)
    assert "active_person_missing" in error.what
    assert "headcount_fell" in error.what
    assert acme.files() == []
    assert issues(acme) == {}


def test_A_87_a_column_that_becomes_empty_for_everybody_is_refused_by_the_daily_run(
    acme: World, export: Export
) -> None:
    for values in list(export.people.values())[:20]:
        values["hire_date"] = ""
    export.save()

    error = acme.failure(acme.sync)

    assert isinstance(error, GuardTripped)
    assert "field hire_date is filled for 67% of the people, 100% before" in error.why


def test_A_88_one_person_missing_from_an_export_is_one_issue_and_everybody_else_is_sent(
    acme: World, export: Export
) -> None:
    export.people["1"]["city"] = "Akron"
    export.drop("5")

    report = acme.sync()

    assert report.outcome is Outcome.DELIVERED
    assert [(issue.employee_id, issue.code) for issue in report.plan.issues] == [("5", "absent")]
    assert [request.employee_id for request in acme.queue()] == ["1"]
    assert acme.participants()["5"].standing is Standing.ACTIVE
    assert state_of(acme, "5") == ["LIVE"]
    assert sum("data issues" in subject for subject in subjects(acme)) == 1


def test_A_88_a_person_who_returns_has_no_issue_any_more(acme: World, export: Export) -> None:
    back = export.people["5"]
    export.drop("5")
    acme.sync()
    acme.next_day()
    assert issues(acme) == {"5": ["absent"]}
    acme.sync()  # the same files once more
    assert issues(acme) == {"5": ["absent"]}
    acme.next_day()
    export.people["5"] = back
    export.save()

    assert acme.sync().outcome is Outcome.NO_CHANGES

    assert issues(acme) == {}


def by_feed(world: World) -> None:
    """HR deletes an employee for good."""
    world.company.delete("5")
    world.sync()


def by_absence(world: World) -> None:
    """HR shows an employee no more."""
    world.company.hidden.add("5")
    world.resync()


@pytest.mark.parametrize("vanish", [by_feed, by_absence])
def test_A_88_a_missing_employee_terminated_by_a_person_is_no_issue_and_asks_for_nothing(
    crowd: World, vanish: Callable[[World], None]
) -> None:
    vanish(crowd)
    assert len(issues(crowd)) == 1

    crowd.terminate_here(crowd.participants()["5"], date(2026, 6, 1))

    assert issues(crowd) == {}
    for again in (crowd.sync, crowd.resync):
        crowd.next_day()
        again()
        assert issues(crowd) == {}
        assert crowd.queue() == []
        assert state_of(crowd, "5") == ["MISSING"]


def test_A_88_a_person_missing_and_terminated_may_come_back_under_another_number(crowd: World) -> None:
    crowd.company.hidden.add("5")
    crowd.resync()
    crowd.terminate_here(crowd.participants()["5"], date(2026, 6, 1))
    crowd.next_day()
    again = crowd.company.hire(person(5), hire_date=crowd.now.date())

    crowd.sync()

    assert issues(crowd) == {}
    assert [request.employee_id for request in crowd.queue()] == [again]


def test_A_88_a_full_read_of_everybody_goes_on_with_one_missing_and_repeats_it_without_a_release(crowd: World) -> None:
    crowd.company.hidden.add("5")
    for _ in range(2):
        report = crowd.resync()
        assert report.outcome is Outcome.DELIVERED
        assert [(issue.employee_id, issue.code) for issue in report.plan.issues] == [("5", "absent")]
        crowd.next_day()
    assert crowd.queue() == []


def test_A_89_a_group_that_hr_hides_refuses_the_run_that_reads_everybody(acme: World) -> None:
    for number in range(1, PEOPLE + 1):
        hired = acme.company.hire(person(number))
        if number > 40:
            acme.company.terminate(hired, date(2024, 1, 31))
    acme.begin()
    acme.company.hidden.update(str(number) for number in range(41, PEOPLE + 1))

    error = acme.failure(acme.resync)

    assert isinstance(error, GuardTripped)
    assert "inactive_person_missing" in error.what
    acme.company.hidden = {str(number) for number in range(1, 21)}
    assert "active_person_missing" in acme.failure(acme.resync).what


def test_an_unlisted_status_of_some_people_blocks_them_alone(crowd: World) -> None:
    for number in range(1, 16):
        crowd.company.add_row(
            str(number), "employmentStatus", date=crowd.now.date(), employmentStatus="Full-Time",
            benetracStatus="Retired",
        )  # fmt: skip
    crowd.company.update("30", city="Akron")

    report = crowd.sync()

    assert report.outcome is Outcome.DELIVERED
    assert {issue.code for issue in report.plan.issues} == {"status_unknown"}
    assert len(report.plan.issues) == 15
    assert [request.employee_id for request in crowd.queue()] == ["30"]


def reconcile(world: World, on: str) -> None:
    """Configure the weekly reconciliation."""
    world.config.write_text(f'[schedule]\nreconcile_on = "{on}"\n{world.config.read_text()}')
    world.deployment = type(world.deployment)(world.config)


def change_unnamed(world: World, employee: str) -> None:
    """Change an employee so that HR's list of changes does not name them."""
    person_in_hr = world.company.employee(employee)
    assert person_in_hr is not None
    person_in_hr.fields["city"] = "Akron"
    world.company.version += 1


def test_A_101_on_its_weekday_the_daily_run_finds_what_the_list_of_changes_left_out(staffed: World) -> None:
    reconcile(staffed, "thursday")  # the world begins on a Monday, and this is the Tuesday
    change_unnamed(staffed, "2")
    for _ in range(2):
        assert staffed.sync().outcome is Outcome.NO_CHANGES
        staffed.next_day()

    report = staffed.sync()

    assert report.outcome is Outcome.DELIVERED
    assert [(change.candidate.employee_id, change.fields) for change in report.plan.sends] == [("2", ("city",))]
    assert ["DELTA" in file.name for file in staffed.files()] == [True]
    staffed.next_day()
    assert staffed.sync().outcome is Outcome.NO_CHANGES


def test_A_101_a_reconciliation_has_the_guards_of_a_full_read(crowd: World) -> None:
    reconcile(crowd, "tuesday")
    crowd.company.hidden.update(str(number) for number in range(1, 21))

    error = crowd.failure(crowd.sync)

    assert "active_person_missing" in error.what
    crowd.company.hidden = {"1"}
    assert [(issue.employee_id, issue.code) for issue in crowd.sync().plan.issues] == [("1", "absent")]


def test_A_101_a_deletion_since_the_watermark_is_still_a_deletion(staffed: World) -> None:
    reconcile(staffed, "tuesday")
    staffed.company.delete("1")

    staffed.sync()

    assert issues(staffed) == {"1": ["hr_employee_deleted"]}


def test_without_a_weekday_no_daily_run_reads_everybody(staffed: World) -> None:
    change_unnamed(staffed, "2")
    for _ in range(14):
        assert staffed.sync().outcome is Outcome.NO_CHANGES
        staffed.next_day()
