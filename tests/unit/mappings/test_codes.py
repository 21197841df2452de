"""Code tables: the source's values -> ours, and what becomes of a value that is not listed."""

from __future__ import annotations

import pytest

from bensync.core.changes import Issue, IssueCode
from bensync.core.people import DatedRow, Employee
from bensync.core.ports import Record
from bensync.errors import ConfigError, GuardTripped
from bensync.mappings.catalogue import FieldType
from bensync.mappings.codes import CodeTable, Unknown, UnlistedError, normalised, translator
from bensync.mappings.reader import Reader
from bensync.mappings.source import load
from tests.unit.builders import day

GENDERS = {"Female": "F", "Male": "M", "Prefer not to say": ""}
OWN = {
    "fields": {"ssn": "ssn", "gender": "gender", "postal_code": "zip"},
    "tables": {"status": {"source": "states", "date": "from", "fields": {"benetrac_status": "state"}}},
}


def translate(text, unknown=Unknown.HOLD, default="", kind=FieldType.TEXT, values=GENDERS):
    return translator(kind, normalised(CodeTable(values, unknown, default), kind))(text)


def read(codes, gender="Female", state="Active"):
    record = Record(
        "17",
        {"ssn": "123-45-6789", "gender": gender, "zip": None},
        {"states": [{"from": "2024-02-01", "state": state}]},
    )
    return Reader(load(OWN, {}, codes=codes)).read(record)


def refusal(codes, preset=OWN, **entries):
    with pytest.raises(ConfigError) as caught:
        load(preset, entries, codes=codes, site="acme")
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "expected"), [("Female", "F"), (" Male ", "M"), ("Prefer not to say", None), ("", None), ("  ", None)]
)
def test_a_listed_value_is_translated_after_it_was_normalised(text, expected):
    assert translate(text) == expected


@pytest.mark.parametrize("text", ["female", "F", "Diverse"])
def test_a_value_that_is_not_listed_is_never_guessed(text):
    with pytest.raises(UnlistedError) as caught:
        translate(text)
    assert text not in str(caught.value)


@pytest.mark.parametrize(("default", "expected"), [("U", "U"), (" U ", "U"), ("", None)])
def test_the_default_stands_in_for_what_is_not_listed_but_never_for_empty(default, expected):
    assert translate("Diverse", Unknown.DEFAULT, default) == expected
    assert translate(" ", Unknown.DEFAULT, default) is None


def test_both_sides_are_written_as_fields_of_the_type_are():
    assert translate("sw1a 1aa", kind=FieldType.CODE, values={"Sw1a 1AA": "london"}) == "LONDON"
    assert translate("40.0", kind=FieldType.NUMBER, values={"40.00": "37.50"}) == "37.5"


@pytest.mark.parametrize(
    ("kind", "table", "why"),
    [
        pytest.param(FieldType.DATE, CodeTable({"soon": "2024-02-01"}), "'soon' is not a date", id="their side"),
        pytest.param(FieldType.NUMBER, CodeTable({"1": "one"}), "'one' is not a number", id="our side"),
        pytest.param(FieldType.NUMBER, CodeTable({"1": "2"}, Unknown.DEFAULT, "x"), "'x' is not", id="the default"),
        pytest.param(FieldType.TEXT, CodeTable({" ": "x"}), "never looked up", id="an empty source"),
        pytest.param(FieldType.CODE, CodeTable({"a": "1", "A": "2"}), "'A' is listed twice", id="twice"),
    ],
)
def test_a_table_that_cannot_be_looked_up_in_is_refused(kind, table, why):
    with pytest.raises(ValueError, match=why):
        normalised(table, kind)


def test_one_value_may_be_listed_twice_if_both_entries_agree():
    assert normalised(CodeTable({"a": "x", "A ": "X"}), FieldType.CODE).values == {"A": "X"}


def test_plain_and_dated_fields_are_translated():
    codes = {"gender": CodeTable(GENDERS), "benetrac_status": CodeTable({"Working": "Active"})}
    assert read(codes, state="Working") == Employee(
        "17",
        {"ssn": "123456789", "gender": "F"},
        (DatedRow("status", day("2024-02-01"), {"benetrac_status": "Active"}),),
    )


@pytest.mark.parametrize("field", ["gender", "benetrac_status"])
def test_hold_keeps_the_person_back_and_names_the_field_alone(field):
    rulebook_read = read({field: CodeTable({"x": "y"})})
    detail = f"{field} holds a value that its code table does not list"
    assert rulebook_read == Issue("17", IssueCode.VALUE_UNKNOWN, detail)


def test_reject_refuses_the_run_and_names_field_and_employee_alone():
    with pytest.raises(GuardTripped) as caught:
        read({"gender": CodeTable({"weiblich": "F"}, Unknown.REJECT)})
    reported = f"{caught.value} {caught.value.fix}"
    assert "gender (value_unknown)" in reported
    assert "Employee 17" in reported
    assert "Female" not in reported


def test_reject_lets_listed_and_empty_values_pass():
    codes = {"gender": CodeTable(GENDERS, Unknown.REJECT)}
    assert isinstance(read(codes), Employee)
    assert isinstance(read(codes, gender=None), Employee)


def test_a_value_of_another_type_is_no_unknown_value():
    rulebook_read = read({"gender": CodeTable(GENDERS)}, gender="Fe\nmale")
    assert (rulebook_read.code, rulebook_read.detail) == (
        IssueCode.FIELD_INVALID,
        "gender holds the invisible character U+000A LINE FEED",
    )


def test_a_preset_may_bring_tables_and_a_site_replaces_them_one_by_one():
    bringing = {
        **OWN,
        "codes": {"gender": {"values": {"f": "F"}}, "postal_code": {"values": {"1": "2"}, "unknown": "default"}},
    }
    assert load(bringing, {}).codes["postal_code"] == CodeTable({"1": "2"}, Unknown.DEFAULT)
    codes = load(bringing, {}, codes={"gender": CodeTable({"Female": "F"})}).codes
    assert codes["gender"].values == {"Female": "F"}
    assert "postal_code" in codes


def test_tables_that_do_not_fit_the_mapping_are_refused_all_at_once():
    problems = refusal(
        {
            "city": CodeTable({"a": "b"}),
            "shoe_size": CodeTable({"a": "b"}),
            "ssn": CodeTable({"a": "b"}),
            "gender": CodeTable({"": "b"}),
        },
        fte="customFte",
        spouse_name="x",
    )
    paths = [problem.partition(": ")[0].removeprefix("sites.acme.") for problem in problems]
    assert paths == ["mapping.spouse_name", "codes.city", "codes.shoe_size", "codes.ssn", "codes.gender"]


def test_the_fingerprint_knows_every_entry_and_no_order():
    plain = load(OWN, {}).fingerprint()
    table = CodeTable(GENDERS)
    turned = CodeTable(dict(reversed(GENDERS.items())))
    others = [
        CodeTable({**GENDERS, "Male": "m"}),
        CodeTable(GENDERS, Unknown.REJECT),
        CodeTable(GENDERS, Unknown.DEFAULT),
        CodeTable(GENDERS, Unknown.DEFAULT, "U"),
    ]
    prints = [load(OWN, {}, codes={"gender": item}).fingerprint() for item in (table, *others)]
    assert len({plain, *prints}) == len(prints) + 1
    assert load(OWN, {}, codes={"gender": turned}).fingerprint() == prints[0]
