"""Statements and elections of one event: entering them, and judging them against what was offered. Posts nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

import msgspec

from bensync.benefits.values.cases import Case
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
    return case.put(msgspec.structs.replace(event, process=_NOTIFIABLE[event.process], notified=on))


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
    entered = msgspec.structs.replace(
        event, process=_ENTERABLE[event.process], choices=tuple(merged.values()), entered=on
    )
    return case.put(entered)


def notifiable(event: Event) -> bool:
    """Return whether a statement can be sent for an event: it is open and prepared."""
    return event.status is EventStatus.OPEN and event.process in _NOTIFIABLE


def enterable(event: Event) -> bool:
    """Return whether an event accepts elections: it is prepared and not finished, void, or disconnected."""
    return not event.disconnected and event.status is not EventStatus.VOID and event.process in _ENTERABLE


def _refusal(event: Event, what: str, why: str) -> DecisionError:
    return DecisionError(f"Event {event.number} {what}", why, f"it stands at {event.process}, {event.status.lower()}")


def judge(event: Event, prepared: Prepared) -> tuple[Elections, tuple[Remark, ...]]:
    """Return the valid choices by plan type, and a message for each of the others (S3-52)."""
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
            valid[choice.plan_type] = _with_contribution(option, choice)
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
    terms = msgspec.structs.replace(option.terms, contribution=choice.contribution)
    return msgspec.structs.replace(option, terms=terms)


def _within(option: Option, contribution: Decimal | None) -> bool:
    if contribution is None:
        # A plan with a least contribution cannot be elected without an amount.
        return option.minimum is None
    low = option.minimum is None or contribution >= option.minimum
    return low and (option.maximum is None or contribution <= option.maximum)
