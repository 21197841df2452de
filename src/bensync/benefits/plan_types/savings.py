"""Savings plans (4x): percent or amount, before and after tax, limits, and the allocation to funds (S3-169)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from bensync.benefits.plan_types.elected import PERCENT, Elected
from bensync.benefits.values.election_details import FundShare


def savings_faults(elected: Elected) -> Iterator[str]:
    """Yield the codes of what is wrong with an election of a savings plan."""
    details = elected.entered
    yield from percent_faults(elected)
    if not elected.option.after_tax:
        if details.after_tax is not None or details.after_tax_percent is not None:
            yield "after_tax_not_offered"
        if details.rollover:
            yield "rollover_not_offered"
    if details.after_tax is not None and details.after_tax_percent is not None:
        yield "percent_and_amount"
    limit, before_tax = elected.legal_limit, elected.of_year(elected.contribution, details.percent)
    # With a rollover, what is over the limit goes on out of taxed pay, so nothing is too much.
    if limit is not None and before_tax is not None and before_tax > limit and not details.rollover:
        yield "contribution_over_limit"
    if elected.plan.funds:
        yield from fund_faults(details.funds, elected.plan.funds)


def percent_faults(elected: Elected) -> Iterator[str]:
    """Yield what is wrong with a contribution in percent of the pay."""
    details, option = elected.entered, elected.option
    if elected.contribution is not None and details.percent is not None:
        yield "percent_and_amount"
    percents = [percent for percent in (details.percent, details.after_tax_percent) if percent is not None]
    if sum(percents) > PERCENT or any(percent < 0 for percent in percents):
        yield "percent_over_100"
    if details.percent is None:
        return
    if elected.salary is None:
        yield "salary_missing"
    low = option.percent_minimum is None or details.percent >= option.percent_minimum
    if not (low and (option.percent_maximum is None or details.percent <= option.percent_maximum)):
        yield "percent_out_of_range"


def fund_faults(shares: tuple[FundShare, ...], funds: tuple[str, ...]) -> Iterator[str]:
    """Yield what is wrong with an allocation: a fund that is not offered, or shares that are not 100 percent."""
    if any(share.fund not in funds for share in shares):
        yield "fund_not_offered"
    if len({share.fund for share in shares}) < len(shares) or any(share.percent <= 0 for share in shares):
        yield "allocation_shares"
    if sum((share.percent for share in shares), Decimal(0)) != PERCENT:
        yield "allocation_not_100"
