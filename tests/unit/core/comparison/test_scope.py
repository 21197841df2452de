"""Who is out of scope, and what becomes of people who were sent before (sync-rules 3.2.4)."""

from __future__ import annotations

import pytest

from bensync.core.changes import IssueCode
from bensync.core.comparison.scope import ScopeRules, current_values, judge_scope
from bensync.core.people import DatedRow
from tests.unit.builders import TODAY, baseline_of, day, employee, profile, status_row

RULES = ScopeRules({"benetrac_status": frozenset({"Contractor"}), "city": frozenset({"Erie", "Rome"})})
LEFT = IssueCode.LEFT_SCOPE


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        pytest.param({"benetrac_status": "Active", "city": "Ohio"}, "", id="in scope"),
        pytest.param({}, "", id="without the fields"),
        pytest.param({"benetrac_status": "Contractor"}, "benetrac_status is Contractor", id="by status"),
        pytest.param({"benetrac_status": "Active", "city": "Rome"}, "city is Rome", id="one value is enough"),
        pytest.param({"city": "rome"}, "", id="other letters are another value"),
    ],
)
def test_A_104_one_value_puts_a_person_out_of_scope_and_is_named(values, reason):
    assert RULES.reason(values) == reason


def test_only_rules_have_a_fingerprint_and_their_order_does_not_count():
    turned = ScopeRules(dict(reversed(RULES.out.items())))
    assert ScopeRules().fingerprint() == ""
    assert RULES.fingerprint() == turned.fingerprint() != ScopeRules({"city": frozenset({"Erie"})}).fingerprint()


def test_the_row_that_holds_today_counts_and_a_later_one_does_not():
    rows = [
        DatedRow("job", day("2025-01-01"), {"department": "Office"}),
        status_row("2024-02-01", "Active"),
        status_row("06-01", "Contractor"),
        status_row("07-01", "Active"),
    ]
    values = current_values(employee(1, rows), TODAY)
    assert (values["benetrac_status"], values["department"], values["city"]) == ("Contractor", "Office", "Springfield")


def left(sent=None, codes=(), terminated=()):
    scope = judge_scope(
        {"1": "city is Erie"}, {} if sent is None else {"1": sent}, {"1": frozenset(codes)} if codes else {}, terminated
    )
    return [issue.code for issue in scope.issues], len(scope.baselines), sorted(scope.over), scope.newly_active


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        pytest.param({}, ([], 0, [], 0), id="never sent: nothing to say"),
        pytest.param({"sent": baseline_of(1)}, ([LEFT], 1, [], 1), id="sent as active: an issue"),
        pytest.param({"sent": baseline_of(profile(1, active=False))}, ([], 1, [], 0), id="sent as inactive"),
        pytest.param({"codes": [LEFT]}, ([LEFT], 0, [], 0), id="left before"),
        pytest.param({"codes": [IssueCode.SSN_MISSING]}, ([], 0, [], 0), id="blocked before, never sent"),
        pytest.param({"codes": [LEFT], "terminated": ["1"]}, ([], 0, ["1"], 0), id="terminated since"),
        pytest.param({"sent": baseline_of(1), "terminated": ["1"]}, ([], 1, [], 1), id="terminated before"),
    ],
)
def test_A_104_leaving_the_scope_is_an_issue_of_people_with_coverage(facts, verdict):
    assert left(**facts) == verdict
