"""Prices an option for one person: the sum insured, and the monthly costs of employee and company."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_CEILING, Decimal

import msgspec

from bensync.benefits.engine.eligibility_facts import Facts, age_on, facts
from bensync.benefits.plan_types.tables import BenefitBase, GeneralLedgerCode
from bensync.benefits.rulebook.conditions import number
from bensync.benefits.rulebook.rates import OPTION, Grade, RateTable, Rounding
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.rulebook.tables import AddRule, BenefitPlan, PlanOption
from bensync.benefits.values.calendar import AsOf, as_of_day
from bensync.benefits.values.enrollments import Terms
from bensync.core.people import Participant, last_hire

_CENTS = Rounding(when="shares")
_SALARY = BenefitBase()
_MONTHS = 12


class Unpriced(msgspec.Struct, frozen=True):
    """Why an option has no price: the code of a remark, and the name of the fact or table, never a value."""

    code: str
    detail: str = ""


class PriceBasis:
    """The facts that the prices of one event rest on.

    Args:
        participant: the person.
        day_facts: those of the day of the event.
        book: the employer's rulebook.
    """

    def __init__(self, participant: Participant, day_facts: Facts, book: Rulebook) -> None:
        self.book = book
        self._participant = participant
        self._event_date = day_facts.on
        self._by_day = {day_facts.on: day_facts}
        hired = last_hire(day_facts.values)
        self._hired = min(hired, day_facts.on) if hired is not None else date.min

    def fact(self, name: str, as_of: AsOf, begin: date) -> str | None:
        """Return a fact as of the day that a rule names, for coverage that begins on a day; None if it is blank.

        For somebody hired after that day it is the fact of the day of hire; the age needs no employment.
        """
        on = as_of_day(as_of, self._event_date, begin, (self.book.plan_year.month, self.book.plan_year.day))
        if name == "age":
            # Derived by itself: rates by the age of another day are common, and all facts of that day cost much more.
            return age_on(self._by_day[self._event_date].values, on)
        on = max(on, self._hired)
        # Facts of other days are derived once for all options.
        if on not in self._by_day:
            self._by_day[on] = facts(self._participant, on, self.book)
        return self._by_day[on].values.get(name)


def terms(
    plan: BenefitPlan,
    option: PlanOption,
    basis: PriceBasis,
    begin: date,
    rule: AddRule | None = None,
    salary: Decimal | None = None,
    amount: Decimal | None = None,
    *,
    most: Decimal | None = None,
) -> Terms | Unpriced:
    """Return the figures of an option per month, in cents, with the sum insured; or why it has no price.

    Args:
        plan: the plan.
        option: one of its options.
        basis: the facts of the person.
        begin: the first day with these figures; it decides which version of a rate table counts.
        rule: the add rule, which may bring a contribution, its tax type and an account (S2-14, S2-15).
        salary: the coverage salary that was set manually; None takes the benefit base from the facts.
        amount: the sum insured, where it is known already.
        most: the sum insured that is granted without proof; the price is that of what is granted.
    """
    insured = amount if amount is not None else _amount(plan, option, basis, begin, salary)
    if isinstance(insured, Unpriced):
        return insured
    elected = insured if insured is not None and most is not None and insured > most else None
    insured = insured if elected is None else most
    shares = _shares(option.rates or plan.rates, option, insured, basis, begin)
    if isinstance(shares, Unpriced):
        return shares
    accounts = _accounts(plan, option, basis, begin)
    return Terms(
        plan=plan.code,
        option=option.code,
        amount=insured,
        employee=shares[0],
        company=shares[1],
        contribution=rule.contribution if rule else None,
        tax=rule.tax if rule else "",
        account=rule.account if rule else "",
        gl_employee=accounts.employee if accounts else "",
        gl_company=accounts.company if accounts else "",
        elected=elected,
    )


def _accounts(plan: BenefitPlan, option: PlanOption, basis: PriceBasis, begin: date) -> GeneralLedgerCode | None:
    """Return the narrowest entry of the general-ledger codes that fits an option; None if none does."""
    if not basis.book.gl_codes:
        return None
    location = basis.fact("location", AsOf.EVENT_DATE, begin)
    fitting = [
        entry
        for entry in basis.book.gl_codes
        if entry.since <= begin
        and (not entry.plans or plan.code in entry.plans)
        and (not entry.types or plan.type in entry.types)
        and (not entry.options or option.code in entry.options)
        and (not entry.locations or location in entry.locations)
    ]
    return max(fitting, key=lambda entry: entry.reach, default=None)


def _amount(
    plan: BenefitPlan, option: PlanOption, basis: PriceBasis, begin: date, salary: Decimal | None
) -> Decimal | Unpriced | None:
    amount = option.amount
    if option.multiple is not None:
        base = salary if salary is not None else _base(basis.book.bases.get(plan.base, _SALARY), basis, begin)
        if base is None:
            return Unpriced("salary_missing")
        # Life insurance is sold in steps, such as thousands: the multiple is rounded up to the next one.
        exact = option.multiple * base / option.round_up_to
        amount = (amount or 0) + exact.to_integral_value(ROUND_CEILING) * option.round_up_to
    return amount if amount is None or option.cap is None else min(amount, option.cap)


def _base(base: BenefitBase, basis: PriceBasis, begin: date) -> Decimal | None:
    value = number(basis.fact(base.field, base.as_of, begin) or "")
    if value is None:
        return None
    value = value if base.minimum is None else max(value, base.minimum)
    return value if base.maximum is None else min(value, base.maximum)


def _shares(
    code: str, option: PlanOption, amount: Decimal | None, basis: PriceBasis, begin: date
) -> tuple[Decimal, Decimal] | Unpriced:
    """Return the shares of employee and company per month."""
    if not code:
        thousands = amount / 1000 if option.per_thousand and amount is not None else Decimal(1)
        return _CENTS.rounded(option.employee * thousands), _CENTS.rounded(option.company * thousands)
    table = basis.book.rate_table(code, begin)
    if table is None:
        return Unpriced("rate_not_found", code)
    values: dict[str, str | None] = {OPTION: option.code}
    for axis in table.axes:
        if axis.name != OPTION:
            values[axis.name] = basis.fact(axis.name, table.as_of.get(axis.name, AsOf.EVENT_DATE), begin)
            # A blank fact is a price only where a grade says so: nobody is priced by what HR lacks.
            if values[axis.name] is None and not axis.named(""):
                return Unpriced("rate_fact_missing", axis.name)
    grade = table.grade(values)
    if grade is None:
        return Unpriced("rate_not_found", code)
    units = _units(table, amount, basis, begin)
    return Unpriced("salary_missing") if units is None else split(grade, units, table.rounding)


def _units(table: RateTable, amount: Decimal | None, basis: PriceBasis, begin: date) -> Decimal | None:
    """Return how many times a grade is paid; None if the salary that it prices is missing."""
    if table.per is None:
        return Decimal(1)
    if table.of == "amount":
        return None if amount is None else amount / table.per
    salary = number(basis.fact("annual_salary", table.as_of.get("annual_salary", AsOf.EVENT_DATE), begin) or "")
    if salary is None:
        return None
    return (salary / _MONTHS if table.of == "monthly_salary" else salary) / table.per


def split(grade: Grade, units: Decimal, rounding: Rounding) -> tuple[Decimal, Decimal]:
    """Return the rounded shares; of one price the party whose share is not given pays the exact rest."""
    if grade.rate is None:
        return rounding.rounded((grade.employee or 0) * units), rounding.rounded((grade.company or 0) * units)
    employee_first = grade.employee is not None or grade.employee_percent is not None
    percent = grade.employee_percent if employee_first else grade.company_percent
    share = grade.employee if employee_first else grade.company
    whole = grade.rate * units
    exact = whole * percent / 100 if percent is not None else (share or 0) * units
    total, given = rounding.rounded(whole), rounding.rounded(exact)
    rest = total - given if rounding.when == "total" else rounding.rounded(whole - exact)
    return (given, rest) if employee_first else (rest, given)
