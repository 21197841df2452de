"""Conditions of eligibility: which values each test of a fact lets pass."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bensync.benefits.engine.eligibility import rule_holds
from bensync.benefits.engine.eligibility_facts import Facts
from bensync.benefits.rulebook.conditions import number
from tests.unit.benefits.cases import book
from tests.unit.builders import TODAY


def condition_passes(condition, **values):
    rules = book(
        eligibility={"x": {"all": [{"field": "f", **condition}]}, "full_time": {}, "part_time": {}},
        plans=[],
        programs=[],
        add_rules=[],
        change_rules=[],
        termination_rules=[],
    )
    return rule_holds("x", Facts(TODAY, values, ()), rules)


@pytest.mark.parametrize(
    ("condition", "value", "passes"),
    [
        ({"one_of": ["a", "b"]}, "b", True),
        ({"one_of": ["a", "b"]}, "c", False),
        ({"one_of": ["a"]}, None, False),
        ({"none_of": ["a"]}, "a", False),
        ({"none_of": ["a"]}, "b", True),
        ({"none_of": ["a"]}, None, False),
        ({"starts_with": ["90", "91"]}, "91234", True),
        ({"starts_with": ["90", "91"]}, "81234", False),
        ({"at_least": "0.75"}, "0.75", True),
        ({"at_least": "0.75"}, "0.74", False),
        ({"at_least": "0.75"}, "a lot", False),
        ({"at_least": "0.75"}, "NaN", False),
        ({"below": "10"}, "9.99", True),
        ({"below": "10"}, "10", False),
        ({"at_least": "5", "below": "10"}, "4", False),
        ({"at_least": "50000"}, "52000.00 USD", True),
        ({"present": True}, "x", True),
        ({"present": True}, None, False),
        ({"present": False}, None, True),
        ({"present": False}, "x", False),
    ],
)
def test_a_condition_tests_one_fact(condition, value, passes):
    assert condition_passes(condition, **({"f": value} if value is not None else {})) is passes


@pytest.mark.parametrize(
    ("values", "fits"),
    [({"a": "1", "b": "1"}, True), ({"a": "1", "c": "1"}, True), ({"a": "1"}, False), ({"b": "1"}, False)],
)
def test_all_must_hold_and_one_of_any(values, fits):
    present = {name: {"field": name, "present": True} for name in "abc"}
    rules = book(
        eligibility={
            **{
                name: {"all": [{"field": "fte", "present": True}]}
                for name in ("full_time", "part_time", "coast", "union", "senior")
            },
            "x": {"all": [present["a"]], "any": [present["b"], present["c"]]},
        }
    )
    assert rule_holds("x", Facts(TODAY, values, ()), rules) is fits
    assert rule_holds("", Facts(TODAY, values, ()), rules)


@pytest.mark.parametrize(
    ("text", "expected"), [("1.5 USD", Decimal("1.5")), ("", None), ("x", None), ("Infinity", None)]
)
def test_a_number_is_read_without_its_currency(text, expected):
    assert number(text) == expected
