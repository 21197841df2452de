"""Dependents and beneficiaries as people and programs see them: labels, masked SSNs, and the fields a role can see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from bensync.benefits.values.cases import Case
from bensync.benefits.values.dependents import (
    Address,
    Dependent,
    DropReason,
    Gender,
    Relationship,
    last_version,
    numbers,
)
from bensync.benefits.values.enrollments import Allocation, BeneficiaryKind, Terms, coverage_on, plan_types
from bensync.core.people import masked_ssn
from bensync.wording import sync
from bensync.wording.visibility import Visibility

RELATIONSHIPS: Mapping[Relationship, str] = {
    Relationship.SPOUSE: "Spouse",
    Relationship.EX_SPOUSE: "Former spouse",
    Relationship.DOMESTIC_PARTNER: "Domestic partner",
    Relationship.CHILD: "Child",
    Relationship.STEPCHILD: "Stepchild",
    Relationship.ADOPTED_CHILD: "Adopted child",
    Relationship.FOSTER_CHILD: "Foster child",
    Relationship.PARTNER_CHILD: "Child of the partner",
    Relationship.WARD: "Ward",
    Relationship.GRANDCHILD: "Grandchild",
    Relationship.PARENT: "Parent",
    Relationship.SIBLING: "Sibling",
    Relationship.OTHER: "Other person",
    Relationship.ESTATE: "Estate (beneficiary only)",
    Relationship.TRUST: "Trust (beneficiary only)",
}

GENDERS: Mapping[Gender, str] = {Gender.FEMALE: "Female", Gender.MALE: "Male", Gender.UNSPECIFIED: "Not specified"}

DROPS: Mapping[DropReason, str] = {
    DropReason.DIVORCE: "Divorce",
    DropReason.DEATH: "Death",
    DropReason.AGE: "Too old",
    DropReason.OTHER: "Other reason",
}

KINDS: Mapping[BeneficiaryKind, str] = {BeneficiaryKind.PRIMARY: "primary", BeneficiaryKind.CONTINGENT: "contingent"}

FIELDS: Mapping[str, str] = {
    "relationship": "Relationship",
    "first_name": "First name",
    "last_name": "Last name, or name of the estate or trust",
    "birth_date": "Birth date",
    "gender": "Gender",
    "ssn": "SSN",
    "student": "Student",
    "disabled": "Disabled",
    "smoker": "Smoker",
    "address1": "Address, if it is not that of the employee",
    "address2": "Address, second line",
    "city": "City",
    "state": "State",
    "postal_code": "Postal code",
    "country": "Country",
}
"""The labels of the fields that people enter."""

# A field of a dependent is seen by a role that sees this field of the employee; the others have the same name there.
# Health is as private as pay.
_SEEN_WITH: Mapping[str, str] = {
    "relationship": "last_name",
    "student": "birth_date",
    "disabled": "pay_rate",
    "smoker": "pay_rate",
}


class DependentView(msgspec.Struct, frozen=True):
    """A dependent or beneficiary on a day, as far as a role sees them; a field that it does not see is None.

    Attributes:
        number: their number within the participant.
        name: the name, or ``Dependent`` and the number.
        since: the first day of what is shown.
        dropped: the reason if they are no dependent on that day.
        ssn: masked.
        covered: the plan types that cover them on that day.
    """

    number: int
    name: str
    since: date
    dropped: DropReason | None
    relationship: Relationship | None
    first_name: str | None
    last_name: str | None
    birth_date: date | None
    gender: Gender | None
    ssn: str | None
    student: bool | None
    disabled: bool | None
    smoker: bool | None
    address: Address | None
    covered: tuple[str, ...]

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Return the visible facts besides name and relationship, as label and text; blank ones are left out."""
        marks = [name for name in ("student", "disabled", "smoker") if getattr(self, name)]
        place = self.address
        lines = [place.address1, place.address2, place.city, place.state, place.postal_code] if place else []
        facts = (
            ("Born", sync.day(self.birth_date) if self.birth_date else ""),
            ("Gender", GENDERS[self.gender] if self.gender and self.gender is not Gender.UNSPECIFIED else ""),
            ("SSN", self.ssn or ""),
            ("Marked as", ", ".join(marks)),
            ("Address", ", ".join(line for line in lines if line)),
        )
        return [(label, text) for label, text in facts if text]


def views(case: Case, on: date, visibility: Visibility | None = None, *, dropped: bool = False) -> list[DependentView]:
    """Return the dependents of a day; without a visibility every field, with the SSN masked.

    Args:
        case: of the participant.
        on: the day.
        visibility: what the role sees.
        dropped: whether to include those who were dropped by then.
    """
    versions = [
        version for number in numbers(case.dependents) if (version := last_version(case.dependents, number, on))
    ]
    shown = [version for version in versions if dropped or version.dropped is None]
    return [_view(case, version, on, visibility) for version in shown]


def _view(case: Case, version: Dependent, on: date, visibility: Visibility | None) -> DependentView:
    employee = case.participant.employee_id

    def sees(name: str) -> bool:
        return visibility is None or visibility.sees(_SEEN_WITH.get(name, name), employee)

    names = sees("first_name") and sees("last_name")
    shown = {name: getattr(version, name) if sees(name) else None for name in _PLAIN}
    return DependentView(
        number=version.number,
        name=version.name if names else f"Dependent {version.number}",
        since=version.effective_date,
        dropped=version.dropped,
        first_name=version.first_name if names else None,
        last_name=version.last_name if names else None,
        ssn=masked_ssn(version.ssn or None) if sees("ssn") else None,
        address=version.address if sees("address1") else None,
        covered=tuple(
            kind
            for kind in plan_types(case.enrollments, on)
            if (row := coverage_on(case.enrollments, kind, on)) is not None and version.number in row.terms.dependents
        ),
        **shown,
    )


_PLAIN = ("relationship", "birth_date", "gender", "student", "disabled", "smoker")


def assigned(terms: Terms, people: Iterable[DependentView]) -> str:
    """Return who is covered and who is paid by a coverage, as text: `covers Ana Moss; pays Robin Moss 100%`."""
    names = {view.number: view.name for view in people}
    covered = [names.get(number, f"dependent {number}") for number in terms.dependents]
    parts = [f"covers {sync.listed(covered)}"] if covered else []
    shares = shares_of(terms.beneficiaries, names)
    return "; ".join([*parts, *([f"pays {shares}"] if shares else [])])


def shares_of(allocations: Sequence[Allocation], names: Mapping[int, str]) -> str:
    """Return the shares of beneficiaries as text: `Robin Moss 100%, then Ana Moss 100%`."""
    texts = {
        kind: ", ".join(
            f"{names.get(share.dependent, f'dependent {share.dependent}')} {share.percent:f}%"
            for share in allocations
            if share.kind is kind
        )
        for kind in BeneficiaryKind
    }
    return ", then ".join(text for text in texts.values() if text)
