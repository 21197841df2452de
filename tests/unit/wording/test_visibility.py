"""What one user can see of people: whole, masked, or not at all."""

from __future__ import annotations

import pytest

from bensync.core.changes import ChangeKind, FieldChange
from bensync.core.requests import Risk, WarningCode
from bensync.wording.visibility import name_of
from tests.unit.builders import participant
from tests.unit.views import person_view, request_view, visibility

NAMES = frozenset({"first_name", "last_name"})


def test_a_name_is_shown_only_to_a_role_that_sees_both_parts_of_it():
    assert visibility(fields=NAMES).name("Ada Vale", "104") == "Ada Vale"
    assert visibility(fields=frozenset({"first_name"})).name("Ada Vale", "104") == "Employee 104"
    assert visibility(fields=NAMES).name("", "104") == "Employee 104"


def test_a_masked_ssn_is_empty_for_a_role_that_does_not_see_the_field():
    assert visibility(fields=frozenset({"ssn"})).ssn("***-**-6789", "104") == "***-**-6789"
    assert visibility().ssn("***-**-6789", "104") == ""


def test_hidden_changes_are_counted_so_that_a_reviewer_knows_of_them():
    changes = [FieldChange("city", "Akron", None), FieldChange("pay_rate", "1", "2")]
    lines, hidden = visibility(fields=frozenset({"city"})).lines(changes, "104")
    assert [(line.field, line.before, line.cleared) for line in lines] == [("city", "Akron", True)]
    assert hidden == 1


def test_hidden_fields_are_no_facts():
    values = {"city": "Akron", "pay_rate": "50000.00 USD"}
    assert [fact.field for fact in visibility(fields=frozenset({"city"})).facts(values, "104")] == ["city"]


def test_a_participant_is_masked_as_a_whole():
    masked = visibility().person(person_view())
    assert (masked.name, masked.ssn, masked.employee_id) == ("Employee 104", "", "104")


def test_coverage_sums_are_for_those_only_who_see_the_pay():
    assert visibility(fields=frozenset({"pay_rate"})).figures("104")
    assert not visibility(fields=NAMES).figures("104")


@pytest.mark.parametrize(
    ("facts", "brief"),
    [
        ({"kind": ChangeKind.TERMINATE}, "Ends coverage on Jun 20, 2026"),
        ({"kind": ChangeKind.REACTIVATE}, "Reactivates a terminated participant"),
        ({"kind": ChangeKind.NEW}, "Hired Jun 20, 2026"),
        (
            {"kind": ChangeKind.NEW, "warnings": (WarningCode.POSSIBLE_DUPLICATE,)},
            "Possibly an existing participant with another SSN",
        ),
        ({"changes": ()}, "Corrects rows in the past"),
        ({"changes": (FieldChange("pay_rate", "1", "2"),)}, "Corrects rows in the past"),
    ],
)
def test_a_request_is_described_in_a_few_words(facts, brief):
    assert visibility(fields=frozenset({"city"})).row(request_view(**facts)).brief == brief


def test_a_warning_that_the_kind_implies_is_not_said_twice():
    view = request_view(kind=ChangeKind.TERMINATE, risk=Risk.HIGH, warnings=(WarningCode.ENDS_COVERAGE,))
    item = visibility(fields=NAMES).row(view)
    assert item.warnings == []
    assert len(item.cautions) == 1
    assert not item.low_risk


def test_the_name_of_a_participant_is_made_of_the_parts_that_there_are():
    assert name_of(participant()) == "Robin Example"
    assert visibility().labels(["city"]) == ["City"]
