"""What is wrong with an entry to the list of dependents: each fault has a code of its own."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from bensync.benefits.family.checks import entry_faults
from bensync.benefits.values.dependents import DropReason, Gender, Relationship
from tests.unit.benefits.cases import person
from tests.unit.benefits.families import dependent, spouse
from tests.unit.builders import TODAY, day

EMPLOYEE = person(birth_date="1985-01-01", ssn="200119999")
ESTATE = dependent(5, relationship=Relationship.ESTATE, first_name="", birth_date=None, gender=Gender.UNSPECIFIED)


def faults(version, *family, who=EMPLOYEE):
    return [fault.code for fault in entry_faults(version, who, family, TODAY)]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"birth_date": date(2026, 6, 11)}, "born_after_today"),
        ({"relationship": Relationship.PARENT, "birth_date": date(1906, 6, 9)}, "born_too_long_ago"),
        ({"birth_date": date(2020, 1, 2)}, "begins_before_birth"),
        ({"birth_date": date(1985, 1, 1)}, "child_older_than_parent"),
        ({"relationship": Relationship.GRANDCHILD, "birth_date": date(1984, 1, 1)}, "child_older_than_parent"),
        ({"relationship": Relationship.PARENT, "birth_date": date(1985, 1, 1)}, "parent_younger_than_child"),
        ({"first_name": ""}, "name_missing"),
        ({"last_name": ""}, "name_missing"),
        ({"ssn": "200119999"}, "ssn_not_accepted"),
    ],
)
def test_each_fault_of_an_entry_has_its_own_code(fields, code):
    assert faults(dependent(**fields)) == [code]


@pytest.mark.parametrize(
    "version",
    [
        dependent(),
        dependent(birth_date=None),
        dependent(birth_date=date(1906, 6, 10), relationship=Relationship.PARENT),
        dependent(birth_date=date(1980, 1, 1), relationship=Relationship.STEPCHILD),
        dependent(birth_date=date(1950, 1, 1), relationship=Relationship.PARENT),
        dependent(since="2015-05-01"),
        spouse(),
        ESTATE,
    ],
)
def test_an_entry_without_faults_is_taken(version):
    assert faults(version) == []


def test_without_the_birth_date_of_the_employee_the_ages_are_not_compared():
    assert faults(dependent(birth_date=date(1950, 1, 1)), who=person(birth_date=None)) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"birth_date": date(2000, 1, 1)},
        {"first_name": "A"},
        {"gender": Gender.FEMALE, "ssn": "200112345"},
        {"student": True},
    ],
)
def test_an_estate_has_a_name_and_nothing_of_a_person(fields):
    expected = [] if fields.get("gender") and len(fields) == 1 else ["not_a_person"]
    assert faults(replace(ESTATE, **fields)) == expected


def test_an_estate_without_a_name_is_refused():
    assert faults(replace(ESTATE, last_name="")) == ["name_missing"]


FORMER = spouse(1, 1, "2020-01-01")
GONE = spouse(1, 2, "2024-06-01", dropped=DropReason.DIVORCE)
SECOND = {"first_name": "Sam", "birth_date": date(1989, 1, 1)}


@pytest.mark.parametrize(
    ("version", "family", "codes"),
    [
        (spouse(2, since="2023-01-01", **SECOND), (FORMER,), ["second_partner"]),
        (spouse(2, since="2024-05-31", **SECOND), (FORMER, GONE), ["second_partner"]),
        (spouse(2, since="2024-06-01", **SECOND), (FORMER, GONE), []),
        (spouse(2, since="2019-01-01", **SECOND), (FORMER,), ["second_partner"]),
        (
            spouse(2, since="2023-01-01", relationship=Relationship.DOMESTIC_PARTNER, **SECOND),
            (FORMER,),
            ["second_partner"],
        ),
        (spouse(1, since="2021-01-01", smoker=True), (FORMER,), []),
        (spouse(1, since="2021-01-01", dropped=DropReason.DEATH), (FORMER, spouse(2, **SECOND)), []),
        (
            spouse(2, since="2019-01-01", **SECOND),
            (FORMER, spouse(2, 3, "2020-01-01", dropped=DropReason.DEATH, **SECOND)),
            [],
        ),
    ],
    ids=[
        "at once",
        "a day too early",
        "after a divorce",
        "from before",
        "a partner",
        "a change",
        "a drop",
        "until then",
    ],
)
def test_nobody_has_two_spouses_on_one_day(version, family, codes):
    assert faults(version, *family) == codes


def test_the_same_person_is_on_the_list_once_and_may_come_back_after_a_drop():
    twin = dependent(2, first_name="CHILD1")
    assert faults(twin, dependent(1)) == ["already_on_list"]
    assert faults(twin, dependent(1), dependent(1, 2, "2019-12-31", dropped=DropReason.OTHER)) == ["already_on_list"]
    assert faults(twin, replace(dependent(1), effective_date=day("2019-01-01"), dropped=DropReason.OTHER)) == []
    assert faults(replace(twin, dropped=DropReason.OTHER), dependent(1)) == []


def test_an_ssn_of_the_family_is_refused_like_one_that_cannot_be_one_also_after_a_drop():
    other = dependent(1, ssn="200112345", dropped=DropReason.OTHER)
    assert faults(dependent(2, ssn="200112345"), other) == ["ssn_not_accepted"]
    assert faults(dependent(1, ssn="200112345"), other) == []
