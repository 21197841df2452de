"""What a person enters: a dependent added, changed or dropped, everybody enrolled, shares of beneficiaries set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
from msgspec.structs import replace

from bensync.benefits.engine import activity_queue, elections
from bensync.benefits.engine.postings import set_beneficiaries
from bensync.benefits.family.checks import entry_faults
from bensync.benefits.family.faults import FAULTS
from bensync.benefits.family.groups import FamilyFault, allocation_faults, coverable, coverage_fault, even_shares
from bensync.benefits.family.reading import read_dependent
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.activities import Activity, ActivitySource
from bensync.benefits.values.cases import Case
from bensync.benefits.values.dependents import (
    Dependent,
    DropReason,
    Relationship,
    appended,
    dependent_on,
    dependents_on,
    last_version,
    next_number,
)
from bensync.benefits.values.enrollments import Allocation, Terms, coverage_on, covering
from bensync.benefits.values.events import Event
from bensync.benefits.values.offers import Choice
from bensync.errors import DecisionError

_FIRST = {"relationship": ""}


class EntryRefused(DecisionError):
    """An entry that was refused before anything was written; ``faults`` name what is wrong with it."""

    def __init__(self, what: str, faults: Sequence[FamilyFault]) -> None:
        self.faults = tuple(dict.fromkeys(fault.code for fault in faults))
        problems = "; ".join(dict.fromkeys(FAULTS[fault.code] for fault in faults))
        super().__init__(what, f"The entry has these problems: {problems}.", "Correct the entry; nothing was written.")

    def as_json(self) -> dict[str, str | int]:
        """Return the shape of every error with ``faults``: their codes, separated by a comma and a space."""
        return {**super().as_json(), "faults": ", ".join(self.faults)}


def add(case: Case, fields: Mapping[str, str], on: date, today: date) -> Case:
    """Add a dependent or beneficiary from a day on.

    Raises:
        EntryRefused: the entry has faults.
    """
    blank = Dependent(next_number(case.dependents), 0, on, Relationship.OTHER, "")
    # A relationship must be given: an entry without one would be somebody whom no option covers.
    return _entered(case, {**_FIRST, **fields}, blank, today, "Nobody was added.")


def change(case: Case, number: int, fields: Mapping[str, str], on: date, today: date, book: Rulebook) -> Case:
    """Change a dependent from a day on; what held before stays as it was, and a drop of before ends.

    A change after which they are too old for an option that covers them, such as the end of their studies, leaves an
    activity: no search by age finds a day that is past.

    Raises:
        EntryRefused: the entry has faults.
        DecisionError: nobody of that number was entered up to that day.
    """
    what = f"Dependent {number} was not changed."
    before = last_version(case.dependents, number, on)
    if before is None:
        raise _nobody(what)
    case = _entered(case, fields, replace(before, effective_date=on, dropped=None), today, what)
    now = case.dependents[-1]
    terms = [
        row.terms
        for kind in covering(case.enrollments, number, on)
        if (row := coverage_on(case.enrollments, kind, on)) is not None
    ]
    plans = [(book.plan[held.plan], held.option) for held in terms if held.plan in book.plan]
    options = [option for plan, code in plans if (option := plan.option(code)) is not None]
    too_old = any(coverage_fault(now, option, book, on) == "dependent_too_old" for option in options)
    return _with_event(case, number, DropReason.AGE, on, book) if too_old else case


def drop(case: Case, number: int, reason: DropReason, on: date, book: Rulebook) -> Case:
    """Drop a dependent from a day on; the event that follows ends their coverage by the rule of the reason.

    Raises:
        DecisionError: nobody of that number is on the list on that day.
    """
    before = dependent_on(case.dependents, number, on)
    if before is None:
        raise _nobody(f"Dependent {number} was not dropped.")
    case = replace(case, dependents=appended(case.dependents, replace(before, effective_date=on, dropped=reason)))
    return _with_event(case, number, reason, on, book)


def _with_event(case: Case, number: int, reason: DropReason, on: date, book: Rulebook) -> Case:
    """Return the case with the activity of a drop, if some coverage names the dependent."""
    if reason not in book.drops or not covering(case.enrollments, number, on):
        return case
    activity = Activity(0, ActivitySource.MANUAL, book.drops[reason].event, on, "drop", f"{reason} {number}")
    return activity_queue.add(case, [activity])


class Replacement(msgspec.Struct, frozen=True):
    """One plan type to which everybody is assigned: before and after."""

    plan_type: str
    before: Terms
    choice: Choice

    @property
    def after(self) -> Terms:
        """Return the terms with those who will be assigned."""
        shares = self.choice.beneficiaries
        return replace(self.before, dependents=self.choice.dependents or (), beneficiaries=shares or ())

    @property
    def replaces(self) -> bool:
        """Return whether somebody was assigned so far and will be assigned otherwise."""
        dependents, shares = self.before.dependents, self.before.beneficiaries
        changed = dependents not in ((), self.choice.dependents) or shares not in ((), self.choice.beneficiaries)
        return bool(dependents or shares) and changed


def enrollments_of_everybody(case: Case, event: Event, book: Rulebook) -> tuple[Replacement, ...]:
    """Return the assignments that "enroll all" makes: everybody whom the elected options may cover, in even shares.

    Only plan types with an election, which names the option; one that covers nobody and pays nobody is left out.
    """
    offers = {offer.plan_type: offer for offer in event.prepared.offers} if event.prepared is not None else {}
    replacements = []
    for choice in event.choices:
        plan = book.plan.get(choice.plan)
        option = plan.option(choice.option) if plan is not None else None
        offered = offers[choice.plan_type].options if choice.plan_type in offers else ()
        begin = next((entry.begin for entry in offered if entry.terms.plan == choice.plan), event.event_date)
        if plan is None or option is None or not (option.covers or plan.beneficiaries):
            continue
        family = dependents_on(case.dependents, begin)
        everybody = coverable(option, family, book, begin) if option.covers else None
        shares = even_shares([dependent.number for dependent in family]) if plan.beneficiaries else None
        replacements.append(
            Replacement(
                choice.plan_type,
                _assigned(case, choice, begin),
                replace(choice, dependents=everybody, beneficiaries=shares),
            )
        )
    return tuple(replacements)


def enroll_all(case: Case, number: int, book: Rulebook, today: date) -> Case:
    """Assign everybody to the elections of an event, in place of those who were assigned so far.

    Raises:
        DecisionError: the event takes no elections, or none of them covers dependents or pays beneficiaries.
    """
    replacements = enrollments_of_everybody(case, case.event(number), book)
    if not replacements:
        why = "No election of this event covers dependents or has beneficiaries."
        raise DecisionError("Nobody was enrolled.", why, "Enter the elections first, then enroll everybody.")
    return elections.enter(case, number, [replacement.choice for replacement in replacements], today)


def assign_beneficiaries(case: Case, plan_type: str, shares: Sequence[Allocation], on: date, book: Rulebook) -> Case:
    """Set the beneficiaries of a coverage from a day on, in place of those of before; no event is needed for it.

    Raises:
        EntryRefused: the shares have faults.
        DecisionError: no such coverage is in force.
    """
    what = f"The beneficiaries of the {plan_type} coverage were not changed."
    row = coverage_on(case.enrollments, plan_type, on)
    plan = book.plan.get(row.terms.plan) if row is not None else None
    if row is None or plan is None:
        why = "No such coverage is in force on that day, or its plan is not in the rulebook."
        raise DecisionError(what, why, "Check plan type and date in the list of coverages.")
    faults = list(allocation_faults(plan, shares, dependents_on(case.dependents, on)))
    if faults:
        raise EntryRefused(what, faults)
    return set_beneficiaries(case, row, tuple(shares), on)


def _assigned(case: Case, choice: Choice, on: date) -> Terms:
    """Return the terms with those who are assigned so far: by the election, otherwise by the present coverage."""
    row = coverage_on(case.enrollments, choice.plan_type, on)
    held = row.terms if row is not None else Terms("", "")
    dependents = held.dependents if choice.dependents is None else choice.dependents
    shares = held.beneficiaries if choice.beneficiaries is None else choice.beneficiaries
    return replace(held, dependents=dependents, beneficiaries=shares)


def _entered(case: Case, fields: Mapping[str, str], before: Dependent, today: date, what: str) -> Case:
    version, unread = read_dependent(fields, before)
    # A text that cannot be read stays out of the checks of the whole: it would be reported twice.
    faults = unread or tuple(entry_faults(version, case.participant, case.dependents, today))
    if faults:
        raise EntryRefused(what, faults)
    return replace(case, dependents=appended(case.dependents, version))


def _nobody(what: str) -> DecisionError:
    return DecisionError(
        what, "No dependent has that number on that day.", "Check the number in the list of dependents."
    )
