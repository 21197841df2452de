"""The standard rulebook, own entries over it, and the reference page that explains both."""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path

import pytest
from pydantic import BaseModel

from bensync.benefits.rulebook import rulebook
from bensync.benefits.rulebook.rulebook import read, standard
from bensync.benefits.rulebook.tables import OFF
from bensync.benefits.values.activities import INFO
from tests.unit.benefits.cases import CONTENT, book
from tests.unit.benefits.situations import TWO_JOBS
from tests.unit.builders import TODAY


def test_the_standard_classes_have_the_priorities_of_the_model():
    actual = {name: item.priority for name, item in read({}).events.items()}
    assert actual == {
        "SNP": 50,
        "HIR": 100,
        "TER": 200,
        "LVE": 250,
        "FSC": 300,
        "MSC": 400,
        "BIR": 401,
        "MAR": 402,
        "DIV": 403,
        "DEP": 404,
        "OVG": 405,
        "ADR": 410,
        "OE": 900,
    }


@pytest.mark.parametrize("field", ["officer_code", *(f"eligibility{number}" for number in (4, 6, 7, 8, 9))])
def test_S4_31_unused_triggers_are_known_and_off(field):
    assert read({}).triggers[field].event == OFF


def test_S2_10_what_never_makes_an_event_is_listed():
    actual = {name for name, trigger in read({}).triggers.items() if trigger.event == INFO}
    assert actual == {"birth_date", "smoker", "service_date"}


def test_own_entries_lie_over_the_standard_ones():
    rules = book(events={"XTR": {"label": "Extra", "priority": 7}}, triggers={"shoe_size": "XTR", "state": OFF})
    assert rules.events["XTR"].priority == 7
    assert rules.events["HIR"].priority == 100
    assert rules.triggers["shoe_size"].event == "XTR"
    assert rules.triggers["state"].event == OFF


@pytest.mark.parametrize(
    ("action", "reason", "event"),
    [("Leave", "Medical", "LVE"), ("Leave", "Study", "MSC"), ("Leave", "", "MSC"), ("Other", "", None)],
)
def test_S4_08_a_mapped_reason_goes_before_any_reason(action, reason, event):
    rules = book(
        actions=[{"action": "Leave", "reason": "Medical", "event": "LVE"}, {"action": "Leave", "event": "MSC"}]
    )
    meaning = rules.meaning(action, reason, TODAY)
    assert (meaning.event if meaning else None) == event


@pytest.mark.parametrize(
    ("reason", "on", "event"),
    [
        ("Medical", "2025-12-31", "MSC"),
        ("Medical", "2026-01-01", "LVE"),
        ("Study", "2019-12-31", None),
        ("Study", "2026-05-31", "MSC"),
        ("Study", "2026-06-01", ""),
    ],
)
def test_S4_11_an_action_has_the_meaning_of_its_day(reason, on, event):
    rules = book(
        actions=[
            {"action": "Leave", "event": "MSC", "since": "2020-01-01"},
            {"action": "Leave", "since": "2026-06-01"},
            {"action": "Leave", "reason": "Medical", "event": "LVE", "since": "2026-01-01"},
        ]
    )
    meaning = rules.meaning("Leave", reason, date.fromisoformat(on))
    assert (meaning.event if meaning else None) == event


def test_the_rulebook_of_these_tests_is_whole():
    assert read(CONTENT).plan.keys() == {"MED", "DEN", "LIFE", "VIS"}


def test_an_employer_without_a_rulebook_has_classes_and_triggers_and_no_plan():
    rules = standard()
    assert rules is standard()
    assert (rules.plans, rules.programs) == ((), ())
    assert rules.trigger("fte").event == "MSC"


PAGE = (Path(__file__).parents[4] / "docs" / "reference" / "benefit-rules.md").read_text("utf-8")


def models(model):
    """All models of the rulebook."""
    yield model
    for field in model.model_fields.values():
        for module, actual in re.findall(r"(bensync\.benefits\.\w+\.\w+)\.(\w+)", str(field.annotation)):
            kind = getattr(sys.modules[module], actual)
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from models(kind)


def test_the_reference_names_every_key():
    keys = {name for model in models(rulebook.Rulebook) for name in model.model_fields}
    assert len(keys) > 70
    assert not {name for name in keys if f"`{name}" not in PAGE and f"[{name}]" not in PAGE}


def test_the_reference_explains_every_remark():
    source = Path(rulebook.__file__).parents[1]
    codes: set[str] = set()
    for name in ("engine/preparation", "engine/scheduling", "engine/run", "engine/elections", "rulebook/pricing"):
        text = (source / f"{name}.py").read_text("utf-8")
        codes |= set(re.findall(r"""(?:Remark|_fault|_remark|Unpriced)\("(\w+)\"""", text))
        if name == "engine/elections":
            codes |= set(re.findall(r"""return (?:"" if .+? else )?"(\w+)\"""", text)) | {"contribution_out_of_range"}
    for path in (source / "plan_types").glob("*.py"):
        codes |= set(re.findall(r"""yield "(\w+)\"""", path.read_text("utf-8")))
    reported = PAGE.partition("## Remarks")[2]
    assert len(codes) == 39
    assert not {code for code in codes if f"`{code}`" not in reported}


def test_a_field_that_a_tested_sum_adds_is_a_trigger():
    rules = book(**TWO_JOBS)
    assert rules.trigger("second_fte").event == "MSC"
    assert book().trigger("second_fte") is None
