"""One election beside its offer and the rules of its plan, as the rules of all plan types see it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from bensync.benefits.engine.eligibility_facts import Facts
from bensync.benefits.rulebook.conditions import number
from bensync.benefits.rulebook.law import law
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.rulebook.tables import BenefitPlan, PlanOption
from bensync.benefits.values.calendar import plan_year_start
from bensync.benefits.values.election_details import NO_DETAILS, ElectionDetails

PERCENT = 100


class Elected(msgspec.Struct, frozen=True):
    """An election of an option.

    Attributes:
        plan: the plan; ``option`` the one that was elected.
        begin: the first day of coverage; ``deduction_begin`` that of deductions.
        contribution: the amount of a year that was entered.
        details: what was entered besides.
        facts: those of the day of the event.
        book: the employer's rulebook.
    """

    plan: BenefitPlan
    option: PlanOption
    begin: date
    deduction_begin: date
    contribution: Decimal | None
    details: ElectionDetails | None
    facts: Facts
    book: Rulebook

    @property
    def entered(self) -> ElectionDetails:
        """Return the details; blank ones where none were entered."""
        return self.details if self.details is not None else NO_DETAILS

    @property
    def salary(self) -> Decimal | None:
        """Return the yearly salary; None if it is not known."""
        return number(self.facts.values.get("annual_salary", ""))

    @property
    def plan_year(self) -> date:
        """Return the first day of the plan year in which the coverage begins."""
        return plan_year_start(self.begin, (self.book.plan_year.month, self.book.plan_year.day))

    @property
    def legal_limit(self) -> Decimal | None:
        """Return the most of a year that the law allows; None if the option names no limit."""
        return law().limit(self.option.limit, self.plan_year.year) if self.option.limit else None

    def of_year(self, amount: Decimal | None, percent: Decimal | None) -> Decimal | None:
        """Return a contribution as an amount of a year; None if there is none, or its salary is not known."""
        if percent is None:
            return amount
        return self.salary * percent / PERCENT if self.salary is not None else None
