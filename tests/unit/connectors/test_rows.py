"""The shelf for rows of dated tables."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bensync.connectors.rows import Shelf

cells = st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
rows = st.dictionaries(st.sampled_from(["date", "status", "id"]), cells)


@given(st.lists(st.tuples(st.sampled_from("12"), rows)))
def test_rows_come_back_by_person_in_order_with_absent_columns_still_absent(put):
    shelf = Shelf(("date", "status"))
    for person, row in put:
        shelf.put(person, row)
    for person in "12":
        assert shelf.take(person) == [row for owner, row in put if owner == person]


def test_rows_are_taken_once():
    shelf = Shelf(("date",))
    shelf.put("1", {"date": "2026-01-01"})
    assert len(shelf.take("1")) == 1
    assert shelf.take("1") == []


def test_columns_that_are_not_wanted_are_not_kept():
    shelf = Shelf(("date",))
    shelf.put("1", {"date": None, "ssn": "512-44-1001"})
    assert shelf.take("1") == [{"date": None}]
