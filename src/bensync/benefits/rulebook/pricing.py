"""Prices an option for one person: the sum insured, and the monthly costs of employee and company."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from bensync.benefits.rulebook.tables import AddRule, BenefitPlan, PlanOption
from bensync.benefits.values.enrollments import Terms

_CENT = Decimal("0.01")


def salary_needed(option: PlanOption) -> bool:
    """Return whether the price depends on the salary."""
    return option.multiple is not None


def terms(plan: BenefitPlan, option: PlanOption, salary: Decimal | None, rule: AddRule | None = None) -> Terms:
    """Return the figures of an option per month, in cents, with the sum insured.

    Args:
        plan: the plan.
        option: one of its options.
        salary: the yearly salary, or the coverage salary that was set manually; needed where `salary_needed`.
        rule: the add rule, which may bring a contribution, its tax type and an account (S2-14, S2-15).
    """
    amount = _amount(option, salary)
    thousands = amount / 1000 if option.per_thousand and amount is not None else Decimal(1)
    return Terms(
        plan=plan.code,
        option=option.code,
        amount=amount,
        employee=(option.employee * thousands).quantize(_CENT, ROUND_HALF_UP),
        company=(option.company * thousands).quantize(_CENT, ROUND_HALF_UP),
        contribution=rule.contribution if rule else None,
        tax=rule.tax if rule else "",
        account=rule.account if rule else "",
    )


def _amount(option: PlanOption, salary: Decimal | None) -> Decimal | None:
    amount = option.amount
    if option.multiple is not None and salary is not None:
        # Life insurance is sold in steps, such as thousands: the multiple is rounded up to the next one, then capped.
        exact = option.multiple * salary / option.round_up_to
        amount = exact.to_integral_value(ROUND_CEILING) * option.round_up_to
    return amount if amount is None or option.cap is None else min(amount, option.cap)
