"""Custom fields of a site: read, sent, fingerprinted, refused."""

from __future__ import annotations

import pytest

from bensync.core.changes import IssueCode
from bensync.core.ports import Record
from bensync.errors import ConfigError
from bensync.mappings import feed
from bensync.mappings.catalogue import FIELDS, Field, FieldType
from bensync.mappings.reader import Reader
from bensync.mappings.source import CustomField, load

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
