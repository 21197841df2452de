"""Which of several rules applies to a plan (S2-18 to S2-21)."""

from __future__ import annotations

import pytest

from tests.unit.benefits.cases import (
    activity,
    book,
    case,
    person,
    posted,
)
from tests.unit.benefits.situations import finish_events
from tests.unit.builders import day

RULE = {"types": ["medical"], "stop": {"base": "last_day"}}


@pytest.mark.parametrize(
    ("rules", "who", "ends"),
    [
        ([RULE], {}, "06-02"),
        ([RULE, {"plans": ["MED"], "stop": {"base": "end_of_month"}}], {}, "07-01"),
        ([RULE, {"stop": {"base": "end_of_month"}}], {}, "06-02"),
        ([RULE, {**RULE, "since": day("2026-01-01"), "stop": {"base": "end_of_month"}}], {}, "07-01"),
        ([RULE, {**RULE, "since": day("2026-07-01"), "stop": {"base": "end_of_month"}}], {}, "06-02"),
        ([RULE, {**RULE, "group": "union", "stop": {"base": "end_of_month"}}], {}, "06-02"),
        ([RULE, {**RULE, "group": "union", "stop": {"base": "end_of_month"}}], {"union_code": "U1"}, "07-01"),
        ([{"stop": {"base": "end_of_month"}, "events": ["TER"]}, RULE], {}, "06-02"),
        ([{**RULE, "types": ["dental"]}, RULE], {}, "06-02"),
        ([{**RULE, "stop": {"base": "last_day", "retro_cap": 3}}], {}, "06-08"),
    ],
    ids=[
        "one",
        "plan over type",
        "type over all",
        "newer",
        "not yet",
        "other group",
        "own group",
        "other event",
        "other type",
        "cap",
    ],
)
def test_S2_20_the_nearest_termination_rule_decides(rules, who, ends):
    after = finish_events(
        case(person(fte="0.2", **who), "medical"), activity("FSC"), rules=book(termination_rules=rules)
    )
    assert posted(after) == [("STOP", "medical", "TERM", f"2026-{ends}")]
