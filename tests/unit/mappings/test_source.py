"""Source records -> employees, by a preset with a site's own entries over it."""

from __future__ import annotations

import itertools

import pytest

from bensync.core.changes import Issue, IssueCode
from bensync.core.people import DatedRow, Employee
from bensync.core.ports import Record
from bensync.errors import ConfigError
from bensync.mappings import presets
from bensync.mappings.catalogue import FIELDS
from bensync.mappings.reader import Reader
from bensync.mappings.source import load
from tests.unit.builders import day

MAPPING = load("bamboohr", {"fte": "customFte"})
READER = Reader(MAPPING)


def record(tables=None, **fields):
    """A record with every wanted field and table, most of them empty."""
    empty = dict.fromkeys(MAPPING.wanted().fields)
    return Record("17", {**empty, **fields}, {**{name: [] for name in MAPPING.wanted().tables}, **(tables or {})})


def status(when, option="Active", row_id=None):
    row = {"date": when, "benetracStatus": option, "employmentStatus": None}
    return row if row_id is None else {**row, "id": row_id}


def read(tables=None, **fields):
    found = READER.read(record(tables, **fields))
    assert isinstance(found, Employee)
    return found


def kept_back(broken):
    found = READER.read(broken)
    assert isinstance(found, Issue)
    assert found.employee_id == "17"
    return found


def test_every_preset_of_a_source_is_whole_and_names_known_fields_only():
    for name in set(presets.names()) - set(presets.layouts()):
        mapping = load(name, {})
        named = [*mapping.fields, *itertools.chain.from_iterable(table.fields for table in mapping.tables.values())]
        assert set(named) <= set(FIELDS)
        assert len(named) == len(set(named)), "each field has one home"


def test_a_preset_that_does_not_ship_is_not_loaded():
    with pytest.raises(KeyError):
        load("nowhere", {})


def test_the_mapping_says_what_a_source_must_be_asked_for():
    wanted = MAPPING.wanted()
    assert "ssn" in wanted.fields
    assert wanted.tables["employmentStatus"] == ("date", "benetracStatus", "employmentStatus")


def test_a_source_field_that_feeds_two_of_ours_is_asked_for_once():
    wanted = load("bamboohr", {"employee_class": "department2", "union_code": "department2"}).wanted()
    assert wanted.fields.count("department2") == 1


def test_mapped_fields_stand_in_catalogue_order():
    synced = load("bamboohr", {"fte": "customFte", "rehire_date": "customRehire"}).synced()
    assert list(synced) == sorted(synced, key=list(FIELDS).index)
    assert {"fte", "rehire_date", "benetrac_status", "pay_rate"} <= set(synced)


def test_an_override_names_another_field_another_column_or_nothing():
    mapping = load(
        "bamboohr", {"gender": "customGender", "benetrac_status": "customStatus", "address2": "", "job_title": ""}
    )
    assert mapping.fields["gender"] == "customGender"
    assert mapping.tables["status"].fields["benetrac_status"] == "customStatus"
    assert "address2" not in mapping.fields
    assert "job_title" not in mapping.tables["job"].fields
    assert load("bamboohr", {"fte": "customFte"}) == MAPPING, "the preset itself stays as it ships"


def test_the_order_of_overrides_does_not_matter():
    entries = {"gender": "customGender", "fte": "customFte", "rehire_date": "customRehire"}
    mappings = [load("bamboohr", dict(order)) for order in itertools.permutations(entries.items())]
    assert len({mapping.fingerprint() for mapping in mappings}) == 1
    assert len({tuple(mapping.fields) for mapping in mappings}) == 1


@pytest.mark.parametrize("overrides", [{"gender": "x"}, {"gender": ""}, {"benetrac_status": "x"}, {"fte": "x"}, {}])
def test_another_mapping_has_another_fingerprint(overrides):
    assert load("bamboohr", overrides).fingerprint() != MAPPING.fingerprint()


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        pytest.param({"shoe_size": "shoes"}, ["shoe_size: not a field"], id="unknown"),
        pytest.param({"spouse_name": "x"}, ["spouse_name: fields about dependents"], id="ours is forbidden"),
        pytest.param({"gender": "spouseGender"}, ["gender: 'spouseGender' is about"], id="theirs is forbidden"),
        pytest.param({"fte": "ssn"}, ["mapping.fte: 'ssn' is the SSN"], id="the SSN in another field"),
        pytest.param({"ssn": ""}, ["ssn: people are matched by it"], id="no SSN"),
        pytest.param({"benetrac_status": ""}, ["benetrac_status: it decides"], id="no status"),
        pytest.param(
            {"shoe_size": "", "dependent_ssn": "x", "ssn": ""},
            ["shoe_size: not a field", "dependent_ssn: fields about", "ssn: people are"],
            id="all at once",
        ),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused_with_every_problem(overrides, named):
    with pytest.raises(ConfigError) as caught:
        load("bamboohr", overrides)
    assert all(text in caught.value.why for text in named)
    assert len(caught.value.why.split("; ")) == len(named)
    assert caught.value.fix


OWN = {
    "fields": {"ssn": "tax number", "gender": "sex"},
    "tables": {"status": {"source": "states", "date": "from", "fields": {"benetrac_status": "state"}}},
}


def test_a_preset_may_come_as_data():
    mapping = load(OWN, {"gender": "", "city": "town"})
    assert mapping.synced() == ("ssn", "city", "benetrac_status")
    assert mapping.wanted().tables == {"states": ("from", "state")}


@pytest.mark.parametrize(
    ("table", "entry", "named"),
    [
        pytest.param(False, {"shoe_size": "x"}, "shoe_size: not a field", id="unknown"),
        pytest.param(False, {"gender": "childGender"}, "'childGender' is about", id="forbidden"),
        pytest.param(True, {"shoe_size": "x"}, "shoe_size: not a field", id="unknown in a table"),
        pytest.param(True, {"spouse_name": "x"}, "spouse_name: fields about", id="forbidden in a table"),
    ],
)
def test_the_entries_of_a_preset_are_judged_like_those_of_a_site(table, entry, named):
    status_table = OWN["tables"]["status"]
    fields = OWN["fields"] if table else {**OWN["fields"], **entry}
    columns = {**status_table["fields"], **(entry if table else {})}
    with pytest.raises(ConfigError) as caught:
        load({"fields": fields, "tables": {"status": {**status_table, "fields": columns}}}, {})
    assert named in caught.value.why


def test_a_record_becomes_an_employee_in_our_words_in_catalogue_order():
    found = read(lastName=" Example ", ssn="123-45-6789", zipcode="sw1a 1aa", dateOfBirth="1990-01-31")
    assert found == Employee(
        "17",
        {"ssn": "123456789", "last_name": "Example", "birth_date": "1990-01-31", "postal_code": "SW1A 1AA"},
        (),
    )
    assert list(found.values) == ["ssn", "last_name", "birth_date", "postal_code"]


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_null_and_empty_text_are_no_value(empty):
    assert "gender" not in read(gender=empty).values


def test_A_84_a_field_that_is_absent_from_the_answer_is_not_an_empty_one():
    whole = record()
    without = Record("17", {name: text for name, text in whole.fields.items() if name != "dateOfBirth"}, whole.tables)
    issue = kept_back(without)
    assert issue.code is IssueCode.FIELD_RESTRICTED
    assert "dateOfBirth" in issue.detail


def test_a_table_that_is_absent_from_the_answer_is_not_an_empty_one():
    whole = record()
    without = Record("17", whole.fields, {name: rows for name, rows in whole.tables.items() if name != "jobInfo"})
    assert kept_back(without).code is IssueCode.FIELD_RESTRICTED


@pytest.mark.parametrize("column", ["date", "benetracStatus"])
def test_a_column_that_is_absent_from_a_row_is_not_an_empty_one(column):
    row = {name: text for name, text in status("2024-02-01").items() if name != column}
    issue = kept_back(record({"employmentStatus": [row]}))
    assert (issue.code, issue.detail) == (IssueCode.FIELD_RESTRICTED, f"HR's answer lacks {column}")


@pytest.mark.parametrize(
    ("tables", "fields", "detail"),
    [
        pytest.param({}, {"dateOfBirth": "31/01/1990"}, "birth_date is not a date", id="a date"),
        pytest.param({}, {"customFte": "full"}, "fte is not a number", id="a number"),
        pytest.param({}, {"firstName": "Ro\nbin"}, "first_name holds control characters", id="a control character"),
        pytest.param(
            {
                "compensation": [
                    {"startDate": "2024-02-01", "rate": "12", "type": None, "paidPer": None, "paySchedule": None}
                ]
            },
            {},
            "pay_rate is not an amount with its currency",
            id="money of a row",
        ),
        pytest.param({"employmentStatus": [status(None)]}, {}, "a row of table status has no date", id="no date"),
        pytest.param({"employmentStatus": [status(" ")]}, {}, "a row of table status has no date", id="an empty date"),
        pytest.param({"employmentStatus": [status("soon")]}, {}, "is not a date", id="a row's date"),
    ],
)
def test_a_bad_value_keeps_the_person_back_without_repeating_it(tables, fields, detail):
    issue = kept_back(record(tables, **fields))
    assert (issue.code, issue.detail) == (IssueCode.FIELD_INVALID, detail)


def test_rows_are_ordered_by_table_and_date():
    job = {**dict.fromkeys(MAPPING.tables["job"].fields.values()), "jobTitle": "Clerk"}
    rows = read(
        {
            "employmentStatus": [status("2025-01-01"), status("2024-01-01", "Inactive")],
            "jobInfo": [{"date": "2026-01-01", **job}],
        }
    ).rows
    assert rows == (
        DatedRow("job", day("2026-01-01"), {"job_title": "Clerk"}),
        DatedRow("status", day("2024-01-01"), {"benetrac_status": "Inactive"}),
        DatedRow("status", day("2025-01-01"), {"benetrac_status": "Active"}),
    )


@pytest.mark.parametrize(
    ("ids", "last"),
    [
        pytest.param(("9", "10"), "second", id="by number, not by text"),
        pytest.param(("10", "9"), "first", id="whatever their places"),
        pytest.param((None, None), "second", id="by place where there are no ids"),
        pytest.param(("b", "a"), "second", id="by place where ids are no numbers"),
        pytest.param(("²", "x"), "second", id="by place where an id only looks like a number"),
    ],
)
def test_A_30_of_two_rows_with_one_date_the_one_entered_later_comes_last(ids, last):
    rows = [status("2026-06-10", option, row_id) for option, row_id in zip(("first", "second"), ids, strict=True)]
    assert read({"employmentStatus": rows}).rows[-1].values["benetrac_status"] == last
