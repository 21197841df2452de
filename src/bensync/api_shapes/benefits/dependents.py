"""The shapes of dependents and beneficiaries, and of their shares."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pydantic import Field

from bensync.api_shapes.base import Money, Shape, copied
from bensync.benefits.values.dependents import DropReason, Gender, Relationship
from bensync.benefits.values.enrollments import BeneficiaryKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bensync.benefits.values import enrollments
    from bensync.wording.families import DependentView


class Address(Shape):
    """The address of a dependent who lives apart from the employee."""

    address1: str
    address2: str
    city: str
    state: str
    postal_code: str
    country: str


class Dependent(Shape):
    """A dependent or beneficiary on a day; a field that the role does not see is null."""

    number: int
    name: str = Field(description="`Dependent` and the number where the role does not see names")
    since: date = Field(description="the first day of these values")
    dropped: DropReason | None = Field(description="why they are no dependent on that day")
    relationship: Relationship | None
    first_name: str | None
    last_name: str | None = Field(description="the whole name of an estate or a trust")
    birth_date: date | None
    gender: Gender | None
    ssn: str | None = Field(description="masked")
    student: bool | None
    disabled: bool | None
    smoker: bool | None
    address: Address | None
    covered: list[str] = Field(description="the plan types that cover them on that day")


class Dependents(Shape):
    """The dependents and beneficiaries of one participant on a day."""

    participant: int
    as_of: date
    dependents: list[Dependent]


class Allocation(Shape):
    """The share of one beneficiary."""

    dependent: int
    percent: Money
    kind: BeneficiaryKind


def dependent(view: DependentView) -> Dependent:
    """Return one dependent."""
    address = copied(Address, view.address) if view.address is not None else None
    return copied(Dependent, view, address=address, covered=list(view.covered))


def dependents(participant: int, on: date, views: Iterable[DependentView]) -> Dependents:
    """Return the dependents of one participant on a day."""
    return Dependents(participant=participant, as_of=on, dependents=[dependent(view) for view in views])


def allocations(shares: Iterable[enrollments.Allocation]) -> list[Allocation]:
    """Return the shares of beneficiaries."""
    return [copied(Allocation, share) for share in shares]
