"""Fields that the catalogue does not know, and the way of a value as `bensync mapping try` tells it."""

from __future__ import annotations

import pytest

from bensync.core.changes import IssueCode
from bensync.core.ports import Record
from bensync.errors import ConfigError
from bensync.mappings import feed
from bensync.mappings.catalogue import FIELDS, Field, FieldType
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


def refusal(entries):
    with pytest.raises(ConfigError) as caught:
        load(OWN, {}, entries)
    return caught.value.why


def record(rows=({"from": "2024-02-01", "state": "Active"},), **fields):
    values = {"ssn": "123-45-6789", "gender": " Female", "born": "1990-01-31", **fields}
    return Record("17", values, {"states": list(rows)})


def traced(mapping, found):
    return {(one.field, one.date): one for one in trace(Reader(mapping), found)}


def test_a_custom_field_is_asked_for_read_and_sent_behind_all_others():
    mapping = load(OWN, {}, {**custom("locker", "customLocker", FieldType.NUMBER), **custom()})
    assert mapping.wanted().fields == ("ssn", "born", "gender", "customLocker", "customTShirt")
    assert mapping.synced()[-2:] == ("locker", "t_shirt")
    employee = Reader(mapping).read(record(customTShirt=" XL ", customLocker="07.0"))
    assert list(employee.values.items())[-2:] == [("locker", "7"), ("t_shirt", "XL")]
    layout = feed.load("benetrac", mapping.synced())
    assert layout.columns[-2:] == (("locker", "LOCKER"), ("t_shirt", "T_SHIRT"))


def test_a_custom_field_stays_with_the_site_that_has_it():
    assert "t_shirt" in load(OWN, {}, custom()).catalogue
    assert "t_shirt" not in load(OWN, {}).catalogue
    assert "t_shirt" not in FIELDS


def test_a_custom_value_of_another_type_keeps_the_person_back():
    issue = Reader(load(OWN, {}, custom(kind=FieldType.DATE))).read(record(customTShirt="XL"))
    assert (issue.code, issue.detail) == (IssueCode.FIELD_INVALID, "t_shirt is not a date")


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        pytest.param(custom("gender"), "custom_fields.gender: a name of its own", id="of the catalogue"),
        pytest.param(custom("TShirt"), "custom_fields.TShirt: a name of its own", id="capital letters"),
        pytest.param(custom("2nd"), "custom_fields.2nd: a name of its own", id="a digit first"),
        pytest.param(custom("größe"), "custom_fields.größe: a name of its own", id="another alphabet"),
        pytest.param(custom("spouse_name"), "custom_fields.spouse_name: fields about dependents", id="forbidden"),
        pytest.param(custom(source="customSpouseName"), "'customSpouseName' is about", id="theirs is forbidden"),
        pytest.param(custom(kind=FieldType.SSN), "custom_fields.t_shirt: people have one SSN", id="another SSN"),
    ],
)
def test_a_custom_field_that_may_not_be_is_refused(entries, why):
    assert why in refusal(entries)


@pytest.mark.parametrize("word", ["source", "date"])
def test_a_preset_cannot_bring_a_table_about_dependents(word):
    status = {**OWN["tables"]["status"], word: "dependents"}
    with pytest.raises(ConfigError, match="'dependents' is about dependents"):
        load({**OWN, "tables": {"status": status}}, {})


def test_the_fingerprint_knows_custom_fields_and_not_their_labels():
    prints = [
        load(OWN, {}, entries).fingerprint()
        for entries in ({}, custom(), custom("size"), custom(source="customSize"), custom(kind=FieldType.CODE))
    ]
    assert len(set(prints)) == len(prints)
    assert load(OWN, {}, custom(label="Size")).fingerprint() == prints[1]


def test_a_trace_shows_source_value_steps_and_result_and_masks_the_ssn():
    codes = {"gender": CodeTable({"Female": "F"})}
    found = traced(load(OWN, {}, custom(), codes), record(customTShirt=None))
    gender = found["gender", None]
    assert (gender.label, gender.source, gender.raw, gender.steps, gender.value, gender.problem) == (
        *("Gender", "gender", " Female", "trim, code table", "F", ""),
    )
    ssn = found["ssn", None]
    assert (ssn.raw, ssn.value) == ("***-**-6789", "***-**-6789")
    assert (found["t_shirt", None].raw, found["t_shirt", None].value) == (None, None)
    status = found["benetrac_status", "2024-02-01"]
    assert (status.source, status.value) == ("states.state", "Active")


@pytest.mark.parametrize("raw", ["123-45-67890", "1234", "abc", "123 45 678X"])
def test_a_trace_never_shows_an_ssn_however_it_is_written(raw):
    ssn = traced(load(OWN, {}), record(ssn=raw))["ssn", None]
    assert (ssn.raw, ssn.value) == ("***-**-****", "***-**-****")


@pytest.mark.parametrize("unknown", [Unknown.HOLD, Unknown.REJECT])
def test_a_trace_tells_what_cannot_be_read_and_goes_on(unknown):
    codes = {"gender": CodeTable({"x": "y"}, unknown)}
    rows = ({"from": None, "state": "Active"}, {"from": "2024-02-01"})
    found = traced(load(OWN, {}, custom(), codes), record(rows, born="31.1.1990"))
    assert found["gender", None].problem == f"holds a value that its code table does not list ({unknown})"
    assert found["birth_date", None].problem == "is not a date"
    assert found["t_shirt", None].problem == "HR's answer lacks customTShirt"
    assert found["benetrac_status", ""].problem == "a row of table status has no date"
    assert found["benetrac_status", "2024-02-01"].problem == "HR's answer lacks state"


def test_a_trace_tells_of_a_table_that_is_absent():
    whole = record()
    found = traced(load(OWN, {}), Record("17", whole.fields, {}))
    assert found["benetrac_status", None].problem == "HR's answer lacks states"
