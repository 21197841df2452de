"""Rules across plans: a plan that needs another one, within its amount and for the people it covers (S3-165)."""

from __future__ import annotations

from collections.abc import Iterator

from bensync.benefits.plan_types.elected import PERCENT
from bensync.benefits.plan_types.tables import ControllingCoverage
from bensync.benefits.values.enrollments import Terms


def control_faults(rule: ControllingCoverage, elected: Terms, controlling: Terms | None) -> Iterator[str]:
    """Yield the codes of what is wrong with an election beside the coverage that controls it.

    Args:
        rule: the rule of the elected plan.
        elected: what was elected.
        controlling: the elected or present coverage of the controlling plan type; None without one.
    """
    if controlling is None or (rule.plan and controlling.plan != rule.plan):
        yield "controlling_coverage_missing"
        return
    if rule.percent is not None and elected.amount is not None:
        # A controlling coverage without a sum insured allows none.
        most = (controlling.amount or 0) * rule.percent / PERCENT
        if elected.amount > most:
            yield "over_percent_of_controlling"
    if rule.dependents and not set(elected.dependents) <= set(controlling.dependents):
        yield "dependent_not_in_controlling"
