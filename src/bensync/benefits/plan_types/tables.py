"""Tables of a rulebook about plans: their types, benefit bases, controlling coverage, accounts, and the plan year."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from bensync.benefits.rulebook.base import Amount, RulebookTable
from bensync.benefits.values.calendar import AsOf


class PlanYear(RulebookTable):
    """The day on which a plan year begins."""

    month: int = Field(1, ge=1, le=12)
    day: int = Field(1, ge=1, le=28)


class BenefitBase(RulebookTable):
    """A benefit base: the fact that a sum insured is a multiple of, and the day whose value counts (S3-168)."""

    field: str = "annual_salary"
    as_of: AsOf = AsOf.EVENT_DATE
    minimum: Amount | None = None
    maximum: Amount | None = None


class ControllingCoverage(RulebookTable):
    """The coverage that somebody must have to elect a plan (S3-165).

    Attributes:
        type: the controlling plan type; ``plan`` narrows it to one plan.
        percent: the sum insured is at most so many percent of the controlling one.
        dependents: whether the controlling coverage must cover the same dependents.
    """

    type: str
    plan: str = ""
    percent: Amount | None = None
    dependents: bool = False


class Credit(RulebookTable):
    """A flexible credit of a month: for everybody of a group, or with the coverage of a plan (S3-46)."""

    code: str
    label: str = ""
    amount: Amount
    plans: tuple[str, ...] = ()
    group: str = ""
    since: date = date.min


class Rollover(RulebookTable):
    """The plan that receives excess credits, and our field in which a person may have another one (S3-163)."""

    plan: str = ""
    field: str = ""


class PlanType(RulebookTable):
    """The behavior of the plans of a type, by the first digit of its code (S3-166)."""

    code: str = Field(pattern=r"^[1-9][0-9]$")


class GeneralLedgerCode(RulebookTable):
    """The accounts to which the costs of coverage are posted; the narrowest entry that fits counts (S2-13)."""

    plans: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    since: date = date.min
    employee: str = ""
    company: str = ""

    @property
    def reach(self) -> tuple[bool, bool, bool, bool, date]:
        """Return how narrow it is: a location goes before options, these before plans, these before types."""
        return bool(self.locations), bool(self.options), bool(self.plans), bool(self.types), self.since
