"""Small builders for families: one spouse and children, with versions in the order of entry."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bensync.benefits.values.cases import Case
from bensync.benefits.values.dependents import Dependent, Gender, Relationship
from bensync.benefits.values.enrollments import Coverage, Enrollment, PostingStep, Terms
from tests.unit.benefits.cases import book, person
from tests.unit.builders import day


def dependent(number: int = 1, version: int | None = None, since: str = "2020-01-01", **fields: object) -> Dependent:
    """A child, unless the fields say otherwise."""
    values: dict[str, object] = {
        "relationship": Relationship.CHILD,
        "last_name": "Moss",
        "first_name": f"Child{number}",
        "birth_date": date(2015, 5, 1),
        "gender": Gender.FEMALE,
        **fields,
    }
    return Dependent(number=number, version=version or number, effective_date=day(since), **values)  # type: ignore[arg-type]


def spouse(number: int = 1, version: int | None = None, since: str = "2020-01-01", **fields: object) -> Dependent:
    """A spouse."""
    values: dict[str, object] = {
        "relationship": Relationship.SPOUSE,
        "first_name": "Robin",
        "birth_date": date(1988, 3, 1),
        **fields,
    }
    return dependent(number, version, since, **values)


FAMILY_PLANS = [
    {
        "code": "MED",
        "type": "medical",
        "carrier": "north",
        "options": [
            {"code": "EE", "employee": "80", "company": "420"},
            {"code": "EE+SP", "employee": "160", "covers": [{"group": "spouse", "at_least": 1, "at_most": 1}]},
            {"code": "EE+CH", "employee": "150", "covers": [{"group": "children", "at_least": 1}]},
            {
                "code": "FAM",
                "employee": "240",
                "covers": [{"group": "spouse", "at_most": 1}, {"group": "children", "at_least": 1}],
            },
        ],
    },
    {"code": "LIFE", "type": "life", "beneficiaries": True, "options": [{"code": "2X", "amount": "100000"}]},
    {"code": "VIS", "type": "vision", "options": [{"code": "EE", "company": "9"}]},
]
ONLY_PLANS: dict[str, list[object]] = {
    "programs": [],
    "add_rules": [],
    "change_rules": [],
    "termination_rules": [],
}
"""The tables to leave out of a rulebook that is only asked about its plans."""

FAMILY_BOOK_TABLES = {
    "plans": FAMILY_PLANS,
    "programs": [{"code": "FULL", "eligibility": "full_time", "plans": ["MED", "LIFE", "VIS"]}],
    "add_rules": [
        {"types": ["medical", "life"], "events": ["HIR", "FSC"], "begin": {"base": "first_of_month"}},
        {"plans": ["VIS"], "events": ["HIR"], "begin": {"base": "event_date"}, "default": "EE"},
    ],
    "change_rules": [
        {"types": ["medical", "life"], "events": ["FSC"], "begin": {"base": "event_date"}, "elect": True},
        {"types": ["medical", "life"], "events": ["DIV"], "begin": {"base": "first_of_month"}, "elect": True},
        {"types": ["medical"], "events": ["MSC"], "begin": {"base": "event_date"}},
    ],
    "termination_rules": [{"types": ["medical", "life"], "stop": {"base": "end_of_month"}, "cobra": True}],
}
FAMILY_BOOK = book(**FAMILY_BOOK_TABLES)
"""A rulebook whose medical plan covers families, and whose life insurance pays beneficiaries."""

GROUPS = {
    "spouse": {"relationships": ["spouse", "domestic_partner"]},
    "children": {"relationships": ["child", "stepchild"], "below_age": 26, "disabled_at_any_age": True},
    "students": {"relationships": ["child"], "below_age": 19, "student_below_age": 24},
}


def terms(option: str = "FAM", *dependents: int, **fields: object) -> Terms:
    """The terms of a medical option."""
    prices = {"EE": ("80.00", "420.00"), "EE+SP": ("160.00", "0.00"), "EE+CH": ("150.00", "0.00")}
    employee, company = map(Decimal, prices.get(option, ("240.00", "0.00")))
    return Terms("MED", option, employee=employee, company=company, dependents=dependents, **fields)  # type: ignore[arg-type]


def family_case(*versions: Dependent, held: Terms | None = None, **fields: object) -> Case:
    """A participant with dependents, and medical coverage since 2024-03-01 where terms are given."""
    on = day("2024-03-01")
    row = Enrollment(1, 0, "medical", PostingStep.ADD, Coverage.ELECT, on, on, held or Terms("", ""))
    return Case(person(), enrollments=(row,) if held else (), dependents=versions, **fields)  # type: ignore[arg-type]
