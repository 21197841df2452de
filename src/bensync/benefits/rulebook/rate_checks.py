"""Checks over rate tables: gaps, overlaps, shares that cannot be, and options without a price. Prices nothing."""

from __future__ import annotations

from collections.abc import Iterator

from bensync.benefits.rulebook.rates import MOST_CELLS, OPTION, Grade, RateTable
from bensync.benefits.rulebook.tables import BenefitPlan, PlanOption, RulebookTables

_ALL = 100
"""Percent of a price that the two parties pay together."""


def rate_problems(book: RulebookTables) -> Iterator[str]:
    """Yield every problem of the rate tables, and of plans that name them: path, code, and how to fix it."""
    versions = [(table.code, table.since) for table in book.rates]
    for number, table in enumerate(book.rates):
        path = f"rates[{number}]"
        if (table.code, table.since) in versions[:number]:
            yield f"{path}: rate_twice: another table has this code and this first day; give one of them another day"
        for place, grade in enumerate(table.grades):
            yield from _share_problems(f"{path}.grades[{place}]", grade)
        yield from _grid_problems(path, table)
    for number, plan in enumerate(book.plans):
        for place, option in enumerate(plan.options):
            yield from _option_problems(book, f"plans[{number}].options[{place}]", plan, option)


def _share_problems(path: str, grade: Grade) -> Iterator[str]:
    shares = grade.given_shares
    for name in ("employee_percent", "company_percent"):
        percent = getattr(grade, name)
        if percent is not None and percent > _ALL:
            yield f"{path}.{name}: percent_over_100: a share is at most the whole price; write a percentage up to 100"
    if grade.rate is None and not (shares and set(shares) <= {"employee", "company"}):
        yield f"{path}: rate_shares: there is no price; give rate and one share, or employee and company"
    elif grade.rate is not None and len(shares) != 1:
        yield f"{path}: rate_shares: with rate exactly one share is given; the other party pays the rest"
    elif grade.rate is not None and max(grade.employee or 0, grade.company or 0) > grade.rate:
        yield f"{path}: rate_shares: the share is more than the price; write at most the rate"


def _grid_problems(path: str, table: RateTable) -> Iterator[str]:
    mixed = [axis.name for axis in table.axes if axis.mixed]
    for name in mixed:
        yield f"{path}: rate_mixed: some grades test {name} as a number, others as a text; write all in one way"
    if mixed:
        return
    # Counted before any cell is made: a table of a few lines can stand for billions of cells.
    if table.size > MOST_CELLS:
        yield f"{path}: rate_too_large: it has more than {MOST_CELLS:,} cells; split it by option or by location"
        return
    for first, second in table.overlaps():
        yield f"{path}.grades[{second}]: rate_overlap: grades[{first}] has a price for the same facts; part the two"
    if gap := table.gap():
        yield f"{path}: rate_gap: no grade has a price for {gap}; add one, or widen its neighbors"


def _option_problems(book: RulebookTables, path: str, plan: BenefitPlan, option: PlanOption) -> Iterator[str]:
    code = option.rates or plan.rates
    if not code:
        return
    versions = [(number, table) for number, table in enumerate(book.rates) if table.code == code]
    if not versions:
        yield f"{path}.rates: there is no rate table {code!r}"
    if option.employee or option.company or option.per_thousand:
        yield f"{path}: rates_and_costs: costs stand in the option and in the rate table; keep one of them"
    for number, table in versions:
        graded = [axis for axis in table.axes if axis.name == OPTION and not axis.mixed]
        wide = any(OPTION not in grade.when for grade in table.grades)
        if graded and not wide and not graded[0].named(option.code):
            yield f"{path}: rate_option_missing: rates[{number}] has no price for {option.code}; add its grades"
        if table.per is not None and table.of == "amount" and option.amount is None and option.multiple is None:
            yield f"{path}: rate_without_amount: rates[{number}] prices a sum insured; give amount or multiple"
