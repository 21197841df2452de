"""Statements and elections of one event: entering them, and judging them against what was offered. Posts nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from bensync.benefits.family.groups import allocation_faults, coverage_fault, dependent_faults
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.cases import Case
from bensync.benefits.values.dependents import dependents_on
from bensync.benefits.values.enrollments import Terms, coverage_on
from bensync.benefits.values.events import Event, EventStatus, Process
from bensync.benefits.values.offers import Choice, Offer, Option, Prepared, Remark
from bensync.errors import DecisionError

Elections = Mapping[str, Option | None]
"""Plan type -> the option that was validly chosen, or None where coverage was waived."""

# The process status after a statement, and after elections. Elections that were entered before the statement keep their
# status, and EE stays EE until a run has judged the new ones (model K10, K11).
_NOTIFIABLE = {Process.PR: Process.NT, Process.NT: Process.NT, Process.ET: Process.ET, Process.EE: Process.EE}
_ENTERABLE = {
    Process.PR: Process.ET,
    Process.NT: Process.ET,
    Process.ET: Process.ET,
    Process.EE: Process.EE,
    Process.RE: Process.ET,
}


def notify(case: Case, number: int, on: date) -> Case:
    """Write down that the statement was made; entered elections keep their status (model K10, A-82).

    Raises:
        DecisionError: the event is not open, or not prepared.
    """
    event = case.event(number)
    if not notifiable(event):
        raise _refusal(event, "got no statement", "a statement needs an open event that is prepared")
    return case.put(replace(event, process=_NOTIFIABLE[event.process], notified=on))


def enter(case: Case, number: int, choices: Iterable[Choice], on: date) -> Case:
    """Enter elections; they are judged in the next run. A choice replaces the one of the same plan type (S3-159).

    Raises:
        DecisionError: the event takes none.
    """
    event = case.event(number)
    if not enterable(event):
        raise _refusal(event, "took no elections", "elections need an event that is prepared and not finished")
    # Elections arrive in parts; a part must not drop the plan types that it does not name.
    merged = {choice.plan_type: choice for choice in (*event.choices, *choices)}
    entered = replace(event, process=_ENTERABLE[event.process], choices=tuple(merged.values()), entered=on)
    return case.put(entered)


def notifiable(event: Event) -> bool:
    """Return whether a statement can be sent for an event: it is open and prepared."""
    return event.status is EventStatus.OPEN and event.process in _NOTIFIABLE


def enterable(event: Event) -> bool:
    """Return whether an event accepts elections: it is prepared and not finished, void, or disconnected."""
    return not event.disconnected and event.status is not EventStatus.VOID and event.process in _ENTERABLE


def _refusal(event: Event, what: str, why: str) -> DecisionError:
    return DecisionError(f"Event {event.number} {what}", why, f"it stands at {event.process}, {event.status.lower()}")


def judge(case: Case, event: Event, book: Rulebook) -> tuple[Elections, tuple[Remark, ...]]:
    """Return the valid choices by plan type, and a message for each of the others (S3-52).

    Dependents and beneficiaries that do not fit have messages of their own, and are left out of the valid choices: a
    final mark loads the option without them (S3-54).
    """
    prepared = event.prepared or Prepared()
    offers = {offer.plan_type: offer for offer in prepared.offers}
    valid: dict[str, Option | None] = {}
    messages = []
    for choice in event.choices:
        offer = offers.get(choice.plan_type)
        option = _option(choice, offer)
        wrong = _fault(choice, offer, option)
        if wrong:
            messages.append(Remark(wrong, event.number, choice.plan_type, choice.plan))
        else:
            valid[choice.plan_type], faults = _with_family(_with_contribution(option, choice), choice, case, book)
            messages += [replace(fault, event=event.number) for fault in faults]
    return valid, tuple(messages)


def _option(choice: Choice, offer: Offer | None) -> Option | None:
    wanted = (choice.plan, choice.option)
    options = offer.options if offer is not None else ()
    return next((option for option in options if (option.terms.plan, option.terms.option) == wanted), None)


def _fault(choice: Choice, offer: Offer | None, option: Option | None) -> str:
    """Return the code of the fault of a choice; empty if it is valid."""
    if offer is not None and not choice.plan:
        return "" if offer.waivable else "not_waivable"
    if option is None or option.history_only:
        return "not_offered"
    if option.proof and not choice.proof:
        return "proof_missing"
    return "" if _within(option, choice.contribution) else "contribution_out_of_range"


def _with_contribution(option: Option | None, choice: Choice) -> Option | None:
    if option is None or choice.contribution is None:
        return option
    terms = replace(option.terms, contribution=choice.contribution)
    return replace(option, terms=terms)


def _with_family(
    option: Option | None, choice: Choice, case: Case, book: Rulebook
) -> tuple[Option | None, list[Remark]]:
    """Return the option with the dependents and beneficiaries that fit, and a remark for each of the others."""
    plan = book.plan.get(choice.plan)
    plan_option = plan.option(choice.option) if plan is not None else None
    if option is None or plan is None or plan_option is None:
        return option, []
    on = option.begin
    held = coverage_on(case.enrollments, choice.plan_type, on)
    present = held.terms if held is not None else Terms("", "")
    family = dependents_on(case.dependents, on)
    fitting = {dependent.number for dependent in family if not coverage_fault(dependent, plan_option, book, on)}
    # Nobody named any: those of the present coverage stay, as far as the new option may cover them.
    wanted = choice.dependents
    named = tuple(number for number in present.dependents if number in fitting) if wanted is None else wanted
    faults = list(dependent_faults(plan_option, named, family, book, on))
    covered = tuple(number for number in dict.fromkeys(named) if number in fitting)
    kept = present.beneficiaries if plan.beneficiaries else ()
    shares = kept if choice.beneficiaries is None else choice.beneficiaries
    wrong = list(allocation_faults(plan, shares, family))
    terms = replace(option.terms, dependents=covered, beneficiaries=kept if wrong else shares)
    remarks = [Remark(fault.code, 0, choice.plan_type, choice.plan, fault.detail) for fault in (*faults, *wrong)]
    return replace(option, terms=terms), remarks


def _within(option: Option, contribution: Decimal | None) -> bool:
    if contribution is None:
        # A plan with a least contribution cannot be elected without an amount.
        return option.minimum is None
    low = option.minimum is None or contribution >= option.minimum
    return low and (option.maximum is None or contribution <= option.maximum)
