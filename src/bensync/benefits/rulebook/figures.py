"""Figures that follow from a coverage and its person: costs per deduction and year, imputed income of group life."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bensync.benefits.engine.eligibility import rule_holds
from bensync.benefits.engine.eligibility_facts import facts
from bensync.benefits.rulebook.law import imputed_income
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.calendar import plan_year_start
from bensync.benefits.values.costs import CoverageFigures, spread
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
        day_facts = facts(participant, on, book)
        self._birth_date = day_facts.values.get("birth_date")
        fitting = (calendar for calendar in book.calendars if rule_holds(calendar.group, day_facts, book))
        self._calendar = next(fitting, None)

    def of(self, plan_type: str, terms: Terms, begin: date) -> CoverageFigures:
        """Return the figures of a coverage in the plan year in which it begins."""
        imputed = None
        if self._book.type_code(plan_type) == GROUP_LIFE and terms.amount is not None and self._birth_date:
            # Only what is known to be paid out of taxed pay lowers the income; a missing tax type must not.
            paid = terms.employee if terms.tax == "after" else Decimal(0)
            imputed = imputed_income(terms.amount, paid, date.fromisoformat(self._birth_date), begin.year)
        if self._calendar is None:
            return CoverageFigures(imputed_income=imputed)
        year = plan_year_start(begin, (self._book.plan_year.month, self._book.plan_year.day))
        count = len(self._calendar.deduction_dates(year))
        employee, company = spread(terms.employee, count), spread(terms.company, count)
        return CoverageFigures(self._calendar.code, self._calendar.frequency, employee, company, imputed)
