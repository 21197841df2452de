"""Dependents as roles see them: masked SSNs, and no field whose like of the employee is hidden."""

from __future__ import annotations

from decimal import Decimal

from bensync.benefits.values.dependents import Address, DropReason, Gender, Relationship
from bensync.benefits.values.enrollments import Allocation, BeneficiaryKind
from bensync.core.access import Grant, Right, Role, actor_for
from bensync.mappings.catalogue import FIELDS as CATALOGUE
from bensync.wording.families import DROPS, FIELDS, GENDERS, KINDS, RELATIONSHIPS, assigned, shares_of, views
from bensync.wording.visibility import Visibility
from tests.unit.benefits.families import dependent, family_case, spouse, terms
from tests.unit.builders import TODAY

HOME = Address("1 Elm Street", "", "Dayton", "OH", "45402")
ROBIN = spouse(1, ssn="200112345", smoker=True, address=HOME)
GONE = dependent(3, 3, dropped=DropReason.AGE)
CASE = family_case(ROBIN, dependent(2, student=True), GONE, held=terms("FAM", 1, 2))


def seen_by(role, *extras):
    actor = actor_for("kim", [Grant("acme", role, extras=frozenset(extras))], "acme")
    return views(CASE, TODAY, Visibility(actor, CATALOGUE))


def test_S1_04_an_ssn_of_a_dependent_shows_its_last_four_digits():
    robin, child = views(CASE, TODAY)
    assert (robin.ssn, child.ssn) == ("***-**-2345", None)
    assert (robin.name, robin.relationship, robin.covered) == ("Robin Moss", Relationship.SPOUSE, ("medical",))
    assert robin.facts == [
        ("Born", "Mar 1, 1988"),
        ("Gender", "Female"),
        ("SSN", "***-**-2345"),
        ("Marked as", "smoker"),
        ("Address", "1 Elm Street, Dayton, OH, 45402"),
    ]


def test_a_role_sees_of_a_dependent_what_it_sees_of_the_employee_and_health_with_the_pay():
    robin, child = seen_by(Role.BROKER, Right.SEE_PEOPLE)
    assert (robin.name, robin.gender, robin.smoker, robin.disabled, robin.address) == (
        "Robin Moss",
        Gender.FEMALE,
        None,
        None,
        None,
    )
    assert child.student is True
    robin, _ = seen_by(Role.CARRIER, Right.SEE_PEOPLE)
    assert (robin.name, robin.first_name, robin.relationship, robin.birth_date) == ("Dependent 1", None, None, None)
    assert robin.facts == []
    robin, _ = seen_by(Role.DATA_OWNER)
    assert (robin.smoker, robin.address) == (True, HOME)


def test_those_who_were_dropped_are_listed_if_asked_for():
    assert [view.number for view in views(CASE, TODAY)] == [1, 2]
    assert [(view.number, view.dropped) for view in views(CASE, TODAY, dropped=True)][-1] == (3, DropReason.AGE)


def test_a_coverage_names_who_is_covered_and_who_is_paid():
    people = views(CASE, TODAY)
    shares = (Allocation(1, Decimal(100)), Allocation(2, Decimal(100), BeneficiaryKind.CONTINGENT))
    assert assigned(terms("FAM", 1, 9), people) == "covers Robin Moss and dependent 9"
    assert assigned(terms("EE", beneficiaries=shares), people) == "pays Robin Moss 100%, then Child2 Moss 100%"
    assert assigned(terms("EE"), people) == ""
    assert shares_of((Allocation(7, Decimal("33.34")),), {}) == "dependent 7 33.34%"


def test_every_choice_has_a_label():
    assert set(RELATIONSHIPS) == set(Relationship)
    assert set(GENDERS) == set(Gender)
    assert set(DROPS) == set(DropReason)
    assert set(KINDS) == set(BeneficiaryKind)
    assert len(FIELDS) == 15
