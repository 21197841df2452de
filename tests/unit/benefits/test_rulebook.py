"""Rulebooks: the standard one, the example, and every way in which one can be wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from bensync.benefits.rulebook import programs, rulebook, tables
from bensync.benefits.rulebook.rulebook import read, standard
from bensync.benefits.rulebook.tables import OFF
from bensync.benefits.values.activities import INFO
from bensync.errors import ConfigError
from tests.unit.benefits.cases import CONTENT, book

PLAN = {"code": "P", "type": "t", "options": [{"code": "A"}]}
BEGIN = {"base": "event_date"}


def test_the_standard_classes_have_the_priorities_of_the_model():
    found = {name: one.priority for name, one in read({}).events.items()}
    assert found == {
        "SNP": 50,
        "HIR": 100,
        "TER": 200,
        "LVE": 250,
        "FSC": 300,
        "MSC": 400,
        "BIR": 401,
        "MAR": 402,
        "DIV": 403,
        "ADR": 410,
        "OE": 900,
    }


@pytest.mark.parametrize("field", ["officer_code", *(f"eligibility{number}" for number in (4, 6, 7, 8, 9))])
def test_S4_31_unused_triggers_are_known_and_off(field):
    assert read({}).triggers[field].event == OFF


def test_S2_10_what_never_makes_an_event_is_listed():
    found = {name for name, trigger in read({}).triggers.items() if trigger.event == INFO}
    assert found == {"birth_date", "smoker", "service_date"}


def test_the_example_is_a_rulebook_with_every_kind_of_entry():
    found = read(programs.load("example"))
    assert list(found.program) == ["FULL", "PART"]
    assert all(
        [found.plans, found.carriers, found.actions, found.add_rules, found.change_rules, found.termination_rules]
    )
    assert found.passive
    assert found.plan["LIFE"].option("3X") is not None
    assert found.plan["LIFE"].option("9X") is None


def test_the_rulebooks_that_ship_are_named():
    assert programs.names() == ["example", "standard"]
    with pytest.raises(KeyError):
        programs.load("nobody")


def test_own_entries_lie_over_the_standard_ones():
    found = book(events={"XTR": {"label": "Extra", "priority": 7}}, triggers={"shoe_size": "XTR", "state": OFF})
    assert found.events["XTR"].priority == 7
    assert found.events["HIR"].priority == 100
    assert found.triggers["shoe_size"].event == "XTR"
    assert found.triggers["state"].event == OFF


@pytest.mark.parametrize(
    ("action", "reason", "event"),
    [("Leave", "Medical", "LVE"), ("Leave", "Study", "MSC"), ("Leave", "", "MSC"), ("Other", "", None)],
)
def test_S4_08_a_mapped_reason_goes_before_any_reason(action, reason, event):
    found = book(
        actions=[{"action": "Leave", "reason": "Medical", "event": "LVE"}, {"action": "Leave", "event": "MSC"}]
    )
    meaning = found.meaning(action, reason)
    assert (meaning.event if meaning else None) == event


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
    assert caught.value.what == "The rulebook of acme cannot be used"


def test_all_problems_are_told_at_once_and_none_repeats_what_was_written():
    with pytest.raises(ConfigError) as caught:
        read({"oops": "123-45-6789", "plans": [{"code": 5}], "cobra": {"months": "123-45-6789"}})
    assert all(path in caught.value.why for path in ("oops", "plans[0].code", "plans[0].type", "cobra.months"))
    assert "123-45-6789" not in f"{caught.value.why} {caught.value.fix}"


def test_the_rulebook_of_these_tests_is_whole():
    assert read(CONTENT).plan.keys() == {"MED", "DEN", "LIFE", "VIS"}


def test_an_employer_without_a_rulebook_has_classes_and_triggers_and_no_plan():
    found = standard()
    assert found is standard()
    assert (found.plans, found.programs) == ((), ())
    assert found.trigger("fte").event == "MSC"


# The reference

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "benefit-rules.md").read_text("utf-8")


def models(model):
    """All models of the rulebook."""
    yield model
    for field in model.model_fields.values():
        for found in re.findall(r"bensync\.benefits\.rulebook\.\w+\.(\w+)", str(field.annotation)):
            kind = getattr(tables, found)
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from models(kind)


def test_the_reference_names_every_key():
    keys = {name for model in models(rulebook.Rulebook) for name in model.model_fields}
    assert len(keys) > 70
    assert not {name for name in keys if f"`{name}" not in PAGE and f"[{name}]" not in PAGE}


def test_the_reference_explains_every_remark():
    source = Path(rulebook.__file__).parents[1] / "engine"
    codes = set()
    for name in ("preparation", "scheduling", "run", "elections"):
        text = (source / f"{name}.py").read_text("utf-8")
        codes |= set(re.findall(r"""(?:Remark|_fault|_remark)\("(\w+)\"""", text))
        if name == "elections":
            codes |= set(re.findall(r"""return (?:"" if .+? else )?"(\w+)\"""", text)) | {"contribution_out_of_range"}
    told = PAGE.partition("## Remarks")[2]
    assert len(codes) == 15
    assert not {code for code in codes if f"`{code}`" not in told}
