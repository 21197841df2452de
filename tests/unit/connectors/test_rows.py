"""The store for rows of dated tables, and the forms that open what BambooHR says."""

from __future__ import annotations

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bensync.connectors.bamboohr.columns import WantedColumn
from bensync.connectors.bamboohr.row_decoding import RowDecoder
from bensync.connectors.bamboohr.value_formats import text
from bensync.connectors.rows import RowStore

NAMES = ("date", "status", "rate", "id")
texts = st.text(st.characters(exclude_categories=["Cs"]))
money = st.fixed_dictionaries({"currency": texts, "value": texts})
cells = st.none() | texts | st.booleans() | st.integers() | st.just("0000-00-00") | money
rows = st.dictionaries(st.sampled_from([*NAMES, "employeeId", "not wanted"]), cells)
orders = st.permutations([WantedColumn(name, name, name == "rate") for name in NAMES])


def plainly(row, columns):
    return {column.wanted: text(row[column.ask], money=column.money) for column in columns if column.ask in row}


@given(st.lists(st.tuples(st.sampled_from("12"), rows)), orders)
def test_rows_come_back_by_person_in_order_with_absent_columns_still_absent(put, columns):
    form, store = RowDecoder([(column, column.ask) for column in columns], "employeeId"), RowStore()
    for person, row in put:
        decoded = form.decoder.decode(json.dumps(row))
        assert form.owner(decoded) == text(row.get("employeeId"))
        store.put(person, form.disown(decoded))
    for person in "12":
        assert form.open_lines(store.take(person)) == [plainly(row, columns) for owner, row in put if owner == person]


def test_rows_are_taken_once():
    store = RowStore()
    store.put("1", ["2026-01-01"])
    assert msgspec.json.decode(store.take("1")) == ["2026-01-01"]
    assert store.take("1") == b""
