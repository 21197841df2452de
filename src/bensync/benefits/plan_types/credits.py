"""Flexible credits: what the employer gives, what coverage spends of it, and the plan that receives the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from bensync.benefits.engine.eligibility import rule_holds
from bensync.benefits.engine.eligibility_facts import Facts
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.enrollments import Terms


class CreditStatement(msgspec.Struct, frozen=True):
    """The credits of one person per month (S3-46).

    Attributes:
        general: given whatever the person elects.
        by_plan: given with the coverage of a plan, by plan.
        spent: what the employee costs of all coverage take of them.
        target: the plan that receives what is left; empty for none.
    """

    general: Decimal
    by_plan: Mapping[str, Decimal]
    spent: Decimal
    target: str

    @property
    def given(self) -> Decimal:
        """Return all credits."""
        return sum(self.by_plan.values(), self.general)

    @property
    def left(self) -> Decimal:
        """Return what is left over."""
        return self.given - self.spent


def credit_statement(coverage: Iterable[Terms], facts: Facts, book: Rulebook) -> CreditStatement:
    """Return the credits of a person with these coverages.

    Args:
        coverage: what is in force, one for each plan type.
        facts: those of the day.
        book: the employer's rulebook.
    """
    held = list(coverage)
    plans = {terms.plan for terms in held}
    general, by_plan = Decimal(0), dict[str, Decimal]()
    for credit in book.credits:
        if credit.since > facts.on or not rule_holds(credit.group, facts, book):
            continue
        if not credit.plans:
            general += credit.amount
        for plan in credit.plans:
            if plan in plans:
                by_plan[plan] = by_plan.get(plan, Decimal(0)) + credit.amount
    costs = sum((terms.employee for terms in held), Decimal(0))
    given = sum(by_plan.values(), general)
    return CreditStatement(general, by_plan, max(Decimal(0), min(costs, given)), rollover_target(facts, book))


def rollover_target(facts: Facts, book: Rulebook) -> str:
    """Return the plan that receives excess credits: that of the person's own field, or that of everybody (S3-163)."""
    own = facts.values.get(book.rollover.field, "") if book.rollover.field else ""
    return own if own in book.plan else book.rollover.plan
