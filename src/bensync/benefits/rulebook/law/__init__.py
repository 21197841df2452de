"""What the law sets by year, as data: limits of contributions, and the taxable cost of group life insurance."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib import resources

from bensync.benefits.rulebook.base import Amount, RulebookTable
from bensync.benefits.values.calendar import full_years

_THOUSAND = 1000


class AgeBand(RulebookTable):
    """The monthly cost of each 1,000 for people below an age; the last band has no bound."""

    below: int | None = None
    cost: Amount


class GroupLife(RulebookTable):
    """Table I as it counts from a year on, and the insurance that is not taxed."""

    year: int
    exclusion: Amount
    bands: tuple[AgeBand, ...]


class Law(RulebookTable):
    """All figures of the law, by the year from which they count."""

    group_life: tuple[GroupLife, ...]
    limits: Mapping[str, Mapping[int, Amount]]

    def limit(self, name: str, year: int) -> Decimal | None:
        """Return a limit of a year, or that of the last year before it; None for a year before all of them.

        Raises:
            KeyError: there is no limit of this name.
        """
        years = [listed for listed in self.limits[name] if listed <= year]
        return self.limits[name][max(years)] if years else None


@cache
def law() -> Law:
    """Return the figures of the law that ship."""
    return Law.model_validate(tomllib.loads(resources.files(__name__).joinpath("limits.toml").read_text("utf-8")))


def imputed_income(insured: Decimal, paid_after_tax: Decimal, birth_date: date, year: int) -> Decimal:
    """Return the taxable income of a month from group-term life insurance (26 CFR 1.79-3).

    Args:
        insured: the sum insured.
        paid_after_tax: what the employee pays for it in a month out of taxed pay.
        birth_date: decides the five-year band, by the age on the last day of the year.
        year: the year of the month.
    """
    tables = law().group_life
    table = max((entry for entry in tables if entry.year <= year), key=lambda entry: entry.year, default=tables[0])
    age = full_years(birth_date, date(year, 12, 31))
    cost = next(band.cost for band in table.bands if band.below is None or age < band.below)
    taxable = max(insured - table.exclusion, Decimal(0)) * cost / _THOUSAND
    return max(taxable - paid_after_tax, Decimal(0)).quantize(Decimal("0.01"), ROUND_HALF_UP)
