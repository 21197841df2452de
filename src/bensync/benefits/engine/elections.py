"""Statements and elections of one event: entering them, and judging them against what was offered. Posts nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cached_property

from msgspec.structs import replace

from bensync.benefits.engine.eligibility_facts import Facts
from bensync.benefits.engine.scheduling import facts_of
from bensync.benefits.family.groups import allocation_faults, coverage_fault, dependent_faults
from bensync.benefits.plan_types.cross_plan import control_faults
from bensync.benefits.plan_types.elected import Elected
from bensync.benefits.plan_types.series import detail_faults, detailed
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.cases import Case
from bensync.benefits.values.dependents import dependents_on
from bensync.benefits.values.enrollments import Terms, coverage_on
from bensync.benefits.values.events import Event, EventStatus, Process
from bensync.benefits.values.offers import Choice, Elections, Offer, Option, Prepared, Remark
from bensync.errors import DecisionError

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
        raise _refusal(event, "got no statement", "A statement needs an open event that is prepared.")
    return case.put(replace(event, process=_NOTIFIABLE[event.process], notified=on))


def enter(case: Case, number: int, choices: Iterable[Choice], on: date, withdrawn: Iterable[str] = ()) -> Case:
    """Enter elections, or withdraw entered ones; the next run judges them (S3-159).

    Args:
        case: the participant.
        number: the event.
        choices: what was elected; each replaces the one of the same plan type.
        on: the day of the entry.
        withdrawn: the plan types whose election is taken back; without any election left, the event waits for some.

    Raises:
        DecisionError: the event takes none, or there is no election to withdraw.
    """
    event = case.event(number)
    if not enterable(event):
        raise _refusal(event, "took no elections", "Elections need an event that is prepared and not finished.")
    # Elections arrive in parts; a part must not drop the plan types that it does not name.
    anew, kinds = tuple(choices), tuple(withdrawn)
    if not (anew or kinds):
        why, fix = "Nothing was elected, and nothing withdrawn.", "Name an election, or one to withdraw."
        raise DecisionError(f"Event {event.number} kept its elections.", why, fix)
    merged = {choice.plan_type: choice for choice in (*event.choices, *anew)}
    for kind in kinds:
        if merged.pop(kind, None) is None:
            why = f"There is no election for {kind}."
            raise DecisionError(f"Event {event.number} kept its elections.", why, "Name a plan type with an election.")
    if merged:
        return case.put(replace(event, process=_ENTERABLE[event.process], choices=tuple(merged.values()), entered=on))
    # Without an election the event stands where it stood before the first one.
    before = Process.NT if event.notified is not None else Process.PR
    process = event.process if event.process is Process.RE else before
    return case.put(replace(event, process=process, choices=(), entered=None, messages=()))


def notifiable(event: Event) -> bool:
    """Return whether a statement can be sent for an event: it is open and prepared."""
    return event.status is EventStatus.OPEN and event.process in _NOTIFIABLE


def enterable(event: Event) -> bool:
    """Return whether an event accepts elections: it is prepared and not finished, void, or disconnected."""
    return not event.disconnected and event.status is not EventStatus.VOID and event.process in _ENTERABLE


def _refusal(event: Event, what: str, why: str) -> DecisionError:
    return DecisionError(
        f"Event {event.number} {what}.",
        why,
        f"Finish the steps before it first: the event stands at {event.process}, {event.status.lower()}.",
    )


def judge(case: Case, event: Event, book: Rulebook) -> tuple[Elections, tuple[Remark, ...]]:
    """Return the valid choices by plan type, and a message for each of the others (S3-52).

    Dependents and beneficiaries that do not fit have messages of their own, and are left out of the valid choices: a
    final mark loads the option without them (S3-54).
    """
    judging = _Judging(case, event, book)
    for choice in event.choices:
        judging.judge(choice)
    judging.judge_controlled()
    judging.judge_required()
    return judging.valid, tuple(judging.messages)


class _Judging:
    """Judges the elections of one event; ``valid`` and ``messages`` collect the result."""

    def __init__(self, case: Case, event: Event, book: Rulebook) -> None:
        self.valid: dict[str, Option | None] = {}
        self.messages: list[Remark] = []
        self._case = case
        self._event = event
        self._book = book
        self._prepared = event.prepared or Prepared()
        self._offers = {offer.plan_type: offer for offer in self._prepared.offers}

    @cached_property
    def _facts(self) -> Facts:
        return facts_of(self._case, self._event, self._book)

    def judge(self, choice: Choice) -> None:
        """Judge one choice by itself."""
        offer = self._offers.get(choice.plan_type)
        option = _option(choice, offer)
        fault = _fault(choice, offer, option)
        elected = self._elected(choice, option) if option is not None and not fault else None
        faults = [(fault, "")] if fault else [] if elected is None else [*detail_faults(elected)]
        if not faults and option is not None and not _within(option, _yearly(choice, elected)):
            faults = [("contribution_out_of_range", "")]
        if faults:
            # One fault is often the cause of others: 120 percent are also out of range. The first one says enough.
            code, detail = faults[0]
            self._message(code, choice.plan_type, choice.plan, detail)
            return
        chosen = _chosen(option, choice, elected)
        self.valid[choice.plan_type], remarks = _with_family(chosen, choice, self._case, self._book)
        self.messages += [replace(remark, event=self._event.number) for remark in remarks]

    def judge_controlled(self) -> None:
        """Judge the valid choices beside the coverage that controls their plans (S3-165)."""
        # A choice that falls may have controlled another one, so this is repeated until none falls.
        while fallen := [kind for kind, option in self.valid.items() if option and self._falls(kind, option)]:
            for kind in fallen:
                del self.valid[kind]

    def _falls(self, kind: str, option: Option) -> bool:
        """Return whether a choice is not allowed beside its controlling coverage, and say why."""
        plan = self._book.plan.get(option.terms.plan)
        if plan is None or plan.controlled_by is None:
            return False
        controlling = self._coverage(plan.controlled_by.type, option.begin)
        codes = [*control_faults(plan.controlled_by, option.terms, controlling)]
        for code in codes[:1]:
            self._message(code, kind, plan.code)
        return bool(codes)

    def _coverage(self, kind: str, on: date) -> Terms | None:
        """Return the coverage of a plan type after this event: what was elected, or what stays."""
        if kind in self.valid:
            option = self.valid[kind]
            return option.terms if option is not None else None
        if any(ending.plan_type == kind for ending in self._prepared.endings):
            return None
        row = coverage_on(self._case.enrollments, kind, on)
        return row.terms if row is not None else None

    def judge_required(self) -> None:
        """Say which plan types have no election although they need one (S3-164)."""
        named = {choice.plan_type for choice in self._event.choices}
        for kind, offer in self._offers.items():
            if offer.required and offer.electable and kind not in named:
                self._message("election_missing", kind)

    def _elected(self, choice: Choice, option: Option) -> Elected | None:
        plan = self._book.plan.get(choice.plan)
        plan_option = plan.option(choice.option) if plan is not None else None
        if plan is None or plan_option is None:
            return None
        # Plan types without a code have no rules of their own, and their elections cost no facts.
        if choice.details is None and not self._book.type_code(plan.type):
            return None
        contribution = choice.contribution if choice.contribution is not None else option.terms.contribution
        if choice.details is not None and choice.details.percent is not None:
            contribution = choice.contribution
        return Elected(
            plan,
            plan_option,
            option.begin,
            option.deduction_begin,
            contribution,
            choice.details,
            self._facts,
            self._book,
        )

    def _message(self, code: str, plan_type: str, plan: str = "", detail: str = "") -> None:
        self.messages.append(Remark(code, self._event.number, plan_type, plan, detail))


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
    return "proof_missing" if option.proof and not choice.proof else ""


def _yearly(choice: Choice, elected: Elected | None) -> Decimal | None:
    """Return the contribution of a year that was elected; None without one."""
    if elected is None:
        return choice.contribution
    return elected.of_year(choice.contribution, elected.entered.percent)


def _chosen(option: Option | None, choice: Choice, elected: Elected | None) -> Option | None:
    """Return the option with what was elected in it; with proof, what the proof grants."""
    if option is None:
        return None
    terms = option.proven if choice.proof and option.proven is not None else option.terms
    if elected is not None:
        # Without a salary the election was refused before it is priced.
        terms = detailed(terms, elected) or terms
    elif choice.contribution is not None:
        terms = replace(terms, contribution=choice.contribution)
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
