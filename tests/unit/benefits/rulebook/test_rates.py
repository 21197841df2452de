"""Rate tables: which grade a person has, how a price is rounded and shared, and the versions of a table."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import ValidationError

from bensync.benefits.rulebook.rates import Grade, Range, RateTable, Rounding

AGES = [
    {"when": {"age": {"below": "30"}, "smoker": ["N"]}, "rate": "1", "employee": "1"},
    {"when": {"age": {"at_least": "30"}, "smoker": ["N"]}, "rate": "2", "employee": "2"},
    {"when": {"age": {"below": "40"}, "smoker": ["Y"]}, "rate": "3", "employee": "3"},
    {"when": {"age": {"at_least": "40"}, "smoker": ["Y"]}, "rate": "4", "employee": "4"},
]


def table(*grades, **fields):
    return RateTable.model_validate({"code": "T", "grades": grades or AGES, **fields})


@pytest.mark.parametrize(
    ("age", "smoker", "rate"),
    [
        ("29", "N", 1),
        ("30", "N", 2),
        ("39", "Y", 3),
        ("40", "Y", 4),
        ("120", "Y", 4),
        ("0", "N", 1),
        ("30", "MAYBE", None),
        ("old", "Y", None),
        (None, "Y", None),
    ],
)
def test_S2_13_a_person_has_the_one_grade_of_their_facts(age, smoker, rate):
    grade = table().grade({"age": age, "smoker": smoker})
    assert (int(grade.rate) if grade is not None else None) == rate


def test_a_fact_that_a_grade_does_not_name_may_be_anything():
    grade = table({"when": {"age": {"below": "30"}}, "employee": "1"}, {"when": {"age": {"at_least": "30"}}}).grade(
        {"age": "20"}
    )
    assert grade.employee == 1
    assert table({"employee": "1"}).grade({}).employee == 1


def test_a_blank_fact_has_a_price_only_where_a_grade_lists_it():
    prices = table({"when": {"smoker": ["N", ""]}, "employee": "1"}, {"when": {"smoker": ["Y"]}, "employee": "2"})
    assert prices.grade({"smoker": None}).employee == 1


def test_a_table_without_holes_has_no_gap_and_no_overlap():
    assert (table().gap(), table().overlaps()) == ("", [])


@pytest.mark.parametrize(
    ("grades", "gap"),
    [
        ([{"age": {"below": "30"}}, {"age": {"at_least": "35"}}], "age from 30 below 35"),
        (
            [{"age": {"below": "30"}, "option": ["EE", "FAM"]}, {"age": {"at_least": "30"}, "option": ["EE"]}],
            "age from 30, option FAM",
        ),
        ([{"age": {"below": "30"}, "smoker": ["Y"]}, {"smoker": ["N"]}, {"age": {"at_least": "30"}}], ""),
        (
            [{"smoker": ["Y"], "age": {"at_least": "18"}}, {"smoker": ["N"], "age": {"below": "18"}}],
            "smoker, age below 18",
        ),
        ([{"age": {"at_least": "18", "below": "70"}}], ""),
    ],
    ids=["between", "one option", "anything", "crosswise", "open ends"],
)
def test_a_gap_between_grades_is_named_without_values_of_people(grades, gap):
    assert table(*({"when": when} for when in grades)).gap() == gap


@pytest.mark.parametrize(
    ("grades", "overlaps"),
    [
        ([{"age": {"below": "31"}}, {"age": {"at_least": "30"}}], [(0, 1)]),
        ([{"age": {"below": "30"}}, {"option": ["EE"]}], [(0, 1)]),
        ([{}, {}, {}], [(0, 1), (0, 2)]),
        ([{"option": ["EE"]}, {"option": ["FAM"]}], []),
    ],
)
def test_grades_that_share_a_person_overlap(grades, overlaps):
    assert table(*({"when": when} for when in grades)).overlaps() == overlaps


def test_facts_that_are_numbers_here_and_texts_there_cannot_be_compared():
    prices = table({"when": {"grade": {"below": "3"}}}, {"when": {"grade": ["A"]}})
    assert [axis.mixed for axis in prices.axes] == [True]


@pytest.mark.parametrize("bounds", [{}, {"at_least": "3", "below": "3"}, {"at_least": "4", "below": "3"}])
def test_a_range_holds_at_least_one_number(bounds):
    with pytest.raises(ValidationError):
        Range.model_validate(bounds)


@pytest.mark.parametrize(
    ("rule", "rounded"),
    [
        ({}, "10.13"),
        ({"mode": "half_even"}, "10.12"),
        ({"mode": "up", "digits": 1}, "10.20"),
        ({"mode": "down", "digits": 0}, "10.00"),
    ],
)
def test_an_amount_is_rounded_by_its_rule(rule, rounded):
    assert str(Rounding.model_validate(rule).rounded(Decimal("10.125"))) == rounded


def test_the_shares_that_are_given_are_named():
    assert Grade.model_validate({"rate": "1", "company_percent": "5"}).given_shares == ["company_percent"]
