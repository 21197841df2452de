"""Dependents and beneficiaries as effective-dated versions: append only; the last one up to a day holds on it.

One list serves both: coverage names the dependents that it covers, and its beneficiaries with their shares. People
enter the list on the benefits platform; the sync never adds to it (S0-14).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

import msgspec


class Relationship(StrEnum):
    """The relation of a dependent or beneficiary to the employee; an estate or a trust is a beneficiary only."""

    # The relationships of an 834 file (INS02) that a US benefits platform needs.

    SPOUSE = "spouse"
    EX_SPOUSE = "ex_spouse"
    DOMESTIC_PARTNER = "domestic_partner"
    CHILD = "child"
    STEPCHILD = "stepchild"
    ADOPTED_CHILD = "adopted_child"
    FOSTER_CHILD = "foster_child"
    PARTNER_CHILD = "partner_child"
    WARD = "ward"
    GRANDCHILD = "grandchild"
    PARENT = "parent"
    SIBLING = "sibling"
    OTHER = "other"
    ESTATE = "estate"
    TRUST = "trust"


class Gender(StrEnum):
    """The gender of a dependent, as carriers ask for it."""

    FEMALE = "female"
    MALE = "male"
    UNSPECIFIED = "unspecified"


class DropReason(StrEnum):
    """Why somebody stopped being a dependent; the event class of the drop follows from it."""

    DIVORCE = "divorce"
    DEATH = "death"
    AGE = "age"
    OTHER = "other"


class Address(msgspec.Struct, frozen=True):
    """The address of a dependent who lives apart from the employee."""

    address1: str = ""
    address2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""


class Dependent(msgspec.Struct, frozen=True):
    """One version of a dependent or beneficiary: what holds from a day on.

    Attributes:
        number: counts the dependents of a participant from 1.
        version: counts the versions of all dependents of a participant; of two of one day the later one holds.
        effective_date: the first day of this version.
        last_name: that of a person, or the whole name of an estate or a trust.
        birth_date: of a person; like gender and SSN it does not change with time, so the version entered last counts.
        ssn: nine digits; empty if it is not known (it is optional).
        address: None for the address of the employee.
        dropped: why they are no dependent from this day on; None while they are one.
    """

    number: int
    version: int
    effective_date: date
    relationship: Relationship
    last_name: str
    first_name: str = ""
    birth_date: date | None = None
    gender: Gender = Gender.UNSPECIFIED
    ssn: str = ""
    student: bool = False
    disabled: bool = False
    smoker: bool = False
    address: Address | None = None
    dropped: DropReason | None = None

    @property
    def name(self) -> str:
        """Return first and last name, or the name of an estate or a trust."""
        return f"{self.first_name} {self.last_name}".strip()


def versions_of(versions: Iterable[Dependent], number: int) -> list[Dependent]:
    """Return the versions of one dependent in the order in which they take effect."""
    # A version has no end date; it holds until the next one. The version number is the order of entry.
    own = [version for version in versions if version.number == number]
    return sorted(own, key=lambda version: (version.effective_date, version.version))


def dependent_on(versions: Iterable[Dependent], number: int, on: date) -> Dependent | None:
    """Return the version of a dependent that holds on a day; None before the first, and from a drop on."""
    version = last_version(versions, number, on)
    return version if version is not None and version.dropped is None else None


def last_version(versions: Iterable[Dependent], number: int, on: date) -> Dependent | None:
    """Return the version that decides what holds on a day, a drop included, with the identity that was entered last."""
    own = versions_of(versions, number)
    due = [version for version in own if version.effective_date <= on]
    if not due:
        return None
    # A corrected birth date was wrong on every day: a later version must not bring the wrong one back, and neither must
    # a question about an earlier day.
    newest = max(own, key=lambda version: version.version)
    return msgspec.structs.replace(due[-1], birth_date=newest.birth_date, gender=newest.gender, ssn=newest.ssn)


def dependents_on(versions: Iterable[Dependent], on: date) -> tuple[Dependent, ...]:
    """Return the dependents of a day, in the order in which they were entered."""
    rows = tuple(versions)
    held = (dependent_on(rows, number, on) for number in numbers(rows))
    return tuple(version for version in held if version is not None)


def numbers(versions: Iterable[Dependent]) -> tuple[int, ...]:
    """Return the numbers of all dependents that were ever entered, in their order."""
    return tuple(sorted({version.number for version in versions}))


def next_number(versions: Iterable[Dependent]) -> int:
    """Return the number of the next dependent; a number is never used again."""
    return max((version.number for version in versions), default=0) + 1


def appended(versions: tuple[Dependent, ...], version: Dependent) -> tuple[Dependent, ...]:
    """Return the versions with one more; it gets the next version number."""
    return (*versions, msgspec.structs.replace(version, version=len(versions) + 1))
