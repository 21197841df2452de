"""Drawings worked out on the server: everything stays within the frame, and what is cut off says so."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as some

from bensync.mappings.catalogue import FIELDS
from bensync.state.read.filtered_lists import DayChanges
from bensync.web.shared.charts import DAYS, changes, fill_rates

TODAY = date(2026, 6, 30)
counts = some.integers(0, 100_000)


@given(some.lists(some.tuples(some.integers(0, DAYS + 5), counts, counts, counts), max_size=40))
def test_every_piece_lies_within_the_frame(days):
    day_changes = [DayChanges(TODAY - timedelta(days=back), *numbers) for back, *numbers in days]
    chart = changes(day_changes, TODAY)
    assert len(chart.columns) == DAYS
    for piece in (piece for column in chart.columns for piece in column.pieces):
        assert 0 <= piece.x <= piece.x + piece.width <= chart.width
        assert 0 <= piece.y <= piece.y + piece.height <= chart.height
        assert piece.height >= 0


def test_a_column_that_towers_above_all_is_cut_and_says_its_number():
    chart = changes([DayChanges(TODAY, joined=120), DayChanges(TODAY - timedelta(days=1), changed=9)], TODAY)
    assert [column.cut for column in chart.columns if column.cut] == [120]
    assert chart.levels[-1].text == "10"


def test_no_change_at_all_is_a_drawing_too():
    chart = changes([], TODAY)
    assert chart.said == f"Employees sent in the last {DAYS} days: no changes."
    assert not [column for column in chart.columns if column.pieces]


def test_the_emptiest_fields_come_first_and_nothing_incomplete_is_called_whole():
    bars = fill_rates({"city": 1.0, "ssn": 0.9999, "middle_name": 0.5}, FIELDS)
    assert [bar.label for bar in bars] == ["Middle name", "SSN", "City"]
    assert [bar.percent for bar in bars] == ["50.0%", "99.9%", "100%"]
