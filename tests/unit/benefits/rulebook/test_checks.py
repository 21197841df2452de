"""Entries of a rulebook that cannot be used are named with their paths."""

from __future__ import annotations

import pytest

from bensync.benefits.rulebook.rulebook import read
from bensync.errors import ConfigError

PLAN = {"code": "P", "type": "t", "options": [{"code": "A"}]}


BEGIN = {"base": "event_date"}


@pytest.mark.parametrize(
    ("tables", "problem"),
    [
        ({"oops": 1}, "oops: there is no such key"),
        ({"events": 3}, "events: Input should be a valid dictionary"),
        ({"plans": [PLAN, PLAN]}, "plans: 'P' is there more than once"),
        ({"plans": [{"code": "P", "type": "t", "options": []}]}, "plans[0].options: "),
        ({"plans": [{**PLAN, "carrier": "nobody"}]}, "plans[0].carrier: there is no carrier 'nobody'"),
        ({"plans": [{**PLAN, "eligibility": "x"}]}, "plans[0].eligibility: there is no rule of eligibility 'x'"),
        ({"plans": [{**PLAN, "flex": "F"}]}, "plans[0].flex: there is no plan 'F'"),
        ({"plans": [{**PLAN, "options": [{"code": "A"}] * 2}]}, "plans[0].options: 'A' is there more than once"),
        ({"plans": [{**PLAN, "options": [{"code": "A", "round_up_to": 0}]}]}, "plans[0].options[0].round_up_to: "),
        (
            {"programs": [{"code": "G", "eligibility": "x", "plans": ["Q"]}]},
            "programs[0].eligibility: there is no rule of eligibility 'x'; programs[0].plans: there is no plan 'Q'",
        ),
        ({"eligibility": {"x": {"all": [{"field": "fte"}]}}}, "eligibility.x.all[0]: tests nothing"),
        ({"triggers": {"fte": "NOPE"}}, "triggers.fte: there is no event class 'NOPE'"),
        ({"triggers": {"fte": "FSC"}}, "triggers.fte: FSC is made by an administrator only"),
        ({"triggers": {"fte": 5}}, "triggers.fte: "),
        ({"actions": [{"action": "a", "event": "BIR"}]}, "actions[0].event: BIR is made by an administrator only"),
        ({"actions": [{"action": "a"}] * 2}, "actions: 'a/' is there more than once"),
        (
            {"actions": [{"action": "a", "since": "2026-01-01"}] * 2},
            "actions: 'a/ since 2026-01-01' is there more than once",
        ),
        ({"aca": {"expected": "here"}}, "aca.expected: there is no rule of eligibility 'here'"),
        (
            {"passive": [{"code": "T", "measure": "age", "reaches": 65, "event": "X"}]},
            "passive[0].event: there is no event class 'X'",
        ),
        ({"passive": [{"code": "T", "measure": "height", "reaches": 65}]}, "passive[0].measure: "),
        ({"events": {"SNP": {"label": "Snapshot", "priority": 1}}}, "events.SNP: only a snapshot makes these"),
        ({"add_rules": [{"begin": {"base": "soon"}}]}, "add_rules[0].begin.base: "),
        ({"add_rules": [{"begin": BEGIN, "auto_add": True}]}, "add_rules[0]: auto_add wants a default"),
        (
            {"plans": [PLAN], "add_rules": [{"plans": ["P"], "begin": BEGIN, "default": "B"}]},
            "add_rules[0].default: P has no option B",
        ),
        (
            {"add_rules": [{"begin": BEGIN, "default": "B"}]},
            "add_rules[0]: a default belongs to a rule that names its plans",
        ),
        (
            {"change_rules": [{"begin": BEGIN, "plans": ["P"], "types": ["t"]}], "plans": [PLAN]},
            "change_rules[0]: names plans and types",
        ),
        (
            {"termination_rules": [{"stop": {"base": "last_day"}, "types": ["u"]}]},
            "termination_rules[0].types: there is no plan of the type 'u'",
        ),
        (
            {"termination_rules": [{"stop": {"base": "last_day", "retro_cap": -1}}]},
            "termination_rules[0].stop.retro_cap",
        ),
        (
            {"termination_rules": [{"stop": {"base": "last_day"}, "group": "g", "events": ["E"]}]},
            (
                "termination_rules[0].events: there is no event class 'E'; "
                "termination_rules[0].group: there is no rule of eligibility 'g'"
            ),
        ),
        ({"cobra": {"months": 0}}, "cobra.months: "),
        (
            {"schedules": [{"code": "N", "eligibility": "x", "events": ["E"]}, {"code": "N"}]},
            (
                "schedules: 'N' is there more than once; schedules[0].eligibility: there is no rule of eligibility 'x'; "
                "schedules[0].events: there is no event class 'E'"
            ),
        ),
        (
            {"sums": {"s": {"of": [{"field": "fte", "when": "x"}]}}},
            "sums.s.of[0].when: there is no rule of eligibility 'x'",
        ),
        ({"sums": {"s": {"of": [{"field": "s"}]}}}, "sums.s.of[0].field: s is a sum itself"),
        (
            {
                "sums": {"s": {"of": [{"field": "fte", "when": "x"}]}},
                "eligibility": {"x": {"all": [{"field": "s", "at_least": 1}]}},
            },
            "sums.s.of[0].when: x tests a sum",
        ),
        ({"sums": {"s": {"of": []}}}, "sums.s.of: "),
    ],
)
def test_a_wrong_entry_is_named_with_its_path(tables, problem):
    with pytest.raises(ConfigError) as caught:
        read(tables, "the rulebook of acme")
    assert problem in caught.value.why
    assert caught.value.what == "The rulebook of acme cannot be used."


def test_all_problems_are_reported_at_once_and_none_repeats_what_was_written():
    with pytest.raises(ConfigError) as caught:
        read({"oops": "123-45-6789", "plans": [{"code": 5}], "cobra": {"months": "123-45-6789"}})
    assert all(path in caught.value.why for path in ("oops", "plans[0].code", "plans[0].type", "cobra.months"))
    assert "123-45-6789" not in f"{caught.value.why} {caught.value.fix}"
