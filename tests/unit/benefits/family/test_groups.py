"""Who may be covered, who is paid, and what rules can test of dependents."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from bensync.benefits.family.groups import (
    FamilyFault,
    age_fault,
    allocation_faults,
    coverable,
    coverage_fault,
    dependent_facts,
    dependent_faults,
    even_shares,
    leaves_on,
    members,
)
from bensync.benefits.values.dependents import Relationship
from bensync.benefits.values.enrollments import Allocation, BeneficiaryKind
from bensync.errors import ConfigError
from tests.unit.benefits.cases import book
from tests.unit.benefits.families import FAMILY_BOOK, FAMILY_PLANS, GROUPS, ONLY_PLANS, dependent, spouse
from tests.unit.builders import day

ON = day("2026-06-01")
BOOK = book(plans=FAMILY_PLANS, dependent_groups=GROUPS, **ONLY_PLANS)
MEDICAL, LIFE, VISION = FAMILY_BOOK.plans
CHILDREN, STUDENTS = BOOK.dependent_groups["children"], BOOK.dependent_groups["students"]


def born(text, number=2, **fields):
    return dependent(number, birth_date=date.fromisoformat(text), **fields)


@pytest.mark.parametrize(
    ("group", "who", "fault"),
    [
        (CHILDREN, born("2000-06-02"), ""),
        (CHILDREN, born("2000-06-01"), "dependent_too_old"),
        (CHILDREN, born("1990-06-01", disabled=True), ""),
        (CHILDREN, born("1990-06-01", student=True), "dependent_too_old"),
        (CHILDREN, dependent(birth_date=None), "dependent_age_unknown"),
        (BOOK.dependent_groups["spouse"], spouse(birth_date=None), ""),
        (STUDENTS, born("2005-06-01"), "dependent_too_old"),
        (STUDENTS, born("2005-06-01", student=True), ""),
        (STUDENTS, born("2002-06-01", student=True), "dependent_too_old"),
        (STUDENTS, born("2002-06-01", student=True, disabled=True), "dependent_too_old"),
    ],
)
def test_S3_173_a_child_belongs_to_a_group_up_to_its_age_with_exceptions_for_students_and_the_disabled(
    group, who, fault
):
    assert age_fault(who, group, ON) == fault
    assert bool(members([who], group, ON)) is not bool(fault)


def test_the_day_on_which_a_child_leaves_a_group_follows_from_its_birth_date():
    assert leaves_on(born("2000-06-01"), CHILDREN) == ON
    assert leaves_on(born("2002-06-01", student=True), STUDENTS) == ON
    assert leaves_on(born("1990-06-01", disabled=True), CHILDREN) is None
    assert leaves_on(dependent(birth_date=None), CHILDREN) is None
    assert leaves_on(spouse(), CHILDREN) is None
    assert leaves_on(born("2004-02-29"), CHILDREN) == date(2030, 2, 28)


FAMILY = [spouse(1), born("2015-01-01", 2), born("1999-01-01", 3), dependent(4, relationship=Relationship.PARENT)]


@pytest.mark.parametrize(("option", "covers"), [("EE", ()), ("EE+SP", (1,)), ("EE+CH", (2,)), ("FAM", (1, 2))])
def test_S3_173_an_option_says_who_may_be_covered(option, covers):
    assert coverable(MEDICAL.option(option), FAMILY, FAMILY_BOOK, ON) == covers


@pytest.mark.parametrize(
    ("option", "chosen", "faults"),
    [
        ("EE", (), []),
        ("EE", (1,), [("dependent_not_covered", "1")]),
        ("EE+SP", (1,), []),
        ("EE+SP", (), [("too_few_dependents", "spouse")]),
        ("EE+CH", (1, 2), [("dependent_not_covered", "1")]),
        ("FAM", (2,), []),
        ("FAM", (1, 2), []),
        ("FAM", (1,), [("too_few_dependents", "children")]),
        ("FAM", (2, 3), [("dependent_too_old", "3")]),
        ("FAM", (2, 4), [("dependent_not_covered", "4")]),
        ("FAM", (2, 9), [("dependent_unknown", "9")]),
    ],
)
def test_S3_173_dependents_who_do_not_fit_an_option_are_named_with_the_reason(option, chosen, faults):
    actual = dependent_faults(MEDICAL.option(option), chosen, FAMILY, FAMILY_BOOK, ON)
    assert list(actual) == [FamilyFault(*fault) for fault in faults]


def test_two_spouses_are_too_many_for_an_option_of_one():
    pair = [spouse(1), spouse(2)]
    actual = dependent_faults(MEDICAL.option("EE+SP"), (1, 2), pair, FAMILY_BOOK, ON)
    assert list(actual) == [FamilyFault("too_many_dependents", "spouse")]


def test_somebody_in_several_groups_of_an_option_needs_to_fit_one_of_them():
    option = {"code": "ALL", "covers": [{"group": "students"}, {"group": "children"}]}
    rules = book(
        plans=[{"code": "X", "type": "medical", "options": [option]}],
        dependent_groups=GROUPS,
        **ONLY_PLANS,
    )
    assert coverage_fault(born("2002-01-01"), rules.plans[0].options[0], rules, ON) == ""
    assert coverage_fault(born("1990-01-01"), rules.plans[0].options[0], rules, ON) == "dependent_too_old"


def test_rules_can_test_how_many_dependents_there_are_and_how_old_they_are():
    assert dependent_facts(FAMILY, FAMILY_BOOK, ON) == {
        "dependents.spouse": "1",
        "dependents.children": "1",
        "dependents.youngest_age": "11",
        "dependents.oldest_age": "38",
    }
    assert dependent_facts([], FAMILY_BOOK, ON) == {"dependents.spouse": "0", "dependents.children": "0"}


def share(number, percent, kind=BeneficiaryKind.PRIMARY):
    return Allocation(number, Decimal(percent), kind)


@pytest.mark.parametrize(
    ("shares", "faults"),
    [
        ([], []),
        ([share(1, 100)], []),
        ([share(1, "33.34"), share(2, "33.33"), share(3, "33.33")], []),
        ([share(1, 100), share(2, 100, BeneficiaryKind.CONTINGENT)], []),
        ([share(1, 50)], [("shares_not_100", "primary")]),
        ([share(1, 60), share(2, 60)], [("shares_not_100", "primary")]),
        ([share(1, 100), share(2, 40, BeneficiaryKind.CONTINGENT)], [("shares_not_100", "contingent")]),
        ([share(1, 100, BeneficiaryKind.CONTINGENT)], [("shares_not_100", "primary")]),
        ([share(1, 101)], [("share_over_100", "1"), ("shares_not_100", "primary")]),
        ([share(1, 0), share(2, 100)], [("share_not_valid", "1")]),
        ([share(1, "0.005"), share(2, "99.995")], [("share_not_valid", "1"), ("share_not_valid", "2")]),
        ([share(1, 50), share(1, 50)], [("beneficiary_twice", "primary")]),
        ([share(9, 100)], [("beneficiary_unknown", "9")]),
    ],
)
def test_S3_173_the_shares_of_beneficiaries_sum_to_100_for_each_kind(shares, faults):
    assert list(allocation_faults(LIFE, shares, FAMILY)) == [FamilyFault(*fault) for fault in faults]


def test_a_plan_that_pays_nobody_takes_no_beneficiaries():
    assert list(allocation_faults(VISION, [share(1, 100)], FAMILY)) == [FamilyFault("no_beneficiaries")]


@pytest.mark.parametrize("number", [1, 2, 3, 7, 9])
def test_even_shares_sum_to_100_and_differ_by_a_hundredth_at_most(number):
    shares = even_shares(range(1, number + 1))
    percents = [share.percent for share in shares]
    assert (sum(percents), max(percents) - min(percents) <= Decimal("0.01")) == (100, True)
    assert list(allocation_faults(LIFE, shares, [replace(FAMILY[0], number=at) for at in range(1, 10)])) == []


def test_even_shares_of_nobody_are_none():
    assert even_shares([]) == ()


COVERS = [
    ([{"group": "aunts"}], "plans[0].options[0].covers: there is no group of dependents 'aunts'"),
    ([{"group": "spouse"}] * 2, "plans[0].options[0].covers: 'spouse' is there more than once"),
    (
        [{"group": "spouse", "at_least": 2, "at_most": 1}],
        "plans[0].options[0].covers: spouse wants at least 2 and at most 1",
    ),
]


@pytest.mark.parametrize(("covers", "problem"), COVERS)
def test_an_option_that_names_unknown_groups_or_contradicts_itself_is_refused(covers, problem):
    plan = {**FAMILY_PLANS[2], "options": [{"code": "EE", "covers": covers}]}
    with pytest.raises(ConfigError) as refused:
        book(plans=[plan], **ONLY_PLANS)
    assert problem in str(refused.value.problems)


def test_a_drop_needs_a_class_of_the_rulebook_and_a_reason_that_exists():
    stop = {"base": "last_day"}
    with pytest.raises(ConfigError) as refused:
        book(drops={"other": {"event": "NONE", "stop": stop}})
    assert "drops.other.event: there is no event class 'NONE'" in str(refused.value.problems)
    with pytest.raises(ConfigError):
        book(drops={"boredom": {"event": "DEP", "stop": stop}})
