"""The file of a census: what a line must look like, and that no finding repeats a value."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bensync.benefits.census.census_file import COLUMNS, TEMPLATE, CensusLine, read_census
from tests.unit.builders import key

LINE = {
    "employee_number": "1",
    "ssn": "123-41-0001",
    "plan": "MED",
    "option": "EE",
    "begin_date": "2024-03-01",
}


def rows(*lines, separator=","):
    """A file with these lines under the heading of the template; a cell that is not given is empty."""
    cells = [[line.get(column.name, "") for column in COLUMNS] for line in lines]
    heading = [column.name for column in COLUMNS]
    return "\n".join(separator.join(row) for row in (heading, *cells))


def census(*lines, **changes):
    """What is read of a file with these lines, or of the usual line with other cells."""
    return read_census(rows(*(lines or ({**LINE, **changes},))).encode(), key)


def codes(result):
    return [(str(finding.code), finding.line, finding.column) for finding in result.findings]


def test_a_line_is_read_with_all_its_cells():
    (line,) = census(
        ssn="123410001",
        begin_date="3/1/2024",
        deduction_begin="2024-04-01",
        amount='"$1,250.50"',
        employee_cost="80",
        company_cost="0.5",
        contribution="600.00",
        tax="Before",
        account="TARGET-2060",
    ).lines
    assert line == CensusLine(
        line=2,
        key=key("123410001"),
        number="1",
        plan="MED",
        option="EE",
        begin=date(2024, 3, 1),
        deduction_begin=date(2024, 4, 1),
        amount=Decimal("1250.50"),
        employee=Decimal(80),
        company=Decimal("0.5"),
        contribution=Decimal(600),
        tax="before",
        account="TARGET-2060",
    )


def test_a_cell_names_several_dependents():
    (line,) = census(dependents="Ada O'Neil; 2;;").lines
    assert line.dependents == ("Ada O'Neil", "2")


def test_the_ssn_leaves_no_trace_in_what_is_read():
    assert "123410001" not in repr(census().lines)
    assert "123-41-0001" not in repr(census().lines)


@pytest.mark.parametrize(
    "content",
    [
        rows(LINE).encode("utf-8-sig"),
        rows(LINE).encode("utf-16"),
        rows(LINE, separator=";").encode(),
        rows(LINE, separator="\t").encode(),
        ("\n,,\n" + rows(LINE) + "\n,,,,,,,,,,,\n\n").encode(),
        rows(LINE).replace("begin_date", ' "Begin  Date"', 1).replace(' "Begin', '"Begin').encode(),
        (rows(LINE).replace("\n", ",\n") + ",").encode(),
    ],
    ids=["byte order mark", "utf-16", "semicolons", "tabs", "blank lines", "retyped heading", "unnamed column"],
)
def test_a_spreadsheet_may_save_it_in_its_own_way(content):
    result = read_census(content, key)
    assert (len(result.lines), result.findings) == (1, [])


def test_the_template_is_a_heading_that_lacks_only_lines():
    assert codes(read_census(TEMPLATE.encode(), key)) == [("no_lines", 1, "")]
    assert codes(read_census(b"", key)) == [("no_lines", 1, "")]


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("ssn", "", "value_missing"),
        ("plan", "  ", "value_missing"),
        ("ssn", "12341000", "ssn_malformed"),
        ("ssn", "123-410001", "ssn_malformed"),
        ("ssn", "000-41-0001", "ssn_malformed"),
        ("ssn", "123-45-6789", "ssn_malformed"),
        ("ssn", "１23-41-0001", "ssn_malformed"),
        ("amount", "-5", "number_malformed"),
        ("amount", "1e5", "number_malformed"),
        ("amount", "NaN", "number_malformed"),
        ("amount", "1.234", "number_malformed"),
        ("amount", "12345678901", "number_malformed"),
        ("employee_cost", "about 80", "number_malformed"),
        ("begin_date", "2024-02-30", "date_malformed"),
        ("begin_date", "45352", "date_malformed"),
        ("begin_date", "3/1/24", "date_malformed"),
        ("begin_date", "0024-03-01", "date_malformed"),
        ("deduction_begin", "soon", "date_malformed"),
        ("tax", "maybe", "tax_unknown"),
        ("plan", "=HYPERLINK(1)", "text_refused"),
        ("account", "@SUM", "text_refused"),
        ("option", "E\u200bE", "text_refused"),
        ("employee_number", "1" * 101, "text_refused"),
        ("dependents", "=Moss", "text_refused"),
        ("dependents", "Ada Moss;" * 112, "text_refused"),
    ],
)
def test_a_cell_that_cannot_be_is_named_by_its_column(column, text, code):
    result = census(**{column: text})
    assert result.lines == []
    assert codes(result) == [(code, 2, column)]


def test_every_wrong_cell_of_a_line_is_named():
    assert [code for code, _, _ in codes(census(ssn="1", begin_date="2"))] == ["ssn_malformed", "date_malformed"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("ssn,plan,option,begin_date\n", [("column_missing", 1, "employee_number")]),
        (rows(LINE).replace("amount", "amuont"), [("column_unknown", 1, "")]),
        (rows(LINE).replace("account", "amount"), [("column_twice", 1, "amount")]),
        (rows(LINE) + ",more", [("cells", 2, "")]),
        (rows(LINE).replace("MED", '"MED'), [("file_damaged", 2, "")]),
    ],
)
def test_a_file_of_another_form_is_refused(content, expected):
    result = read_census(content.encode(), key)
    assert (codes(result), result.lines) == (expected, [])


def test_a_byte_that_is_not_utf_8_is_found_by_its_line():
    assert codes(read_census(rows(LINE, LINE).encode() + b"\n\xff", key)) == [("file_damaged", 4, "")]
    assert codes(read_census(b"\xff\xfe\x00", key)) == [("file_damaged", 1, "")]


def test_a_good_line_is_read_beside_a_wrong_one():
    result = census(LINE, {**LINE, "ssn": "x"}, LINE)
    assert ([line.line for line in result.lines], codes(result)) == ([2, 4], [("ssn_malformed", 3, "ssn")])
