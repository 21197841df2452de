"""What would approval change? Every row of the matching table, every warning (sync-rules 3.6)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from bensync.core.changes import ChangeKind, FieldChange
from bensync.core.intake.proposals import (
    as_correction,
    changes,
    classify,
    drift,
    drifted,
    effective_date,
    with_high_risk,
)
from bensync.core.people import Standing
from bensync.core.requests import Origin, Request, RequestState, Risk, WarningCode
from tests.unit.builders import RULES, TODAY, day, key, participant, profile, ssn, status_row

ACTIVE, TERMINATED = Standing.ACTIVE, Standing.TERMINATED
LEFT = {"active": False, "since": "2026-03-01"}


def classified(row, person, owner=None, **facts):
    proposal = classify(row, person, owner, TODAY, RULES, **facts)
    assert proposal is not None
    return proposal


GAP = {"termination_date": "2026-03-03", "rehire_date": "2026-03-05"}
OLD_ROWS = [status_row("2024-02-01"), status_row("2025-01-01", "Leave")]
NEW_ROWS = [*OLD_ROWS, status_row("2026-01-01")]


@pytest.mark.parametrize(
    ("row", "person", "kind"),
    [
        pytest.param({}, None, ChangeKind.NEW, id="A-11 nobody, active"),
        pytest.param(LEFT, None, ChangeKind.NEW, id="A-24 nobody, inactive"),
        pytest.param({"city": "Shelbyville"}, participant(), ChangeKind.UPDATE, id="active, active, another value"),
        pytest.param({"city": None}, participant(), ChangeKind.UPDATE, id="active, active, a cleared value"),
        pytest.param({}, participant(), None, id="active, active, equal"),
        pytest.param(LEFT, participant(), ChangeKind.TERMINATE, id="A-16 active, inactive"),
        pytest.param({**LEFT, "city": "Shelbyville"}, participant(), ChangeKind.TERMINATE, id="and moved"),
        pytest.param(
            {"rehire_date": "2026-06-01"},
            participant(profile(**LEFT), ended="03-01"),
            ChangeKind.REHIRE,
            id="A-19 terminated, active, hired later",
        ),
        pytest.param(
            {"rehire_date": "2026-03-01"},
            participant(profile(**LEFT), ended="03-01"),
            ChangeKind.REACTIVATE,
            id="terminated, active, hired on that day",
        ),
        pytest.param(
            {},
            participant(profile(**LEFT), ended="03-01"),
            ChangeKind.REACTIVATE,
            id="A-18 terminated, active, not hired again",
        ),
        pytest.param(
            {"rehire_date": "2026-06-01"},
            participant(profile(**LEFT)),
            ChangeKind.REACTIVATE,
            id="nobody knows when they left",
        ),
        pytest.param(
            {"hire_date": None},
            participant(profile(**LEFT), ended="03-01"),
            ChangeKind.REACTIVATE,
            id="no hire date at all",
        ),
        pytest.param(
            {**LEFT, "city": "Shelbyville"},
            participant(profile(**LEFT), ended="03-01"),
            ChangeKind.UPDATE,
            id="terminated, inactive, another value",
        ),
        pytest.param(LEFT, participant(profile(**LEFT), ended="03-01"), None, id="terminated, inactive, equal"),
        pytest.param(GAP, participant(), ChangeKind.REHIRE, id="A-20 left and came back between two runs"),
        pytest.param(
            {"termination_date": "2026-03-05", "rehire_date": "2026-03-05"},
            participant(),
            ChangeKind.REHIRE,
            id="left and came back on one day",
        ),
        pytest.param(
            {"left": "2026-03-03", "rehire_date": "2026-03-05"},
            participant(),
            ChangeKind.REHIRE,
            id="A-20 only the rows show the gap",
        ),
        pytest.param(
            {"left": "2026-03-03", "rehire_date": "2026-03-05"},
            participant(profile(left="2026-03-03")),
            ChangeKind.UPDATE,
            id="a gap of the rows that was sent before",
        ),
        pytest.param({"left": "2026-03-03"}, participant(), None, id="a gap of the rows without a later hire"),
        pytest.param(
            {"termination_date": "2026-03-03"},
            participant(),
            ChangeKind.UPDATE,
            id="a termination date without a later hire",
        ),
        pytest.param(
            {"rehire_date": "2026-03-05"}, participant(), ChangeKind.UPDATE, id="a rehire without a termination date"
        ),
        pytest.param(
            {**GAP, "city": "Shelbyville"},
            participant(profile(**GAP)),
            ChangeKind.UPDATE,
            id="the gap is known already",
        ),
        pytest.param(
            {"termination_date": "2024-01-31", "rehire_date": "2026-03-05"},
            participant(),
            ChangeKind.UPDATE,
            id="a termination before the last hire",
        ),
        pytest.param(
            {"termination_date": "2024-02-01", "rehire_date": "2026-03-05"},
            participant(),
            ChangeKind.UPDATE,
            id="a termination on the day of the last hire",
        ),
        pytest.param(
            {"termination_date": "2026-03-03", "rehire_date": "2026-03-05"},
            participant(profile(termination_date="2026-03-03")),
            ChangeKind.UPDATE,
            id="a termination date that was sent before",
        ),
        pytest.param(
            GAP, participant(profile(hire_date=None)), ChangeKind.UPDATE, id="nobody knows when they were hired before"
        ),
        pytest.param(
            {"rows": NEW_ROWS}, participant(profile(rows=OLD_ROWS)), None, id="inserted rows alone ask for nothing"
        ),
        pytest.param(
            {"rows": NEW_ROWS[1:]}, participant(profile(rows=NEW_ROWS)), ChangeKind.CORRECTION, id="a row was deleted"
        ),
        pytest.param(
            {"rows": [status_row("2024-02-02"), *NEW_ROWS[1:]]},
            participant(profile(rows=NEW_ROWS)),
            ChangeKind.CORRECTION,
            id="a row was dated anew",
        ),
        pytest.param(
            {"rows": [NEW_ROWS[0], status_row("2025-01-01"), NEW_ROWS[2]]},
            participant(profile(rows=NEW_ROWS)),
            ChangeKind.CORRECTION,
            id="a row was corrected",
        ),
        pytest.param(
            {"rows": NEW_ROWS[1:], "city": "Shelbyville"},
            participant(profile(rows=NEW_ROWS)),
            ChangeKind.UPDATE,
            id="a row was deleted and a value changed",
        ),
        pytest.param(
            {"rows": NEW_ROWS[1:]},
            participant(profile(rows=NEW_ROWS, **LEFT), ended="03-01"),
            ChangeKind.REACTIVATE,
            id="the termination row itself was deleted",
        ),
    ],
)
def test_the_matching_table(row, person, kind):
    proposal = classify(profile(**row), person, None, TODAY, RULES)
    assert (proposal.kind if proposal else None) == kind


def test_A_14_a_person_who_was_declined_before_is_marked():
    proposal = classified(profile(mobile_phone="555 0100"), None, declined_before=True)
    assert proposal.kind is ChangeKind.NEW
    assert proposal.warnings == (WarningCode.PREVIOUSLY_DECLINED,)


def test_A_13_a_declined_person_without_any_difference_asks_for_nothing():
    assert classify(profile(), participant(), None, TODAY, RULES, declined_before=True) is None


def test_A_22_an_inactive_row_succeeds_a_new_one_while_nobody_is_known():
    proposal = classified(profile(**LEFT), None)
    assert (proposal.kind, proposal.effective_date) == (ChangeKind.NEW, day("03-01"))


@pytest.mark.parametrize(
    ("kind", "row", "expected"),
    [
        (ChangeKind.NEW, {"since": "2024-03-01"}, "2024-02-01"),
        (ChangeKind.NEW, {"hire_date": None, "since": "05-05"}, "05-05"),
        (ChangeKind.NEW, {**LEFT, "termination_date": "2026-02-20"}, "02-20"),
        (ChangeKind.REHIRE, {"rehire_date": "2026-06-01"}, "06-01"),
        (ChangeKind.TERMINATE, LEFT, "03-01"),
        (ChangeKind.TERMINATE, {**LEFT, "termination_date": "2026-04-30"}, "04-30"),
        (ChangeKind.UPDATE, {}, "06-10"),
        (ChangeKind.UPDATE, LEFT, "06-10"),
        (ChangeKind.REACTIVATE, {}, "06-10"),
        (ChangeKind.CORRECTION, {}, "06-10"),
    ],
)
def test_the_day_from_which_a_request_counts(kind, row, expected):
    assert effective_date(kind, profile(**row), TODAY) == day(expected)


def test_the_changes_of_a_new_person_are_all_their_fields():
    actual = changes(profile(), None)
    assert actual[0] == FieldChange("status", None, "ACTIVE")
    assert {change.field for change in actual[1:]} == set(profile().values)
    assert changes(profile(**LEFT), None)[0] == FieldChange("status", None, "TERMINATED")


def test_the_changes_begin_with_status_and_employee():
    actual = changes(profile(2, ssn=ssn(1), city=None, **LEFT), participant(1))
    assert actual == (
        FieldChange("status", "ACTIVE", "TERMINATED"),
        FieldChange("employee_id", "1", "2"),
        FieldChange("city", "Springfield", None),
    )


def test_A_18_a_participant_terminated_on_the_benefits_platform_alone_is_asked_about():
    person = participant(profile(), TERMINATED, ended="06-01")
    proposal = drift(drifted(profile(city="Shelbyville"), person), person, TODAY, RULES)
    assert (proposal.kind, proposal.origin, proposal.risk) == (ChangeKind.REACTIVATE, Origin.DRIFT, Risk.HIGH)
    assert proposal.changes == (FieldChange("status", "TERMINATED", "ACTIVE"),), "only the status is compared"
    assert WarningCode.REACTIVATES in proposal.warnings


def test_A_17_a_participant_who_is_active_on_the_benefits_platform_alone_is_asked_about():
    person = participant(profile())
    row = profile(active=False, since="06-05", termination_date="2026-06-03", city="Shelbyville")
    proposal = drift(drifted(row, person), person, TODAY, RULES)
    assert (proposal.kind, proposal.origin, proposal.effective_date) == (
        ChangeKind.TERMINATE,
        Origin.DRIFT,
        day("06-03"),
    )
    assert proposal.changes == (
        FieldChange("status", "ACTIVE", "TERMINATED"),
        FieldChange("termination_date", None, "2026-06-03"),
    )


def test_drift_forgets_a_termination_date_that_hr_holds_no_more():
    person = participant(profile(termination_date="2026-03-01", **LEFT), ended="03-01")
    assert "termination_date" not in drifted(profile(), person).values


def request_for(row, kind=ChangeKind.NEW):
    """A request as it waits in the queue."""
    return Request(
        id=1,
        key=key(row.values["ssn"]),
        employee_id=row.employee_id,
        kind=kind,
        risk=Risk.HIGH,
        state=RequestState.PENDING,
        origin=Origin.ROW,
        warnings=(),
        effective_date=TODAY,
        changes=changes(row, None),
        profile=row,
        fingerprint=b"f",
        basis_version=0,
        opened_at=datetime(2026, 6, 10, tzinfo=UTC),
    )


def test_L12_a_possible_duplicate_decided_as_a_corrected_ssn_is_an_update_of_its_owner():
    corrected = as_correction(request_for(profile(ssn=ssn(2))), participant(profile()), TODAY, RULES)
    assert corrected.kind is ChangeKind.UPDATE
    assert corrected.changes == (FieldChange("ssn", ssn(1), ssn(2)),)


def test_L12_a_corrected_ssn_of_somebody_who_left_meanwhile_is_a_termination():
    row = profile(ssn=ssn(2), **LEFT)
    assert as_correction(request_for(row), participant(profile()), TODAY, RULES).kind is ChangeKind.TERMINATE


def test_L12_a_duplicate_that_differs_in_nothing_is_an_update_without_changes():
    corrected = as_correction(request_for(profile()), participant(profile()), TODAY, RULES)
    assert (corrected.kind, corrected.changes) == (ChangeKind.UPDATE, ())


def test_a_request_that_touches_a_processed_event_is_of_high_risk():
    proposal = classified(profile(city="Shelbyville"), participant(profile()))
    assert proposal.risk is Risk.LOW
    raised = with_high_risk(proposal)
    assert raised == replace(proposal, risk=Risk.HIGH, warnings=(*proposal.warnings, WarningCode.TOUCHES_EVENT))
