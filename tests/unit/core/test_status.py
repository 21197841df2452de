"""What holds on a given day, by the dated rows (sync-rules 3.3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bensync.core.changes import Issue, IssueCode
from bensync.core.people import DatedRow, Profile, Status
from bensync.core.status import contradicts, judge, project, termination_effective
from tests.unit.builders import OPTIONS, TODAY, day, employee, profile, status_row


def projected(*rows, as_of=TODAY, **values):
    actual = project(employee(1, rows, **values), OPTIONS, as_of)
    assert isinstance(actual, tuple)
    return actual


@pytest.mark.parametrize(
    ("rows", "status", "since", "due"),
    [
        pytest.param([("01-01", "Active")], Status.ACTIVE, "01-01", None, id="one row"),
        pytest.param([("01-01", "Active"), ("06-09", "Inactive")], Status.INACTIVE, "06-09", None, id="the later row"),
        pytest.param([("01-01", "Active"), ("06-10", "Inactive")], Status.INACTIVE, "06-10", None, id="today's row"),
        pytest.param(
            [("01-01", "Active"), ("06-11", "Inactive")], Status.ACTIVE, "01-01", "06-11", id="tomorrow's row"
        ),
        pytest.param(
            [("01-01", "Active"), ("06-20", "Inactive"), ("08-01", "Active")],
            Status.ACTIVE,
            "01-01",
            "06-20",
            id="the earliest of two future rows is due",
        ),
        pytest.param([("01-01", "Leave")], Status.ACTIVE, "01-01", None, id="another option that means active"),
    ],
)
def test_the_row_with_the_greatest_date_up_to_today_holds(rows, status, since, due):
    actual, next_due = projected(*(status_row(*row) for row in rows))
    assert (actual.status, actual.status_date) == (status, day(since))
    assert next_due == (day(due) if due else None)


def test_A_26_a_future_termination_counts_from_its_day_and_not_before():
    rows = [status_row("01-01"), status_row("06-20", "Inactive")]
    for number in range(10, 31):
        as_of = day(f"06-{number}")
        actual, due = projected(*rows, as_of=as_of)
        over = as_of >= day("06-20")
        assert actual.status is (Status.INACTIVE if over else Status.ACTIVE)
        assert due == (None if over else day("06-20"))
        assert actual.rows == tuple(rows[: 1 + over])


def test_A_30_of_two_rows_with_one_date_the_one_entered_later_holds():
    both = [status_row("06-10", "Active"), status_row("06-10", "Inactive")]
    assert projected(*both)[0].status is Status.INACTIVE
    assert projected(*reversed(both))[0].status is Status.ACTIVE


def test_A_32_the_day_of_the_run_decides_whether_a_row_holds():
    rows = [status_row("01-01"), status_row("06-20", "Inactive")]
    assert projected(*rows, as_of=day("06-20"))[0].status is Status.INACTIVE
    assert projected(*rows, as_of=day("06-20") - timedelta(days=1))[0].status is Status.ACTIVE


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        pytest.param([status_row("01-01", "On Sabbatical")], IssueCode.STATUS_UNKNOWN, id="A-28 unknown option"),
        pytest.param([status_row("01-01", "active")], IssueCode.STATUS_UNKNOWN, id="another case is another option"),
        pytest.param([status_row("01-01", None)], IssueCode.STATUS_MISSING, id="A-29 blank option"),
        pytest.param([status_row("01-01"), status_row("06-01", None)], IssueCode.STATUS_MISSING, id="blank since June"),
        pytest.param([], IssueCode.STATUS_MISSING, id="A-29 no row"),
        pytest.param([DatedRow("job", day("01-01"), {})], IssueCode.STATUS_MISSING, id="rows of other tables only"),
        pytest.param([status_row("06-11")], IssueCode.NOT_STARTED, id="the first row is tomorrow's"),
    ],
)
def test_a_status_that_cannot_be_read_is_an_issue_and_never_active(rows, code):
    actual = project(employee(1, rows), OPTIONS, TODAY)
    assert isinstance(actual, Issue)
    assert (actual.employee_id, actual.code) == ("1", code)


@pytest.mark.parametrize(
    ("rows", "left"),
    [
        pytest.param([("01-01", "Active")], None, id="never gone"),
        pytest.param([("01-01", "Active"), ("02-01", "Leave")], None, id="another option that means active"),
        pytest.param(
            [("01-01", "Active"), ("03-03", "Inactive"), ("03-05", "Active")], "03-03", id="A-20 gone and back"
        ),
        pytest.param(
            [("01-01", "Active"), ("02-01", "Inactive"), ("02-10", "Inactive"), ("03-01", "Active")],
            "02-01",
            id="the first day of that time",
        ),
        pytest.param(
            [("01-01", "Inactive"), ("02-01", "Active"), ("03-01", "Inactive"), ("04-01", "Active")],
            "03-01",
            id="the last of two times",
        ),
        pytest.param(
            [("01-01", "Active"), ("02-01", "Inactive"), ("02-10", "???"), ("02-20", "Inactive"), ("03-01", "Active")],
            "02-01",
            id="an unreadable row in the past changes nothing",
        ),
        pytest.param([("01-01", "Active"), ("02-01", None), ("03-01", "Active")], None, id="nor does a blank one"),
        pytest.param([("01-01", "Active"), ("03-01", "Inactive")], None, id="gone now: the status row says since when"),
        pytest.param(
            [("01-01", "Active"), ("07-01", "Inactive"), ("08-01", "Active")], None, id="a time that is still to come"
        ),
    ],
)
def test_who_is_active_again_was_gone_from_the_first_day_of_the_last_inactive_time(rows, left):
    table = [DatedRow("job", day("05-01"), {}), *(status_row(*row) for row in rows)]
    assert projected(*table)[0].left_date == (day(left) if left else None)


def test_A_28_a_configured_option_is_read_without_any_change_in_hr():
    person = employee(1, [status_row("01-01", "On Sabbatical")])
    more = type(OPTIONS)(OPTIONS.active | {"On Sabbatical"}, OPTIONS.inactive)
    actual = project(person, more, TODAY)
    assert isinstance(actual, tuple)
    assert actual[0].status is Status.ACTIVE


def test_values_of_the_current_row_of_each_table_join_the_persons_own():
    rows = [
        DatedRow("job", day("01-01"), {"job_title": "Clerk", "department": "Sales"}),
        DatedRow("job", day("06-01"), {"job_title": "Manager"}),
        DatedRow("job", day("07-01"), {"job_title": "Director"}),
        status_row("01-01"),
    ]
    actual, due = projected(*rows, job_title=None)
    assert actual.values["job_title"] == "Manager"
    assert "department" not in actual.values, "an empty value of the current row is not filled from an older one"
    assert actual.values["benetrac_status"] == "Active"
    assert due == day("07-01")
    assert actual.rows == (rows[0], rows[1], rows[3])


def test_a_future_row_of_any_table_is_due():
    actual, due = projected(status_row("01-01"), status_row("09-01"), DatedRow("pay", day("07-01"), {}))
    assert isinstance(actual, Profile)
    assert due == day("07-01")


@pytest.mark.parametrize(
    ("ended", "rehired", "expected"),
    [
        pytest.param("2026-05-31", None, "2026-05-31", id="HR's termination date"),
        pytest.param("2026-06-10", None, "2026-06-10", id="HR's termination date is today"),
        pytest.param("2026-06-11", None, "2026-06-05", id="one that is still to come does not count"),
        pytest.param(None, None, "2026-06-05", id="none: the status row's date"),
        pytest.param("2024-02-01", None, "2026-06-05", id="the hire date itself is not later than the hire"),
        pytest.param("2024-02-02", None, "2024-02-02", id="the day after the hire is"),
        pytest.param("2025-01-31", "2025-09-01", "2026-06-05", id="one before the rehire belongs to the past"),
    ],
)
def test_a_termination_takes_effect_on_hrs_date_where_it_makes_sense_or_else_on_the_status_row(
    ended, rehired, expected
):
    left = profile(active=False, since="06-05", termination_date=ended, rehire_date=rehired)
    assert termination_effective(left, TODAY) == day(expected)


def test_without_any_hire_date_a_past_termination_date_counts():
    left = profile(active=False, since="06-05", termination_date="2026-06-01", hire_date=None)
    assert termination_effective(left, TODAY) == day("06-01")


@pytest.mark.parametrize(
    ("active", "ended", "hired", "conflict"),
    [
        pytest.param(True, "2026-06-03", "2024-02-01", True, id="A-31 active, terminated last week"),
        pytest.param(True, "2026-06-10", "2024-02-01", True, id="active, terminated today"),
        pytest.param(True, "2026-06-11", "2024-02-01", False, id="active until tomorrow"),
        pytest.param(True, None, "2024-02-01", False, id="active, no date"),
        pytest.param(True, "2023-12-31", "2024-02-01", False, id="active, terminated before the last hire"),
        pytest.param(True, "2026-06-03", None, True, id="active, terminated, no hire date"),
        pytest.param(True, "2024-02-01", "2024-02-01", True, id="active, terminated on the day of the hire"),
        pytest.param(False, "2026-06-03", "2024-02-01", False, id="inactive, terminated"),
        pytest.param(False, None, "2024-02-01", False, id="inactive, an empty date contradicts nothing"),
        pytest.param(False, "2026-06-11", "2024-02-01", True, id="inactive, terminated only tomorrow"),
        pytest.param(False, "2023-12-31", "2024-02-01", True, id="inactive, terminated before the last hire"),
    ],
)
def test_a_termination_date_against_the_status_is_a_conflict(active, ended, hired, conflict):
    assert contradicts(profile(active=active, termination_date=ended, hire_date=hired), TODAY) is conflict


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ssn": None}, IssueCode.SSN_MISSING),
        ({"ssn": None, "birth_date": "2068-01-10"}, IssueCode.SSN_MISSING),
        ({"birth_date": "2068-01-10"}, IssueCode.VALUE_IMPLAUSIBLE),
        ({}, IssueCode.STATUS_MISSING),
    ],
)
def test_an_employee_is_judged_by_the_ssn_then_by_the_values_then_by_the_status(changes, code):
    judged = judge(employee(1, **changes), OPTIONS, TODAY)
    assert isinstance(judged, Issue)
    assert judged.code is code


def test_an_employee_whom_nothing_blocks_is_judged_as_projected():
    person = employee(1, [status_row("2024-02-01")])
    assert judge(person, OPTIONS, TODAY) == project(person, OPTIONS, TODAY)
