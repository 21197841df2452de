"""prepare(): returns what an event means for every plan type, before any election (S3-41). Posts nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

import msgspec

from bensync.benefits.engine.eligibility import rule_holds
from bensync.benefits.engine.eligibility_facts import Facts
from bensync.benefits.family.groups import count_faults, coverable, coverage_fault
from bensync.benefits.plan_types.elected import Elected
from bensync.benefits.plan_types.series import detailed
from bensync.benefits.rulebook.pricing import PriceBasis, Unpriced, terms
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.rulebook.rules import applicable_rule
from bensync.benefits.rulebook.tables import AddRule, BenefitPlan, ChangeRule, PlanOption, Scope
from bensync.benefits.values.calendar import plus
from bensync.benefits.values.cases import Case
from bensync.benefits.values.dependents import DropReason, dependents_on, last_version
from bensync.benefits.values.enrollments import (
    Coverage,
    Enrollment,
    Terms,
    coverage_on,
    last_row,
    later_coverages,
    plan_types,
)
from bensync.benefits.values.events import Event
from bensync.benefits.values.offers import CoverageOutcome, Ending, Offer, Option, Prepared, Remark, Removal, Update
from bensync.errors import ConfigError

R = TypeVar("R", bound=Scope)


def prepare(case: Case, event: Event, facts: Facts, book: Rulebook, today: date) -> Prepared:
    """Return what the event means for every plan type: what ends, what goes on, what may be chosen (S3-41).

    Args:
        case: the participant with their coverage.
        event: with the program that was assigned, or none.
        facts: those of the event's day.
        book: the employer's rulebook.
        today: the day, for caps on how far a stop may reach back.
    """
    return _Preparation(case, event, facts, book, today).prepared()


class _Preparation:
    """Collects what one event means; remarks and faults are noted on the way."""

    def __init__(self, case: Case, event: Event, facts: Facts, book: Rulebook, today: date) -> None:
        self._case = case
        self._event = event
        self._facts = facts
        self._book = book
        self._today = today
        self._basis = PriceBasis(case.participant, facts, book)
        self._waives = book.events[event.event_class].waives
        self._present = {kind: self._coverage(kind) for kind in plan_types(case.enrollments, event.event_date)}
        self._remarks: list[Remark] = []
        self._faults: list[Remark] = []

    def prepared(self) -> Prepared:
        eligible = self._eligible()
        endings = self._endings(eligible)
        codes = {plan.code for plan in eligible}
        # A lost plan without a termination rule is in neither list: it is left as it is, with a remark (S2-19).
        staying = [kind for kind, (row, _) in self._present.items() if row.terms.plan in codes and kind not in endings]
        updates = [update for kind in staying for update in self._updates(kind)]
        kinds = dict.fromkeys(plan.type for plan in eligible if not self._waives)
        offers = [self._offer(kind, [plan for plan in eligible if plan.type == kind], endings) for kind in kinds]
        # Without a program every coverage is lost, even where no rule says how it ends.
        unprogrammed = bool(self._present) and not self._event.program
        return Prepared(
            offers=tuple(offer for offer in offers if offer.options),
            endings=tuple(endings.values()),
            updates=tuple(updates),
            remarks=tuple(self._remarks),
            # Several options of a plan report the same missing salary.
            faults=tuple(dict.fromkeys(self._faults)),
            loss_of_all=unprogrammed or (bool(self._present) and endings.keys() == self._present.keys()),
        )

    def _coverage(self, kind: str) -> tuple[Enrollment, CoverageOutcome]:
        """Return the coverage of a plan type, and whether it is in force (YES) or begins later (FUTURE)."""
        row = coverage_on(self._case.enrollments, kind, self._event.event_date)
        if row is not None:
            return row, CoverageOutcome.YES
        return later_coverages(self._case.enrollments, kind, self._event.event_date)[0], CoverageOutcome.FUTURE

    def _eligible(self) -> list[BenefitPlan]:
        """Return the plans of the program that the person is eligible for."""
        if not self._event.program:
            return []
        program = self._book.program.get(self._event.program)
        if program is None:
            self._fault("program_unknown", detail=self._event.program)
            return []
        plans = [self._book.plan[code] for code in program.plans]
        return [plan for plan in plans if rule_holds(plan.eligibility, self._facts, self._book)]

    def _endings(self, eligible: Sequence[BenefitPlan]) -> dict[str, Ending]:
        """Return the coverages that the person loses, also those under a lost flex plan (S2-12, S2-25)."""
        codes = {plan.code for plan in eligible}
        lost = {kind: row for kind, (row, _) in self._present.items() if self._waives or row.terms.plan not in codes}
        endings = {kind: ending for kind, row in lost.items() if (ending := self._ending(kind, row, row.terms.plan))}
        # The flex plan pays for the plans under it, so they end with it, by the rule of the flex plan (S2-25).
        gone = {ending.terms.plan for ending in endings.values()}
        for kind, (row, _) in self._present.items():
            plan = self._book.plan.get(row.terms.plan)
            if plan is not None and plan.flex in gone and (ending := self._ending(kind, row, plan.flex)):
                endings[kind] = ending
        # In the order of the coverages, so that a flex plan found last does not change the order of postings.
        return {kind: endings[kind] for kind in self._present if kind in endings}

    def _ending(self, kind: str, row: Enrollment, ruling: str) -> Ending | None:
        """Return the end of a coverage by a plan's termination rule; None and a remark without a rule (S2-19)."""
        plan = self._book.plan.get(ruling)
        rule = self._rule(self._book.termination_rules, plan) if plan else None
        if rule is None:
            self._remark("no_termination_rule", kind, row.terms.plan)
            return None
        last = rule.stop.day(self._event.event_date, self._today)
        return Ending(kind, row.terms, last, rule.cobra, self._waives)

    def _updates(self, kind: str) -> list[Update]:
        """Return what changes in a coverage that goes on, by day: dependents who leave it, and new figures."""
        row, _ = self._present[kind]
        figures = self._update(kind)
        changes: list[tuple[date, Update | None, tuple[Removal, ...]]] = [
            (begin, None, removals) for begin, removals in self._removals(row).items()
        ]
        if figures is not None:
            changes.append((figures.begin, figures, ()))
        updates, terms = [], row.terms
        for begin, priced, removals in sorted(changes, key=lambda change: change[0]):
            gone = {removal.dependent for removal in removals}
            covered = tuple(number for number in terms.dependents if number not in gone)
            new = msgspec.structs.replace(priced.new if priced is not None else terms, dependents=covered)
            deduction = priced.deduction_begin if priced is not None else begin
            updates.append(Update(kind, terms, new, begin, deduction, removals))
            terms = new
        if updates and terms.dependents != row.terms.dependents:
            # A person must elect another option: ending the rest of the coverage would be worse.
            self._miscounted(kind, terms, updates[-1].begin)
        return updates

    def _removals(self, row: Enrollment) -> dict[date, tuple[Removal, ...]]:
        """Return the covered dependents who were dropped, or are too old for the option, by their first day without."""
        plan_option = self._book.plan[row.terms.plan].option(row.terms.option)
        removals: dict[date, tuple[Removal, ...]] = {}
        for number in row.terms.dependents:
            version = last_version(self._case.dependents, number, self._event.event_date)
            if version is None or plan_option is None:
                continue
            reason, since = version.dropped, version.effective_date
            fault = coverage_fault(version, plan_option, self._book, self._event.event_date) if reason is None else ""
            if fault == "dependent_too_old":
                reason, since = DropReason.AGE, self._event.event_date
            elif fault:
                # The rulebook or the list changed without an event of its own: a person must look, nothing is ended.
                self._remark(fault, row.plan_type, row.terms.plan, str(number))
            if reason is not None and reason in self._book.drops:
                drop = self._book.drops[reason]
                begin = plus(drop.stop.day(since, self._today), days=1)
                removal = Removal(number, drop.cobra, drop.cobra_months)
                removals[begin] = (*removals.get(begin, ()), removal)
        return removals

    def _miscounted(self, kind: str, terms: Terms, on: date) -> bool:
        """Return whether an option covers fewer dependents than it is made for, or more; each group is a remark."""
        option = self._book.plan[terms.plan].option(terms.option)
        chosen = [version for version in dependents_on(self._case.dependents, on) if version.number in terms.dependents]
        faults = list(count_faults(option, chosen, self._book, on)) if option is not None else []
        for fault in faults:
            self._remark(fault.code, kind, terms.plan, fault.detail)
        return bool(faults)

    def _update(self, kind: str) -> Update | None:
        """New figures for a coverage that goes on, where they differ and a change rule lets them (S2-13)."""
        row, _ = self._present[kind]
        plan = self._book.plan[row.terms.plan]
        option = plan.option(row.terms.option)
        if option is None:
            self._fault("option_unknown", kind, row.terms.plan, row.terms.option)
            return None
        rule = self._rule(self._book.change_rules, plan)
        begin = self._begin(rule)
        figures = self._terms(plan, option, rule, begin, row.salary_override, _unproven(option, row.terms))
        if figures is None:
            return None
        kept = row.terms
        # These were set when the coverage was posted; new prices do not touch them.
        new = msgspec.structs.replace(
            figures,
            contribution=kept.contribution,
            tax=kept.tax,
            account=kept.account,
            dependents=kept.dependents,
            beneficiaries=kept.beneficiaries,
            credit=kept.credit,
        )
        deduction = self._deduction(rule, begin)
        if kept.details is not None:
            elected = Elected(plan, option, begin, deduction, kept.contribution, kept.details, self._facts, self._book)
            priced = detailed(new, elected)
            if priced is None:
                self._fault("salary_missing", kind, plan.code)
                return None
            new = priced
        if new == kept:
            return None
        if rule is None:
            self._remark("no_change_rule", kind, plan.code)
            return None
        return Update(kind, kept, new, begin, deduction)

    def _offer(self, kind: str, plans: Sequence[BenefitPlan], endings: dict[str, Ending]) -> Offer:
        row, present = self._present.get(kind, (None, CoverageOutcome.NO))
        kept = None if kind in endings else row
        rules = {plan.code: self._ruling(plan, kept) for plan in plans}
        options = {plan.code: self._options(plan, rules[plan.code], kept) for plan in plans}
        # A default is for people without coverage: it never replaces one, and never overrides a waiver.
        default, auto = (None, False) if kept or self._waived(kind) else self._default(rules, options)
        change = rules.get(kept.terms.plan) if kept is not None else None
        ends = CoverageOutcome.ONLY if present is CoverageOutcome.YES else CoverageOutcome.FUTURE
        return Offer(
            plan_type=kind,
            held=ends if kind in endings else (CoverageOutcome.NO if row is None else CoverageOutcome.YES),
            options=tuple(option for priced in options.values() for option in priced),
            default=default,
            auto_add=auto,
            waivable=kept is None or change is not None,
            waive_begin=change.begin.day(self._event.event_date) if change is not None else None,
            required=any(rule is not None and rule.required for rule in rules.values()),
        )

    def _ruling(self, plan: BenefitPlan, kept: Enrollment | None) -> AddRule | ChangeRule | None:
        """Return the rule by which a plan can be elected: a change rule for the present plan, else an add rule."""
        if kept is None or plan.code != kept.terms.plan:
            return self._rule(self._book.add_rules, plan)
        change = self._rule(self._book.change_rules, plan)
        return change if change is not None and change.elect else None

    def _default(
        self, rules: dict[str, AddRule | ChangeRule | None], options: dict[str, list[Option]]
    ) -> tuple[Terms | None, bool]:
        """Return the default of the first plan that has one, and whether it is loaded without a final mark."""
        for code, rule in rules.items():
            for option in options[code]:
                if isinstance(rule, AddRule) and option.terms.option == rule.default:
                    default = self._with_dependents(code, option)
                    return default, default is not None and rule.auto_add
        return None, False

    def _with_dependents(self, code: str, option: Option) -> Terms | None:
        """Return a default with everybody whom it may cover (S2-16); None and remarks where its option does not fit."""
        plan_option = self._book.plan[code].option(option.terms.option)
        covers = plan_option.covers if plan_option is not None else ()
        if plan_option is None or not covers:
            return option.terms
        family = dependents_on(self._case.dependents, option.begin)
        terms = msgspec.structs.replace(
            option.terms, dependents=coverable(plan_option, family, self._book, option.begin)
        )
        return None if self._miscounted(self._book.plan[code].type, terms, option.begin) else terms

    def _waived(self, kind: str) -> bool:
        """Return whether the participant waived; a waiver holds until they elect, or are hired again."""
        last = last_row(self._case.enrollments, kind, self._event.event_date)
        anew = self._book.events[self._event.event_class].employment == "begins"
        return last is not None and last.coverage is Coverage.WAIVE and not anew

    def _options(self, plan: BenefitPlan, rule: AddRule | ChangeRule | None, kept: Enrollment | None) -> list[Option]:
        """Return the options of a plan; without a rule for this event they are history only (S3-117)."""
        present = kept if kept is not None and kept.terms.plan == plan.code else None
        salary = present.salary_override if present is not None else None
        begin = self._begin(rule)
        options = []
        for option in plan.options:
            most = _unproven(option, present.terms if present is not None else None)
            figures = self._terms(plan, option, rule, begin, salary, most)
            if figures is not None:
                awaits = figures.elected is not None
                options.append(
                    Option(
                        terms=figures,
                        begin=begin,
                        deduction_begin=self._deduction(rule, begin),
                        proof=option.proof,
                        history_only=rule is None,
                        minimum=option.minimum,
                        maximum=option.maximum,
                        proven=self._terms(plan, option, rule, begin, salary) if awaits else None,
                    )
                )
        return options

    def _begin(self, rule: AddRule | ChangeRule | None) -> date:
        """Return the first day of coverage by a rule; without one, the day whose prices are shown."""
        return rule.begin.day(self._event.event_date) if rule is not None else self._event.event_date

    def _terms(
        self,
        plan: BenefitPlan,
        option: PlanOption,
        rule: AddRule | ChangeRule | None,
        begin: date,
        salary: Decimal | None,
        most: Decimal | None = None,
    ) -> Terms | None:
        """Return the figures of an option; a missing price is a fault only if a rule would use it."""
        add = rule if isinstance(rule, AddRule) else None
        figures = terms(plan, option, self._basis, begin, add, salary, most=most)
        if isinstance(figures, Unpriced):
            if rule is not None:
                self._fault(figures.code, plan.type, plan.code, figures.detail)
            return None
        return figures

    def _rule(self, rules: Sequence[R], plan: BenefitPlan) -> R | None:
        try:
            return applicable_rule(rules, plan, self._event.event_class, self._facts, self._book)
        except ConfigError as error:
            self._fault("several_groups", plan.type, plan.code, error.why)
            return None

    def _deduction(self, rule: AddRule | ChangeRule | None, begin: date) -> date:
        """Payroll deducts from the first day of coverage, or from a day counted from it."""
        return rule.deduction.day(begin) if rule is not None and rule.deduction is not None else begin

    def _remark(self, code: str, plan_type: str, plan: str, detail: str = "") -> None:
        self._remarks.append(Remark(code, self._event.number, plan_type, plan, detail))

    def _fault(self, code: str, plan_type: str = "", plan: str = "", detail: str = "") -> None:
        self._faults.append(Remark(code, self._event.number, plan_type, plan, detail))


def _unproven(option: PlanOption, present: Terms | None) -> Decimal | None:
    """Return the sum insured that is granted without proof; None if every sum is.

    What is in force in the plan was granted before, so it needs no new proof.
    """
    if option.guaranteed_issue is None:
        return None
    in_force = present.amount if present is not None else None
    return option.guaranteed_issue if in_force is None else max(option.guaranteed_issue, in_force)
