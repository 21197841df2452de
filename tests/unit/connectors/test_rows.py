"""The shelf for rows of dated tables, and the forms that open what BambooHR says."""

from __future__ import annotations

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bensync.connectors.bamboohr.columns import WantedColumn
from bensync.connectors.bamboohr.row_decoding import RowDecoder, agreed
from bensync.connectors.bamboohr.value_formats import text
from bensync.connectors.rows import RowStore

NAMES = ("date", "status", "rate", "id")
texts = st.text(st.characters(exclude_categories=["Cs"]))
money = st.fixed_dictionaries({"currency": texts, "value": texts})
cells = st.none() | texts | st.booleans() | st.integers() | st.just("0000-00-00") | money
rows = st.dictionaries(st.sampled_from([*NAMES, "employeeId", "not wanted"]), cells)
orders = st.permutations([WantedColumn(name, name, name == "rate") for name in NAMES])


def plainly(row, columns):
    return {one.wanted: text(row[one.ask], money=one.money) for one in columns if one.ask in row}


@given(st.lists(st.tuples(st.sampled_from("12"), rows)), orders)
def test_rows_come_back_by_person_in_order_with_absent_columns_still_absent(put, columns):
    form, shelf = RowDecoder([(column, column.ask) for column in columns], "employeeId"), RowStore()
    for person, row in put:
        decoded = form.decoder.decode(json.dumps(row))
        assert form.owner(decoded) == text(row.get("employeeId"))
        shelf.put(person, form.disown(decoded))
    for person in "12":
        assert form.open_lines(shelf.take(person)) == [plainly(row, columns) for owner, row in put if owner == person]


@given(rows, orders)
def test_an_owner_who_is_wanted_is_kept(row, columns):
    form = RowDecoder([(column, column.ask) for column in columns], "id")
    decoded = form.decoder.decode(json.dumps(row))
    assert form.open(decoded) == form.open(form.disown(decoded)) == plainly(row, columns)
    assert form.missing(decoded) == set(NAMES) - row.keys()


def test_two_names_of_one_column_both_get_its_value():
    form = RowDecoder(
        [(WantedColumn("Status", "status"), "status"), (WantedColumn("status", "status"), "status")], "id"
    )
    assert form.open(form.decoder.decode('{"id": 7, "status": "on"}')) == {"Status": "on", "status": "on"}


def test_of_two_rows_of_a_person_only_what_both_say_is_believed():
    form = RowDecoder([(WantedColumn("date", "date"), "date"), (WantedColumn("status", "status"), "status")], "id")
    one, other = (form.decoder.decode(json.dumps({"date": "2026-01-01", "status": said})) for said in "ab")
    assert form.open(agreed(form, one, other)) == {"date": "2026-01-01"}


def test_rows_are_taken_once():
    shelf = RowStore()
    shelf.put("1", ["2026-01-01"])
    assert msgspec.json.decode(shelf.take("1")) == ["2026-01-01"]
    assert shelf.take("1") == b""
