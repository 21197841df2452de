"""How the values of one person came about, shown without an SSN."""

from __future__ import annotations

import pytest

from bensync.core.ports import Record
from bensync.mappings.catalogue import Field, FieldType
from bensync.mappings.codes import CodeTable, Unknown
from bensync.mappings.reader import Reader
from bensync.mappings.source import CustomField, load
from bensync.mappings.trace import trace

OWN = {
    "fields": {"ssn": "ssn", "gender": "gender", "birth_date": "born"},
    "tables": {"status": {"source": "states", "date": "from", "fields": {"benetrac_status": "state"}}},
}


def custom(name="t_shirt", source="customTShirt", kind=FieldType.TEXT, label="T-shirt size"):
    return {name: CustomField(source, Field(name, kind, label))}


def record(rows=({"from": "2024-02-01", "state": "Active"},), **fields):
    values = {"ssn": "123-45-6789", "gender": " Female", "born": "1990-01-31", **fields}
    return Record("17", values, {"states": list(rows)})


def traced(mapping, entry):
    return {(item.field, item.date): item for item in trace(Reader(mapping), entry)}


def test_a_trace_shows_source_value_steps_and_result_and_masks_the_ssn():
    codes = {"gender": CodeTable({"Female": "F"})}
    actual = traced(load(OWN, {}, custom(), codes), record(customTShirt=None))
    gender = actual["gender", None]
    assert (gender.label, gender.source, gender.raw, gender.steps, gender.value, gender.problem) == (
        *("Gender", "gender", " Female", "trim, code table", "F", ""),
    )
    ssn = actual["ssn", None]
    assert (ssn.raw, ssn.value) == ("***-**-6789", "***-**-6789")
    assert (actual["t_shirt", None].raw, actual["t_shirt", None].value) == (None, None)
    status = actual["benetrac_status", "2024-02-01"]
    assert (status.source, status.value) == ("states.state", "Active")


@pytest.mark.parametrize("raw", ["123-45-67890", "1234", "abc", "123 45 678X"])
def test_a_trace_never_shows_an_ssn_however_it_is_written(raw):
    ssn = traced(load(OWN, {}), record(ssn=raw))["ssn", None]
    assert (ssn.raw, ssn.value) == ("***-**-****", "***-**-****")


@pytest.mark.parametrize("unknown", [Unknown.HOLD, Unknown.REJECT])
def test_a_trace_reports_what_cannot_be_read_and_goes_on(unknown):
    codes = {"gender": CodeTable({"x": "y"}, unknown)}
    rows = ({"from": None, "state": "Active"}, {"from": "2024-02-01"})
    actual = traced(load(OWN, {}, custom(), codes), record(rows, born="31.1.1990"))
    assert actual["gender", None].problem == f"holds a value that its code table does not list ({unknown})"
    assert actual["birth_date", None].problem == "is not a date"
    assert actual["t_shirt", None].problem == "HR's answer lacks customTShirt"
    assert actual["benetrac_status", ""].problem == "a row of table status has no date"
    assert actual["benetrac_status", "2024-02-01"].problem == "HR's answer lacks state"


def test_a_trace_reports_a_table_that_is_absent():
    whole = record()
    actual = traced(load(OWN, {}), Record("17", whole.fields, {}))
    assert actual["benetrac_status", None].problem == "HR's answer lacks states"
