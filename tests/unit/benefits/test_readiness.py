"""What would fail in a run over everybody (S4-25, S4-03)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bensync.benefits.readiness import Gap, person_gaps, rulebook_gaps
from bensync.benefits.rulebook.rulebook import standard
from tests.unit.benefits.cases import BOOK, CONTENT, book, case, person
from tests.unit.builders import TODAY

REQUIRED = standard().required_data
WHOLE = {
    "last_name": "Vale",
    "gender": "F",
    "ssn": "123456780",
    "postal_code": "45402",
    "state": "OH",
    "employment_status": "Full-time",
    "regular_temporary": "Temporary",
    "expected_end_date": "2027-01-01",
    "position_number": "1",
    "job_code": "1",
    "employee_class": "1",
    "union_code": "1",
    "pay_group": "1",
    "employee_type": "1",
    "appointment_duration": "12",
    "benefit_record": "0",
    "benefit_system": "BA",
}
"""Everything that S4-25 asks for, besides what a person of these tests has."""


def codes(gaps):
    return [(gap.code, gap.about) for gap in gaps]


def test_S4_25_the_register_asks_for_nineteen_fields():
    assert len(REQUIRED) == 19
    assert all(entry.message for entry in REQUIRED.values())


@pytest.mark.parametrize("name", list(REQUIRED))
def test_S4_25_a_required_field_that_is_blank_is_listed_with_what_to_do(name):
    field = "employment_status" if name == "action" else name
    # Nothing else is looked at than what is required, so no program and no price can be missed besides.
    rules = book(programs=[], eligibility={}, plans=[], add_rules=[], change_rules=[], termination_rules=[])
    mapped = {*WHOLE, "birth_date", "hire_date", "fte"}
    assert [gap for gap in person_gaps(case(person(**WHOLE)), rules, TODAY, mapped) if gap.code != "no_program"] == []
    whole = person(**WHOLE)
    values = {key: text for key, text in whole.profile.values.items() if key != field}
    blank = case(replace(whole, profile=replace(whole.profile, values=values)))
    gaps = [gap for gap in person_gaps(blank, rules, TODAY, mapped) if gap.code != "no_program"]
    assert gaps == [Gap("required_missing", field, REQUIRED[name].message)]


@pytest.mark.parametrize(
    ("changes", "mapped", "listed"),
    [
        pytest.param({}, {"pay_group"}, True, id="mapped"),
        pytest.param({}, set(), False, id="neither mapped nor tested"),
        pytest.param({}, None, True, id="not known what HR brings"),
        pytest.param({"required_data": {"pay_group": "OFF"}}, {"pay_group"}, False, id="switched off"),
        pytest.param(
            {"eligibility": {**CONTENT["eligibility"], "u": {"all": [{"field": "pay_group", "present": True}]}}},
            set(),
            True,
            id="tested by the rulebook",
        ),
        pytest.param(
            {"required_data": {"pay_group": {"message": "x", "all": [{"field": "fte", "below": "0.5"}]}}},
            {"pay_group"},
            False,
            id="not required of this person",
        ),
    ],
)
def test_a_field_counts_where_hr_brings_it_or_a_rule_tests_it(changes, mapped, listed):
    gaps = person_gaps(case(person()), book(**changes), TODAY, mapped)
    assert (("required_missing", "pay_group") in codes(gaps)) is listed


def test_the_message_of_an_employer_goes_before_the_standard_one():
    rules = book(required_data={"pay_group": "Ask payroll."})
    gaps = person_gaps(case(person()), rules, TODAY, {"pay_group"})
    assert Gap("required_missing", "pay_group", "Ask payroll.") in gaps


def test_nobody_who_left_is_looked_at():
    assert person_gaps(case(person(ended="06-01", birth_date=None)), BOOK, TODAY, None) == ()


def test_a_person_whom_no_program_or_several_fit_is_listed():
    none = person_gaps(case(person(fte="0.1", birth_date=None)), BOOK, TODAY, set())
    assert ("no_program", "") in codes(none)
    first = CONTENT["programs"][0]
    twice = book(programs=[*CONTENT["programs"], {**first, "code": "TWIN"}])
    gaps = person_gaps(case(person()), twice, TODAY, set())
    assert ("several_programs", f"{first['code']}, TWIN") in codes(gaps)


def test_a_price_that_cannot_be_found_is_listed():
    gaps = person_gaps(case(person(pay_rate=None)), BOOK, TODAY, set())
    assert ("salary_missing", "LIFE") in codes(gaps)
    assert person_gaps(case(person(union_code="U1")), BOOK, TODAY, set()) == ()


def test_without_a_class_by_which_people_choose_no_price_is_tried():
    rules = BOOK.model_copy(update={"events": {}})
    assert ("salary_missing", "LIFE") not in codes(person_gaps(case(person(pay_rate=None)), rules, TODAY, set()))


def test_a_fact_that_nobody_maps_is_listed():
    rules = book(
        eligibility={
            **CONTENT["eligibility"],
            "a": {"all": [{"field": "shoe_size", "present": True}, {"field": "age", "at_least": "18"}]},
            "b": {
                "all": [{"field": "hours_in_all", "at_least": "30"}, {"field": "dependents.children", "present": True}]
            },
        },
        sums={"hours_in_all": {"of": [{"field": "standard_hours"}]}},
    )
    mapped = {"standard_hours", *BOOK.tested}
    assert codes(rulebook_gaps(rules, mapped)) == [("unmapped_fact", "shoe_size"), *codes(rulebook_gaps(BOOK, None))]
    assert ("unmapped_fact", "shoe_size") not in codes(rulebook_gaps(rules, None))


def test_a_plan_that_no_rule_or_program_reaches_is_listed():
    medical = CONTENT["plans"][0]
    lonely = {**medical, "code": "LONE", "type": "lone"}
    offered = {**CONTENT["programs"][0], "plans": [*CONTENT["programs"][0]["plans"], "LONE"]}
    before = set(codes(rulebook_gaps(BOOK, None)))
    unused = book(plans=[*CONTENT["plans"], lonely])
    assert set(codes(rulebook_gaps(unused, None))) - before == {("plan_unused", "LONE")}
    ruled = {"add_rules": [r for r in CONTENT["add_rules"] if "plans" in r or "types" in r]}
    ruled |= {"termination_rules": [{"types": ["medical"], "stop": {"base": "last_day"}}]}
    alone = book(plans=[*CONTENT["plans"], lonely], programs=[offered, *CONTENT["programs"][1:]], **ruled)
    assert {("no_add_rule", "LONE"), ("no_termination_rule", "LONE")} <= set(codes(rulebook_gaps(alone, None)))
