"""A plan that is controlled by another coverage: whether it is there, its amount, and the people it covers (S3-165)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from bensync.benefits.engine.elections import enter
from bensync.benefits.plan_types.cross_plan import control_faults
from bensync.benefits.plan_types.tables import ControllingCoverage
from bensync.benefits.values.enrollments import Terms
from bensync.benefits.values.offers import Choice
from tests.unit.benefits.cases import activity, after_run, book, case, covered, person, with_activities
from tests.unit.builders import TODAY

SPOUSE = Terms("SPOUSE", "A", Decimal(50000), dependents=(1, 2))


@pytest.mark.parametrize(
    ("rule", "controlling", "codes"),
    [
        ({}, Terms("LIFE", "1X"), []),
        ({}, None, ["controlling_coverage_missing"]),
        ({"plan": "LIFE"}, Terms("LIFE", "1X"), []),
        ({"plan": "LIFE"}, Terms("OTHER", "1X"), ["controlling_coverage_missing"]),
        ({"percent": "50"}, Terms("LIFE", "1X", Decimal(100000)), []),
        ({"percent": "50"}, Terms("LIFE", "1X", Decimal(99999)), ["over_percent_of_controlling"]),
        ({"percent": "50"}, Terms("LIFE", "1X"), ["over_percent_of_controlling"]),
        ({"dependents": True}, Terms("LIFE", "1X", dependents=(1, 2, 3)), []),
        ({"dependents": True}, Terms("LIFE", "1X", dependents=(1,)), ["dependent_not_in_controlling"]),
    ],
)
def test_S3_165_a_coverage_is_judged_beside_the_one_that_controls_it(rule, controlling, codes):
    control = ControllingCoverage.model_validate({"type": "life", **rule})
    assert [*control_faults(control, SPOUSE, controlling)] == codes


def test_a_coverage_without_a_sum_insured_is_within_every_percentage():
    control = ControllingCoverage.model_validate({"type": "life", "percent": "50"})
    assert [*control_faults(control, replace(SPOUSE, amount=None), Terms("LIFE", "1X"))] == []


def plan(code, kind, control=""):
    controlled = {"controlled_by": {"type": control}} if control else {}
    return {"code": code, "type": kind, **controlled, "options": [{"code": "A"}]}


RULES = book(
    plans=[plan("A", "a"), plan("B", "b", "a"), plan("C", "c", "b"), plan("LIFE", "life"), plan("D", "d", "life")],
    programs=[{"code": "FULL", "eligibility": "full_time", "plans": ["A", "B", "C", "D", "LIFE"]}],
    add_rules=[{"begin": {"base": "event_date"}}],
    change_rules=[],
    termination_rules=[{"stop": {"base": "day_before"}}],
)


def missed(before, *kinds, rules=RULES):
    """The plan types whose elections miss their controlling coverage."""
    begun = after_run(with_activities(before, activity("FSC", "06-01")), rules)
    after = after_run(enter(begun, 1, [Choice(kind, kind.upper(), "A") for kind in kinds], TODAY), rules)
    return [line.plan_type for line in after.event(1).messages if line.code == "controlling_coverage_missing"]


@pytest.mark.parametrize(
    ("kinds", "expected"), [("abc", []), ("bc", ["b", "c"]), ("b", ["b"]), ("ab", []), ("d", ["d"]), ("a", [])]
)
def test_S3_165_what_controls_may_be_elected_with_it_and_falls_with_its_own_control(kinds, expected):
    assert missed(case(), *kinds) == expected


def test_S3_165_a_waiver_controls_nothing():
    begun = after_run(with_activities(case(), activity("FSC", "06-01")), RULES)
    after = after_run(enter(begun, 1, [Choice("a"), Choice("b", "B", "A")], TODAY), RULES)
    assert [line.plan_type for line in after.event(1).messages] == ["b"]


def test_S3_165_present_coverage_controls_unless_the_event_ends_it():
    rows = tuple(replace(row, terms=Terms("LIFE", "A")) for row in covered("life"))
    held = replace(case(person()), enrollments=rows)
    assert missed(held, "d") == []
    lost = book(
        plans=[plan("LIFE", "life"), plan("D", "d", "life")],
        programs=[{"code": "FULL", "eligibility": "full_time", "plans": ["D"]}],
        add_rules=[{"begin": {"base": "event_date"}}],
        change_rules=[],
        termination_rules=[{"stop": {"base": "day_before"}}],
    )
    assert missed(held, "d", rules=lost) == ["d"]
