"""The form for elections: the questions for the offers of an event, and its answers, which the engine checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

import msgspec

from bensync.benefits.plan_types.entry import MARKS, asked_details, asks_contribution, read_details
from bensync.benefits.rulebook.figures import PersonFigures
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.rulebook.tables import BenefitPlan, PlanOption
from bensync.benefits.values.cases import Case
from bensync.benefits.values.dependents import dependents_on
from bensync.benefits.values.election_details import NO_DETAILS
from bensync.benefits.values.enrollments import Allocation, BeneficiaryKind, Terms, coverage_on, later_coverages
from bensync.benefits.values.events import Event
from bensync.benefits.values.offers import Choice, CoverageOutcome, Offer, Option
from bensync.errors import DecisionError
from bensync.wording import benefits, sync
from bensync.wording.coverage import DETAILS, figures_of

_LONGEST_NUMBER = 9
WAIVED = "-"
"""The answer that waives coverage."""


class ElectionAnswer(msgspec.Struct, frozen=True):
    """One option to tick."""

    code: str
    name: str
    begin: date
    costs: str
    proof: bool


class FamilyAnswer(msgspec.Struct, frozen=True):
    """One dependent of the form: whether the election covers them, and their share as a beneficiary."""

    number: int
    name: str
    covered: bool
    percent: str
    kind: BeneficiaryKind


class DetailQuestion(msgspec.Struct, frozen=True):
    """One detail of an election to enter; a mark is ticked."""

    name: str
    label: str
    value: str
    mark: bool


class ElectionQuestion(msgspec.Struct, frozen=True):
    """One plan type of the form.

    Attributes:
        kind: the plan type; `name` for people.
        present: what is there now.
        without_election: what happens where no election was received.
        options: what may be ticked.
        chosen: the code of what was ticked before.
        waivable: whether no coverage may be wanted.
        contributes: whether a contribution is asked for; ``limits`` says which, ``contribution`` the one of before.
        proves: whether a proof may be asked for; ``proof`` whether it came.
        covers: whether an option covers dependents; ``pays`` whether a plan has beneficiaries.
        family: the dependents to choose from.
        details: what the plan type takes besides.
        messages: what is wrong with what was entered.
    """

    kind: str
    name: str
    present: str
    without_election: str
    options: Sequence[ElectionAnswer]
    chosen: str
    waivable: bool
    contributes: bool
    limits: str
    contribution: str
    proves: bool
    proof: bool
    covers: bool
    pays: bool
    family: Sequence[FamilyAnswer]
    details: Sequence[DetailQuestion]
    messages: Sequence[str]


def questions(
    case: Case, event: Event, book: Rulebook, names: Mapping[int, str], *, figures: bool
) -> list[ElectionQuestion]:
    """Return the questions of the form; ``names`` are those of the dependents, by number."""
    prepared = event.prepared
    offers = prepared.offers if prepared is not None else ()
    derive = PersonFigures(case.participant, event.event_date, book) if figures else None
    return [_question(case, event, offer, book, names, derive=derive) for offer in offers if offer.electable]


def _question(
    case: Case, event: Event, offer: Offer, book: Rulebook, names: Mapping[int, str], *, derive: PersonFigures | None
) -> ElectionQuestion:
    before = next((choice for choice in event.choices if choice.plan_type == offer.plan_type), None)
    wrong = [message for message in event.messages if message.plan_type == offer.plan_type]
    # An option that is only history shows what the person has; this event cannot choose it.
    open_to_all = [option for option in offer.options if not option.history_only]
    rules = [rule for option in open_to_all if (rule := _rules_of(option, book)) is not None]
    code = book.type_code(offer.plan_type)
    limited = [option for option in open_to_all if option.minimum is not None or option.maximum is not None]
    return ElectionQuestion(
        kind=offer.plan_type,
        name=benefits.plan_type(offer.plan_type),
        present=_present(case, event, offer, book),
        without_election=_without_election(offer, book),
        options=[_answer(option, offer.plan_type, book, derive) for option in open_to_all],
        chosen=_chosen(before),
        waivable=offer.waivable,
        contributes=bool(limited)
        or any(option.terms.contribution is not None for option in open_to_all)
        or any(asks_contribution(option, code) for _, option in rules),
        limits=_limits(limited),
        contribution=str(before.contribution) if before is not None and before.contribution is not None else "",
        proves=any(option.proof or option.proven is not None for option in open_to_all),
        proof=before is not None and before.proof,
        covers=any(option.covers for _, option in rules),
        pays=any(plan.beneficiaries for plan in book.plans if plan.code in {entry.terms.plan for entry in open_to_all}),
        family=_family(case, event, offer, before, names),
        details=_details(before, dict.fromkeys(name for rule in rules for name in asked_details(*rule, code))),
        messages=[benefits.refusal(message, book) for message in wrong],
    )


def _family(
    case: Case, event: Event, offer: Offer, before: Choice | None, names: Mapping[int, str]
) -> list[FamilyAnswer]:
    """Return the dependents of the day on which the coverage begins, as they were chosen or are covered now."""
    begin = min((option.begin for option in offer.options), default=event.event_date)
    row = coverage_on(case.enrollments, offer.plan_type, begin)
    held = row.terms if row is not None else Terms("", "")
    covered = held.dependents if before is None or before.dependents is None else before.dependents
    shares = held.beneficiaries if before is None or before.beneficiaries is None else before.beneficiaries
    paid = {share.dependent: share for share in shares}
    return [
        FamilyAnswer(
            number=dependent.number,
            name=names.get(dependent.number, f"Dependent {dependent.number}"),
            covered=dependent.number in covered,
            percent=f"{paid[dependent.number].percent:f}" if dependent.number in paid else "",
            kind=paid[dependent.number].kind if dependent.number in paid else BeneficiaryKind.PRIMARY,
        )
        for dependent in dependents_on(case.dependents, begin)
    ]


def _rules_of(option: Option, book: Rulebook) -> tuple[BenefitPlan, PlanOption] | None:
    plan = book.plan.get(option.terms.plan)
    plan_option = plan.option(option.terms.option) if plan is not None else None
    return (plan, plan_option) if plan is not None and plan_option is not None else None


def _details(before: Choice | None, names: Iterable[str]) -> list[DetailQuestion]:
    entered = before.details if before is not None and before.details is not None else NO_DETAILS
    return [DetailQuestion(name, DETAILS[name], _text(getattr(entered, name)), name in MARKS) for name in names]


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(f"{share.fund} {share.percent}" for share in value)
    return "" if value in (None, False) else "yes" if value is True else str(value)


def _answer(option: Option, plan_type: str, book: Rulebook, derive: PersonFigures | None) -> ElectionAnswer:
    terms = option.terms
    named = [benefits.plan(book, terms.plan), benefits.option(book, terms.plan, terms.option)]
    costs = ""
    if derive is not None:
        derived = derive.of(plan_type, terms, option.begin, option.deduction_begin)
        costs = ", ".join(f"{text} {name}" for name, text in figures_of(terms, derived=derived))
    return ElectionAnswer(_code(option), ", ".join(named), option.begin, costs, option.proof)


def _code(option: Option) -> str:
    return f"{option.terms.plan}/{option.terms.option}"


def _chosen(before: Choice | None) -> str:
    if before is None:
        return ""
    return f"{before.plan}/{before.option}" if before.plan else WAIVED


def _present(case: Case, event: Event, offer: Offer, book: Rulebook) -> str:
    kind, on = offer.plan_type, event.event_date
    row = coverage_on(case.enrollments, kind, on) or next(iter(later_coverages(case.enrollments, kind, on)), None)
    if row is None:
        return "No current coverage."
    name = _named(row.terms, book)
    if offer.held in (CoverageOutcome.ONLY, CoverageOutcome.FUTURE):
        return f"{name} is current and ends with this event."
    return f"{name} is current."


def _without_election(offer: Offer, book: Rulebook) -> str:
    if offer.default is not None:
        name = _named(offer.default, book)
        return f"{name} starts automatically" if offer.auto_add else f"If the event is marked final, {name} starts"
    return "Current coverage stays" if offer.held is CoverageOutcome.YES else "No coverage starts"


def _named(terms: Terms, book: Rulebook) -> str:
    option = benefits.option(book, terms.plan, terms.option)
    return f"{benefits.plan(book, terms.plan)}, {option}"


def _limits(options: Iterable[Option]) -> str:
    for option in options:
        least = f"at least {option.minimum:,}" if option.minimum is not None else ""
        most = f"at most {option.maximum:,}" if option.maximum is not None else ""
        return sync.listed([part for part in (least, most) if part])
    return ""


def choices(event: Event, form: Mapping[str, str]) -> list[Choice]:
    """Return the elections of a filled-in form, by plan type; an empty answer is no election.

    Args:
        event: with the offers that were shown.
        form: ``choice.KIND``, ``contribution.KIND``, ``proof.KIND``, ``detail.KIND.NAME``; with ``covers.KIND`` a
            ``cover.KIND.NUMBER`` for each dependent who is ticked; with ``pays.KIND`` a percentage as
            ``share.KIND.NUMBER``, and its kind as ``kind.KIND.NUMBER``.

    Raises:
        DecisionError: a contribution or share is no number.
    """
    prepared = event.prepared
    return list(_choices(prepared.offers if prepared is not None else (), form))


def withdrawn(event: Event, form: Mapping[str, str]) -> list[str]:
    """Return the plan types with an election for which the form now says that none was received."""
    return [choice.plan_type for choice in event.choices if form.get(f"choice.{choice.plan_type}") == ""]


def _choices(offers: Iterable[Offer], form: Mapping[str, str]) -> Iterator[Choice]:
    for offer in offers:
        kind = offer.plan_type
        text = form.get(f"choice.{kind}", "")
        if text == WAIVED:
            yield Choice(kind)
        elif text:
            # The form may be hours old. What is not offered any more is saved like every entry, and judged as such
            # (S3-161).
            plan, _, option = text.partition("/")
            money = _money(form.get(f"contribution.{kind}", ""), kind)
            proof = form.get(f"proof.{kind}") == "yes"
            # A form without the list of dependents says nothing about them, and those of the present coverage stay.
            dependents = tuple(numbers(form, f"cover.{kind}.")) if f"covers.{kind}" in form else None
            shares = shares_of(form, kind) if f"pays.{kind}" in form else None
            prefix = f"detail.{kind}."
            texts = {name.removeprefix(prefix): value for name, value in form.items() if name.startswith(prefix)}
            details = read_details(texts)
            yield Choice(kind, plan, option, money, proof, dependents, shares, details)


def shares_of(form: Mapping[str, str], kind: str) -> tuple[Allocation, ...]:
    """Return the shares of a form; a blank percentage is no share.

    Raises:
        DecisionError: a share is no number.
    """
    return tuple(
        Allocation(
            number,
            _percent(form[f"share.{kind}.{number}"]),
            sync.one_of(BeneficiaryKind, form.get(f"kind.{kind}.{number}")) or BeneficiaryKind.PRIMARY,
        )
        for number in numbers(form, f"share.{kind}.")
    )


def numbers(form: Mapping[str, str], prefix: str) -> list[int]:
    """Return the numbers of the dependents whose field of the form is not blank."""
    filled = (name.removeprefix(prefix) for name, text in form.items() if name.startswith(prefix) and text.strip())
    return [int(number) for number in filled if number.isdecimal() and len(number) < _LONGEST_NUMBER]


def _percent(text: str) -> Decimal:
    try:
        percent = Decimal(text.removesuffix("%").strip())
    except InvalidOperation:
        percent = Decimal("NaN")
    # Decimal reads "NaN" and "Infinity" as numbers.
    if not percent.is_finite():
        raise DecisionError("Nothing was changed.", "A share is not a percentage.", "Enter it as 50 or 33.33.")
    return percent


def _money(text: str, kind: str) -> Decimal | None:
    plain = text.replace(",", "").strip().removeprefix("$").strip()
    if not plain:
        return None
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        amount = Decimal("NaN")
    # Decimal reads "NaN" and "Infinity" as numbers.
    if not amount.is_finite() or amount < 0:
        why = f"The contribution for {benefits.plan_type(kind)} is not an amount."
        raise DecisionError("No elections were entered.", why, "Enter it as 1200 or 1,200.50.")
    return amount
