"""Texts of a form, a command or a file as a dependent, and a fault for each that cannot be read."""

from __future__ import annotations

from datetime import date

import pytest

from bensync.benefits.family.groups import FamilyFault
from bensync.benefits.family.reading import FIELDS, LONGEST, read_dependent
from bensync.benefits.values.dependents import Address, Gender, Relationship
from tests.unit.benefits.families import dependent

CHILD = dependent()


def test_every_field_is_read_from_text():
    texts = {
        "relationship": "Adopted child",
        "first_name": "  Ana ",
        "last_name": "Moss-Lee",
        "birth_date": "2019-02-03",
        "gender": "Male",
        "ssn": "200-11-2345",
        "student": "yes",
        "disabled": "TRUE",
        "smoker": "no",
        "address1": "1 Elm Street",
        "address2": "",
        "city": "Dayton",
        "state": "OH",
        "postal_code": "45402",
        "country": "US",
    }
    assert set(texts) == set(FIELDS)
    version, faults = read_dependent(texts, CHILD)
    assert faults == ()
    assert (version.relationship, version.name) == (Relationship.ADOPTED_CHILD, "Ana Moss-Lee")
    assert (version.birth_date, version.gender, version.ssn) == (date(2019, 2, 3), Gender.MALE, "200112345")
    assert (version.student, version.disabled, version.smoker) == (True, True, False)
    assert version.address == Address("1 Elm Street", "", "Dayton", "OH", "45402", "US")
    assert (version.number, version.effective_date) == (CHILD.number, CHILD.effective_date)


def test_a_field_that_is_missing_stays_and_an_empty_text_clears_one():
    full, _ = read_dependent({"ssn": "200112345", "city": "Dayton", "student": "y"}, CHILD)
    kept, _ = read_dependent({"first_name": "Bo"}, full)
    assert (kept.ssn, kept.address, kept.student) == ("200112345", Address(city="Dayton"), True)
    cleared, _ = read_dependent({"ssn": "", "birth_date": "", "city": "", "gender": "", "student": ""}, full)
    assert (cleared.ssn, cleared.birth_date, cleared.address) == ("", None, None)
    assert (cleared.gender, cleared.student) == (Gender.UNSPECIFIED, False)


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("relationship", "aunt", "relationship_unknown"),
        ("relationship", "", "relationship_unknown"),
        ("gender", "?", "gender_unknown"),
        ("birth_date", "03/02/2019", "birth_date_not_valid"),
        ("birth_date", "2019-02-30", "birth_date_not_valid"),
        ("student", "maybe", "yes_or_no_expected"),
        ("ssn", "123", "ssn_not_accepted"),
        ("ssn", "000-12-3456", "ssn_not_accepted"),
        ("ssn", "２００１１２３４５", "ssn_not_accepted"),
        ("first_name", "Ana\x1b[2J", "text_not_valid"),
        ("last_name", "Moss\u202egnp", "text_not_valid"),
        ("address1", "x" * (LONGEST + 1), "text_not_valid"),
    ],
)
def test_a_hostile_or_wrong_text_has_its_own_code_and_changes_nothing(name, text, code):
    version, faults = read_dependent({name: text}, CHILD)
    assert (version, faults) == (CHILD, (FamilyFault(code, name),))


def test_a_field_that_does_not_exist_is_a_fault_without_its_name():
    assert read_dependent({"<script>": "1"}, CHILD) == (CHILD, (FamilyFault("field_unknown"),))
