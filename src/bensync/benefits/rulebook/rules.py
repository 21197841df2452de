"""Finds the rule that applies: the narrowest one in force, of one group at most (S2-18 to S2-21)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from bensync.benefits.engine.eligibility import rule_holds
from bensync.benefits.engine.eligibility_facts import Facts
from bensync.benefits.rulebook.pay_calendars import PayCalendar
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.rulebook.tables import BenefitPlan, Scope
from bensync.errors import ConfigError

R = TypeVar("R", bound=Scope)


def applicable_rule(rules: Sequence[R], plan: BenefitPlan, event_class: str, facts: Facts, book: Rulebook) -> R | None:
    """Return the rule that applies to a plan through an event; None if no rule does.

    A rule of a group the person belongs to goes before one for everybody, a rule of plans before one of a plan type,
    and of two of the same reach the one that came into force later.

    Raises:
        ConfigError: rules of several groups fit (S2-21).
    """
    fitting = [rule for rule in rules if _fits(rule, plan, event_class, facts, book)]
    groups = {rule.group for rule in fitting if rule.group}
    if len(groups) > 1:
        raise ConfigError(
            f"Several rules for {event_class} fit the plan {plan.code}.",
            f"The groups are {', '.join(sorted(groups))}.",
            "Make the groups exclude each other.",
        )
    # A group goes before everything else, also before a narrower rule for everybody.
    nearest = [rule for rule in fitting if rule.group] or fitting
    return max(nearest, key=lambda rule: (rule.breadth, rule.since), default=None)


def pay_calendar(plan: BenefitPlan | None, facts: Facts, book: Rulebook) -> PayCalendar | None:
    """Return the pay calendar by which a plan is deducted: its own, or the first one that fits the person."""
    for calendar in book.calendars:
        if plan is not None and plan.calendar:
            if calendar.code == plan.calendar:
                return calendar
        elif rule_holds(calendar.group, facts, book):
            return calendar
    return None


def _fits(rule: Scope, plan: BenefitPlan, event_class: str, facts: Facts, book: Rulebook) -> bool:
    if rule.plans and plan.code not in rule.plans:
        return False
    if rule.types and plan.type not in rule.types:
        return False
    if rule.events and event_class not in rule.events:
        return False
    return rule.since <= facts.on and rule_holds(rule.group, facts, book)
