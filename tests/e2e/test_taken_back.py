"""What HR takes back within a day: before it was sent it leaves no row, before a decision it closes the request."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from bensync.core.changes import ChangeKind
from bensync.core.people import Standing
from bensync.core.plan import SyncPlan
from bensync.core.requests import RequestState
from bensync.core.runs import Outcome
from bensync.errors import DeliveryError, GuardTripped
from tests.e2e.world import World, person

Way = Callable[[World], Callable[[], None]]
"""Changes something in HR, and returns what changes it back."""


def city(employer: World) -> Callable[[], None]:
    employer.company.update("1", city="Akron")
    return lambda: employer.company.update("1", city="Dayton")


def title(employer: World) -> Callable[[], None]:
    row = employer.company.add_row("1", "jobInfo", date="2026-06-02", jobTitle="Chief", department="Office")
    return lambda: employer.company.remove_row("jobInfo", row)


def termination(employer: World) -> Callable[[], None]:
    row = employer.company.terminate("1", employer.now.date())
    return lambda: employer.company.remove_row("employmentStatus", row)


def termination_of(employer: World, number: str) -> Callable[[], None]:
    row = employer.company.terminate(number, employer.now.date())
    return lambda: employer.company.remove_row("employmentStatus", row)


def ssn(employer: World) -> Callable[[], None]:
    employer.company.update("1", ssn="301-22-4004")
    return lambda: employer.company.update("1", ssn=person(1)["ssn"])


def hire_date(employer: World) -> Callable[[], None]:
    employer.company.update("1", hireDate="2020-04-06")
    return lambda: employer.company.update("1", hireDate=person(1)["hireDate"])


EVERY_WAY = [city, title, termination, ssn, hire_date]


def later(employer: World) -> None:
    """Four hours later on the same day."""
    employer.at(employer.now.date(), employer.now.hour + 4)


@contextlib.contextmanager
def failing_delivery(employer: World) -> Iterator[None]:
    """The folder of the upload center is not there."""
    away = employer.center.root.with_name("away")
    employer.center.root.rename(away)
    yield
    away.rename(employer.center.root)


def plan(employer: World) -> SyncPlan:
    """The plan of one more run."""
    sync_plan = employer.sync().plan
    assert sync_plan is not None
    return sync_plan


def refused(employer: World) -> None:
    """A run that a guard refuses."""
    assert isinstance(employer.failure(employer.sync), GuardTripped)


@pytest.mark.parametrize("way", EVERY_WAY)
def test_A_43_what_hr_takes_back_before_a_decision_closes_the_request(staffed: World, way: Way) -> None:
    change_back = way(staffed)
    staffed.sync()
    assert staffed.request()
    later(staffed)
    change_back()
    staffed.sync()

    assert staffed.queue() == []
    later(staffed)
    assert staffed.sync().outcome is Outcome.NO_CHANGES
    assert len(staffed.queue(RequestState.WITHDRAWN)) == 1
    assert len(staffed.files()) == 2


@pytest.mark.parametrize("way", EVERY_WAY)
def test_A_43_what_hr_takes_back_after_a_failed_delivery_leaves_no_row(staffed: World, way: Way) -> None:
    staffed.company.update("2", city="Toledo")
    staffed.sync()
    change_back = way(staffed)
    with failing_delivery(staffed):
        assert isinstance(staffed.failure(staffed.sync), DeliveryError)
    later(staffed)
    change_back()

    assert staffed.sync().outcome is Outcome.NO_CHANGES
    assert len(staffed.files()) == 1
    assert staffed.request().employee_id == "2"
    assert staffed.rows("select state from delivery order by id") == [("COMMITTED",), ("ABANDONED",)]


@pytest.mark.parametrize("way", EVERY_WAY)
def test_A_43_what_hr_takes_back_is_not_in_the_file_that_others_still_need(staffed: World, way: Way) -> None:
    change_back = way(staffed)
    staffed.company.update("2", city="Toledo")
    with failing_delivery(staffed):
        staffed.failure(staffed.sync)
    later(staffed)
    change_back()
    staffed.sync()

    (file,) = staffed.files()
    assert [profile.employee_id for profile in staffed.read(file).profiles] == ["2"]
    assert staffed.request().employee_id == "2"


def test_A_43_a_held_change_that_hr_takes_back_leaves_no_row_and_no_issue(staffed: World) -> None:
    change_back = [termination_of(staffed, number) for number in ("1", "2", "3")]
    report = staffed.sync()
    assert report.plan is not None
    assert len(report.plan.held) == 3
    later(staffed)
    for back in change_back:
        back()

    assert staffed.sync().outcome is Outcome.NO_CHANGES
    assert (staffed.files(), staffed.queue()) == ([], [])
    assert staffed.rows("select count(*) from issue where resolved_at is null") == [(0,)]


def test_A_43_a_blocked_change_that_hr_takes_back_leaves_no_row_and_no_issue(staffed: World) -> None:
    staffed.company.update("1", ssn="")
    assert [issue.code for issue in plan(staffed).issues] == ["ssn_missing"]
    later(staffed)
    staffed.company.update("1", ssn=person(1)["ssn"])

    assert staffed.sync().outcome is Outcome.NO_CHANGES
    assert (staffed.files(), staffed.queue()) == ([], [])
    assert staffed.rows("select count(*) from issue where resolved_at is null") == [(0,)]


@pytest.mark.parametrize("way", EVERY_WAY)
def test_A_43_what_hr_takes_back_after_a_refused_run_leaves_no_row(staffed: World, way: Way) -> None:
    change_back = way(staffed)
    staffed.now += timedelta(days=3)  # the clock of HR stays
    refused(staffed)
    staffed.now -= timedelta(days=3)
    later(staffed)
    change_back()

    assert staffed.sync().outcome is Outcome.NO_CHANGES
    assert (staffed.files(), staffed.queue()) == ([], [])


def postponed(employer: World, hired: str) -> None:
    employer.company.update(hired, hireDate="2026-07-01")
    row = employer.company.current(employer.company.employee(hired), "employmentStatus")
    employer.company.change_row("employmentStatus", str(row.id), date="2026-07-01")


def deleted(employer: World, hired: str) -> None:
    employer.company.delete(hired)


@pytest.mark.parametrize("taking_back", [deleted, postponed])
def test_A_43_a_hire_that_hr_takes_back_before_a_decision_closes_the_request(
    staffed: World, taking_back: Callable[[World, str], None]
) -> None:
    hired = staffed.company.hire(person(4))
    staffed.sync()
    request = staffed.request()
    later(staffed)
    taking_back(staffed, hired)
    report = staffed.sync()

    assert staffed.queue() == []
    assert [closed.id for closed in staffed.queue(RequestState.WITHDRAWN)] == [request.id]
    assert len(staffed.files()) == 1
    assert report.plan is not None
    assert [issue.code for issue in report.plan.issues if issue.code != "not_started"] == []
    assert staffed.rows(f"select state from baseline where employee_id = '{hired}'") == [("RETIRED",)]


def test_A_43_a_postponed_hire_is_asked_about_when_it_begins(staffed: World) -> None:
    hired = staffed.company.hire(person(4))
    staffed.sync()
    later(staffed)
    postponed(staffed, hired)
    staffed.sync()
    staffed.next_day()
    assert staffed.sync().outcome is Outcome.NO_CHANGES

    staffed.at("2026-07-01")
    staffed.sync()

    assert (staffed.request().kind, str(staffed.request().effective_date)) == (ChangeKind.NEW, "2026-07-01")


def test_A_43_a_postponed_hire_that_begins_as_before_after_all_is_asked_about_again(staffed: World) -> None:
    hired = staffed.company.hire(person(4), hire_date=staffed.now.date())
    began = staffed.now.date().isoformat()
    staffed.sync()
    later(staffed)
    postponed(staffed, hired)
    staffed.sync()
    later(staffed)
    staffed.company.update(hired, hireDate=began)
    row = staffed.company.current(staffed.company.employee(hired), "employmentStatus", "2026-12-31")
    staffed.company.change_row("employmentStatus", str(row.id), date=began)
    staffed.sync()

    assert staffed.request().kind is ChangeKind.NEW
    assert len(staffed.files()) == 2


@pytest.mark.parametrize("taking_back", [deleted, postponed])
def test_A_43_a_hire_that_was_approved_is_never_taken_back(
    staffed: World, taking_back: Callable[[World, str], None]
) -> None:
    hired = staffed.company.hire(person(4))
    staffed.sync()
    staffed.approve([staffed.request().id])
    later(staffed)
    taking_back(staffed, hired)
    report = staffed.sync()

    assert report.plan is not None
    assert [issue.code for issue in report.plan.issues] in (["hr_employee_deleted"], ["start_postponed"])
    assert staffed.participants()[hired].standing is Standing.ACTIVE
