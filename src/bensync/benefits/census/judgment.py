"""judge(): checks the lines of one person against participant, coverage and rulebook, and prices what they leave open.

Nothing is posted. A finding about the whole person stands at their first line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from bensync.benefits.census.census_file import CensusLine
from bensync.benefits.census.problems import CensusCode, CensusFinding
from bensync.benefits.engine.approval_activities import TER
from bensync.benefits.engine.eligibility import assign, rule_holds
from bensync.benefits.engine.eligibility_facts import Facts, facts
from bensync.benefits.engine.event_stages import RunContext
from bensync.benefits.family.groups import count_faults, coverage_fault
from bensync.benefits.rulebook.pricing import PriceBasis, Unpriced
from bensync.benefits.rulebook.pricing import terms as priced
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.rulebook.rules import applicable_rule
from bensync.benefits.rulebook.tables import BenefitPlan, PlanOption
from bensync.benefits.values.cases import Case
from bensync.benefits.values.dependents import Dependent, dependents_on
from bensync.benefits.values.enrollments import Terms
from bensync.benefits.values.events import SNAPSHOT, EventStatus
from bensync.core.people import Participant, Standing
from bensync.core.values.plausibility import HIRES
from bensync.core.values.texts import same_text
from bensync.errors import ConfigError


class PresentCoverage(msgspec.Struct, frozen=True, gc=False):
    """One coverage of a census that can be loaded."""

    plan_type: str
    terms: Terms
    begin: date
    deduction_begin: date


class JudgedPerson(msgspec.Struct, frozen=True):
    """The lines of one person: the coverage to load, or none where a line has a problem; and the findings."""

    participant_id: int
    coverage: tuple[PresentCoverage, ...]
    findings: tuple[CensusFinding, ...]


def mismatch(line: CensusLine, owner: Participant | None, namesake: int | None) -> CensusCode | None:
    """Return why a line names no participant; None if SSN and number name the same one.

    Args:
        line: the line.
        owner: the participant of its SSN.
        namesake: the number of the participant whose HR employee id is the number of the line.
    """
    if owner is None:
        return CensusCode.SSN_MISMATCH if namesake is not None else CensusCode.PERSON_UNKNOWN
    numbers = (owner.employee_id, owner.profile.values.get("employee_number", ""))
    # Spreadsheets drop leading zeros. The SSN names the person already, so the number only has to agree.
    if line.number.lstrip("0") not in (number.lstrip("0") for number in numbers if number):
        return CensusCode.SSN_MISMATCH
    # The employee number of one person may be the HR id of another one, and the wrong of the two may have been typed.
    return CensusCode.PERSON_AMBIGUOUS if namesake is not None and namesake != owner.id else None


def judge(lines: Sequence[CensusLine], case: Case, day: RunContext) -> JudgedPerson:
    """Return the coverage that the lines of one person bring, with every finding about them.

    Args:
        lines: all lines of the person, in the order of the file.
        case: the participant.
        day: the rulebook, and the day of the load.
    """
    judgment = _Judgment(case, day)
    coverage = tuple(present for line in lines if (present := judgment.present(line)) is not None)
    judgment.whole(lines[0])
    findings = tuple(judgment.findings)
    sound = all(finding.is_warning for finding in findings)
    return JudgedPerson(case.participant.id, coverage if sound else (), findings)


class _Judgment:
    """Collects the findings about one person."""

    def __init__(self, case: Case, day: RunContext) -> None:
        self._case = case
        self._book = day.book
        self._today = day.today
        self._facts = facts(case.participant, day.today, day.book, family=case.dependents)
        self._basis = PriceBasis(case.participant, self._facts, day.book)
        self._program = day.book.program.get(assign(self._facts, day.book)[1])
        self._family = dependents_on(case.dependents, day.today)
        self._taken: dict[str, CensusLine] = {}
        self.findings: list[CensusFinding] = []

    def whole(self, first: CensusLine) -> None:
        """Check what holds for every line of the person."""
        if self._case.participant.standing is Standing.TERMINATED:
            self._find(CensusCode.PERSON_TERMINATED, first)
        if any(not row.reversed for row in self._case.enrollments):
            self._find(CensusCode.ALREADY_COVERED, first)
        elif any(event.event_class != SNAPSHOT and event.status is not EventStatus.VOID for event in self._case.events):
            self._find(CensusCode.HAS_EVENTS, first)

    def present(self, line: CensusLine) -> PresentCoverage | None:
        """Return the coverage of one line; None if a problem prevents it from being priced."""
        plan = self._book.plan.get(line.plan)
        option = plan.option(line.option) if plan is not None else None
        if plan is None or option is None:
            unknown = CensusCode.PLAN_UNKNOWN if plan is None else CensusCode.OPTION_UNKNOWN
            self._find(unknown, line, "plan" if plan is None else "option")
            return None
        self._check_place(line, plan)
        for code, column in (*self._date_problems(line), *_limit_problems(line, option)):
            self._find(code, line, column)
        covered = self._dependents(line, option)
        terms = self._terms(line, plan, option)
        if terms is None:
            self._find(CensusCode.PRICE_UNKNOWN, line, "amount")
            return None
        # Payroll deducts for this coverage already: without a day of its own, nothing is deducted for the past.
        deduction = line.deduction_begin or max(line.begin, self._today)
        terms = msgspec.structs.replace(terms, dependents=covered)
        return PresentCoverage(plan.type, terms, line.begin, deduction)

    def _terms(self, line: CensusLine, plan: BenefitPlan, option: PlanOption) -> Terms | None:
        """Return the figures of the line, the others by the rulebook; None if a figure follows from neither."""
        # The sum insured of the line was true when it began; the salary of today would make another one. Prices are
        # those of today, with which the next event compares.
        terms = priced(plan, option, self._basis, self._today, amount=line.amount)
        if isinstance(terms, Unpriced):
            insured = line.amount is not None or option.multiple is None
            if not insured or line.employee is None or line.company is None:
                return None
            terms = Terms(plan.code, option.code, option.amount if line.amount is None else line.amount)
        return msgspec.structs.replace(
            terms,
            employee=terms.employee if line.employee is None else line.employee,
            company=terms.company if line.company is None else line.company,
            contribution=line.contribution,
            tax=line.tax,
            account=line.account,
        )

    def _dependents(self, line: CensusLine, option: PlanOption) -> tuple[int, ...]:
        """Return the numbers of the dependents whom the line covers, in their order."""
        covered: list[Dependent] = []
        for name in line.dependents:
            named = [
                dependent
                for dependent in self._family
                if name == str(dependent.number) or same_text(name.casefold(), dependent.name.casefold())
            ]
            if len(named) != 1:
                missing = CensusCode.DEPENDENT_UNKNOWN if not named else CensusCode.DEPENDENT_AMBIGUOUS
                self._find(missing, line, "dependents")
            elif coverage_fault(named[0], option, self._book, self._today):
                self._find(CensusCode.DEPENDENT_NOT_COVERED, line, "dependents")
            else:
                covered += named
        if any(count_faults(option, covered, self._book, self._today)):
            self._find(CensusCode.DEPENDENTS_DO_NOT_FIT, line, "dependents")
        return tuple(sorted({dependent.number for dependent in covered}))

    def _check_place(self, line: CensusLine, plan: BenefitPlan) -> None:
        """Check that the plan can be held, and can end."""
        other = self._taken.setdefault(plan.type, line)
        if other is not line:
            same = msgspec.structs.replace(other, line=line.line) == line
            self._find(CensusCode.DUPLICATE_LINE if same else CensusCode.TWO_PLANS_OF_A_TYPE, line, "plan")
        if not _can_end(plan, self._facts, self._book):
            self._find(CensusCode.PLAN_WITHOUT_RULES, line, "plan")
        if self._program is None or plan.code not in self._program.plans:
            self._find(CensusCode.PLAN_NOT_IN_PROGRAM, line, "plan")
        elif not rule_holds(plan.eligibility, self._facts, self._book):
            self._find(CensusCode.NOT_ELIGIBLE, line, "plan")

    def _date_problems(self, line: CensusLine) -> Iterator[tuple[CensusCode, str]]:
        values = self._case.participant.profile.values
        # The earliest one: a person who was hired again may have kept the coverage of their first employment.
        hired = min((values[name] for name in HIRES if name in values), default="")
        if line.begin > self._today:
            yield CensusCode.BEGIN_IN_FUTURE, "begin_date"
        if line.begin.isoformat() < hired:
            yield CensusCode.BEGIN_BEFORE_HIRE, "begin_date"
        if line.deduction_begin is not None and line.deduction_begin < line.begin:
            yield CensusCode.DEDUCTION_BEFORE_BEGIN, "deduction_begin"

    def _find(self, code: CensusCode, line: CensusLine, column: str = "") -> None:
        self.findings.append(CensusFinding(code, line.line, column, self._case.participant.employee_id))


def _limit_problems(line: CensusLine, option: PlanOption) -> Iterator[tuple[CensusCode, str]]:
    if line.amount is not None:
        # An option without an amount insures none, so that no amount equals it.
        fixed = option.multiple is None and line.amount != option.amount
        if fixed or (option.cap is not None and line.amount > option.cap):
            yield CensusCode.AMOUNT_OUTSIDE_LIMITS, "amount"
    if line.contribution is not None:
        low = option.minimum is not None and line.contribution < option.minimum
        if low or (option.maximum is not None and line.contribution > option.maximum):
            yield CensusCode.CONTRIBUTION_OUTSIDE_LIMITS, "contribution"


def _can_end(plan: BenefitPlan, day_facts: Facts, book: Rulebook) -> bool:
    """Return whether a termination would end a coverage of the plan: without a rule it would go on (S2-19)."""
    try:
        return applicable_rule(book.termination_rules, plan, TER, day_facts, book) is not None
    except ConfigError:
        return False
