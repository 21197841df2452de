"""A retention period: a number of years or days, or "keep" for data that is never deleted."""

from __future__ import annotations

import re
from datetime import date, timedelta

import msgspec

_FORM = re.compile(r"(\d{1,4}) (year|day)s?")
_SHORTEST_YEAR, _LONGEST_YEAR = 365, 366
_LONGEST_YEARS = 100


class Period(msgspec.Struct, frozen=True):
    """A retention period of whole years and days; without any, data is kept for good.

    Attributes:
        years: calendar years.
        days: days, instead of years.
    """

    years: int = 0
    days: int = 0

    @classmethod
    def parse(cls, text: str) -> Period:
        """Return the period that a text such as ``8 years``, ``90 days`` or ``keep`` means.

        Raises:
            ValueError: the text is none of these.
        """
        if text == "keep":
            return KEEP
        match = _FORM.fullmatch(text)
        number = int(match[1]) if match is not None else 0
        if match is None or not number or (match[2] == "year" and number > _LONGEST_YEARS):
            raise ValueError('must be a number of years or days, such as "8 years" or "90 days", or "keep"')
        return cls(years=number) if match[2] == "year" else cls(days=number)

    @property
    def ends(self) -> bool:
        """Whether data is deleted at all."""
        return bool(self.years or self.days)

    def cutoff(self, today: date) -> date | None:
        """Return the first day that is still within the period: older data may be deleted. None if all is kept."""
        if not self.ends:
            return None
        if self.days:
            return today - timedelta(days=self.days)
        year = max(today.year - self.years, 1)
        leap_day = (today.month, today.day) == (2, 29)
        # A period of years that begins on Feb 29 ends on Feb 28, so that nothing is deleted a day early.
        return date(year, 2, 28) if leap_day else today.replace(year=year)

    def is_shorter_than(self, other: Period) -> bool:
        """Return whether data would be deleted before the other period is over."""
        if not self.ends or not other.ends:
            return self.ends
        if self.years and other.years:
            return self.years < other.years
        # Days against years: the years count as leap years, so that no choice of a day makes the period too short.
        return self.years * _SHORTEST_YEAR + self.days < other.years * _LONGEST_YEAR + other.days

    def __str__(self) -> str:
        """Return the text that `parse` takes."""
        number, unit = (self.years, "year") if self.years else (self.days, "day")
        return f"{number} {unit}{'s' if number > 1 else ''}" if number else "keep"


KEEP = Period()
