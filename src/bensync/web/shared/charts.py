"""Charts of the overview: positions and sizes only; a template draws them as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import msgspec

from bensync.mappings.catalogue import Catalogue
from bensync.state.read.filtered_lists import DayChanges
from bensync.wording import sync

DAYS = 30
_WIDTH, _HEIGHT, _FOOT, _SIDE = 460, 170, 22, 32
_TOWERING = 4
"""A column that is so many times as high as the next one is cut off, so that the others can be seen."""
_STEPS = (1, 2, 5)
_HEAD = 18


class Piece(msgspec.Struct, frozen=True):
    """A rectangle of one colour; ``kind`` names the colour."""

    kind: str
    x: float
    y: float
    width: float
    height: float


class DayColumn(msgspec.Struct, frozen=True):
    """One day: its pieces, and what they say in words; ``cut`` is the number of one that goes on beyond the top."""

    on: date
    said: str
    pieces: Sequence[Piece]
    middle: float
    cut: int = 0


class Mark(msgspec.Struct, frozen=True):
    """A line across at a number, or a word under a day."""

    text: str
    at: float


class Chart(msgspec.Struct, frozen=True):
    """Changes per day as stacked columns.

    Attributes:
        said: the whole of it in one sentence, for those who do not see it.
        columns: one per day; days without changes have no pieces.
        levels: numbers at the left.
        dates: words below.
    """

    width: int
    height: int
    said: str
    columns: Sequence[DayColumn]
    levels: Sequence[Mark]
    dates: Sequence[Mark]


class Bar(msgspec.Struct, frozen=True):
    """How many of the people have a value in a field: a share between 0 and 1."""

    label: str
    share: float

    @property
    def percent(self) -> str:
        """As a percentage that never says 100 where one is missing."""
        # Rounding 99.96 up to 100 would say that nobody lacks the value.
        shown = min(self.share * 100, 99.9) if self.share < 1 else 100
        return f"{shown:.0f}%" if shown in {0, 100} else f"{shown:.1f}%"


def changes(days: Sequence[DayChanges], today: date) -> Chart:
    """Return the chart of the last `DAYS` days, with empty ones."""
    # The database has rows for days with changes only; a gap in the columns would hide that days are missing.
    by_date = {day.on: day for day in days}
    shown = [by_date.get(on, DayChanges(on)) for on in (today - timedelta(days=back) for back in reversed(range(DAYS)))]
    top = _top(_highest([_total(day) for day in shown]))
    step = (_WIDTH - _SIDE) / len(shown)
    columns = [_column(day, _SIDE + step * place, step, top) for place, day in enumerate(shown)]
    levels = [Mark(f"{number:,}", _y(number, top)) for number in sorted({0, top // 2, top}) if number <= top]
    # A label for each day would not fit: every seventh, from the fifth on, so that none touches a side.
    dates = [Mark(f"{day.on:%b} {day.on.day}", _SIDE + step * (place + 0.5)) for place, day in enumerate(shown)][4::7]
    return Chart(_WIDTH, _HEIGHT, _said(shown), columns, levels, dates)


def fill_rates(rates: Mapping[str, float], catalogue: Catalogue) -> list[Bar]:
    """Return one bar per field, the emptiest first."""
    bars = [Bar(sync.label(field, catalogue), min(1.0, max(0.0, share))) for field, share in rates.items()]
    return sorted(bars, key=lambda bar: (bar.share, bar.label))


def _column(day: DayChanges, x: float, step: float, top: int) -> DayColumn:
    gap = step * 0.18
    pieces: list[Piece] = []
    below = 0
    for kind, number in (("changed", day.changed), ("joined", day.joined), ("left", day.left)):
        if number and below < top:
            upper, lower = _y(min(below + number, top), top), _y(below, top)
            pieces.append(Piece(kind, round(x + gap, 1), upper, round(step - 2 * gap, 1), round(lower - upper, 1)))
        below += number
    said = f"{sync.day(day.on)}: {_counted(day)}"
    return DayColumn(day.on, said, pieces, round(x + step / 2, 1), below if below > top else 0)


def _y(number: int, top: int) -> float:
    height = _HEIGHT - _FOOT - _HEAD
    return round(_HEAD + height * (1 - number / top), 1)


def _highest(totals: Sequence[int]) -> int:
    """Return the height of the scale: the highest column, or the second where the highest is far above all others."""
    # The first resync sends everybody; at its scale, the columns of normal days would be too low to see.
    second, first = sorted(totals)[-2:]
    return second if second and first > _TOWERING * second else first


def _top(most: int) -> int:
    """Return a round number at or above the highest column."""
    size = 1
    while True:
        for step in _STEPS:
            if step * size >= max(most, 2):
                return step * size
        size *= 10


def _total(day: DayChanges) -> int:
    return day.joined + day.left + day.changed


def _counted(day: DayChanges) -> str:
    counts = ((day.joined, "new or returning"), (day.left, "terminated"), (day.changed, "changed"))
    return ", ".join(f"{number:,} {word}" for number, word in counts if number) or "no changes"


def _said(days: Sequence[DayChanges]) -> str:
    whole = DayChanges(
        days[-1].on, sum(day.joined for day in days), sum(day.left for day in days), sum(day.changed for day in days)
    )
    return f"Employees sent in the last {len(days)} days: {_counted(whole)}."
