"""What would approval change? Every row of the matching table, every warning (sync-rules 3.6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from bensync.core.changes import ChangeKind, FieldChange
from bensync.core.intake.proposals import (
    IntakeRules,
    as_correction,
    changes,
    classify,
    drift,
    drifted,
    effective_date,
    with_high_risk,
)
from bensync.core.people import DatedRow, Standing, Status
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


def warned(row, person, owner=None, **facts):
    return set(classified(row, person, owner, **facts).warnings)


@pytest.mark.parametrize(
    ("row", "person", "warnings", "risk"),
    [
        pytest.param(profile(), None, set(), Risk.LOW, id="A-11 a new hire"),
        pytest.param(profile(**LEFT), None, {WarningCode.INACTIVE_NEW}, Risk.LOW, id="A-22 A-24 inactive, never seen"),
        pytest.param(profile(city="Shelbyville"), participant(), set(), Risk.LOW, id="a plain change"),
        pytest.param(
            profile(active=False, since="06-10"),
            participant(),
            {WarningCode.ENDS_COVERAGE},
            Risk.HIGH,
            id="A-16 terminated today",
        ),
        pytest.param(
            profile(active=False, since="06-09"),
            participant(),
            {WarningCode.ENDS_COVERAGE, WarningCode.RETROACTIVE},
            Risk.HIGH,
            id="A-23 terminated yesterday",
        ),
        pytest.param(
            profile(),
            participant(profile(**LEFT), ended="03-01"),
            {WarningCode.REACTIVATES},
            Risk.HIGH,
            id="A-18 reactivated",
        ),
        pytest.param(
            profile(hire_date="2026-06-10"),
            participant(profile(**LEFT), ended="03-01"),
            set(),
            Risk.LOW,
            id="rehired today",
        ),
        pytest.param(
            profile(hire_date="2026-06-01"),
            participant(profile(**LEFT), ended="03-01"),
            {WarningCode.RETROACTIVE},
            Risk.LOW,
            id="A-19 rehired before today",
        ),
        pytest.param(
            profile(termination_date="2026-03-03", rehire_date="2026-03-05"),
            participant(),
            {WarningCode.GAP, WarningCode.RETROACTIVE, WarningCode.SECOND_APPROVER},
            Risk.HIGH,
            id="A-20 a gap",
        ),
        pytest.param(
            profile(2, ssn=ssn(1)),
            participant(1),
            {WarningCode.IDENTITY_CHANGED},
            Risk.HIGH,
            id="A-38 another employee has the SSN",
        ),
        pytest.param(
            profile(termination_date="2026-06-03"),
            participant(),
            {WarningCode.STATUS_CONFLICT, WarningCode.RETROACTIVE},
            Risk.LOW,
            id="A-31 active with a past termination date",
        ),
        pytest.param(
            profile(active=False, since="06-10", termination_date="2026-06-20"),
            participant(),
            {WarningCode.ENDS_COVERAGE, WarningCode.STATUS_CONFLICT},
            Risk.HIGH,
            id="inactive with a future termination date",
        ),
    ],
)
def test_warnings_and_risk(row, person, warnings, risk):
    assert warned(row, person) == warnings
    assert classified(row, person).risk is risk


def test_A_35_a_new_ssn_of_a_known_employee_is_a_possible_duplicate():
    owner = participant(profile(1), number=31)
    proposal = classified(profile(1, ssn=ssn(9)), None, owner)
    assert (proposal.kind, proposal.risk, proposal.duplicate_of) == (ChangeKind.NEW, Risk.HIGH, 31)
    assert proposal.warnings == (WarningCode.POSSIBLE_DUPLICATE,)


def test_an_owner_is_no_duplicate_where_the_ssn_is_known():
    owner = participant(profile(2), number=31)
    proposal = classified(profile(2, ssn=ssn(1)), participant(1), owner)
    assert proposal.duplicate_of is None
    assert WarningCode.POSSIBLE_DUPLICATE not in proposal.warnings


def test_A_37_a_row_with_the_old_ssn_asks_for_nothing():
    assert classify(profile(1), participant(profile(1)), participant(profile(1)), TODAY, RULES) is None


@pytest.mark.parametrize("name", RULES.required)
def test_a_row_without_a_required_field_is_incomplete_and_can_be_asked_for_all_the_same(name):
    cleared = profile(**{name: None}) if name != "ssn" else without_ssn()
    assert warned(cleared, None) == {WarningCode.INCOMPLETE}


def without_ssn():
    person = profile()
    return type(person)("1", Status.ACTIVE, person.status_date, {k: v for k, v in person.values.items() if k != "ssn"})


def test_a_site_says_which_fields_are_required():
    rules = IntakeRules(required=("work_email",))
    proposal = classify(profile(gender=None), None, None, TODAY, rules)
    assert proposal is not None
    assert proposal.warnings == (WarningCode.INCOMPLETE,)


@pytest.mark.parametrize(("back", "second"), [(59, False), (60, False), (61, True), (400, True)])
def test_a_termination_far_back_asks_for_a_second_approver(back, second):
    row = profile(active=False, since=(TODAY - timedelta(days=back)).isoformat())
    actual = warned(row, participant())
    assert (WarningCode.SECOND_APPROVER in actual) is second
    assert WarningCode.RETROACTIVE in actual


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


DECOMPOSED = {"last_name": "Mu\u0301n\u0303oz", "city": "Erie\u00a0"}
COMPOSED = {"last_name": "M\u00fa\u00f1oz", "city": "Erie"}


def test_A_90_a_row_that_is_only_spelled_otherwise_asks_for_nothing():
    row = profile(**COMPOSED, rows=[status_row("2024-02-01", "Cong\u00e9")])
    person = participant(profile(**DECOMPOSED, rows=[status_row("2024-02-01", "Conge\u0301")]))
    assert classify(row, person, None, TODAY, RULES) is None


def test_A_90_inserted_rows_beside_another_spelling_ask_for_nothing():
    rows = [status_row("2024-02-01", "Cong\u00e9"), status_row("2024-03-01", "Active")]
    person = participant(profile(**DECOMPOSED, rows=[status_row("2024-02-01", "Conge\u0301")]))
    assert classify(profile(**COMPOSED, rows=rows), person, None, TODAY, RULES) is None


def test_A_90_a_request_shows_only_the_field_that_changed_beside_another_spelling():
    proposal = classify(profile(**COMPOSED, state="PA"), participant(profile(**DECOMPOSED)), None, TODAY, RULES)
    assert proposal is not None
    assert [change.field for change in proposal.changes] == ["state"]


@pytest.mark.parametrize(
    ("row", "person", "warnings", "risk"),
    [
        pytest.param(profile(pay_rate="-3.00 USD"), None, {WarningCode.NEGATIVE_PAY}, Risk.HIGH, id="a new hire"),
        pytest.param(profile(postal_code="9001"), participant(), {WarningCode.POSTAL_CODE}, Risk.LOW, id="an update"),
        pytest.param(
            profile(postal_code="9001", city="Erie"),
            participant(profile(postal_code="9001")),
            set(),
            Risk.LOW,
            id="a value that was approved before",
        ),
        pytest.param(
            profile(hire_date="2026-06-10", termination_date="2026-03-03"),
            participant(profile(**LEFT), ended="03-03"),
            set(),
            Risk.LOW,
            id="the one hire date of somebody who was hired again",
        ),
    ],
)
def test_A_91_a_request_warns_of_implausible_values_that_it_would_change(row, person, warnings, risk):
    assert warned(row, person) == warnings
    assert classified(row, person).risk is risk


@pytest.mark.parametrize("name", [name for name in RULES.required if name != "ssn"])
def test_A_98_a_required_field_that_hr_cleared_is_of_high_risk(name):
    proposal = classified(profile(**{name: None}), participant())
    assert proposal.risk is Risk.HIGH
    assert {WarningCode.REQUIRED_CLEARED, WarningCode.INCOMPLETE} <= set(proposal.warnings)
