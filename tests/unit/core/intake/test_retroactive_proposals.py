"""A change is as retroactive as its row (A-94, decision 68)."""

from __future__ import annotations

import pytest

from bensync.core.changes import ChangeKind
from bensync.core.intake.proposals import (
    classify,
)
from bensync.core.people import DatedRow
from bensync.core.requests import Risk, WarningCode
from tests.unit.builders import RULES, TODAY, day, participant, profile, status_row

LEFT = {"active": False, "since": "2026-03-01"}


def classified(row, person, owner=None, **facts):
    proposal = classify(row, person, owner, TODAY, RULES, **facts)
    assert proposal is not None
    return proposal


def warned(row, person, owner=None, **facts):
    return set(classified(row, person, owner, **facts).warnings)


def job(when, title="Clerk"):
    return DatedRow("job", day(when), {"job_title": title})


STARTED = (status_row("2024-02-01"), job("2024-02-01"))


@pytest.mark.parametrize(
    ("row", "person", "kind", "since"),
    [
        pytest.param(
            profile(rows=[*STARTED, status_row("2026-04-01", "Leave")], benetrac_status="Leave"),
            participant(profile(rows=STARTED)),
            ChangeKind.UPDATE,
            "2026-04-01",
            id="a leave 70 days ago",
        ),
        pytest.param(
            profile(rows=[*STARTED, job("2026-02-10", "Manager")], job_title="Manager"),
            participant(profile(rows=STARTED)),
            ChangeKind.UPDATE,
            "2026-02-10",
            id="a job four months ago",
        ),
        pytest.param(
            profile(hire_date="2026-02-10"),
            participant(profile(hire_date="2026-06-01")),
            ChangeKind.UPDATE,
            "2026-02-10",
            id="a hire that moved four months back",
        ),
        pytest.param(
            profile(rows=[status_row("2024-02-01"), job("2024-03-01")]),
            participant(profile(rows=STARTED)),
            ChangeKind.CORRECTION,
            "2024-02-01",
            id="a row that was dated anew",
        ),
        pytest.param(
            profile(rows=[*STARTED, status_row("2026-03-30")]),
            participant(profile(**{**LEFT, "rows": [*STARTED, status_row("2026-03-01", "Inactive")]}), ended="03-01"),
            ChangeKind.REACTIVATE,
            "2026-03-01",
            id="a return whose termination vanished",
        ),
        pytest.param(
            profile(hire_date="2025-01-01"),
            participant(profile(**LEFT), ended="2024-12-01"),
            ChangeKind.REHIRE,
            "2025-01-01",
            id="a rehire",
        ),
    ],
)
def test_A_94_a_change_is_as_retroactive_as_its_row(row, person, kind, since):
    proposal = classified(row, person)
    assert (proposal.kind, proposal.effective_date, proposal.risk) == (kind, day(since), Risk.HIGH)
    assert {WarningCode.RETROACTIVE, WarningCode.SECOND_APPROVER} <= set(proposal.warnings)


def test_A_94_a_row_of_yesterday_is_retroactive_and_of_low_risk():
    row = profile(rows=[*STARTED, job("06-09", "Manager")], job_title="Manager")
    proposal = classified(row, participant(profile(rows=STARTED)))
    assert (proposal.effective_date, proposal.risk) == (day("06-09"), Risk.LOW)
    assert proposal.warnings == (WarningCode.RETROACTIVE,)


def test_A_94_an_address_beside_an_old_row_takes_effect_today_and_reaches_back():
    row = profile(rows=[*STARTED, job("2026-02-10", "Manager")], job_title="Manager", city="Erie")
    proposal = classified(row, participant(profile(rows=STARTED)))
    assert (proposal.effective_date, proposal.risk) == (TODAY, Risk.HIGH)
    assert WarningCode.SECOND_APPROVER in proposal.warnings


def test_A_94_the_first_rows_of_a_table_do_not_reach_back():
    row = profile(rows=STARTED, job_title="Manager")
    proposal = classified(row, participant(profile(rows=STARTED[:1])))
    assert (proposal.effective_date, proposal.warnings) == (TODAY, ())


@pytest.mark.parametrize(
    ("hired", "in_operation", "warnings"),
    [
        ("2026-02-10", True, (WarningCode.RETROACTIVE,)),
        ("2026-06-01", True, ()),
        ("2026-02-10", False, ()),
    ],
)
def test_A_94_a_hire_that_hr_shows_long_after_is_retroactive_except_in_a_first_load(hired, in_operation, warnings):
    proposal = classified(profile(hire_date=hired), None, in_operation=in_operation)
    assert (proposal.kind, proposal.warnings, proposal.risk) == (ChangeKind.NEW, warnings, Risk.LOW)


def test_A_35_an_employee_with_another_ssn_is_no_late_hire():
    proposal = classified(profile(hire_date="2026-02-10"), None, participant(), in_operation=True)
    assert proposal.warnings == (WarningCode.POSSIBLE_DUPLICATE,)


def test_A_94_somebody_inactive_is_no_late_hire():
    assert WarningCode.RETROACTIVE not in warned(profile(**LEFT), None, in_operation=True)
