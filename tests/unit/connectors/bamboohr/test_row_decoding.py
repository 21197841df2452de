"""Rows of a report, decoded: whose they are, and what several rows of one person agree on."""

from __future__ import annotations

import json

from hypothesis import given

from bensync.connectors.bamboohr.columns import WantedColumn
from bensync.connectors.bamboohr.row_decoding import RowDecoder, agreed
from tests.unit.connectors.test_rows import NAMES, orders, plainly, rows


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
    first, other = (form.decoder.decode(json.dumps({"date": "2026-01-01", "status": said})) for said in "ab")
    assert form.open(agreed(form, first, other)) == {"date": "2026-01-01"}
