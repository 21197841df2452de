"""Checks of one entry to the list of dependents, before anything is written: each fault has a code of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from msgspec.structs import replace

from bensync.benefits.family.groups import FamilyFault
from bensync.benefits.family.reading import SSN_NOT_ACCEPTED
from bensync.benefits.values.calendar import plus
from bensync.benefits.values.dependents import (
    Dependent,
    Relationship,
    appended,
    dependents_on,
    versions_of,
)
from bensync.core.people import Participant

PARTNERS = frozenset({Relationship.SPOUSE, Relationship.DOMESTIC_PARTNER})
"""The relationships of which an employee has one at a time."""

DESCENDANTS = frozenset({Relationship.CHILD, Relationship.GRANDCHILD})
"""Those who are younger than the employee by nature; a stepchild or a ward may be older."""

ENTITIES = frozenset({Relationship.ESTATE, Relationship.TRUST})
"""Beneficiaries that are no person: they have a name and no birth date, gender or SSN."""

OLDEST = 120
"""The most years that a birth date may lie back."""


def entry_faults(
    version: Dependent, participant: Participant, family: tuple[Dependent, ...], today: date
) -> Iterator[FamilyFault]:
    """Yield what is wrong with a version that somebody enters.

    Args:
        version: as it was read; its version number does not matter.
        participant: the employee.
        family: all versions of before.
        today: the day of the entry.
    """
    if version.relationship in ENTITIES:
        yield from _entity_faults(version)
    elif not version.first_name or not version.last_name:
        yield FamilyFault("name_missing")
    if version.birth_date is not None:
        yield from _birth_faults(version, version.birth_date, participant, today)
    after = appended(family, version)
    if _two_partners(version, after):
        yield FamilyFault("second_partner")
    others = [other for other in family if other.number != version.number]
    if any(_alike(other, version) for other in dependents_on(others, version.effective_date)):
        yield FamilyFault("already_on_list")
    # Every version, also of those who were dropped: an SSN belongs to one person for ever.
    taken = {other.ssn for other in others} | {participant.profile.values.get("ssn", "")}
    if version.ssn and version.ssn in taken:
        yield FamilyFault(SSN_NOT_ACCEPTED, "ssn")


def _entity_faults(version: Dependent) -> Iterator[FamilyFault]:
    if not version.last_name:
        yield FamilyFault("name_missing")
    plain = replace(version, birth_date=None, first_name="", ssn="", student=False, disabled=False, smoker=False)
    if plain != version:
        yield FamilyFault("not_a_person")


def _birth_faults(version: Dependent, born: date, participant: Participant, today: date) -> Iterator[FamilyFault]:
    if born > today:
        yield FamilyFault("born_after_today", "birth_date")
    elif born < plus(today, months=-12 * OLDEST):
        yield FamilyFault("born_too_long_ago", "birth_date")
    elif version.effective_date < born:
        yield FamilyFault("begins_before_birth")
    text = participant.profile.values.get("birth_date")
    employee = date.fromisoformat(text) if text else None
    if employee is not None and version.relationship in DESCENDANTS and born <= employee:
        yield FamilyFault("child_older_than_parent", "birth_date")
    if employee is not None and version.relationship is Relationship.PARENT and born >= employee:
        yield FamilyFault("parent_younger_than_child", "birth_date")


def _two_partners(version: Dependent, after: Sequence[Dependent]) -> bool:
    """Return whether the entry makes a day with two spouses or partners."""
    if version.relationship not in PARTNERS or version.dropped is not None:
        return False
    # Between two entries nothing changes, so their first days speak for all days.
    ends = [
        row.effective_date for row in versions_of(after, version.number) if row.effective_date > version.effective_date
    ]
    until = min(ends, default=date.max)
    begins = {row.effective_date for row in after if version.effective_date <= row.effective_date < until}
    return any(sum(dependent.relationship in PARTNERS for dependent in dependents_on(after, on)) > 1 for on in begins)


def _alike(other: Dependent, version: Dependent) -> bool:
    same = (other.first_name.casefold(), other.last_name.casefold(), other.birth_date) == (
        version.first_name.casefold(),
        version.last_name.casefold(),
        version.birth_date,
    )
    return same and version.dropped is None
