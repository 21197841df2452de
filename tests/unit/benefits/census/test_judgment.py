"""The lines of one person against participant, coverage and rulebook."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from bensync.benefits.census.census_file import CensusLine
from bensync.benefits.census.judgment import PresentCoverage, judge, mismatch
from bensync.benefits.values.enrollments import Terms
from tests.unit.benefits.cases import (
    BOOK,
    CONTENT,
    activity,
    after_run,
    book,
    case,
    person,
    run_context,
    with_activities,
)
from tests.unit.benefits.families import FAMILY_BOOK, dependent, family_case, spouse
from tests.unit.builders import TODAY, key

LINE = CensusLine(2, key("x"), "1", "MED", "EE", date(2024, 3, 1))


def line(place=2, **changes):
    return replace(LINE, line=place, **changes)


def judged(*lines, of=None, rules=BOOK):
    return judge(lines or (LINE,), of or case(), run_context(rules))


def codes(*lines, **how):
    return [(str(finding.code), finding.line, finding.column) for finding in judged(*lines, **how).findings]


def test_a_coverage_keeps_its_first_day_and_deducts_nothing_for_the_past():
    (present,) = judged().coverage
    terms = Terms("MED", "EE", employee=Decimal("80.00"), company=Decimal("420.00"))
    assert present == PresentCoverage("medical", terms, date(2024, 3, 1), TODAY)


def test_the_figures_of_the_line_go_before_those_of_the_rulebook():
    given = line(
        plan="LIFE",
        option="2X",
        amount=Decimal(70000),
        employee=Decimal(3),
        company=Decimal(4),
        contribution=Decimal(5),
        tax="before",
        account="A",
        deduction_begin=date(2025, 1, 1),
    )
    (present,) = judged(given).coverage
    assert present.terms == Terms("LIFE", "2X", Decimal(70000), Decimal(3), Decimal(4), Decimal(5), "before", "A")
    assert present.deduction_begin == date(2025, 1, 1)


def test_an_amount_prices_by_the_thousand():
    (present,) = judged(line(plan="LIFE", option="2X", amount=Decimal(70000))).coverage
    assert (present.terms.amount, present.terms.company) == (Decimal(70000), Decimal("7.00"))


def test_an_empty_amount_follows_from_the_salary():
    assert judged(line(plan="LIFE", option="2X")).coverage[0].terms.amount == Decimal(100000)
    poor = case(person(pay_rate=None))
    assert codes(line(plan="LIFE", option="2X"), of=poor) == [("price_unknown", 2, "amount")]
    assert codes(line(plan="LIFE", option="2X", amount=Decimal(9)), of=poor) == []
    costs = {"employee": Decimal(1), "company": Decimal(2)}
    assert codes(line(plan="LIFE", option="2X", **costs), of=poor) == [("price_unknown", 2, "amount")]


def test_figures_that_no_rate_table_has_may_come_from_the_line():
    grades = [{"when": {"smoker": [answer]}, "employee": "80", "company": "420"} for answer in ("Yes", "No")]
    med = {"code": "MED", "type": "medical", "rates": "T", "options": [{"code": "EE"}]}
    plans = [med if plan["code"] == "MED" else plan for plan in CONTENT["plans"]]
    rules = book(plans=plans, rates=[{"code": "T", "grades": grades}])
    assert codes(rules=rules) == [("price_unknown", 2, "amount")]
    (present,) = judged(line(employee=Decimal(1), company=Decimal(2)), rules=rules).coverage
    assert (present.terms.employee, present.terms.company) == (Decimal(1), Decimal(2))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"plan": "NONE"}, ("plan_unknown", 2, "plan")),
        ({"option": "NONE"}, ("option_unknown", 2, "option")),
        ({"begin": date(2026, 6, 11)}, ("begin_in_future", 2, "begin_date")),
        ({"begin": date(2024, 1, 31)}, ("begin_before_hire", 2, "begin_date")),
        ({"deduction_begin": date(2024, 2, 29)}, ("deduction_before_begin", 2, "deduction_begin")),
        ({"amount": Decimal(1)}, ("amount_outside_limits", 2, "amount")),
    ],
)
def test_a_line_that_cannot_be_is_a_problem(changes, expected):
    result = judged(line(**changes))
    assert result.coverage == ()
    assert codes(line(**changes)) == [expected]


def test_an_option_bounds_amount_and_contribution():
    plans = [
        {
            "code": "P",
            "type": "t",
            "options": [
                {"code": "FIXED", "amount": "10"},
                {"code": "CAPPED", "multiple": "1", "cap": "20"},
                {"code": "PLEDGE", "minimum": "120", "maximum": "3300"},
            ],
        }
    ]
    rules = book(
        plans=plans,
        programs=[{"code": "FULL", "eligibility": "full_time", "plans": ["P"]}],
        add_rules=[],
        change_rules=[],
        termination_rules=[{"stop": {"base": "last_day"}}],
    )

    def problems(option, **amounts):
        figures = {name: Decimal(amount) for name, amount in amounts.items()}
        return [code for code, _, _ in codes(line(plan="P", option=option, **figures), rules=rules)]

    assert problems("FIXED", amount=10) == []
    assert problems("FIXED", amount=11) == ["amount_outside_limits"]
    assert problems("CAPPED", amount=20) == []
    assert problems("CAPPED", amount=21) == ["amount_outside_limits"]
    assert problems("PLEDGE", contribution=120) == []
    assert problems("PLEDGE", contribution=119) == ["contribution_outside_limits"]
    assert problems("PLEDGE", contribution=3301) == ["contribution_outside_limits"]


def test_somebody_hired_again_may_keep_the_coverage_of_the_first_employment():
    again = case(person(hire_date="2025-01-01", original_hire_date="2020-01-01"))
    assert codes(of=again) == []


def test_a_plan_that_no_termination_would_end_is_a_problem():
    none = book(termination_rules=[{"types": ["dental"], "stop": {"base": "last_day"}}])
    assert codes(rules=none) == [("plan_without_rules", 2, "plan")]
    groups = [{"group": name, "stop": {"base": "last_day"}} for name in ("full_time", "coast")]
    assert codes(rules=book(termination_rules=groups)) == [("plan_without_rules", 2, "plan")]


def test_what_the_next_event_would_end_is_shown_as_a_warning():
    inland = case(person(state="NV"))
    assert codes(line(plan="DEN"), of=inland) == [("not_eligible", 2, "plan")]
    part = case(person(fte="0.5"))
    assert codes(of=part) == [("plan_not_in_program", 2, "plan")]
    result = judged(of=part)
    assert (result.findings[0].is_warning, len(result.coverage)) == (True, 1)
    assert codes(of=case(person(fte="0.1"))) == [("plan_not_in_program", 2, "plan")]


def test_two_coverages_of_a_type_are_distinguished_from_a_repeated_line():
    assert codes(LINE, line(3)) == [("duplicate_line", 3, "plan")]
    assert codes(LINE, line(3, option="FAM")) == [("two_plans_of_a_type", 3, "plan")]
    assert codes(LINE, line(3, plan="VIS")) == []


def test_one_wrong_line_loads_nothing_of_the_person():
    assert judged(LINE, line(3, plan="NONE")).coverage == ()


def test_whose_coverage_is_known_already_is_left_alone():
    assert codes(of=case(person(ended="05-01")))[-1] == ("person_terminated", 2, "")
    assert codes(of=case(None, "dental")) == [("already_covered", 2, "")]
    hired = after_run(with_activities(case(), activity("HIR", "02-01")))
    assert codes(of=hired) == [("has_events", 2, "")]
    assert judged(of=hired).findings[0].employee_id == "1"


@pytest.mark.parametrize(
    ("number", "owner", "namesake", "code"),
    [
        ("1", person(), 7, None),
        ("001", person(), None, None),
        ("E-9", person(employee_number="E-9"), None, None),
        ("E-9", person(employee_number="E-9"), 8, "person_ambiguous"),
        ("2", person(), 8, "ssn_mismatch"),
        ("2", person(), None, "ssn_mismatch"),
        ("2", None, 8, "ssn_mismatch"),
        ("2", None, None, "person_unknown"),
    ],
)
def test_ssn_and_number_must_name_one_person(number, owner, namesake, code):
    assert mismatch(replace(LINE, number=number), owner, namesake) == code


FAMILY = family_case(
    spouse(1), dependent(2), dependent(3, birth_date=date(1990, 1, 1)), dependent(4, first_name="Robin")
)


@pytest.mark.parametrize(
    ("option", "names", "covered", "expected"),
    [
        ("FAM", ("Child2 Moss", "1"), (1, 2), []),
        ("FAM", ("CHILD2  moss".replace("  ", " "), "Child2 Moss"), (2,), []),
        ("EE", (), (), []),
        ("FAM", (), (), ["dependents_do_not_fit"]),
        ("EE+SP", ("2",), (), ["dependent_not_covered", "dependents_do_not_fit"]),
        ("EE+CH", ("2", "3"), (), ["dependent_not_covered"]),
        ("EE+CH", ("2", "Nobody"), (), ["dependent_unknown"]),
        ("EE+CH", ("2", "Robin Moss"), (), ["dependent_ambiguous"]),
    ],
)
def test_a_line_covers_the_dependents_whom_it_names(option, names, covered, expected):
    result = judged(line(option=option, dependents=names), of=FAMILY, rules=FAMILY_BOOK)
    assert [str(finding.code) for finding in result.findings] == expected
    assert [present.terms.dependents for present in result.coverage] in ([covered], [])
    assert bool(result.coverage) == all(finding.is_warning for finding in result.findings)
