"""Pay calendars: the pay dates of a group, and those of them on which deductions are taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from bensync.benefits.rulebook.base import RulebookTable
from bensync.benefits.values.calendar import end_of_month, plus


class Frequency(StrEnum):
    """How often a group is paid."""

    WEEKLY = "weekly"
    BIWEEKLY = "biweekly"
    SEMIMONTHLY = "semimonthly"
    MONTHLY = "monthly"


_WEEKS = {Frequency.WEEKLY: 1, Frequency.BIWEEKLY: 2}
_DAYS = {Frequency.SEMIMONTHLY: 2, Frequency.MONTHLY: 1}


class PayCalendar(RulebookTable):
    """A pay calendar; of several the first one whose group a person is in counts.

    Attributes:
        first: one of the pay dates, from which the weeks are counted both ways.
        days: the days of a month, where pay is by the month; 31 stands for its last day.
        skip: pay dates without deductions.
        most_per_month: deductions are taken from the first so many pay dates of a month only.
        group: the rule of eligibility of those who are paid by it; empty for everybody.
    """

    code: str
    label: str = ""
    frequency: Frequency
    first: date | None = None
    days: tuple[Annotated[int, Field(ge=1, le=31)], ...] = ()
    skip: tuple[date, ...] = ()
    most_per_month: int | None = Field(None, ge=1)
    group: str = ""

    @model_validator(mode="after")
    def _fits_its_frequency(self) -> Self:
        by_weeks = self.frequency in _WEEKS
        if by_weeks and (self.first is None or self.days):
            raise ValueError("pay_dates: a calendar of weeks needs first, one of its pay dates, and no days")
        if not by_weeks and (self.first is not None or len(set(self.days)) != _DAYS[self.frequency]):
            raise ValueError("pay_dates: a calendar of months needs days, one for each pay date, and no first")
        return self

    def pay_dates(self, begin: date, end: date) -> Iterator[date]:
        """Yield the pay dates from one day up to, and without, another."""
        if self.first is not None:
            step = 7 * _WEEKS[self.frequency]
            # Counted backwards, too: the first pay date that HR names may lie in this year or in a later one.
            day = begin + timedelta(days=(self.first - begin).days % step)
            while day < end:
                yield day
                day += timedelta(days=step)
            return
        month = begin.replace(day=1)
        while month < end:
            last = end_of_month(month)
            dates = sorted({min(month.replace(day=1) + timedelta(days=day - 1), last) for day in self.days})
            yield from (day for day in dates if begin <= day < end)
            month = plus(month, months=1)

    def deduction_dates(self, year_start: date) -> list[date]:
        """Return the pay dates of a plan year on which deductions are taken."""
        taken_by_month: dict[tuple[int, int], list[date]] = {}
        for day in self.pay_dates(year_start, plus(year_start, months=12)):
            taken = taken_by_month.setdefault((day.year, day.month), [])
            # A skipped date uses up none of the month: the third pay date may take the place of the second.
            if day not in self.skip and (self.most_per_month is None or len(taken) < self.most_per_month):
                taken.append(day)
        return [day for taken in taken_by_month.values() for day in taken]
