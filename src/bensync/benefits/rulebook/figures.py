"""Figures that follow from a coverage and its person: costs per deduction and year, imputed income of group life."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from bensync.benefits.engine.eligibility_facts import facts
from bensync.benefits.plan_types.credits import CreditStatement, credit_statement
from bensync.benefits.plan_types.series import ACCOUNTS
from bensync.benefits.plan_types.spending_accounts import worksheet
from bensync.benefits.rulebook.law import imputed_income
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.rulebook.rules import pay_calendar
from bensync.benefits.values.calendar import plan_year_start
from bensync.benefits.values.costs import CoverageFigures, spread, spread_year
from bensync.benefits.values.enrollments import Terms
from bensync.core.people import Participant

GROUP_LIFE = "20"
"""The plan type of group-term life insurance."""


class PersonFigures:
    """Derives the figures of one person's coverages.

    Args:
        participant: the person.
        on: the day whose facts decide on the pay calendar.
        book: the employer's rulebook.
    """

    def __init__(self, participant: Participant, on: date, book: Rulebook) -> None:
        self._book = book
        self._facts = facts(participant, on, book)
        self._birth_date = self._facts.values.get("birth_date")

    def credits(self, coverage: Iterable[Terms]) -> CreditStatement | None:
        """Return the flexible credits of the person with these coverages; None where the employer gives none."""
        return credit_statement(coverage, self._facts, self._book) if self._book.credits else None

    def of(self, plan_type: str, terms: Terms, begin: date, deduction_begin: date | None = None) -> CoverageFigures:
        """Return the figures of a coverage in the plan year in which it begins.

        Args:
            plan_type: its plan type.
            terms: the coverage.
            begin: its first day, or a later day whose plan year counts.
            deduction_begin: from when payroll deducts; a pledge is divided by the deductions that are left then.
        """
        imputed = None
        if self._book.type_code(plan_type) == GROUP_LIFE and terms.amount is not None and self._birth_date:
            # Only what is known to be paid out of taxed pay lowers the income; a missing tax type must not.
            paid = terms.employee if terms.tax == "after" else Decimal(0)
            imputed = imputed_income(terms.amount, paid, date.fromisoformat(self._birth_date), begin.year)
        calendar = pay_calendar(self._book.plan.get(terms.plan), self._facts, self._book)
        if calendar is None:
            return CoverageFigures(imputed_income=imputed)
        year = plan_year_start(begin, (self._book.plan_year.month, self._book.plan_year.day))
        count = len(calendar.deduction_dates(year))
        employee, company = spread(terms.employee, count), spread(terms.company, count)
        contribution = None
        if terms.contribution is not None and self._book.type_code(plan_type)[:1] == ACCOUNTS:
            each = terms.details.per_deduction if terms.details is not None else None
            contribution = worksheet(terms.contribution, calendar, year, deduction_begin or begin, each)
        elif terms.contribution is not None:
            contribution = spread_year(terms.contribution, count)
        return CoverageFigures(calendar.code, calendar.frequency, employee, company, contribution, imputed)
