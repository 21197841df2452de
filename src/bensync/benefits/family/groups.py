"""Who may be covered and who is paid: dependents against the groups of a rulebook, and shares of beneficiaries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from bensync.benefits.rulebook.tables import BenefitPlan, DependentGroup, PlanOption, RulebookTables
from bensync.benefits.values.calendar import full_years, plus
from bensync.benefits.values.dependents import Dependent
from bensync.benefits.values.enrollments import Allocation, BeneficiaryKind

WHOLE = Decimal(100)
_CENT = Decimal("0.01")


class FamilyFault(msgspec.Struct, frozen=True):
    """A reason why dependents or beneficiaries do not fit a coverage; ``detail`` has numbers and no personal data."""

    code: str
    detail: str = ""


def age_fault(dependent: Dependent, group: DependentGroup, on: date) -> str:
    """Return why the age of a dependent does not fit a group on a day; empty if it does."""
    limit = _limit(dependent, group)
    if limit is None:
        return ""
    # An unknown age is no proof of an age: nobody is covered because a date is missing.
    if dependent.birth_date is None:
        return "dependent_age_unknown"
    return "" if full_years(dependent.birth_date, on) < limit else "dependent_too_old"


def leaves_on(dependent: Dependent, group: DependentGroup) -> date | None:
    """Return the day on which a dependent reaches the age limit of a group; None if there is no such day."""
    limit = _limit(dependent, group)
    if limit is None or dependent.birth_date is None or dependent.relationship not in group.relationships:
        return None
    return plus(dependent.birth_date, months=12 * limit)


def _limit(dependent: Dependent, group: DependentGroup) -> int | None:
    if group.below_age is None or (dependent.disabled and group.disabled_at_any_age):
        return None
    if dependent.student and group.student_below_age is not None:
        return max(group.below_age, group.student_below_age)
    return group.below_age


def members(dependents: Iterable[Dependent], group: DependentGroup, on: date) -> tuple[Dependent, ...]:
    """Return the dependents who belong to a group on a day, by relationship and age."""
    alike = (dependent for dependent in dependents if dependent.relationship in group.relationships)
    return tuple(dependent for dependent in alike if not age_fault(dependent, group, on))


def dependent_facts(dependents: Sequence[Dependent], book: RulebookTables, on: date) -> Mapping[str, str]:
    """Return the facts that rules can test: ``dependents.GROUP`` counts, and the youngest and the oldest age."""
    counts = {f"dependents.{name}": members(dependents, group, on) for name, group in book.dependent_groups.items()}
    births = [dependent.birth_date for dependent in dependents if dependent.birth_date is not None]
    # An age of nobody is blank: a rule on the youngest age must not hold for a person without dependents.
    ages = sorted(full_years(birth, on) for birth in births)
    named = {"dependents.youngest_age": str(ages[0]), "dependents.oldest_age": str(ages[-1])} if ages else {}
    return {**{name: str(len(group)) for name, group in counts.items()}, **named}


def coverage_fault(dependent: Dependent, option: PlanOption, book: RulebookTables, on: date) -> str:
    """Return why an option may not cover a dependent on a day; empty if it may."""
    groups = [book.dependent_groups[cover.group] for cover in option.covers]
    fitting = [group for group in groups if dependent.relationship in group.relationships]
    if not fitting:
        return "dependent_not_covered"
    faults = [age_fault(dependent, group, on) for group in fitting]
    return "" if "" in faults else faults[0]


def coverable(option: PlanOption, dependents: Iterable[Dependent], book: RulebookTables, on: date) -> tuple[int, ...]:
    """Return the numbers of the dependents whom an option may cover on a day."""
    return tuple(dependent.number for dependent in dependents if not coverage_fault(dependent, option, book, on))


def dependent_faults(
    option: PlanOption, chosen: Sequence[int], dependents: Sequence[Dependent], book: RulebookTables, on: date
) -> Iterator[FamilyFault]:
    """Yield the reasons why an option cannot cover the chosen dependents: one for each dependent and group.

    Args:
        option: the option.
        chosen: the numbers of the dependents to cover.
        dependents: those of the day.
        book: the groups of the employer.
        on: the first day of the coverage.
    """
    on_list = {dependent.number: dependent for dependent in dependents}
    for number in chosen:
        dependent = on_list.get(number)
        fault = coverage_fault(dependent, option, book, on) if dependent is not None else "dependent_unknown"
        if fault:
            yield FamilyFault(fault, str(number))
    yield from count_faults(option, [on_list[number] for number in chosen if number in on_list], book, on)


def count_faults(
    option: PlanOption, chosen: Sequence[Dependent], book: RulebookTables, on: date
) -> Iterator[FamilyFault]:
    """Yield a fault for each group of an option of which it covers too few or too many."""
    for cover in option.covers:
        number = len(members(chosen, book.dependent_groups[cover.group], on))
        if number < cover.at_least:
            yield FamilyFault("too_few_dependents", cover.group)
        if cover.at_most is not None and number > cover.at_most:
            yield FamilyFault("too_many_dependents", cover.group)


def allocation_faults(
    plan: BenefitPlan, allocations: Sequence[Allocation], dependents: Iterable[Dependent]
) -> Iterator[FamilyFault]:
    """Yield the reasons why shares cannot stand; the primary shares sum to 100, and so do contingent ones if any."""
    if allocations and not plan.beneficiaries:
        yield FamilyFault("no_beneficiaries")
    on_list = {dependent.number for dependent in dependents}
    for allocation in allocations:
        if allocation.dependent not in on_list:
            yield FamilyFault("beneficiary_unknown", str(allocation.dependent))
        if allocation.percent > WHOLE:
            yield FamilyFault("share_over_100", str(allocation.dependent))
        elif allocation.percent <= 0 or allocation.percent != allocation.percent.quantize(_CENT):
            yield FamilyFault("share_not_valid", str(allocation.dependent))
    for kind in BeneficiaryKind:
        shares = [allocation for allocation in allocations if allocation.kind is kind]
        numbers = [share.dependent for share in shares]
        if len(set(numbers)) < len(numbers):
            yield FamilyFault("beneficiary_twice", kind.value)
        # Contingent beneficiaries alone would be paid after nobody.
        wanted = bool(shares) or (kind is BeneficiaryKind.PRIMARY and bool(allocations))
        if wanted and sum((share.percent for share in shares), Decimal(0)) != WHOLE:
            yield FamilyFault("shares_not_100", kind.value)


def even_shares(numbers: Sequence[int]) -> tuple[Allocation, ...]:
    """Return primary shares for these dependents that differ by a hundredth at most, and sum to 100."""
    cents, extra = divmod(10_000, max(1, len(numbers)))
    return tuple(
        Allocation(number, Decimal(cents + (place < extra)).scaleb(-2)) for place, number in enumerate(numbers)
    )
