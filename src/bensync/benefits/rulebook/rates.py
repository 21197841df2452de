"""Rate tables: prices graded by facts such as age or option. Finds a person's grade, and the holes of a table."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cached_property
from itertools import product
from math import prod
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from bensync.benefits.rulebook.base import Amount, RulebookTable
from bensync.benefits.rulebook.conditions import number
from bensync.benefits.values.calendar import AsOf

OPTION = "option"
"""The fact by which a table is graded by option: the code of the option that is priced."""

MOST_CELLS = 200_000
"""A table of every age, for two sexes, in 50 locations, for 4 options has 40,000 cells."""


Texts = Annotated[tuple[str, ...], Field(min_length=1)]


class Range(RulebookTable):
    """Numbers from ``at_least`` up to, and without, ``below``; a bound that is not given is none."""

    at_least: Decimal | None = None
    below: Decimal | None = None

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        if self.at_least is None and self.below is None:
            raise ValueError("tests nothing: give at_least or below")
        if self.at_least is not None and self.below is not None and self.at_least >= self.below:
            raise ValueError("holds no number: below must be above at_least")
        return self


class Grade(RulebookTable):
    """One price of a table, for people with these facts; a fact that ``when`` does not name may be anything.

    The price is ``rate`` with one share of it, and the other party pays the rest; or ``employee`` and ``company``.
    """

    when: Mapping[str, Range | Texts] = Field(default_factory=dict)
    rate: Amount | None = None
    employee: Amount | None = None
    company: Amount | None = None
    employee_percent: Amount | None = None
    company_percent: Amount | None = None

    @property
    def given_shares(self) -> list[str]:
        """Return the names of the shares that are given."""
        names = ("employee", "company", "employee_percent", "company_percent")
        return [name for name in names if getattr(self, name) is not None]


class RoundingMode(StrEnum):
    """How an amount becomes one of fewer digits."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    UP = "up"
    DOWN = "down"


_DECIMAL_MODES = {
    RoundingMode.HALF_UP: ROUND_HALF_UP,
    RoundingMode.HALF_EVEN: ROUND_HALF_EVEN,
    RoundingMode.UP: ROUND_CEILING,
    RoundingMode.DOWN: ROUND_FLOOR,
}


_CENT_DIGITS = 2
_UNITS = (Decimal(1), Decimal("0.1"), Decimal("0.01"))


class Rounding(RulebookTable):
    """A rule of rounding.

    Attributes:
        mode: which way.
        digits: after the point.
        when: ``total`` rounds the whole price, then the share that is given, and the other party pays exactly the
            rest; ``shares`` rounds each share on its own.
    """

    mode: RoundingMode = RoundingMode.HALF_UP
    digits: int = Field(2, ge=0, le=2)
    when: Literal["total", "shares"] = "total"

    def rounded(self, amount: Decimal) -> Decimal:
        """Return the amount with so many digits, written with cents."""
        few = amount.quantize(_UNITS[self.digits], _DECIMAL_MODES[self.mode])
        return few if self.digits == _CENT_DIGITS else few.quantize(_UNITS[_CENT_DIGITS])


class RateTable(RulebookTable):
    """A version of a named table: of several with one code, the last one in force on the first day of coverage counts.

    Attributes:
        per: a grade is the price of so much of what ``of`` names; None prices the whole.
        of: the sum insured, or the yearly or monthly salary.
        as_of: fact -> the day whose value counts; the day of the event where nothing is said.
    """

    code: str
    label: str = ""
    since: date = date.min
    per: Decimal | None = Field(None, gt=0)
    of: Literal["amount", "annual_salary", "monthly_salary"] = "amount"
    as_of: Mapping[str, AsOf] = Field(default_factory=dict)
    rounding: Rounding = Rounding()
    grades: tuple[Grade, ...] = Field(min_length=1)

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """Return the facts by which the table is graded, in the order in which its grades name them."""
        names = dict.fromkeys(name for grade in self.grades for name in grade.when)
        return tuple(Axis(name, [grade.when.get(name) for grade in self.grades]) for name in names)

    @cached_property
    def cells(self) -> Mapping[tuple[int, ...], int]:
        """Return for each cell the place of its grade; the first one where several overlap."""
        cells: dict[tuple[int, ...], int] = {}
        for place, _ in enumerate(self.grades):
            for cell in self.cells_of(place):
                cells.setdefault(cell, place)
        return cells

    def cells_of(self, place: int) -> Iterator[tuple[int, ...]]:
        """Yield the cells of one grade."""
        return product(*(axis.slots[place] for axis in self.axes))

    @property
    def size(self) -> int:
        """Return how many cells all grades fill."""
        return sum(prod(len(axis.slots[place]) for axis in self.axes) for place, _ in enumerate(self.grades))

    def grade(self, values: Mapping[str, str | None]) -> Grade | None:
        """Return the grade for facts, each of which is there; None if the table has no price for them."""
        cell = tuple(axis.slot(values[axis.name] or "") for axis in self.axes)
        place = self.cells.get(cell)
        return None if place is None else self.grades[place]

    def overlaps(self) -> list[tuple[int, int]]:
        """Return the places of grades that share a cell, each with that of the first grade in the cell."""
        return sorted({(self.cells[cell], place) for place, _ in enumerate(self.grades) for cell in self.cells_of(place)
                       if self.cells[cell] != place})  # fmt: skip

    def gap(self) -> str:
        """Return the first facts that have no grade, though others beside them do; empty if there is no gap."""
        for cell in product(*(axis.needed for axis in self.axes)):
            if cell not in self.cells:
                return ", ".join(axis.described(slot) for axis, slot in zip(self.axes, cell, strict=True))
        return ""


class Axis:
    """One fact by which a table is graded, cut into slots such that each test of a grade is a set of whole slots.

    Attributes:
        name: the fact.
        slots: the slots of each grade; those of a grade that does not name the fact are all.
        needed: the slots for which a price must exist: what a grade names, and what lies between two of them.
        mixed: whether some grades test a number and others a text, which cannot be compared.
    """

    def __init__(self, name: str, tests: Sequence[Range | tuple[str, ...] | None]) -> None:
        self.name = name
        ranges = [test for test in tests if isinstance(test, Range)]
        texts = [test for test in tests if isinstance(test, tuple)]
        self.mixed = bool(ranges and texts)
        bounds = {bound for test in ranges for bound in (test.at_least, test.below) if bound is not None}
        self._bounds = sorted(bounds)
        self._places = {
            text: place for place, text in enumerate(dict.fromkeys(text for test in texts for text in test))
        }
        # The last slot of numbers is open upwards; the last slot of texts stands for every text that no grade names.
        count = len(self._bounds or self._places) + 1
        self.slots = [range(count) if test is None else self._named(test) for test in tests]
        named = [slot for test, slots in zip(tests, self.slots, strict=True) if test is not None for slot in slots]
        self.needed = range(min(named), max(named) + 1)

    def _named(self, test: Range | tuple[str, ...]) -> Sequence[int]:
        if isinstance(test, tuple):
            return [self._places[text] for text in test]
        first = 0 if test.at_least is None else bisect_left(self._bounds, test.at_least) + 1
        end = len(self._bounds) if test.below is None else bisect_left(self._bounds, test.below)
        return range(first, end + 1)

    def slot(self, text: str) -> int:
        """Return the slot of a value; -1, which is in no grade, for a text where a number is needed."""
        if not self._bounds:
            return self._places.get(text, len(self._places))
        value = number(text)
        return -1 if value is None else bisect_right(self._bounds, value)

    def named(self, text: str) -> bool:
        """Return whether a grade names this text."""
        return text in self._places

    def described(self, slot: int) -> str:
        """Return a slot for people who fix the table; of texts only the option, which is no fact of a person."""
        if self._bounds:
            low = f" from {self._bounds[slot - 1]}" if slot > 0 else ""
            high = f" below {self._bounds[slot]}" if slot < len(self._bounds) else ""
            return f"{self.name}{low}{high}"
        return f"{self.name} {list(self._places)[slot]}" if self.name == OPTION else self.name
