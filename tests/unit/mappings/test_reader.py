"""Records of a source become employees, or issues (A-30, A-84)."""

from __future__ import annotations

import pytest

from bensync.core.changes import Issue, IssueCode
from bensync.core.people import DatedRow, Employee
from bensync.core.ports import Record
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
    rulebook_read = READER.read(record(tables, **fields))
    assert isinstance(rulebook_read, Employee)
    return rulebook_read


def kept_back(broken):
    rulebook_read = READER.read(broken)
    assert isinstance(rulebook_read, Issue)
    assert rulebook_read.employee_id == "17"
    return rulebook_read


def test_a_record_becomes_an_employee_in_our_words_in_catalogue_order():
    rulebook_read = read(lastName=" Example ", ssn="123-45-6789", zipcode="sw1a 1aa", dateOfBirth="1990-01-31")
    assert rulebook_read == Employee(
        "17",
        {"ssn": "123456789", "last_name": "Example", "birth_date": "1990-01-31", "postal_code": "SW1A 1AA"},
        (),
    )
    assert list(rulebook_read.values) == ["ssn", "last_name", "birth_date", "postal_code"]


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
        pytest.param(
            {},
            {"firstName": "Ro\nbin"},
            "first_name holds the invisible character U+000A LINE FEED",
            id="a control character",
        ),
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
        pytest.param(
            {"employmentStatus": [status("3/4/26")]},
            {},
            "date of a row of table status is not a date",
            id="a row's date",
        ),
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


def test_A_104_the_readable_part_of_a_record_leaves_out_what_is_wrong_and_whole_tables_with_it():
    broken = record({"employmentStatus": [status("2020-01-01"), status("never")]}, city="Akron", lastName="Va\u202ele")
    assert kept_back(broken)
    readable = READER.readable(broken)
    assert dict(readable.values) == {"city": "Akron"}
    assert readable.rows == ()
    lacking = Record("17", {"city": "Akron"}, {"employmentStatus": [status("2020-01-01")]})
    assert dict(READER.readable(lacking).values) == {"city": "Akron"}
    assert [row.table for row in READER.readable(lacking).rows] == ["status"]
