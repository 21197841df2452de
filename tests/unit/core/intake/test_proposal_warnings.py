"""The warnings and the risk of a proposal: every reason for a reviewer to look twice (sync-rules 3.6)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bensync.core.changes import ChangeKind
from bensync.core.intake.proposals import (
    IntakeRules,
    classify,
)
from bensync.core.people import Status
from bensync.core.requests import Risk, WarningCode
from tests.unit.builders import RULES, TODAY, participant, profile, ssn, status_row

LEFT = {"active": False, "since": "2026-03-01"}


def classified(row, person, owner=None, **facts):
    proposal = classify(row, person, owner, TODAY, RULES, **facts)
    assert proposal is not None
    return proposal


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
